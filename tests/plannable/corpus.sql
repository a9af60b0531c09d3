-- Statements for the plannable-text test, one per `;` at a line's end. Lines before a statement:
--   --run SQL      what is executed to be captured instead (wrappers, parameters); the statement is its original for EXPLAIN
--   --values {..}  the parameters' values where no sample can hold them
--   --role NAME    who runs it
-- plain comparisons over the types
SELECT * FROM customer WHERE id = 42;
SELECT * FROM customer WHERE 42 = id;
SELECT id FROM customer WHERE id > 5900;
SELECT id FROM customer WHERE id BETWEEN 100 AND 180;
SELECT id FROM customer WHERE id >= 100 AND id < 120 AND active;
SELECT id FROM customer WHERE id NOT BETWEEN 100 AND 5800;
SELECT id FROM customer WHERE id BETWEEN SYMMETRIC 300 AND 200;
SELECT id FROM customer WHERE email = 'user77@mail.test';
SELECT id FROM customer WHERE lower(email) = 'user77@mail.test';
SELECT id FROM customer WHERE lower(email) = lower('USER77@mail.test');
SELECT id FROM customer WHERE name = 'Ada 11';
SELECT id FROM customer WHERE name = 'Ada 11'::varchar(60);
SELECT id FROM customer WHERE country = 'DE';
SELECT id FROM customer WHERE country = 'DE'::char(2) AND state = 'paid';
SELECT id FROM customer WHERE country <> 'US';
SELECT id FROM customer WHERE state = 'new';
SELECT id FROM customer WHERE state > 'sent';
SELECT id FROM customer WHERE state IN ('new', 'void');
SELECT id FROM customer WHERE created > '2022-12-24 00:00+00';
SELECT id FROM customer WHERE created > timestamptz '2022-12-24 00:00+00' - interval '3 days';
SELECT id FROM customer WHERE created > timestamp '2022-12-24 00:00';
SELECT id FROM customer WHERE created >= date '2022-12-24' AND created < date '2022-12-24' + 7;
SELECT id FROM customer WHERE created > now() - interval '7 days';
SELECT id FROM customer WHERE created > current_date - 30;
SELECT id FROM customer WHERE created < days_ago(100);
SELECT id FROM customer WHERE birthday = '1980-05-05';
SELECT id FROM customer WHERE birthday < date '1990-01-01' + interval '3 months';
SELECT id FROM customer WHERE birthday BETWEEN '1990-01-01' AND '1990-12-31';
SELECT id FROM customer WHERE extract(year FROM birthday) = 1988;
SELECT id FROM customer WHERE date_trunc('month', created) = '2022-03-01 00:00+00';
SELECT id FROM customer WHERE balance > 990;
SELECT id FROM customer WHERE balance > 990 AND state <> 'done';
SELECT id FROM customer WHERE balance = 12.34;
SELECT id FROM customer WHERE balance * 1.19 > 1000;
SELECT id FROM customer WHERE score < -99.5;
SELECT id FROM customer WHERE score > 99.99::float8;
SELECT id FROM customer WHERE ratio = 4.5::real;
SELECT id FROM customer WHERE ratio > 4.5;
SELECT id FROM customer WHERE oldid = 7;
SELECT id FROM customer WHERE oldid = 7::smallint;
SELECT id FROM customer WHERE size > 5990000000;
SELECT id FROM customer WHERE size = 5000000;
SELECT id FROM customer WHERE uid = 'c4ca4238-a0b9-2382-0dcc-509a6f75849b';
SELECT id FROM customer WHERE ip = '10.1.1.1';
SELECT id FROM customer WHERE ip << '10.1.0.0/16';
SELECT id FROM customer WHERE active = true;
SELECT id FROM customer WHERE active IS NOT TRUE;
SELECT id FROM customer WHERE code = 'AB12';
SELECT id FROM customer WHERE code = 'AB12'::code;
SELECT id FROM customer WHERE level = 5;
SELECT id FROM customer WHERE level = 5::positive;
SELECT id FROM customer WHERE note = '37693c';
SELECT id FROM customer WHERE note = '37693c'::bpchar;
SELECT id FROM customer WHERE alarm > '22:30';
SELECT id FROM customer WHERE seen > interval '280 hours';
SELECT id FROM customer WHERE flags = B'0101';
SELECT id FROM customer WHERE key = '\xc4ca4238a0b923820dcc509a6f75849b';
SELECT id FROM customer WHERE handle = 'H17';
SELECT id FROM customer WHERE handle = 'H17' COLLATE "POSIX";
SELECT id FROM customer WHERE handle > 'H9' COLLATE "C";
SELECT id FROM customer WHERE email COLLATE "C" < 'user2';
SELECT id FROM customer WHERE email < 'user2' COLLATE "C";
SELECT id FROM customer WHERE birthday IS NULL OR birthday < '1951-01-01';
SELECT id FROM customer WHERE state IS DISTINCT FROM 'done';
SELECT id FROM customer WHERE country IS NOT DISTINCT FROM 'BR';
SELECT id FROM customer WHERE balance = NULL;
SELECT id FROM customer WHERE coalesce(country, 'DE') = 'DE';
SELECT id FROM customer WHERE nullif(country, 'US') = 'CN';
SELECT id FROM customer WHERE (country, state) = ('DE', 'paid');
SELECT id FROM customer WHERE (country, balance) > ('FR', 500);
SELECT id FROM customer WHERE (id, created) < (50, '2022-03-01 00:00+00');
SELECT id FROM customer WHERE ROW(id, name) = ANY (ARRAY[ROW(1, 'Grace 1'::varchar), ROW(2, 'Alan 2'::varchar)]);
SELECT id FROM customer WHERE id % 10 = 3;
SELECT id FROM customer WHERE id + 1 = 100;
SELECT id FROM customer WHERE id = 10 + 5 * 2;
SELECT id FROM customer WHERE id = twice(21);
SELECT id FROM customer WHERE email = norm('  User5@mail.test ');
SELECT id FROM customer WHERE email =~~= 'USER5@MAIL.TEST';
SELECT id FROM customer WHERE near(id, 70);
SELECT id FROM customer WHERE id = 5 AND 1 = 1;
SELECT id FROM customer WHERE 1 = 0;
SELECT id FROM customer WHERE id = 5 OR id = 6 OR country = 'BR';
SELECT id FROM customer WHERE NOT (id = 5 OR state = 'done');
SELECT id FROM customer WHERE id > (SELECT max(id) - 10 FROM customer);
SELECT id FROM customer WHERE random() < 0.5 AND id < 100;
-- lists and arrays
SELECT id FROM customer WHERE id IN (1, 2, 3, 5, 8, 13);
SELECT id FROM customer WHERE id IN (7);
SELECT id FROM customer WHERE country IN ('DE', 'FR');
SELECT id FROM customer WHERE country NOT IN ('US', 'CN');
SELECT id FROM customer WHERE name IN ('Ada 11', 'Ada 21', 'Nobody');
SELECT id FROM customer WHERE name = ANY (ARRAY['Ada 11', 'Ada 21']::varchar[]);
SELECT id FROM customer WHERE id = ANY ('{4,5,6}');
SELECT id FROM customer WHERE id <> ALL (ARRAY[4, 5, 6]);
SELECT id FROM customer WHERE 'vip' = ANY (tags);
SELECT id FROM customer WHERE tags @> ARRAY['vip', 't3'];
SELECT id FROM customer WHERE tags && '{t1,t2}';
SELECT id FROM customer WHERE tags[1] = 'vip';
SELECT id FROM customer WHERE cardinality(tags) = 2;
SELECT id FROM customer WHERE array_position(tags, 't3') = 2;
SELECT id FROM orders WHERE parts = ARRAY[1, 2]::numeric[];
SELECT id FROM orders WHERE state IN ('open', upper('back'));
SELECT id FROM customer WHERE balance IN (1, 2.5, 3);
SELECT id FROM customer WHERE created IN ('2022-01-01 01:37+00', '2022-01-01 03:14+00');
SELECT c.id FROM customer c JOIN unnest(ARRAY[3, 4, 5]) AS u(id) ON u.id = c.id;
SELECT c.id FROM customer c, unnest('{a,b}'::text[], '{1,2}'::int[]) AS u(t, n) WHERE c.id = u.n;
-- patterns
SELECT id FROM customer WHERE name LIKE 'Ada%';
SELECT id FROM customer WHERE name LIKE '%1';
SELECT id FROM customer WHERE email LIKE '%mail%';
SELECT id FROM customer WHERE email NOT LIKE '%mail%';
SELECT id FROM customer WHERE email ILIKE 'USER77@%';
SELECT id FROM customer WHERE name LIKE 'A\_a%' OR name LIKE 'A$_%' ESCAPE '$';
SELECT id FROM customer WHERE handle LIKE 'H9%';
SELECT id FROM customer WHERE handle LIKE 'H99';
SELECT id FROM customer WHERE email ~ '^user1[0-9]@';
SELECT id FROM customer WHERE email ~* 'CORP';
SELECT id FROM customer WHERE email !~ 'corp';
SELECT id FROM customer WHERE email SIMILAR TO 'user(1|2)%';
SELECT id FROM customer WHERE starts_with(handle, 'H12');
SELECT id FROM customer WHERE handle ^@ 'H12';
SELECT id FROM customer WHERE position('mail' IN email) > 0;
SELECT id FROM customer WHERE substring(email FROM 1 FOR 5) = 'user7';
SELECT id FROM customer WHERE email LIKE ANY (ARRAY['user1%', 'user2%']);
SELECT id FROM customer WHERE name || '-x' = 'Ada 11-x';
-- documents, ranges, geometry, text search, xml
SELECT id FROM customer WHERE profile @> '{"lang": "fr"}';
SELECT id FROM customer WHERE profile ->> 'lang' = 'fr';
SELECT id FROM customer WHERE (profile ->> 'age')::int > 75;
SELECT id FROM customer WHERE profile ? 'age';
SELECT id FROM customer WHERE profile -> 'age' = '7';
SELECT id FROM customer WHERE profile @? '$.age ? (@ > 70)';
SELECT id FROM customer WHERE profile @@ '$.age == 5';
SELECT id FROM customer WHERE jsonb_path_exists(profile, '$.age ? (@ > 70)');
SELECT id FROM customer WHERE profile #>> '{lang}' = 'de';
SELECT jsonb_build_object('id', id, 'kind', 'customer') FROM customer WHERE id = 3;
SELECT j.* FROM customer c, jsonb_to_record(c.profile) AS j(lang text, age int) WHERE c.id < 5 AND j.age > 1;
SELECT j.* FROM customer c JOIN jsonb_to_recordset('[{"i": 1}, {"i": 2}]') AS j(i int) ON j.i = c.id;
SELECT id FROM orders WHERE during @> '2022-02-01 00:00+00'::timestamptz;
SELECT id FROM orders WHERE during && tstzrange('2022-02-01 00:00+00', '2022-02-02 00:00+00');
SELECT id FROM orders WHERE slot @> 42;
SELECT id FROM orders WHERE slot && int4range(5, 8);
SELECT id FROM orders WHERE slot << '[90,95)';
SELECT id FROM orders WHERE lower(slot) = 17;
SELECT id FROM orders ORDER BY spot <-> point(10, 10) LIMIT 5;
SELECT id FROM orders WHERE spot <@ box '((1,1),(3,3))';
SELECT id FROM orders WHERE spot <-> '(5,5)' < 1.5;
SELECT id FROM orders WHERE body @@ 'word3';
SELECT id FROM orders WHERE body @@ to_tsquery('simple', 'word3 & item2');
SELECT id FROM orders WHERE body @@ plainto_tsquery('word3 item2');
SELECT id FROM orders WHERE doc IS DOCUMENT AND id < 100;
SELECT xmlroot(doc, VERSION '1.0', STANDALONE YES) FROM orders WHERE id = 5;
SELECT xmlelement(NAME o, xmlattributes(id AS n, 'x' AS k), 'text') FROM orders WHERE id = 5;
SELECT xmlserialize(CONTENT doc AS text) FROM orders WHERE id BETWEEN 5 AND 9;
SELECT x.n FROM orders o, XMLTABLE('/o' PASSING o.doc COLUMNS n int PATH '@n') x WHERE o.id < 10 AND x.n > 3;
-- SQL-syntax functions in every clause (H23)
SELECT extract(year FROM created) FROM customer WHERE extract(month FROM created) = 3 GROUP BY 1 HAVING extract(year FROM max(created)) > 2020;
SELECT id, extract(dow FROM placed) AS d FROM orders WHERE placed < '2022-01-03' ORDER BY extract(dow FROM placed);
SELECT id FROM orders WHERE shipped > make_date(extract(year FROM date '2022-06-01')::int, 6, 1);
SELECT normalize(email, NFC) FROM customer WHERE normalize(email, NFC) = 'user5@mail.test';
SELECT id FROM customer WHERE email IS NFC NORMALIZED AND id = 9;
SELECT id FROM customer WHERE name IS NOT NFKD NORMALIZED;
SELECT overlay(email PLACING 'xx' FROM 2 FOR 2) FROM customer WHERE trim(BOTH ' ' FROM note) = '37693c';
SELECT id FROM customer WHERE trim(LEADING 'u' FROM email) = 'ser5@mail.test';
SELECT id FROM customer WHERE (birthday, birthday + 10) OVERLAPS (date '1980-01-01', date '1980-02-01');
SELECT id FROM customer WHERE created AT TIME ZONE 'UTC' > timestamp '2022-12-01';
SELECT id FROM customer WHERE email COLLATE "C" = 'x' OR substring(email SIMILAR 'u#"%#"@%' ESCAPE '#') = 'ser5';
UPDATE target SET n = extract(year FROM at) WHERE id = 7;
UPDATE target SET v = normalize(v, NFD) WHERE v IS NFC NORMALIZED AND id < 4;
DELETE FROM target WHERE extract(month FROM at) = 2 AND v = 'v3';
INSERT INTO target (id, n) SELECT id + 100000, extract(year FROM at) FROM target WHERE extract(day FROM at) = 5;
UPDATE customer SET note = xmlserialize(CONTENT xmlroot(xmlparse(CONTENT '<a/>'), VERSION '1.1') AS text) WHERE id = 4;
-- select lists, CASE, grouping, windows
SELECT id, 'constant' AS label, 5 AS five FROM customer WHERE id < 10;
SELECT CASE WHEN balance > 500 THEN 'rich' WHEN balance > 100 THEN 'fine' ELSE 'poor' END, count(*) FROM customer GROUP BY 1;
SELECT CASE country WHEN 'DE' THEN 'de' WHEN 'FR' THEN 'fr' ELSE 'xx' END FROM customer WHERE id < 50;
SELECT sum(CASE WHEN country = 'US' THEN balance ELSE 0 END) / sum(balance) FROM customer WHERE active;
SELECT coalesce(country, 'none') AS k, count(*) FROM customer GROUP BY coalesce(country, 'none') HAVING count(*) > 10;
SELECT coalesce(country, 'none') || '!' FROM customer GROUP BY coalesce(country, 'none') HAVING coalesce(country, 'none') <> 'US';
SELECT country = 'DE' AS de, count(*) FROM customer GROUP BY country = 'DE' ORDER BY country = 'DE';
SELECT DISTINCT country, state = 'done' FROM customer WHERE id > 100 ORDER BY state = 'done', country;
SELECT DISTINCT ON (country) country, id FROM customer WHERE balance > 10 ORDER BY country, balance DESC;
SELECT country, state, count(*) FROM customer WHERE balance > 900 GROUP BY GROUPING SETS ((country, state), (country), ());
SELECT country, state, sum(balance) FROM customer GROUP BY ROLLUP (country, state) HAVING grouping(country) = 0;
SELECT country, count(*) FILTER (WHERE state = 'new') FROM customer GROUP BY CUBE (country);
SELECT country, string_agg(name, ', ' ORDER BY name) FROM customer WHERE id < 100 GROUP BY country;
SELECT percentile_cont(0.9) WITHIN GROUP (ORDER BY balance) FROM customer WHERE country = 'FR';
SELECT id, rank() OVER (PARTITION BY country ORDER BY balance DESC) FROM customer WHERE created > '2022-06-01 00:00+00';
SELECT id, lag(balance, 2, 0) OVER w FROM customer WHERE id < 300 WINDOW w AS (ORDER BY id ROWS BETWEEN 3 PRECEDING AND CURRENT ROW);
SELECT id, sum(total) OVER (ORDER BY placed RANGE BETWEEN '1 day' PRECEDING AND CURRENT ROW) FROM orders WHERE id < 500;
SELECT * FROM (SELECT id, row_number() OVER (PARTITION BY country ORDER BY balance) rn FROM customer WHERE state = 'paid') x WHERE rn <= 3;
SELECT count(*), min(total), max(placed) FROM orders WHERE state = 'open' AND total > 100;
SELECT max(id) FROM orders WHERE state = 'open';
SELECT greatest(balance, 10), least(id, 3) FROM customer WHERE greatest(balance, 10) > 990;
SELECT id FROM customer ORDER BY balance DESC LIMIT 10 OFFSET 20;
SELECT id FROM customer ORDER BY country FETCH FIRST 7 ROWS WITH TIES;
SELECT id FROM customer WHERE country = 'DE' ORDER BY CASE WHEN state = 'new' THEN 0 ELSE 1 END, id LIMIT 3;
SELECT id FROM customer TABLESAMPLE bernoulli (10) REPEATABLE (5) WHERE balance > 10;
SELECT id FROM customer WHERE id < 50 FOR UPDATE SKIP LOCKED;
SELECT c FROM customer c WHERE c.id = 8;
SELECT (c).email FROM (SELECT c FROM customer c WHERE id < 20 OFFSET 0) x WHERE (c).country = 'US';
SELECT generate_series(1, 3), id FROM customer WHERE id = 4;
SELECT format('%s-%s', id, 'x'), to_char(created, 'YYYY-MM') FROM customer WHERE to_char(created, 'YYYY-MM') = '2022-04';
SELECT id FROM orders WHERE placed > to_timestamp('2022-12-01', 'YYYY-MM-DD');
SELECT id FROM orders WHERE shipped = to_date('01.03.2022', 'DD.MM.YYYY');
SELECT id FROM customer WHERE name = current_setting('server_version') OR id = 3;
SELECT count(*) FROM pg_catalog.pg_class WHERE relname = 'customer' AND relkind = 'r';
-- joins
SELECT c.id, o.total FROM customer c JOIN orders o ON o.customer_id = c.id WHERE c.country = 'BR' AND o.total > 480;
SELECT c.id, o.total FROM customer c LEFT JOIN orders o ON o.customer_id = c.id AND o.state = 'open' WHERE c.id < 60;
SELECT c.id FROM customer c LEFT JOIN orders o ON o.customer_id = c.id WHERE o.id IS NULL AND c.state = 'void';
SELECT c.id, o.id FROM customer c FULL JOIN orders o ON o.customer_id = c.id WHERE coalesce(o.total, 0) < 5;
SELECT c.id, o.id FROM orders o RIGHT JOIN customer c ON c.id = o.customer_id AND o.placed > '2023-01-01' WHERE c.country = 'FR';
SELECT id, total FROM customer JOIN orders USING (id) WHERE id < 30;
SELECT * FROM tree NATURAL JOIN (SELECT id, v FROM target WHERE v = 'v7') t WHERE weight > 40;
SELECT a.id FROM tree a CROSS JOIN tree b WHERE a.id < 5 AND b.label = 'node3' AND a.weight + b.weight = 50;
SELECT c.country, sum(i.qty * i.price) FROM customer c JOIN orders o ON o.customer_id = c.id JOIN item i ON i.order_id = o.id WHERE i.product = 'product 7' AND o.placed >= '2022-03-01' AND o.placed < '2022-06-01' GROUP BY c.country ORDER BY 2 DESC;
SELECT c.id, x.total FROM customer c CROSS JOIN LATERAL (SELECT total FROM orders o WHERE o.customer_id = c.id AND o.state = 'open' ORDER BY placed DESC LIMIT 1) x WHERE c.country = 'DE';
SELECT c.id, f.id FROM customer c, LATERAL some_orders(c.id) f WHERE c.id < 4 AND f.total > 10;
SELECT t.id, s FROM tree t, generate_series(1, 5) s WHERE t.weight = s AND s > 2;
SELECT v.k, c.id FROM (VALUES ('DE', 1), ('FR', 2)) v(k, n) JOIN customer c ON c.country = v.k WHERE c.balance < 10;
SELECT o.id FROM orders o JOIN customer c ON c.id = o.customer_id AND c.birthday = o.shipped + 5 WHERE o.state = 'back';
SELECT id FROM customer_order WHERE country = 'BR' AND placed > '2023-02-01';
SELECT * FROM country_sum WHERE country = 'DE';
SELECT * FROM country_sum WHERE n > 700;
SELECT email FROM good_customer WHERE balance > 995;
-- subqueries
SELECT id FROM customer c WHERE EXISTS (SELECT * FROM orders o WHERE o.customer_id = c.id AND o.total > 499);
SELECT id FROM customer c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id GROUP BY o.state HAVING count(*) > 4);
SELECT id FROM customer c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.state = 'back');
SELECT id FROM customer WHERE id IN (SELECT customer_id FROM orders WHERE placed > '2023-03-01');
SELECT id FROM customer WHERE id NOT IN (SELECT customer_id FROM orders WHERE total < 400);
SELECT id FROM customer WHERE 5 IN (SELECT weight FROM tree WHERE tree.id = customer.id);
SELECT id FROM customer WHERE (country, 5) IN (SELECT region, people FROM place WHERE people < 50);
SELECT id FROM orders WHERE total > (SELECT 2 * avg(total) FROM orders x WHERE x.customer_id = orders.customer_id AND x.state = 'closed');
SELECT id, (SELECT count(*) FROM orders o WHERE o.customer_id = c.id AND o.total > 100) FROM customer c WHERE c.id < 20;
SELECT id FROM orders WHERE total > ALL (SELECT price FROM item WHERE order_id = orders.id AND qty > 8);
SELECT id FROM orders WHERE total = ANY (SELECT price FROM item WHERE product = 'product 5');
SELECT ARRAY(SELECT id FROM tree WHERE label = 'node4' ORDER BY id LIMIT 3) FROM customer WHERE id = 2;
SELECT x.n FROM (SELECT country, count(*) AS n FROM customer WHERE active GROUP BY country) x WHERE x.n > 600;
SELECT id FROM customer WHERE CASE WHEN country = 'US' THEN balance > 990 ELSE balance > 995 END;
-- CTEs
WITH big AS (SELECT * FROM orders WHERE total > 450) SELECT c.id FROM customer c JOIN big ON big.customer_id = c.id WHERE c.country = 'FR';
WITH big AS MATERIALIZED (SELECT customer_id, sum(total) AS s FROM orders WHERE state = 'closed' GROUP BY 1) SELECT * FROM big WHERE s > 1000;
WITH a AS (SELECT id FROM tree WHERE weight = 7), b AS (SELECT id FROM a WHERE id > 100) SELECT * FROM b, a WHERE a.id = b.id;
WITH RECURSIVE down AS (SELECT id, parent, 1 AS depth FROM tree WHERE id = 3 UNION ALL SELECT t.id, t.parent, d.depth + 1 FROM tree t JOIN down d ON t.parent = d.id WHERE d.depth < 6) SELECT count(*) FROM down WHERE depth > 2;
WITH RECURSIVE g AS (SELECT id, parent FROM tree WHERE id = 5 UNION ALL SELECT t.id, t.parent FROM tree t, g WHERE t.parent = g.id) CYCLE id SET looped USING path SELECT * FROM g WHERE NOT looped;
WITH RECURSIVE g AS (SELECT id, parent FROM tree WHERE id = 5 UNION ALL SELECT t.id, t.parent FROM tree t, g WHERE t.parent = g.id) CYCLE id SET looped TO 'Y' DEFAULT 'N' USING path SELECT * FROM g WHERE looped = 'N';
WITH RECURSIVE g AS (SELECT id, parent FROM tree WHERE id = 5 UNION ALL SELECT t.id, t.parent FROM tree t, g WHERE t.parent = g.id) CYCLE id SET looped TO 1 DEFAULT 0 USING path SELECT * FROM g WHERE looped = 0;
WITH RECURSIVE g AS (SELECT id, parent FROM tree WHERE id = 5 UNION ALL SELECT t.id, t.parent FROM tree t, g WHERE t.parent = g.id) SEARCH DEPTH FIRST BY id SET ord SELECT id FROM g WHERE id > 20 ORDER BY ord;
WITH gone AS (DELETE FROM target WHERE id = 77 RETURNING id, v) INSERT INTO audit (who, what) SELECT v, 'deleted' FROM gone WHERE v <> 'x';
WITH up AS (UPDATE target SET v = 'changed' WHERE id = 5 RETURNING id) SELECT c.email FROM customer c JOIN up ON up.id = c.id WHERE c.active;
-- set operations
SELECT id FROM customer WHERE country = 'BR' UNION SELECT id FROM tree WHERE weight = 3;
SELECT 'c' AS src, id FROM customer WHERE id < 5 UNION ALL SELECT 't', id FROM tree WHERE id < 5;
SELECT id FROM customer WHERE state = 'new' INTERSECT SELECT customer_id FROM orders WHERE state = 'open';
SELECT id FROM customer WHERE id < 500 EXCEPT SELECT customer_id FROM orders WHERE total > 100 ORDER BY 1 LIMIT 4;
SELECT * FROM (SELECT id, 'a'::varchar(3) AS k FROM tree WHERE id < 9 UNION SELECT id, 'b' FROM target WHERE id < 9) u WHERE k = 'a';
(SELECT id FROM customer ORDER BY balance LIMIT 3) UNION ALL (SELECT id FROM customer WHERE country = 'CN' ORDER BY balance DESC LIMIT 3);
-- partitions, inheritance, row security
SELECT * FROM event WHERE at >= '2023-02-01 00:00+00' AND at < '2023-03-01 00:00+00' AND kind = 'buy';
SELECT * FROM event WHERE at > timestamp '2024-03-01' AND kind IN ('buy', 'click');
SELECT count(*) FROM event WHERE payload ->> 'src' = 's1' AND at = '2022-05-01 04:00+00';
SELECT count(*) FROM event WHERE payload @> '{"k": 5}';
SELECT * FROM place WHERE region = 'de' AND city = 'city7';
SELECT * FROM place WHERE region IN ('us', 'jp') AND people > 1000;
SELECT * FROM place WHERE region IS NOT DISTINCT FROM 'it';
SELECT * FROM bucket WHERE id = 77;
SELECT * FROM bucket WHERE id IN (1, 2) AND v = 'v1';
SELECT * FROM event_2023 WHERE kind = 'click' AND at < '2023-01-05 00:00+00';
SELECT * FROM animal WHERE legs = 4 AND name = 'd5';
SELECT * FROM animal WHERE legs > 4;
SELECT * FROM ONLY animal WHERE legs = 4;
SELECT tableoid::regclass, id FROM animal WHERE tableoid = 'dog'::regclass AND id < 10;
UPDATE event SET region = 'x' WHERE at < '2022-01-10 00:00+00' AND kind = 'view';
DELETE FROM animal WHERE legs = 2 AND id = 7;
--role corpus_reader
SELECT * FROM secret WHERE amount > 1900;
--role corpus_reader
SELECT s.id, c.email FROM secret s JOIN customer c ON c.id = s.id WHERE s.amount < 100 AND c.country = 'DE';
-- data changes
INSERT INTO target (id, v) VALUES (100001, 'one');
INSERT INTO target (id, v, at) VALUES (100001, 'one', '2022-05-05'), (100002, 'two', NULL), (100003, DEFAULT, date '2022-05-05' + 3);
INSERT INTO target VALUES (100001, 'x', 5.5, current_date, '{a,b}', ROW(1, 'z'), ARRAY[1, 2]) RETURNING id, 'done';
INSERT INTO target (id, v) SELECT id, 'copied' FROM customer WHERE id > 5995;
INSERT INTO target (id, v, n) SELECT id + 200000, name, balance FROM customer WHERE country = 'BR' AND balance > 900;
INSERT INTO target (id, v) VALUES (5, 'dup') ON CONFLICT (id) DO UPDATE SET v = excluded.v || '-again', n = 7 WHERE target.n > 3;
INSERT INTO target (id, v) VALUES (6, 'dup') ON CONFLICT DO NOTHING;
INSERT INTO audit (who) SELECT b FROM empty WHERE a <> 3;
INSERT INTO audit (who, what) SELECT email, b FROM customer, empty WHERE a = 5 AND country = 'US';
UPDATE target SET v = 'new value', n = n + 10 WHERE id = 15;
UPDATE target SET v = CASE WHEN n > 100 THEN 'high' ELSE v END WHERE v = 'v4';
UPDATE target SET (v, n) = ('pair', 3) WHERE id IN (1, 2);
UPDATE target SET (v, n) = (SELECT name, balance FROM customer WHERE customer.id = target.id AND country = 'US') WHERE target.id < 30;
UPDATE target t SET v = c.name FROM customer c WHERE c.id = t.id AND c.country = 'DE' AND t.v = 'v1' RETURNING t.id, 'ok';
UPDATE target SET tags[2] = 'second', lst[1:2] = '{8,9}' WHERE id = 9;
UPDATE target SET p.b = 'field' WHERE id = 9;
UPDATE target SET at = DEFAULT, v = NULL WHERE at > '2022-03-20';
UPDATE good_customer SET balance = 5 WHERE country = 'BR' AND balance < 20;
DELETE FROM target WHERE v = 'v5' AND n < 100;
DELETE FROM target t USING customer c WHERE c.id = t.id AND c.email LIKE 'user1%' AND t.n > 2000;
DELETE FROM target WHERE id IN (SELECT id FROM tree WHERE weight = 13) RETURNING v;
MERGE INTO target t USING (SELECT id, name FROM customer WHERE country = 'BR') s ON t.id = s.id WHEN MATCHED AND t.n > 500 THEN UPDATE SET v = 'merged', n = 1 WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (id, v) VALUES (s.id, 'added');
MERGE INTO target t USING (VALUES (1, 'x'), (2, 'y')) s(id, v) ON t.id = s.id AND t.v = 'v1' WHEN MATCHED THEN UPDATE SET v = s.v WHEN NOT MATCHED THEN DO NOTHING;
-- wrappers and parameters
--run CREATE TABLE copy1 AS SELECT id, email FROM customer WHERE country = 'DE' AND balance > 900
SELECT id, email FROM customer WHERE country = 'DE' AND balance > 900;
--run CREATE MATERIALIZED VIEW mv1 AS SELECT country, count(*) FROM customer WHERE state = 'sent' GROUP BY country
SELECT country, count(*) FROM customer WHERE state = 'sent' GROUP BY country;
--run DECLARE corpus_cursor CURSOR WITH HOLD FOR SELECT id FROM orders WHERE customer_id = 17 ORDER BY placed
SELECT id FROM orders WHERE customer_id = 17 ORDER BY placed;
--run COPY (SELECT id, total FROM orders WHERE shipped = '2022-02-02') TO '/dev/null'
SELECT id, total FROM orders WHERE shipped = '2022-02-02';
--run DO $$ DECLARE lo int := 10; hi int := 20; n int; BEGIN SELECT count(*) INTO n FROM customer WHERE id BETWEEN lo AND hi AND country = 'US'; END $$
--values {10,20,US}
SELECT count(*) FROM customer WHERE id BETWEEN 10 AND 20 AND country = 'US';
--run DO $$ DECLARE r record; who text := 'user5@mail.test'; BEGIN FOR r IN SELECT id, name FROM customer WHERE lower(email) = lower(who) LOOP END LOOP; END $$
--values {user5@mail.test}
SELECT id, name FROM customer WHERE lower(email) = lower('user5@mail.test');
--run DO $$ DECLARE c customer; n int; BEGIN c.country := 'CN'; c.balance := 990; SELECT count(*) INTO n FROM customer x WHERE x.country = c.country AND x.balance > c.balance; END $$
--values {CN,990}
SELECT count(*) FROM customer x WHERE x.country = 'CN' AND x.balance > 990;
--run PREPARE q1(int, text) AS SELECT id FROM customer WHERE id > $1 AND email LIKE $2 AND state = 'paid'; EXECUTE q1(5000, 'user5%')
SELECT id FROM customer WHERE id > 5000 AND email LIKE 'user5%' AND state = 'paid';
--run PREPARE q2(int, int) AS SELECT id FROM customer ORDER BY balance LIMIT $2 OFFSET $1; EXECUTE q2(20, 10)
SELECT id FROM customer ORDER BY balance LIMIT 10::int OFFSET 20::int;
--run PREPARE q3(int[], numeric) AS SELECT tags[($1)[1]] FROM customer WHERE id = ANY ($1) AND balance > $2 * 1.1; EXECUTE q3('{1,2,3}', 5)
SELECT tags[('{1,2,3}'::int[])[1]] FROM customer WHERE id = ANY ('{1,2,3}'::int[]) AND balance > 5::numeric * 1.1;
--run PREPARE q4(date) AS UPDATE target SET at = $1 + 1, v = 'x' WHERE at = $1; EXECUTE q4('2022-01-05')
UPDATE target SET at = '2022-01-05'::date + 1, v = 'x' WHERE at = '2022-01-05'::date;
--run PREPARE q5(status) AS SELECT id FROM customer TABLESAMPLE system ($2) WHERE state = $1; EXECUTE q5('new', 50)
SELECT id FROM customer TABLESAMPLE system (50) WHERE state = 'new';
-- what is given up, with its reason
SELECT 1;
SELECT * FROM generate_series(1, 5) g WHERE g > 2;
VALUES (1, 'a'), (2, 'b');
--run CREATE TEMP TABLE scratch (a int); SELECT * FROM scratch WHERE a = 5
SELECT * FROM customer WHERE id = 5;
--run DO $$ DECLARE c CURSOR FOR SELECT * FROM tree FOR UPDATE; BEGIN FOR r IN c LOOP UPDATE tree SET weight = weight WHERE CURRENT OF c; EXIT; END LOOP; END $$
UPDATE tree SET weight = weight;
--run INSERT INTO tree VALUES (100001, 1, 'x', 1)
INSERT INTO tree VALUES (100001, 1, 'x', 1);
