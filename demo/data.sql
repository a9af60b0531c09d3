-- Fills the shop: over a million rows, the same ones on each run up to the day they are counted back from. Owns the
-- data's shape only. Skewed: a few products and customers carry most of the orders, 97 % of the orders are done.
-- Correlated: time follows the order id and grows denser, currency follows the region, shipping date the order date,
-- the status the age. Popularity rank r belongs to id ((r * 7919) % count) + 1, so popular rows lie scattered; the
-- workload's scripts draw by the same rule.

SET search_path = shop;
SET client_min_messages = warning;
SET synchronous_commit = off;
SET maintenance_work_mem = '128MB';
SET work_mem = '64MB';
SET max_parallel_workers_per_gather = 0;
-- The rows fit together by construction: checking each foreign key row by row would double the time.
SET session_replication_role = replica;
SELECT setseed(0.4242) \g /dev/null

\set customers 100000
\set products 5000
\set orders 300000
\set days 540
\set events 300000
\set audits 200000

SELECT date_trunc('hour', now()) AS present \gset

BEGIN;

INSERT INTO categories
SELECT i, CASE WHEN i > 8 THEN 1 + i % 8 END,
       CASE WHEN i > 8 THEN 'Category ' || i
            ELSE (ARRAY['Kitchen', 'Garden', 'Books', 'Toys', 'Sport', 'Music', 'Tools', 'Office'])[i] END
FROM generate_series(1, 48) AS i;

INSERT INTO products
SELECT i, 'SKU-' || lpad(i::text, 6, '0'),
       (ARRAY['Steel', 'Oak', 'Red', 'Compact', 'Classic', 'Solar', 'Folding', 'Heavy'])[1 + i % 8] || ' ' ||
       (ARRAY['Kettle', 'Lamp', 'Chair', 'Drill', 'Novel', 'Ball', 'Guitar', 'Desk', 'Pump', 'Mug'])[1 + i % 10] ||
       ' ' || i,
       9 + floor(40 * power(random(), 1.7))::int,
       199 + (exp(1.1 * sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())) * 1900)::int,
       random() < 0.93,
       :'present'::timestamptz - (:days + 200 * random()) * interval '1 day'
FROM generate_series(1, :products) AS i;

INSERT INTO inventory
SELECT p.id, w.name, CASE WHEN random() < 0.04 THEN (random() * 8)::int ELSE 20 + (random() * 400)::int END,
       5 + (random() * 10)::int, :'present'::timestamptz - random() * interval '20 days'
FROM products AS p, (VALUES ('berlin'), ('dallas'), ('osaka'), ('lyon')) AS w (name);

INSERT INTO customers
SELECT i, CASE WHEN i % 5 = 0 THEN 'User' ELSE 'user' END || i || '@' ||
          (ARRAY['example.com', 'Example.com', 'EXAMPLE.com'])[1 + i % 3],
       (ARRAY['Anna', 'Ben', 'Chloe', 'David', 'Emi', 'Felix', 'Grace', 'Hugo', 'Ines', 'Jun'])[1 + i % 10] || ' ' ||
       (ARRAY['Meyer', 'Smith', 'Sato', 'Silva', 'Novak', 'Rossi', 'Kim', 'Dubois', 'Jensen'])[1 + (i * 7) % 9],
       r.region, r.currency, random() < 0.3,
       :'present'::timestamptz - :days * (1.25 - 1.25 * (i / :customers::float8) ^ 0.8) * interval '1 day'
FROM (SELECT i, random() AS u FROM generate_series(1, :customers) AS i) AS c
JOIN (VALUES ('eu', 'EUR', 0.00, 0.45), ('us', 'USD', 0.45, 0.75), ('uk', 'GBP', 0.75, 0.85), ('jp', 'JPY', 0.85, 0.93),
             ('br', 'BRL', 0.93, 0.97), ('au', 'AUD', 0.97, 1.01)) AS r (region, currency, low, high)
  ON c.u >= r.low AND c.u < r.high
ORDER BY i;

INSERT INTO addresses (customer_id, kind, street, city, postcode)
SELECT id, kind, 'Street ' || street || ', no. ' || number, upper(region) || ' City ' || city, postcode
FROM (SELECT c.id, c.region, k.kind, k.share, random() AS u, (random() * 900)::int AS street,
             (random() * 120)::int AS number,
             floor(60 * power(random(), 2))::int AS city, lpad((random() * 99999)::int::text, 5, '0') AS postcode
      FROM customers AS c, (VALUES ('shipping', 1.0), ('billing', 0.25)) AS k (kind, share)
      ORDER BY c.id) AS a
WHERE u < share;

-- Orders before their totals: age in days decides the status; one older order in 400 got stuck on the way.
CREATE TEMP TABLE draft AS
SELECT i AS id, 1 + (floor(:customers * power(random(), 1.6))::bigint * 7919) % :customers AS customer_id,
       :days * (1 - (i / (:orders + 1.0)::float8) ^ 0.75) AS age, random() AS u, random() AS v,
       least(1 + floor(-1.6 * ln(1 - random()))::int, 9) AS lines
FROM generate_series(1, :orders) AS i;

INSERT INTO order_items
SELECT d.id, d.line_no, d.product_id, d.quantity, p.price_cents
FROM (SELECT d.id, n AS line_no,
             1 + (floor(:products * power(random(), 2.2))::bigint * 7919) % :products AS product_id,
             1 + floor(3 * power(random(), 4))::smallint AS quantity
      FROM draft AS d, generate_series(1, d.lines) AS n) AS d
JOIN products AS p ON p.id = d.product_id
ORDER BY d.id, d.line_no;

INSERT INTO orders
SELECT d.id, d.customer_id, c.region, c.currency, s.status, i.total, s.created_at,
       CASE WHEN s.status IN ('shipped', 'done')
            THEN least(s.created_at + (0.2 + 3 * d.v) * interval '1 day', :'present'::timestamptz) END
FROM (SELECT d.*, :'present'::timestamptz - d.age * interval '1 day' AS created_at,
             CASE WHEN d.u < 0.010 THEN 'cancelled'
                  WHEN d.u < 0.0125 THEN (ARRAY['new', 'paid', 'packed'])[1 + floor(3 * d.v)::int]
                  WHEN d.age > 6 THEN 'done'
                  WHEN d.age > 2.5 THEN CASE WHEN d.v < 0.5 THEN 'done' ELSE 'shipped' END
                  WHEN d.age > 0.8 THEN (ARRAY['packed', 'shipped'])[1 + floor(2 * d.v)::int]
                  ELSE (ARRAY['new', 'paid', 'paid', 'packed'])[1 + floor(4 * d.v)::int] END AS status
      FROM draft AS d) AS s
JOIN draft AS d ON d.id = s.id
JOIN customers AS c ON c.id = d.customer_id
JOIN (SELECT order_id, sum(quantity * price_cents)::int AS total FROM order_items GROUP BY order_id) AS i
  ON i.order_id = d.id
ORDER BY d.id;

-- One payment an order, and a failed first attempt for some; invoices are paid late, a few never.
INSERT INTO payments (order_id, method, status, amount_cents, created_at, paid_at)
SELECT id, method, status, total_cents, created_at,
       CASE WHEN status = 'paid' THEN created_at + CASE WHEN method = 'invoice' THEN 25 * v * interval '1 day'
                                                        ELSE 40 * v * interval '1 second' END END
FROM (SELECT o.id, o.total_cents, o.created_at + t.attempt * interval '90 seconds' AS created_at, o.v, o.method,
             CASE WHEN t.attempt = 0 AND o.u < 0.04 THEN 'failed'
                  WHEN o.status IN ('new', 'cancelled') THEN 'pending'
                  WHEN o.method = 'invoice' AND (o.v > 0.985 OR o.created_at + 25 * o.v * interval '1 day'
                                                                > :'present'::timestamptz) THEN 'pending'
                  ELSE 'paid' END AS status
      FROM (SELECT o.*, random() AS u, random() AS v,
                   (ARRAY['card', 'card', 'card', 'card', 'card', 'card', 'wallet', 'wallet', 'invoice', 'voucher'])
                     [1 + floor(10 * random())::int] AS method
            FROM orders AS o) AS o,
           (VALUES (0), (1)) AS t (attempt)
      WHERE t.attempt = 0 OR o.u < 0.04) AS p
ORDER BY created_at;

INSERT INTO refunds (payment_id, amount_cents, reason, approved_by, created_at)
SELECT p.id, greatest(1, (p.amount_cents * CASE WHEN random() < 0.6 THEN 1 ELSE random() END)::int),
       (ARRAY['damaged', 'late', 'wrong item', 'changed mind', 'changed mind'])[1 + floor(5 * random())::int],
       'staff' || 1 + floor(12 * power(random(), 2))::int,
       least(p.paid_at + (1 + 20 * random()) * interval '1 day', :'present'::timestamptz)
FROM payments AS p
WHERE p.status = 'paid' AND random() < 0.03
ORDER BY p.id;

INSERT INTO events (customer_id, kind, payload, created_at)
SELECT CASE WHEN u < 0.8 THEN customer_id END, kind,
       jsonb_build_object('path', '/' || kind || '/' || product_id, 'product', product_id, 'ms', (20 / (1.01 - v))::int,
                          'device', (ARRAY['phone', 'phone', 'desktop', 'tablet'])[1 + floor(4 * u)::int]) ||
       CASE WHEN kind = 'error' THEN jsonb_build_object('code', (ARRAY[500, 502, 502, 504])[1 + floor(4 * u)::int])
            ELSE '{}' END,
       :'present'::timestamptz - 60 * (1 - i::float8 / :events) * interval '1 day'
FROM (SELECT i, random() AS u, random() AS v,
             1 + (floor(:customers * power(random(), 1.6))::bigint * 7919) % :customers AS customer_id,
             1 + (floor(:products * power(random(), 2.2))::bigint * 7919) % :products AS product_id,
             (ARRAY['view', 'view', 'view', 'view', 'view', 'view', 'search', 'cart', 'checkout', 'error'])
               [1 + floor(9.08 * random())::int] AS kind
      FROM generate_series(1, :events) AS i) AS e;

INSERT INTO audit_log (actor, action, entity, entity_id, detail, created_at)
SELECT 'staff' || 1 + floor(12 * power(u, 2))::int,
       CASE WHEN v < 0.7 THEN 'update' WHEN v < 0.9 THEN 'view' ELSE 'note' END, entity,
       CASE entity WHEN 'order' THEN greatest(1, (i::float8 / :audits * :orders - 900 * random())::int)
                   WHEN 'product' THEN 1 + (floor(:products * power(random(), 2))::bigint * 7919) % :products
                   ELSE 1 + floor(:customers * random())::int END,
       'changed by hand, ticket ' || (u * 50000)::int,
       :'present'::timestamptz - :days * (1 - i::float8 / :audits) * interval '1 day'
FROM (SELECT i, random() AS u, random() AS v,
             (ARRAY['order', 'order', 'order', 'customer', 'product'])[1 + floor(5 * random())::int] AS entity
      FROM generate_series(1, :audits) AS i) AS a;

SELECT setval(pg_get_serial_sequence('customers', 'id'), :customers),
       setval(pg_get_serial_sequence('orders', 'id'), :orders) \g /dev/null

COMMIT;
RESET session_replication_role;
-- What was written until here was the load, not the application.
SELECT pg_stat_force_next_flush() \g /dev/null
SELECT pg_stat_reset() \g /dev/null
VACUUM (ANALYZE);
CHECKPOINT;
