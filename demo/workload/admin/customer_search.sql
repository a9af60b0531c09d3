-- A caller spells an e-mail address: who is it, and how many orders?
\set customer int(:customers * pow(random(0, 999999) / 1000000.0, 1.6)) * 7919 % :customers + 1
SELECT c.id, c.name, c.region, count(o.id) AS orders, max(o.created_at) AS last_order
FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id
WHERE lower(c.email) = lower('USER:customer@example.com') GROUP BY c.id;
