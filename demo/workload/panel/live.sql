-- The panel as the dashboard asked for it until now.
SELECT c.name AS category, o.currency, sum(i.quantity * i.price_cents) AS revenue
FROM orders AS o JOIN order_items AS i ON i.order_id = o.id JOIN products AS p ON p.id = i.product_id
JOIN categories AS c ON c.id = p.category_id
WHERE o.status <> 'cancelled' AND o.created_at >= now() - interval '30 days'
GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 20;
