-- The tracking page.
\set order :orders - int(60000 * pow(random(0, 999999) / 1000000.0, 2))
SELECT status, created_at, shipped_at FROM orders WHERE id = :order;
