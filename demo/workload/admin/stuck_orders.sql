-- Paid or packed, and then nothing for three days.
SELECT o.id, o.status, o.region, o.total_cents, o.created_at, c.email
FROM orders AS o JOIN customers AS c ON c.id = o.customer_id
WHERE o.status IN ('paid', 'packed') AND o.created_at < now() - interval '3 days'
ORDER BY o.created_at LIMIT 50;
