-- Who bought most in the last 14 days?
SELECT c.id, c.name, c.region, sum(o.total_cents) AS revenue, count(*) AS orders
FROM orders AS o JOIN customers AS c ON c.id = o.customer_id
WHERE o.created_at >= now() - interval '14 days' AND o.status <> 'cancelled'
GROUP BY c.id ORDER BY revenue DESC LIMIT 20;
