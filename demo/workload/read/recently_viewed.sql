-- "You looked at": the last events of a customer.
\set customer int(:customers * pow(random(0, 999999) / 1000000.0, 1.6)) * 7919 % :customers + 1
SELECT payload ->> 'product' AS product, created_at FROM events
WHERE customer_id = :customer ORDER BY created_at DESC LIMIT 12;
