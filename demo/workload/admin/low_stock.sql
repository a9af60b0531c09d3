-- What has to be ordered again?
SELECT p.sku, p.name, i.warehouse, i.quantity, i.reorder_level
FROM inventory AS i JOIN products AS p ON p.id = i.product_id
WHERE i.quantity < i.reorder_level AND p.active ORDER BY i.quantity - i.reorder_level LIMIT 100;
