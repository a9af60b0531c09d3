-- Tables of bench/prepared.sh: of a million rows nine of ten have one value, for which the first row by id is near; 100,000 rows with a value each; twenty partitions.
CREATE TABLE skewed AS SELECT i AS id, CASE WHEN i % 10 > 0 THEN 1 ELSE 2 + i / 10 % 10000 END AS v, i AS n FROM generate_series(1, 1000000) AS i;
ALTER TABLE skewed ADD PRIMARY KEY (id);
CREATE INDEX skewed_v_idx ON skewed (v);
CREATE TABLE uniform AS SELECT i AS v, i AS n FROM generate_series(1, 100000) AS i;
CREATE INDEX uniform_v_idx ON uniform (v);
CREATE TABLE parts (v int, n int) PARTITION BY RANGE (v);
SELECT format('CREATE TABLE parts_%s PARTITION OF parts FOR VALUES FROM (%s) TO (%s)', i, 1000 * i, 1000 * (i + 1)) FROM generate_series(0, 19) AS i \gexec
INSERT INTO parts SELECT i, i FROM generate_series(1, 19999) AS i;
CREATE INDEX ON parts (v);
