SET client_encoding = 'UTF8';
-- Indexes suggested by pgsteward for database shop, 2026-11-22 14:52 UTC
-- run 17 in steward.index_suggestions
-- warning: statistics of table orders are 40 days old

-- suggestion k7f3a2: 26,600.00 planner units a call become 159.75, mean over 2 statement(s); about 96 MB on disk
-- undo: DROP INDEX CONCURRENTLY public.orders_status_created_at_idx;
-- Not inside a transaction block: CREATE INDEX CONCURRENTLY refuses to run there.
SET statement_timeout = 0;
-- Minutes, not seconds: CONCURRENTLY waits for every older snapshot in the database, lock_timeout counts that
-- wait, and a build that gives up leaves an invalid index behind that every write maintains.
SET lock_timeout = '15min';
CREATE INDEX CONCURRENTLY orders_status_created_at_idx ON public.orders USING btree (status, created_at) INCLUDE (total) WHERE status <> 'done';
DO $steward$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_index
                 WHERE indexrelid = pg_catalog.to_regclass('public.orders_status_created_at_idx') AND indisvalid) THEN
    RAISE EXCEPTION USING MESSAGE = 'index public.orders_status_created_at_idx is missing or invalid',
      HINT = 'Drop what is left of it, then build it again: DROP INDEX CONCURRENTLY public.orders_status_created_at_idx;';
  END IF;
END
$steward$;

-- suggestion p02c9d: 77,400.00 planner units a call become 4,050.00, mean over 1 statement(s); about 270 MB on disk
-- rows on evil\n-- DROP TABLE x are misestimated by a factor of 210; run ANALYZE
-- undo: DROP INDEX CONCURRENTLY "we ""ird"."evil$steward$'\\x1b_idx";
-- Not inside a transaction block: CREATE INDEX CONCURRENTLY refuses to run there.
SET statement_timeout = 0;
-- Minutes, not seconds: CONCURRENTLY waits for every older snapshot in the database, lock_timeout counts that
-- wait, and a build that gives up leaves an invalid index behind that every write maintains.
SET lock_timeout = '15min';
CREATE INDEX CONCURRENTLY "evil$steward$'\_idx" ON "we ""ird"."evil[2J
; DROP TABLE x; --" USING gin (payload jsonb_path_ops);
DO $steward1$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_index
                 WHERE indexrelid = pg_catalog.to_regclass(E'"we ""ird"."evil$steward$''\\_idx"') AND indisvalid) THEN
    RAISE EXCEPTION USING MESSAGE = E'index "we ""ird"."evil$steward$''\\_idx" is missing or invalid',
      HINT = E'Drop what is left of it, then build it again: DROP INDEX CONCURRENTLY "we ""ird"."evil$steward$''\\_idx";';
  END IF;
END
$steward1$;

-- 3 more suggestions are not in this file (--limit)

-- Existing indexes to drop or rebuild. Nothing of this runs unless you take the comment away.
-- orders_customer_idx on orders: prefix of orders_customer_created_idx, 640 MB; 12 scans since Sep 21 14:13, 0 captured plans with it
--   DROP INDEX CONCURRENTLY public.orders_customer_idx;
--   undo: CREATE INDEX CONCURRENTLY orders_customer_idx ON ...;
-- orders_pkey on orders: bloated, about 200 MB when rebuilt, 640 MB
--   the size after a rebuild is an estimate from the table's statistics
--   REINDEX INDEX CONCURRENTLY public.orders_pkey;

-- Foreign keys without an index; these are not part of the budget.
-- orders_customer_id_fkey: orders (customer_id) refers to customers, on delete cascade; 900 look-ups captured, 72.0 s in all; 1,200 rows deleted there since Sep 21 14:13; 2 statements join by it; a look-up reads 96 MB, the index is about 12 MB
--   serves foreign key other_fkey too
--   CREATE INDEX CONCURRENTLY orders_customer_id_idx ON public.orders USING btree (customer_id);
--   undo: DROP INDEX CONCURRENTLY public.orders_customer_id_idx;
