-- The refunds of the last week, with the order and how it was paid.
SELECT r.id, r.created_at, r.reason, r.approved_by, r.amount_cents, p.method, p.order_id, c.name
FROM refunds AS r JOIN payments AS p ON p.id = r.payment_id JOIN orders AS o ON o.id = p.order_id
JOIN customers AS c ON c.id = o.customer_id
WHERE r.created_at >= now() - interval '7 days' ORDER BY r.created_at DESC LIMIT 100;
