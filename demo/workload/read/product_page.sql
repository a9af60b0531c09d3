-- A product page: the product, its stock and its category.
\set product int(:products * pow(random(0, 999999) / 1000000.0, 2.2)) * 7919 % :products + 1
SELECT p.name, p.price_cents, c.name AS category, sum(i.quantity) AS stock
FROM products AS p JOIN categories AS c ON c.id = p.category_id JOIN inventory AS i ON i.product_id = p.id
WHERE p.id = :product GROUP BY p.id, c.id;
