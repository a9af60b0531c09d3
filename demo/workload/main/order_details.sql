-- One order with its lines, its payments and where it goes.
\set order :orders - int(60000 * pow(random(0, 999999) / 1000000.0, 2))
SELECT o.customer_id AS customer, o.status, o.total_cents, c.name
FROM orders AS o JOIN customers AS c ON c.id = o.customer_id
WHERE o.id = :order \gset
SELECT i.line_no, p.name, i.quantity, i.price_cents FROM order_items AS i JOIN products AS p ON p.id = i.product_id
WHERE i.order_id = :order ORDER BY i.line_no;
SELECT method, status, amount_cents, paid_at FROM payments WHERE order_id = :order ORDER BY created_at;
SELECT street, city, postcode FROM addresses WHERE customer_id = :customer AND kind = 'shipping';
