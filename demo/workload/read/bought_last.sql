-- "Others bought this lately": the newest orders with a product.
\set product int(:products * pow(random(0, 999999) / 1000000.0, 2.2)) * 7919 % :products + 1
SELECT order_id, quantity FROM order_items WHERE product_id = :product ORDER BY order_id DESC LIMIT 5;
