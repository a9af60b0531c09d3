-- Tables of the capture benchmarks beside pgbench's own: bench_hc for many different statements, bench_fact and bench_dim
-- for a join of some 3 ms. Fixed contents, so that instruction counts repeat.
CREATE EXTENSION pg_prewarm;

CREATE TABLE bench_hc (
    id integer PRIMARY KEY,
    c1 integer, c2 integer, c3 integer, c4 integer, c5 integer, c6 integer,
    c7 integer, c8 integer, c9 integer, c10 integer, c11 integer, c12 integer);
INSERT INTO bench_hc SELECT i, i, i + 1, i + 2, i + 3, i + 4, i + 5, i + 6, i + 7, i + 8, i + 9, i + 10, i + 11
FROM generate_series(1, 1000) AS i;

CREATE TABLE bench_dim (id integer PRIMARY KEY, label text NOT NULL);
INSERT INTO bench_dim SELECT i, 'label ' || i % 20 FROM generate_series(1, 1000) AS i;

CREATE TABLE bench_fact (id integer PRIMARY KEY, dim integer NOT NULL, v integer NOT NULL);
INSERT INTO bench_fact SELECT i, i * 7919 % 1000 + 1, i % 97 FROM generate_series(1, 20000) AS i;
