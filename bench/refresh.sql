-- Owns the schema of bench/refresh.sh: psql variable "orders" is the number of rows of the fact table; customers are a tenth.
CREATE TABLE customer (customer_id int PRIMARY KEY, region_id int NOT NULL, segment text NOT NULL, name text NOT NULL);
CREATE TABLE product (product_id int PRIMARY KEY, category_id int NOT NULL, price numeric(10,2) NOT NULL);
CREATE TABLE orders (order_id bigserial PRIMARY KEY, customer_id int NOT NULL, product_id int NOT NULL, order_date date NOT NULL,
                     qty int NOT NULL, amount numeric(12,2) NOT NULL, status text NOT NULL);
SELECT setseed(0.42);
INSERT INTO customer SELECT i, i % 50, (ARRAY['BIZ','HOME','GOV','EDU'])[1 + i % 4], 'customer ' || i FROM generate_series(1, :orders / 10) i;
INSERT INTO product SELECT i, i % 100, (1 + random() * 200)::numeric(10,2) FROM generate_series(1, 10000) i;
INSERT INTO orders (customer_id, product_id, order_date, qty, amount, status)
SELECT 1 + (random() * (:orders / 10 - 1))::int, 1 + (random() * 9999)::int, date '2024-01-01' + (random() * 729)::int,
       1 + (random() * 9)::int, (random() * 500)::numeric(12,2), (ARRAY['new','paid','shipped','done','done','done'])[1 + i % 6]
  FROM generate_series(1, :orders) i;
CREATE INDEX orders_cust ON orders (customer_id);
CREATE INDEX orders_date ON orders (order_date);

-- One row a customer: the view that readers read.
CREATE MATERIALIZED VIEW mv_b AS
SELECT o.customer_id, c.region_id, c.segment, count(*) AS n, sum(o.qty) AS qty, sum(o.amount) AS amount
  FROM orders o JOIN customer c USING (customer_id) GROUP BY o.customer_id, c.region_id, c.segment;
CREATE UNIQUE INDEX ON mv_b (customer_id);

-- 200 small ones, each the aggregate of one day.
SELECT format('CREATE MATERIALIZED VIEW mv_d_%s AS SELECT status, count(*) AS n, sum(amount) AS amount FROM orders
               WHERE order_date = date ''2024-01-01'' + %s GROUP BY status', i, i) FROM generate_series(1, 200) i \gexec
SELECT format('CREATE UNIQUE INDEX ON mv_d_%s (status)', i) FROM generate_series(1, 200) i \gexec

-- Tiny ones whose results change with the clock, so that each look refreshes them.
SELECT format('CREATE MATERIALIZED VIEW mv_t_%s AS SELECT 1 AS i, now() AS at', i) FROM generate_series(1, 10) i \gexec
SELECT format('CREATE UNIQUE INDEX ON mv_t_%s (i)', i) FROM generate_series(1, 10) i \gexec
VACUUM (ANALYZE, FREEZE);
