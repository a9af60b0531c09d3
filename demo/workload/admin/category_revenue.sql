-- Revenue by category, last 7 days.
SELECT c.name, sum(i.quantity) AS units, sum(i.quantity * i.price_cents) AS revenue
FROM orders AS o JOIN order_items AS i ON i.order_id = o.id JOIN products AS p ON p.id = i.product_id
JOIN categories AS c ON c.id = p.category_id
WHERE o.created_at >= now() - interval '7 days' AND o.status <> 'cancelled'
GROUP BY c.id ORDER BY revenue DESC;
