-- A customer places an order of two products; the payment provider answers at once.
\set customer int(:customers * pow(random(0, 999999) / 1000000.0, 1.6)) * 7919 % :customers + 1
\set one int(:products * pow(random(0, 999999) / 1000000.0, 2.2)) * 7919 % :products + 1
\set two int(:products * pow(random(0, 999999) / 1000000.0, 2.2)) * 7919 % :products + 1
\set first least(:one, :two)
\set second greatest(:one, :two)
BEGIN;
SELECT region, currency FROM customers WHERE id = :customer FOR SHARE;
SELECT sum(price_cents) AS total, min(price_cents) AS price FROM products WHERE id IN (:first, :second) \gset
INSERT INTO orders (customer_id, region, currency, status, total_cents)
  SELECT id, region, currency, 'new', :total FROM customers WHERE id = :customer RETURNING id AS order \gset
INSERT INTO order_items VALUES (:order, 1, :first, 1, :price), (:order, 2, :second, 1, :total);
UPDATE inventory SET quantity = quantity - 1, updated_at = now()
  WHERE product_id = :first AND warehouse = 'berlin' AND quantity > 0;
INSERT INTO payments (order_id, method, status, amount_cents) VALUES (:order, 'card', 'pending', :total);
COMMIT;
BEGIN;
UPDATE payments SET status = 'paid', paid_at = now() WHERE order_id = :order AND status = 'pending';
UPDATE orders SET status = 'paid' WHERE id = :order AND status = 'new';
COMMIT;
