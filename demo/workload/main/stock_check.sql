-- Is it there, and where?
\set product int(:products * pow(random(0, 999999) / 1000000.0, 2.2)) * 7919 % :products + 1
SELECT warehouse, quantity FROM inventory WHERE product_id = :product AND quantity > 0;
