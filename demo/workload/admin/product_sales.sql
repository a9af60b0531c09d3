-- How did a product sell, week by week?
\set product int(:products * pow(random(0, 999999) / 1000000.0, 2.2)) * 7919 % :products + 1
SELECT date_trunc('week', o.created_at) AS week, sum(i.quantity) AS units, sum(i.quantity * i.price_cents) AS revenue
FROM order_items AS i JOIN orders AS o ON o.id = i.order_id
WHERE i.product_id = :product AND o.created_at >= now() - interval '180 days' GROUP BY 1 ORDER BY 1;
