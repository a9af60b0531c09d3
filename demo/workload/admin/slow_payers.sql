-- Invoices open for more than 30 days.
SELECT c.id, c.name, c.email, count(*) AS invoices, sum(p.amount_cents) AS open, min(p.created_at) AS oldest
FROM payments AS p JOIN orders AS o ON o.id = p.order_id JOIN customers AS c ON c.id = o.customer_id
WHERE p.method = 'invoice' AND p.status = 'pending' AND p.created_at < now() - interval '30 days'
GROUP BY c.id ORDER BY open DESC LIMIT 50;
