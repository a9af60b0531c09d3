-- "My orders": the newest ten.
\set customer int(:customers * pow(random(0, 999999) / 1000000.0, 1.6)) * 7919 % :customers + 1
SELECT id, status, total_cents, currency, created_at FROM orders
WHERE customer_id = :customer ORDER BY created_at DESC LIMIT 10;
