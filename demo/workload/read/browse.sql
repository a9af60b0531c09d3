-- A category page: what sells there, cheapest first.
\set category 9 + int(40 * pow(random(0, 999999) / 1000000.0, 1.7))
SELECT id, name, price_cents FROM products WHERE category_id = :category AND active ORDER BY price_cents LIMIT 24;
