/* pg_steward 0.1.0: the objects of CREATE EXTENSION pg_steward, by section. */

-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION pg_steward" to load this file. \quit

CREATE SCHEMA steward;
COMMENT ON SCHEMA steward IS 'pg_steward: captured workload, advice and materialized view freshness';

-- ---------------------------------------------------------------------------------------------------------------------
-- Capture: statements, texts and status
-- ---------------------------------------------------------------------------------------------------------------------
CREATE FUNCTION steward.statements(showtext boolean DEFAULT true,
    OUT userid oid, OUT dbid oid, OUT toplevel boolean, OUT queryid bigint, OUT query text,
    OUT plans bigint, OUT total_plan_time double precision, OUT min_plan_time double precision,
    OUT max_plan_time double precision, OUT mean_plan_time double precision, OUT stddev_plan_time double precision,
    OUT calls bigint, OUT total_exec_time double precision, OUT min_exec_time double precision,
    OUT max_exec_time double precision, OUT mean_exec_time double precision, OUT stddev_exec_time double precision,
    OUT rows bigint,
    OUT shared_blks_hit bigint, OUT shared_blks_read bigint, OUT shared_blks_dirtied bigint,
    OUT shared_blks_written bigint, OUT local_blks_hit bigint, OUT local_blks_read bigint,
    OUT local_blks_dirtied bigint, OUT local_blks_written bigint, OUT temp_blks_read bigint,
    OUT temp_blks_written bigint,
    OUT shared_blk_read_time double precision, OUT shared_blk_write_time double precision,
    OUT local_blk_read_time double precision, OUT local_blk_write_time double precision,
    OUT temp_blk_read_time double precision, OUT temp_blk_write_time double precision,
    OUT wal_records bigint, OUT wal_fpi bigint, OUT wal_bytes numeric, OUT wal_buffers_full bigint,
    OUT jit_functions bigint, OUT jit_generation_time double precision,
    OUT jit_inlining_count bigint, OUT jit_inlining_time double precision,
    OUT jit_optimization_count bigint, OUT jit_optimization_time double precision,
    OUT jit_emission_count bigint, OUT jit_emission_time double precision,
    OUT jit_deform_count bigint, OUT jit_deform_time double precision,
    OUT parallel_workers_to_launch bigint, OUT parallel_workers_launched bigint,
    OUT generic_plan_calls bigint, OUT custom_plan_calls bigint,
    OUT stats_since timestamptz, OUT minmax_stats_since timestamptz,
    OUT p50_exec_time double precision, OUT p95_exec_time double precision, OUT p99_exec_time double precision,
    OUT failed_calls bigint, OUT canceled_calls bigint, OUT last_sqlstate text,
    OUT simple_calls bigint, OUT extended_calls bigint, OUT cpu_time double precision, OUT last_call timestamptz)
RETURNS SETOF record LANGUAGE C STRICT VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'steward_statements';
COMMENT ON FUNCTION steward.statements(boolean) IS
    'statistics of every tracked statement of the cluster; pass false to leave the texts out';

CREATE VIEW steward.statements AS SELECT * FROM steward.statements(true);
COMMENT ON VIEW steward.statements IS
    'statistics of every tracked statement of the cluster: pg_stat_statements'' columns, percentiles, failures';

CREATE FUNCTION steward.capture_status(
    OUT capturing boolean, OUT reason text, OUT stats_since timestamptz, OUT statements bigint, OUT evicted bigint,
    OUT lost bigint, OUT text_missing bigint, OUT plans bigint, OUT memory_used bigint, OUT memory_limit bigint,
    OUT refused_connections bigint, OUT last_refused timestamptz)
RETURNS record LANGUAGE C STRICT VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'steward_capture_status';
COMMENT ON FUNCTION steward.capture_status() IS
    'whether statements are captured, and what had to be left out; read the view of the same name';

CREATE FUNCTION steward.reset(userid oid DEFAULT 0, dbid oid DEFAULT 0, queryid bigint DEFAULT 0)
RETURNS timestamptz LANGUAGE C STRICT VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'steward_reset';
COMMENT ON FUNCTION steward.reset(oid, oid, bigint) IS
    'discards the statistics of the given user, database and statement; 0 stands for all. '
    'Parameter samples go with any of them, and where a statement is named its text too. Returns the time of the reset';

-- ---------------------------------------------------------------------------------------------------------------------
-- History
-- ---------------------------------------------------------------------------------------------------------------------
-- Rows are inserted and deleted, never updated; written by the worker and by steward.write_history(). Not dumped: history
-- belongs to the server it was recorded on. Autovacuum comes early because what is deleted makes room for what is written.
CREATE TABLE steward.history_interval (
    interval_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dbid oid NOT NULL,
    interval_start timestamptz NOT NULL,
    interval_end timestamptz NOT NULL,
    statements integer NOT NULL,
    other_statements bigint NOT NULL,
    io_timed boolean NOT NULL,
    bytes bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.05);
COMMENT ON TABLE steward.history_interval IS 'the intervals of history, one row each, also for those in which nothing happened';
COMMENT ON COLUMN steward.history_interval.dbid IS 'the database it was recorded in; another one in a copy made with CREATE DATABASE ... TEMPLATE';
COMMENT ON COLUMN steward.history_interval.statements IS 'statements with an entry of their own: the 500 with the most time of planning and execution';
COMMENT ON COLUMN steward.history_interval.other_statements IS 'statements that share one entry, without those that were evicted or reset during the interval';
COMMENT ON COLUMN steward.history_interval.io_timed IS 'whether track_io_timing was on for the writer';
COMMENT ON COLUMN steward.history_interval.bytes IS 'estimated size of the entries';

CREATE TABLE steward.history_entry (
    interval_id bigint NOT NULL,
    queryid bigint NOT NULL,
    calls bigint,
    failed_calls bigint,
    canceled_calls bigint,
    rows bigint,
    plans bigint,
    total_plan_time double precision,
    total_exec_time double precision,
    shared_blks_hit bigint,
    shared_blks_read bigint,
    shared_blks_dirtied bigint,
    shared_blks_written bigint,
    temp_blks_read bigint,
    temp_blks_written bigint,
    shared_blk_read_time double precision,
    shared_blk_write_time double precision,
    temp_blk_read_time double precision,
    temp_blk_write_time double precision,
    wal_records bigint,
    wal_bytes bigint,
    cpu_time double precision,
    userid oid NOT NULL,
    toplevel boolean NOT NULL,
    latency integer[]
) WITH (autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX history_entry_interval_id_idx ON steward.history_entry (interval_id);
COMMENT ON TABLE steward.history_entry IS 'one row for each interval and statement; read it through steward.statement_history';
COMMENT ON COLUMN steward.history_entry.queryid IS '0, with userid 0: all other statements of the interval';
COMMENT ON COLUMN steward.history_entry.calls IS 'here as in the columns that follow NULL stands for zero, which takes no room';
COMMENT ON COLUMN steward.history_entry.cpu_time IS 'NULL: not measured';
COMMENT ON COLUMN steward.history_entry.latency IS 'histogram of execution times: one number for a bucket, bucket * 2^24 + calls; see steward.latency_quantile()';

CREATE TABLE steward.history_text (
    queryid bigint PRIMARY KEY,
    query text NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.05);
COMMENT ON TABLE steward.history_text IS 'the texts of the statements in history, so that they can be read after the statement was evicted from shared memory';

CREATE TABLE steward.history_class (
    interval_id bigint NOT NULL,
    userid oid NOT NULL,
    application_name text NOT NULL,
    first_seen timestamptz NOT NULL,
    commits bigint NOT NULL,
    rollbacks bigint NOT NULL,
    failures bigint NOT NULL,
    writing_transactions bigint NOT NULL,
    total_xact_time double precision NOT NULL,
    idle_in_transaction_time double precision,
    cpu_time double precision NOT NULL,
    core_wait_time double precision,
    samples bigint NOT NULL,
    running_samples bigint,
    lock_samples bigint,
    lwlock_samples bigint,
    io_samples bigint,
    wal_samples bigint,
    client_samples bigint,
    other_samples bigint,
    idle_samples bigint,
    latency integer[] NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX history_class_interval_id_idx ON steward.history_class (interval_id);
COMMENT ON TABLE steward.history_class IS
    'what each class of transactions had counted in all at the end of an interval in which it was seen; read it through steward.class_history';
COMMENT ON COLUMN steward.history_class.first_seen IS 'another one than before: counting began anew, from zero';

-- The tables themselves show what steward.statements shows: others' statements only to members of pg_read_all_stats.
ALTER TABLE steward.history_entry ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON steward.history_entry FOR SELECT USING (
    (SELECT pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE'))
    OR userid OPERATOR(pg_catalog.=) (SELECT r.oid FROM pg_catalog.pg_roles AS r WHERE r.rolname OPERATOR(pg_catalog.=) current_user));
COMMENT ON POLICY readers ON steward.history_entry IS 'own statements; all for members of pg_read_all_stats';
ALTER TABLE steward.history_class ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON steward.history_class FOR SELECT USING (
    (SELECT pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE'))
    OR userid OPERATOR(pg_catalog.=) (SELECT r.oid FROM pg_catalog.pg_roles AS r WHERE r.rolname OPERATOR(pg_catalog.=) current_user));
COMMENT ON POLICY readers ON steward.history_class IS 'own classes; all for members of pg_read_all_stats';
ALTER TABLE steward.history_text ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON steward.history_text FOR SELECT USING (
    (SELECT pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE'))
    OR EXISTS (SELECT FROM steward.history_entry AS e WHERE e.queryid OPERATOR(pg_catalog.=) history_text.queryid));
COMMENT ON POLICY readers ON steward.history_text IS 'texts of statements that the role sees in steward.history_entry';

CREATE FUNCTION steward.latency_quantile(latency integer[], quantile double precision)
RETURNS double precision LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'steward_latency_quantile';
COMMENT ON FUNCTION steward.latency_quantile(integer[], double precision) IS
    'a quantile (0..1) in milliseconds of a latency histogram of history, usually within 12 %; NULL when it counts nothing';

CREATE FUNCTION steward.latency_sum_step(internal, integer[])
RETURNS internal LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'steward_latency_sum_step';
COMMENT ON FUNCTION steward.latency_sum_step(internal, integer[]) IS 'part of steward.latency_sum';
CREATE FUNCTION steward.latency_sum_end(internal)
RETURNS integer[] LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'steward_latency_sum_end';
COMMENT ON FUNCTION steward.latency_sum_end(internal) IS 'part of steward.latency_sum';
CREATE AGGREGATE steward.latency_sum(integer[]) (
    SFUNC = steward.latency_sum_step, STYPE = internal, SSPACE = 1024, FINALFUNC = steward.latency_sum_end, PARALLEL = SAFE);
COMMENT ON AGGREGATE steward.latency_sum(integer[]) IS
    'adds up latency histograms of history: steward.latency_quantile(steward.latency_sum(latency), 0.95) is the p95 of all their calls';

CREATE FUNCTION steward.latency_difference(later integer[], earlier integer[])
RETURNS integer[] LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'steward_latency_difference';
COMMENT ON FUNCTION steward.latency_difference(integer[], integer[]) IS 'what a latency histogram has more than an earlier state of it';

CREATE VIEW steward.statement_history AS
SELECT i.interval_start, i.interval_end,
       CASE WHEN e.queryid OPERATOR(pg_catalog.<>) 0 THEN e.userid END AS userid, i.dbid,
       CASE WHEN e.queryid OPERATOR(pg_catalog.<>) 0 THEN e.toplevel END AS toplevel,
       CASE WHEN e.queryid OPERATOR(pg_catalog.<>) 0 AND me.reads_all OR e.userid OPERATOR(pg_catalog.=) me.oid THEN e.queryid END AS queryid,
       CASE WHEN e.queryid OPERATOR(pg_catalog.=) 0 THEN '<other>'
            WHEN me.reads_all OR e.userid OPERATOR(pg_catalog.=) me.oid THEN t.query
            ELSE '<insufficient privilege>' END AS query,
       coalesce(e.calls, 0) AS calls, coalesce(e.failed_calls, 0) AS failed_calls, coalesce(e.canceled_calls, 0) AS canceled_calls,
       coalesce(e.rows, 0) AS rows, coalesce(e.plans, 0) AS plans, coalesce(e.total_plan_time, 0) AS total_plan_time,
       coalesce(e.total_exec_time, 0) AS total_exec_time,
       e.total_exec_time OPERATOR(pg_catalog./) e.calls AS mean_exec_time,
       steward.latency_quantile(e.latency, 0.5) AS p50_exec_time, steward.latency_quantile(e.latency, 0.95) AS p95_exec_time,
       steward.latency_quantile(e.latency, 0.99) AS p99_exec_time,
       coalesce(e.shared_blks_hit, 0) AS shared_blks_hit, coalesce(e.shared_blks_read, 0) AS shared_blks_read,
       coalesce(e.shared_blks_dirtied, 0) AS shared_blks_dirtied, coalesce(e.shared_blks_written, 0) AS shared_blks_written,
       coalesce(e.temp_blks_read, 0) AS temp_blks_read, coalesce(e.temp_blks_written, 0) AS temp_blks_written,
       coalesce(e.shared_blk_read_time, CASE WHEN i.io_timed THEN 0 END) AS shared_blk_read_time,
       coalesce(e.shared_blk_write_time, CASE WHEN i.io_timed THEN 0 END) AS shared_blk_write_time,
       coalesce(e.temp_blk_read_time, CASE WHEN i.io_timed THEN 0 END) AS temp_blk_read_time,
       coalesce(e.temp_blk_write_time, CASE WHEN i.io_timed THEN 0 END) AS temp_blk_write_time,
       coalesce(e.wal_records, 0) AS wal_records, coalesce(e.wal_bytes, 0)::numeric AS wal_bytes, e.cpu_time, e.latency
FROM steward.history_interval AS i
     JOIN steward.history_entry AS e ON e.interval_id OPERATOR(pg_catalog.=) i.interval_id
     LEFT JOIN steward.history_text AS t ON t.queryid OPERATOR(pg_catalog.=) e.queryid
     CROSS JOIN (SELECT r.oid, pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE') AS reads_all
                 FROM pg_catalog.pg_roles AS r WHERE r.rolname OPERATOR(pg_catalog.=) current_user) AS me
WHERE i.dbid OPERATOR(pg_catalog.=)
      (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database());
COMMENT ON VIEW steward.statement_history IS
    'what happened in this database, by interval and statement: those with the most time of each interval, and the others together';
COMMENT ON COLUMN steward.statement_history.userid IS 'NULL: the others together';
COMMENT ON COLUMN steward.statement_history.queryid IS 'NULL: the others together, or another role''s statement that this role may not see';
COMMENT ON COLUMN steward.statement_history.query IS 'NULL: the text is not known';
COMMENT ON COLUMN steward.statement_history.p95_exec_time IS 'milliseconds, from latency: usually within 12 %';
COMMENT ON COLUMN steward.statement_history.shared_blk_read_time IS 'NULL, like the other I/O times, when the server did not time I/O';
COMMENT ON COLUMN steward.statement_history.cpu_time IS 'milliseconds, estimated from the executions it was measured of; NULL: of none';
COMMENT ON COLUMN steward.statement_history.latency IS
    'histogram of execution times, to be added up with steward.latency_sum() and read with steward.latency_quantile()';

-- The texts are joined last and under the caller's own rights, so that they are read once for each statement.
CREATE FUNCTION steward.window_statements(since timestamptz, until timestamptz DEFAULT pg_catalog.now())
RETURNS TABLE (userid oid, dbid oid, toplevel boolean, queryid bigint, query text, calls bigint, failed_calls bigint,
    canceled_calls bigint, rows bigint, plans bigint, total_plan_time double precision, total_exec_time double precision,
    mean_exec_time double precision, p50_exec_time double precision, p95_exec_time double precision,
    p99_exec_time double precision, shared_blks_hit bigint, shared_blks_read bigint, shared_blks_dirtied bigint,
    shared_blks_written bigint, temp_blks_read bigint, temp_blks_written bigint, shared_blk_read_time double precision,
    shared_blk_write_time double precision, temp_blk_read_time double precision, temp_blk_write_time double precision,
    wal_records bigint, wal_bytes numeric, cpu_time double precision, latency integer[])
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
SELECT w.userid, w.dbid, w.toplevel, w.queryid,
       CASE WHEN w.userid IS NULL THEN '<other>' WHEN w.queryid IS NULL THEN '<insufficient privilege>' ELSE t.query END,
       w.calls, w.failed_calls, w.canceled_calls, w.rows, w.plans, w.total_plan_time, w.total_exec_time,
       w.total_exec_time / nullif(w.calls, 0), steward.latency_quantile(w.latency, 0.5), steward.latency_quantile(w.latency, 0.95),
       steward.latency_quantile(w.latency, 0.99), w.shared_blks_hit, w.shared_blks_read, w.shared_blks_dirtied, w.shared_blks_written,
       w.temp_blks_read, w.temp_blks_written, w.shared_blk_read_time, w.shared_blk_write_time, w.temp_blk_read_time,
       w.temp_blk_write_time, w.wal_records, w.wal_bytes, w.cpu_time, w.latency
FROM (SELECT h.userid, h.dbid, h.toplevel, h.queryid, sum(h.calls)::bigint AS calls, sum(h.failed_calls)::bigint AS failed_calls,
             sum(h.canceled_calls)::bigint AS canceled_calls, sum(h.rows)::bigint AS rows, sum(h.plans)::bigint AS plans,
             sum(h.total_plan_time) AS total_plan_time, sum(h.total_exec_time) AS total_exec_time,
             sum(h.shared_blks_hit)::bigint AS shared_blks_hit, sum(h.shared_blks_read)::bigint AS shared_blks_read,
             sum(h.shared_blks_dirtied)::bigint AS shared_blks_dirtied, sum(h.shared_blks_written)::bigint AS shared_blks_written,
             sum(h.temp_blks_read)::bigint AS temp_blks_read, sum(h.temp_blks_written)::bigint AS temp_blks_written,
             sum(h.shared_blk_read_time) AS shared_blk_read_time, sum(h.shared_blk_write_time) AS shared_blk_write_time,
             sum(h.temp_blk_read_time) AS temp_blk_read_time, sum(h.temp_blk_write_time) AS temp_blk_write_time,
             sum(h.wal_records)::bigint AS wal_records, sum(h.wal_bytes) AS wal_bytes, sum(h.cpu_time) AS cpu_time,
             steward.latency_sum(h.latency) AS latency
      FROM steward.statement_history AS h
      WHERE h.interval_end > since AND h.interval_end <= until
      GROUP BY h.userid, h.dbid, h.toplevel, h.queryid) AS w
     LEFT JOIN steward.history_text AS t ON t.queryid = w.queryid
$$;
COMMENT ON FUNCTION steward.window_statements(timestamptz, timestamptz) IS
    'statement_history summed up, by statement, over the intervals that ended after since and not after until: neighbouring windows share no interval. What others ran and the caller may not see is one row a role and level';

CREATE FUNCTION steward.write_history()
RETURNS integer LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'steward_write_history';
COMMENT ON FUNCTION steward.write_history() IS
    'ends this database''s interval now and writes it to history; returns the number of entries, NULL when its first interval begins with this call. Works with pg_steward.history_interval = 0, too';

CREATE VIEW steward.capture_status AS
SELECT s.capturing, s.reason, s.stats_since, s.statements, s.evicted, s.lost, s.text_missing, s.plans, s.memory_used, s.memory_limit,
       (SELECT pg_catalog.max(i.interval_end) FROM steward.history_interval AS i) AS last_flush,
       pg_catalog.pg_total_relation_size('steward.history_interval'::regclass)
       OPERATOR(pg_catalog.+) pg_catalog.pg_total_relation_size('steward.history_entry'::regclass)
       OPERATOR(pg_catalog.+) pg_catalog.pg_total_relation_size('steward.history_class'::regclass)
       OPERATOR(pg_catalog.+) pg_catalog.pg_total_relation_size('steward.history_text'::regclass) AS history_size,
       s.refused_connections, s.last_refused
FROM steward.capture_status() AS s;
COMMENT ON VIEW steward.capture_status IS 'whether statements are captured, and what had to be left out (one row)';
COMMENT ON COLUMN steward.capture_status.last_flush IS 'when history was written last in this database';
COMMENT ON COLUMN steward.capture_status.history_size IS 'bytes on disk of this database''s history';
COMMENT ON COLUMN steward.capture_status.refused_connections IS
    'connections refused since stats_since because there are too many (SQLSTATE 53300): for the server, the role, the database, or but for reserved ones';

-- ---------------------------------------------------------------------------------------------------------------------
-- Capture: slow queries, plans and predicates
-- ---------------------------------------------------------------------------------------------------------------------
CREATE FUNCTION steward.captured_predicates(
    OUT userid oid, OUT dbid oid, OUT queryid bigint, OUT planid bigint, OUT predicate_no integer, OUT relid oid,
    OUT attnum smallint, OUT expression text, OUT role text, OUT kind text, OUT opno oid, OUT test text,
    OUT other_relid oid, OUT other_attnum smallint, OUT scan_no integer, OUT "position" integer, OUT descending boolean,
    OUT nulls_first boolean, OUT estimated_selectivity double precision, OUT actual_selectivity double precision,
    OUT executions bigint)
RETURNS SETOF record LANGUAGE c STRICT VOLATILE PARALLEL SAFE AS 'MODULE_PATHNAME', 'steward_predicates';
COMMENT ON FUNCTION steward.captured_predicates() IS
    'predicates of captured plans in the current database, with object numbers; read steward.predicates';

CREATE VIEW steward.predicates AS
SELECT p.userid, p.dbid, p.queryid, p.planid, p.predicate_no, p.relid, n.nspname AS schemaname, c.relname, p.attnum,
       a.attname, p.expression, p.role, p.kind,
       CASE WHEN p.test IS NOT NULL THEN p.test
            WHEN p.kind OPERATOR(pg_catalog.=) 'is_null' THEN 'IS NULL'
            WHEN o.oid IS NOT NULL THEN pg_catalog.concat(pn.nspname, '.', o.oprname, '(', tl.typname, ',', tr.typname, ')')
       END AS operator,
       p.opno, p.other_relid, p.other_attnum, p.scan_no, p."position", p.descending, p.nulls_first,
       p.estimated_selectivity, p.actual_selectivity, p.executions
FROM steward.captured_predicates() AS p
     LEFT JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) p.relid
     LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
     LEFT JOIN pg_catalog.pg_attribute AS a
            ON a.attrelid OPERATOR(pg_catalog.=) p.relid AND a.attnum OPERATOR(pg_catalog.=) p.attnum
     LEFT JOIN pg_catalog.pg_operator AS o ON o.oid OPERATOR(pg_catalog.=) p.opno
     LEFT JOIN pg_catalog.pg_namespace AS pn ON pn.oid OPERATOR(pg_catalog.=) o.oprnamespace
     LEFT JOIN pg_catalog.pg_type AS tl ON tl.oid OPERATOR(pg_catalog.=) o.oprleft
     LEFT JOIN pg_catalog.pg_type AS tr ON tr.oid OPERATOR(pg_catalog.=) o.oprright;
COMMENT ON VIEW steward.predicates IS
    'what captured plans do with columns: filter, index, join, sort, group, output, update. One row for each plan and predicate of the current database; constants are not kept';
COMMENT ON COLUMN steward.predicates.attnum IS '0: see expression; negative: the row itself is needed (role output)';
COMMENT ON COLUMN steward.predicates.expression IS
    'expression over one relation, with the formats, paths and numbers in it; one with other constants is not listed';
COMMENT ON COLUMN steward.predicates.role IS
    'filter and index restrict a scan, join compares with other_relid, sort and group have a position, output is a column the scan must fetch, update one that an UPDATE sets';
COMMENT ON COLUMN steward.predicates.kind IS
    'of the comparison: equality, range, list, like_prefix, like_infix, is_null, not_equal, containment or other (no index serves it as it stands, or one arm of an OR)';
COMMENT ON COLUMN steward.predicates.operator IS 'with the column on the left; of a test of the column what it tests, as IS NOT NULL, or = true where a boolean column stands alone';
COMMENT ON COLUMN steward.predicates.scan_no IS
    'range-table slot in the plan: predicates with the same scan_no restrict the same scan together';
COMMENT ON COLUMN steward.predicates.estimated_selectivity IS
    'planner''s share of the relation''s rows: of this condition by itself (two bounds of one range combine as a + b - 1); for role output of the whole scan';
COMMENT ON COLUMN steward.predicates.actual_selectivity IS
    'measured share of the relation''s rows; for role output of the whole scan, else only of a condition that restricts its scan alone; NULL when never instrumented';
COMMENT ON COLUMN steward.predicates.executions IS
    'instrumented executions behind actual_selectivity; calls are in steward.statements';

CREATE FUNCTION steward.captured_plans(
    OUT userid oid, OUT dbid oid, OUT queryid bigint, OUT planid bigint, OUT calls bigint,
    OUT total_exec_time double precision, OUT first_seen timestamp with time zone, OUT last_seen timestamp with time zone,
    OUT relid oid[], OUT indexes_used oid[], OUT plan text, OUT instrumented boolean)
RETURNS SETOF record LANGUAGE c STRICT VOLATILE PARALLEL SAFE AS 'MODULE_PATHNAME', 'steward_plans';
COMMENT ON FUNCTION steward.captured_plans() IS 'captured plans of the current database; read steward.plans';

CREATE VIEW steward.plans AS
SELECT p.userid, p.dbid, p.queryid, p.planid, p.calls, p.total_exec_time, p.first_seen, p.last_seen, p.relid,
       p.indexes_used, p.plan::pg_catalog.json AS plan, p.instrumented
FROM steward.captured_plans() AS p;
COMMENT ON VIEW steward.plans IS
    'plans seen in the current database, with their relations and indexes, and as JSON once an execution was slow';
COMMENT ON COLUMN steward.plans.calls IS 'executions since the plan was first kept';
COMMENT ON COLUMN steward.plans.total_exec_time IS 'of the executions in calls, milliseconds';
COMMENT ON COLUMN steward.plans.instrumented IS 'plan has actual row counts';

CREATE FUNCTION steward.captured_plan_changes(
    OUT userid oid, OUT dbid oid, OUT queryid bigint, OUT query text, OUT changed_at timestamp with time zone,
    OUT cause text, OUT cause_detail text,
    OUT old_planid bigint, OUT old_calls bigint, OUT old_mean_exec_time double precision,
    OUT old_last_seen timestamp with time zone, OUT old_kind text, OUT old_outline text, OUT old_plan text,
    OUT new_planid bigint, OUT new_calls bigint, OUT new_mean_exec_time double precision,
    OUT new_last_seen timestamp with time zone, OUT new_kind text, OUT new_outline text, OUT new_plan text)
RETURNS SETOF record LANGUAGE c STRICT VOLATILE PARALLEL SAFE AS 'MODULE_PATHNAME', 'steward_plan_changes';
COMMENT ON FUNCTION steward.captured_plan_changes() IS
    'pairs of captured plans of a statement, in the current database; read steward.plan_changes';

CREATE VIEW steward.plan_changes AS
SELECT c.userid, c.dbid, c.queryid, c.query, c.changed_at,
       CASE WHEN t.slowdown OPERATOR(pg_catalog.>=) 1.2 THEN 'slower'
            WHEN t.slowdown OPERATOR(pg_catalog.<=) (1 OPERATOR(pg_catalog./) 1.2) THEN 'faster'
            WHEN t.slowdown IS NOT NULL THEN 'alike' END AS effect,
       t.slowdown, c.cause, c.cause_detail,
       c.old_planid, c.new_planid, c.old_calls, c.new_calls, c.old_mean_exec_time, c.new_mean_exec_time,
       c.old_last_seen, c.new_last_seen, c.old_kind, c.new_kind, c.old_outline, c.new_outline,
       c.old_plan::pg_catalog.json AS old_plan, c.new_plan::pg_catalog.json AS new_plan
FROM steward.captured_plan_changes() AS c
     CROSS JOIN LATERAL (
       SELECT CASE WHEN c.old_mean_exec_time OPERATOR(pg_catalog.>) 0
                   THEN c.new_mean_exec_time OPERATOR(pg_catalog./) c.old_mean_exec_time END) AS t (slowdown);
COMMENT ON VIEW steward.plan_changes IS
    'statements of the current database that changed their plan, a row for each plan that took the place of another one when it was first seen. WHERE effect = ''slower'' lists the harmful ones. A statement that goes back and forth between two plans has one row, of the first time; a plan that was evicted and is met again counts as new';
COMMENT ON COLUMN steward.plan_changes.changed_at IS
    'when the new plan was first seen; met again after it was evicted (pg_steward.max_plans, text_memory), when it was met again';
COMMENT ON COLUMN steward.plan_changes.effect IS
    'slower or faster by a factor of 1.2 or more, else alike; NULL until both plans have a finished execution';
COMMENT ON COLUMN steward.plan_changes.slowdown IS 'new_mean_exec_time / old_mean_exec_time';
COMMENT ON COLUMN steward.plan_changes.cause IS
    'the likeliest of what applies: index (one that the old plan used is gone, one that the new plan uses is new), setting (planner settings differ), generic (the new plan is for any parameter values, the old one was for given ones), parameters (both plans are in use, for different values), statistics (analyzed in between, or statistics are gone), growth (a table of twice or half the size), alternating (both plans are in use for a statement without parameters and constants), index again (one of the same name was built anew), unknown';
COMMENT ON COLUMN steward.plan_changes.cause_detail IS
    'all that applies, best first: cause: what. Compares what was noted when each plan was first seen, with names of that time; of a setting also where it was set (session, user, database, configuration file, ...)';
COMMENT ON COLUMN steward.plan_changes.old_mean_exec_time IS 'of all executions of the plan since it was kept, milliseconds';
COMMENT ON COLUMN steward.plan_changes.old_kind IS
    'custom: made for given parameter values, generic: for any; NULL for a statement without parameters';
COMMENT ON COLUMN steward.plan_changes.old_outline IS
    'nodes, tables, indexes and costs, without conditions; long ones are cut. NULL, and cause unknown, where there was no room for the circumstances of the plan (pg_steward.text_memory)';
COMMENT ON COLUMN steward.plan_changes.old_plan IS 'NULL when no execution with this plan was slow';

CREATE FUNCTION steward.captured_slow_queries(
    OUT id bigint, OUT query_start timestamp with time zone, OUT state text, OUT userid oid, OUT dbid oid,
    OUT pid integer, OUT application_name text, OUT client_addr text, OUT toplevel boolean, OUT queryid bigint,
    OUT planid bigint, OUT exec_time double precision, OUT plan_time double precision, OUT rows bigint,
    OUT sqlstate text, OUT wait_event_type text, OUT wait_event text, OUT shared_blks_hit bigint,
    OUT shared_blks_read bigint, OUT temp_blks_written bigint, OUT wal_bytes bigint, OUT instrumented boolean,
    OUT trace_id text, OUT parameters text, OUT plan text, OUT query text)
RETURNS SETOF record LANGUAGE c STRICT VOLATILE PARALLEL SAFE AS 'MODULE_PATHNAME', 'steward_slow_queries';
COMMENT ON FUNCTION steward.captured_slow_queries() IS 'the last slow executions and those still running; read steward.slow_queries';

CREATE VIEW steward.slow_queries AS
SELECT s.id, s.query_start, s.state, d.datname, r.rolname AS usename, s.pid, s.application_name,
       s.client_addr::pg_catalog.inet AS client_addr, s.toplevel, s.queryid, s.planid, s.exec_time, s.plan_time, s.rows,
       s.sqlstate, s.wait_event_type, s.wait_event, s.shared_blks_hit,
       s.shared_blks_read, s.temp_blks_written, s.wal_bytes, s.instrumented, s.trace_id,
       s.parameters, COALESCE(s.plan, p.plan)::pg_catalog.json AS plan, s.query
FROM steward.captured_slow_queries() AS s
     LEFT JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) s.dbid
     LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) s.userid
     LEFT JOIN steward.captured_plans() AS p
            ON s.plan IS NULL AND p.planid OPERATOR(pg_catalog.=) s.planid
               AND p.queryid OPERATOR(pg_catalog.=) s.queryid AND p.dbid OPERATOR(pg_catalog.=) s.dbid
               AND p.userid OPERATOR(pg_catalog.=) s.userid;
COMMENT ON VIEW steward.slow_queries IS
    'the last 1000 executions of the cluster that took pg_steward.slow_min_duration or longer, failed ones included; and statements that have been running that long';
COMMENT ON COLUMN steward.slow_queries.id IS 'NULL while the statement is running';
COMMENT ON COLUMN steward.slow_queries.state IS
    'ok, failed, canceled, or running: the server''s own status of sessions, as of the transaction''s first look, as in pg_stat_activity';
COMMENT ON COLUMN steward.slow_queries.usename IS 'of a running statement the session user';
COMMENT ON COLUMN steward.slow_queries.exec_time IS 'of a running statement the time since it arrived';
COMMENT ON COLUMN steward.slow_queries.wait_event IS 'what a running statement waits for now';
COMMENT ON COLUMN steward.slow_queries.trace_id IS
    'from a traceparent (W3C Trace Context) in a comment at the statement''s end or start, as sqlcommenter writes it';
COMMENT ON COLUMN steward.slow_queries.plan_time IS 'NULL when this execution used a plan made before';
COMMENT ON COLUMN steward.slow_queries.instrumented IS
    'plan has actual rows of this very execution; the run after a slow one is instrumented';
COMMENT ON COLUMN steward.slow_queries.plan IS
    'constants are replaced by question marks unless pg_steward.capture_parameters is on; that of another database only where instrumented';
COMMENT ON COLUMN steward.slow_queries.parameters IS 'NULL unless pg_steward.capture_parameters is on';

-- ---------------------------------------------------------------------------------------------------------------------
-- Capture: plannable text
-- ---------------------------------------------------------------------------------------------------------------------
CREATE FUNCTION steward.plannable_texts(
    OUT dbid oid, OUT queryid bigint, OUT costable boolean, OUT reason text, OUT query text, OUT parameters jsonb,
    OUT samples integer)
RETURNS SETOF record LANGUAGE c STRICT VOLATILE PARALLEL SAFE AS 'MODULE_PATHNAME', 'steward_plannable_texts';
COMMENT ON FUNCTION steward.plannable_texts() IS
    'statements of the current database in a form that can be planned again, of other users for members of pg_read_all_stats; read steward.plannable';

CREATE VIEW steward.plannable AS SELECT * FROM steward.plannable_texts();
COMMENT ON VIEW steward.plannable IS
    'statements of the current database in a form that can be planned again: constants that may be data are typed parameters';
COMMENT ON COLUMN steward.plannable.reason IS 'why the statement cannot be costed; NULL when it can';
COMMENT ON COLUMN steward.plannable.query IS
    'to be parsed with search_path = pg_catalog, and planned as the role that ran it under its own search_path';
COMMENT ON COLUMN steward.plannable.parameters IS
    'for $1, $2, ...: type and operator (oids), the column compared with, and the shape of the constant: for equality the '
    'share of rows with its value, for a bound its position in the column''s distribution, for the upper bound of a range '
    'the distance to the lower one; all coarsened';
COMMENT ON COLUMN steward.plannable.samples IS 'stored parameter samples; needs pg_steward.capture_parameters';

CREATE FUNCTION steward.parameter_samples(OUT dbid oid, OUT queryid bigint, OUT sample integer, OUT "values" text[])
RETURNS SETOF record LANGUAGE c STRICT VOLATILE PARALLEL SAFE AS 'MODULE_PATHNAME', 'steward_parameter_samples';
COMMENT ON FUNCTION steward.parameter_samples() IS
    'constants and parameters kept of statements of the current database while pg_steward.capture_parameters was on; '
    'for members of pg_read_all_stats';

-- ---------------------------------------------------------------------------------------------------------------------
-- Capture: transactions by class
-- ---------------------------------------------------------------------------------------------------------------------
CREATE FUNCTION steward.captured_classes(
    OUT dbid oid, OUT userid oid, OUT application_name text, OUT transactions bigint, OUT commits bigint,
    OUT rollbacks bigint, OUT failures bigint, OUT session_commands bigint, OUT total_xact_time double precision,
    OUT mean_xact_time double precision, OUT stddev_xact_time double precision, OUT p50_xact_time double precision,
    OUT p95_xact_time double precision, OUT p99_xact_time double precision, OUT max_xact_time double precision,
    OUT active_time double precision, OUT idle_in_transaction_time double precision, OUT first_seen timestamptz,
    OUT last_seen timestamptz, OUT writing_transactions bigint, OUT cpu_time double precision,
    OUT core_wait_time double precision, OUT samples bigint, OUT running_samples bigint, OUT lock_samples bigint,
    OUT lwlock_samples bigint, OUT io_samples bigint, OUT wal_samples bigint, OUT client_samples bigint, OUT other_samples bigint, OUT idle_samples bigint,
    OUT max_busy integer, OUT max_sessions integer, OUT features text[], OUT latency integer[])
RETURNS SETOF record LANGUAGE c STRICT VOLATILE PARALLEL SAFE AS 'MODULE_PATHNAME', 'steward_classes';
COMMENT ON FUNCTION steward.captured_classes() IS 'transactions of the cluster by class; read steward.classes';

CREATE VIEW steward.classes AS
SELECT c.dbid, d.datname, c.userid, r.rolname AS usename, c.application_name, c.transactions, c.commits, c.rollbacks,
       c.failures, c.session_commands, c.total_xact_time, c.mean_xact_time, c.stddev_xact_time, c.p50_xact_time,
       c.p95_xact_time, c.p99_xact_time, c.max_xact_time, c.active_time, c.idle_in_transaction_time, c.first_seen, c.last_seen,
       c.writing_transactions, c.cpu_time, c.core_wait_time, c.samples, c.running_samples, c.lock_samples, c.lwlock_samples,
       c.io_samples, c.wal_samples, c.client_samples, c.other_samples, c.idle_samples, c.max_busy, c.max_sessions, c.features, c.latency
FROM steward.captured_classes() AS c
     LEFT JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) c.dbid
     LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) c.userid;
COMMENT ON VIEW steward.classes IS
    'ended transactions of client sessions by class: database, session user and application_name at the end of the transaction. At most 256 classes and one row "other" without a database';
COMMENT ON COLUMN steward.classes.userid IS 'session user: SET ROLE does not change it';
COMMENT ON COLUMN steward.classes.application_name IS
    'other, where dbid is NULL: classes beyond 256, and those silent for an hour that made room for new ones';
COMMENT ON COLUMN steward.classes.transactions IS 'commits and rollbacks; as in pg_stat_database a lone statement is a transaction';
COMMENT ON COLUMN steward.classes.commits IS 'those prepared for two-phase commit included';
COMMENT ON COLUMN steward.classes.rollbacks IS 'by ROLLBACK or failed';
COMMENT ON COLUMN steward.classes.failures IS 'ended by an error, a cancel or the end of the session, not by ROLLBACK';
COMMENT ON COLUMN steward.classes.session_commands IS
    'lone SET, SHOW, LISTEN and other statements that read and write nothing, as poolers send them when a connection changes hands; not among the transactions, though pg_stat_database counts them as commits';
COMMENT ON COLUMN steward.classes.total_xact_time IS
    'milliseconds from the first statement''s arrival (BEGIN''s) to the end, the flush of the WAL included: how long transactions held a connection. A failed one ends with its error';
COMMENT ON COLUMN steward.classes.stddev_xact_time IS 'from a histogram with eight buckets an octave, as the percentiles';
COMMENT ON COLUMN steward.classes.active_time IS 'part of total_xact_time in which the server worked; NULL while track_activities is off';
COMMENT ON COLUMN steward.classes.idle_in_transaction_time IS
    'part of total_xact_time in which the server waited for the client; NULL while track_activities is off';
COMMENT ON COLUMN steward.classes.first_seen IS 'since the last full reset; to a second, as last_seen';
COMMENT ON COLUMN steward.classes.writing_transactions IS 'commits of transactions that were given an id';
COMMENT ON COLUMN steward.classes.cpu_time IS
    'milliseconds of CPU that the sessions used, measured, between transactions too; without parallel workers, and late by up to 0.1 s of a session that is idle';
COMMENT ON COLUMN steward.classes.core_wait_time IS
    'milliseconds in which the sessions could have run but waited for a processor, by the kernel''s account; such waiting is seen as whatever a session waited for before, most often for its client. Late as cpu_time; NULL where the kernel does not say';
COMMENT ON COLUMN steward.classes.samples IS
    'looks at all sessions since the class was first seen, about ten a second at irregular moments; the columns that follow count the sessions they found, so that a column divided by this one is a mean number of sessions. None while pg_steward.track is none; sessions with track_activities off are not seen';
COMMENT ON COLUMN steward.classes.running_samples IS 'running, or waiting for a processor';
COMMENT ON COLUMN steward.classes.lock_samples IS 'waited for a lock on a row, table or other object';
COMMENT ON COLUMN steward.classes.lwlock_samples IS 'waited for a lock inside the server, or for a buffer';
COMMENT ON COLUMN steward.classes.io_samples IS 'read or wrote data files or temporary files';
COMMENT ON COLUMN steward.classes.wal_samples IS 'wrote or flushed WAL, waited for others to do so, or for a synchronous standby';
COMMENT ON COLUMN steward.classes.client_samples IS 'waited for the client within a transaction';
COMMENT ON COLUMN steward.classes.other_samples IS 'waited for something else: pg_sleep, parallel workers, an extension';
COMMENT ON COLUMN steward.classes.idle_samples IS 'connected, outside of a transaction';
COMMENT ON COLUMN steward.classes.max_busy IS 'most sessions found in a transaction at once';
COMMENT ON COLUMN steward.classes.max_sessions IS 'most sessions found connected at once';
COMMENT ON COLUMN steward.classes.features IS
    'what the sessions used that outlives a transaction, so that a pooler in transaction mode would hand it to somebody else: set (of what poolers do not pass on), set_role, listen, advisory_lock (of the session), temp_table, hold_cursor, prepare (the SQL command), load. What functions such as set_config() do is not seen, and a command counts that failed, or that a pooler sent for its client (connect_query, track_extra_parameters)';
COMMENT ON COLUMN steward.classes.latency IS 'histogram of xact times, as in steward.class_history';

CREATE VIEW steward.class_history AS
SELECT d.interval_start, d.interval_end, d.dbid, d.userid, r.rolname AS usename,
       CASE WHEN pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE') OR r.rolname OPERATOR(pg_catalog.=) current_user
            THEN d.application_name ELSE '<insufficient privilege>' END AS application_name,
       d.commits OPERATOR(pg_catalog.+) d.rollbacks AS transactions, d.commits, d.rollbacks, d.failures, d.writing_transactions,
       d.total_xact_time, d.total_xact_time OPERATOR(pg_catalog./) nullif(d.commits OPERATOR(pg_catalog.+) d.rollbacks, 0) AS mean_xact_time,
       steward.latency_quantile(d.latency, 0.5) AS p50_xact_time, steward.latency_quantile(d.latency, 0.95) AS p95_xact_time,
       steward.latency_quantile(d.latency, 0.99) AS p99_xact_time, d.idle_in_transaction_time, d.cpu_time, d.core_wait_time, d.samples,
       d.running_samples, d.lock_samples, d.lwlock_samples, d.io_samples, d.wal_samples, d.client_samples, d.other_samples, d.idle_samples, d.latency
FROM (SELECT i.interval_start, i.interval_end, i.dbid, c.userid, c.application_name,
             pg_catalog.lag(c.interval_id) OVER w IS NOT NULL OR c.first_seen OPERATOR(pg_catalog.>=) i.interval_start AS known,
             c.commits OPERATOR(pg_catalog.-) coalesce(pg_catalog.lag(c.commits) OVER w, 0) AS commits,
             c.rollbacks OPERATOR(pg_catalog.-) coalesce(pg_catalog.lag(c.rollbacks) OVER w, 0) AS rollbacks,
             c.failures OPERATOR(pg_catalog.-) coalesce(pg_catalog.lag(c.failures) OVER w, 0) AS failures,
             c.writing_transactions OPERATOR(pg_catalog.-) coalesce(pg_catalog.lag(c.writing_transactions) OVER w, 0) AS writing_transactions,
             c.total_xact_time OPERATOR(pg_catalog.-) coalesce(pg_catalog.lag(c.total_xact_time) OVER w, 0) AS total_xact_time,
             c.idle_in_transaction_time OPERATOR(pg_catalog.-)
             CASE WHEN pg_catalog.lag(c.interval_id) OVER w IS NULL THEN 0 ELSE pg_catalog.lag(c.idle_in_transaction_time) OVER w END AS idle_in_transaction_time,
             c.cpu_time OPERATOR(pg_catalog.-) coalesce(pg_catalog.lag(c.cpu_time) OVER w, 0) AS cpu_time,
             c.core_wait_time OPERATOR(pg_catalog.-)
             CASE WHEN pg_catalog.lag(c.interval_id) OVER w IS NULL THEN 0 ELSE pg_catalog.lag(c.core_wait_time) OVER w END AS core_wait_time,
             c.samples OPERATOR(pg_catalog.-) coalesce(pg_catalog.lag(c.samples) OVER w, 0) AS samples,
             c.running_samples OPERATOR(pg_catalog.-) coalesce(pg_catalog.lag(c.running_samples) OVER w, 0) AS running_samples,
             c.lock_samples OPERATOR(pg_catalog.-) coalesce(pg_catalog.lag(c.lock_samples) OVER w, 0) AS lock_samples,
             c.lwlock_samples OPERATOR(pg_catalog.-) coalesce(pg_catalog.lag(c.lwlock_samples) OVER w, 0) AS lwlock_samples,
             c.io_samples OPERATOR(pg_catalog.-) coalesce(pg_catalog.lag(c.io_samples) OVER w, 0) AS io_samples,
             c.wal_samples OPERATOR(pg_catalog.-) coalesce(pg_catalog.lag(c.wal_samples) OVER w, 0) AS wal_samples,
             c.client_samples OPERATOR(pg_catalog.-) coalesce(pg_catalog.lag(c.client_samples) OVER w, 0) AS client_samples,
             c.other_samples OPERATOR(pg_catalog.-) coalesce(pg_catalog.lag(c.other_samples) OVER w, 0) AS other_samples,
             c.idle_samples OPERATOR(pg_catalog.-) coalesce(pg_catalog.lag(c.idle_samples) OVER w, 0) AS idle_samples,
             steward.latency_difference(c.latency, coalesce(pg_catalog.lag(c.latency) OVER w, '{}')) AS latency
      FROM steward.history_interval AS i
           JOIN steward.history_class AS c ON c.interval_id OPERATOR(pg_catalog.=) i.interval_id
      WHERE i.dbid OPERATOR(pg_catalog.=)
            (SELECT b.oid FROM pg_catalog.pg_database AS b WHERE b.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
      WINDOW w AS (PARTITION BY c.userid, c.application_name, c.first_seen ORDER BY c.interval_id)) AS d
     LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) d.userid
WHERE d.known;
COMMENT ON VIEW steward.class_history IS
    'transactions of this database by interval and class, of classes that were seen during it; the columns are those of steward.classes';
COMMENT ON COLUMN steward.class_history.latency IS
    'histogram of xact times, to be added up with steward.latency_sum() and read with steward.latency_quantile()';

-- ---------------------------------------------------------------------------------------------------------------------
-- What-if
-- ---------------------------------------------------------------------------------------------------------------------
CREATE FUNCTION steward.whatif(
    statement_userids oid[],
    statement_queryids bigint[],
    candidates text[],
    request_statements int[],
    request_indexes text[],
    hidden oid[] DEFAULT '{}',
    draws int DEFAULT 4,
    request_probes text[] DEFAULT NULL,
    templates boolean DEFAULT false,
    candidate_pages bigint[] DEFAULT NULL,
    candidate_heights int[] DEFAULT NULL,
    plans boolean DEFAULT false,
    OUT request int,
    OUT total_cost float8,
    OUT candidates_used int[],
    OUT existing_used oid[],
    OUT method text,
    OUT sqlstate text,
    OUT error text,
    OUT plan_template json,
    OUT accesses json,
    OUT workers int,
    OUT plan json)
RETURNS SETOF record
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'steward_whatif';
COMMENT ON FUNCTION steward.whatif(oid[], bigint[], text[], int[], text[], oid[], int, text[], boolean, bigint[], int[], boolean) IS
'planner cost of captured statements of this database if candidate indexes existed and hidden ones did not. Statement i is the pair (statement_userids[i], statement_queryids[i]) and is planned as that role, or as the owner of its relations when that role is a superuser and they belong to an ordinary role; never executed. Request r costs statement request_statements[r] with the candidates whose numbers stand in request_indexes[r], as in ''1 4''. One row a request: its number, the cost or an error, the candidates and the existing indexes that the plan uses, and what stood in for the parameters (parameters, shapes, statistics, generic). draws says how often values are drawn anew where they only resemble the real ones (1 to 4; the cost is the mean). Of an expression in a candidate without a predicate it is known what a sample shows, as ANALYZE will say once the index is built, where the caller may read its columns. Of the candidates in request_probes[r], of which the planning is told only what is known of their expressions'' values, accesses gives what reading a relation through each alone would cost; with templates, plan_template says how the cost comes about: total_cost = internal + sum over slots of startup_weight * startup_cost + total_weight * total_cost. accesses is [[relation, outer, order, workers, startup_cost, total_cost, [candidates]], ...], slots is [[relation, outer, order, workers, startup_weight, total_weight, startup_cost, total_cost, [candidates]], ...]. An access can take the place of a slot''s when relation, outer (the relations whose rows it needs) and workers (0: not parallel) are equal, the slot''s order begins the access''s, and its candidates exist; where the slot''s workers are not 0, only if no access of the relation with other workers than these is cheaper, for of parallel accesses the planner goes on with the cheapest. A template says nothing of tables in opaque_relids where they are read in subplans, for each row of something; it is NULL where a plan cannot be taken apart. candidate_pages and candidate_heights give what is known of the candidates'' sizes (from steward.whatif_index_size, say), which is then not estimated anew: pages of all partitions together, and the tree''s height above its leaves (-1: none, as HypoPG assumes); an element that is NULL is estimated. workers is how many a gathering of the plan is planned for, 0 where none is parallel. With plans, plan is what EXPLAIN (FORMAT JSON) says of it, of the first drawing, with parameters as $n, literals as ? and candidates by number';

CREATE FUNCTION steward.measure(
    userid oid,
    queryid bigint,
    hidden oid[] DEFAULT '{}',
    draws int DEFAULT 1,
    execute boolean DEFAULT true,
    OUT exec_time float8,
    OUT total_cost float8,
    OUT rows bigint,
    OUT indexes oid[],
    OUT method text,
    OUT sqlstate text,
    OUT error text)
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'steward_measure';
COMMENT ON FUNCTION steward.measure(oid, bigint, oid[], int, boolean) IS
'runs a captured statement of this database as the role that ran it (or as the owner of its relations, as steward.whatif) and returns how long it took, in milliseconds: the mean over draws drawings of its parameters, of each the least of several runs where it is short. The planner does not see the indexes in hidden. Only in a read-only transaction, and only statements that neither write nor lock nor call anything volatile; their rows are dropped. Not counted in steward.statements. With execute off it is only planned';

CREATE FUNCTION steward.plan_choice(
    statement_userids oid[],
    statement_queryids bigint[],
    draws int DEFAULT 6,
    OUT statement int,
    OUT value int,
    OUT kind text,
    OUT parse_time float8,
    OUT plan_time float8,
    OUT planning_charge float8,
    OUT generic_cost float8,
    OUT custom_cost float8,
    OUT generic_cost_here float8,
    OUT same_plan boolean,
    OUT prunes boolean,
    OUT frequency float8,
    OUT method text,
    OUT sqlstate text,
    OUT error text)
RETURNS SETOF record
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'steward_plan_choice';
COMMENT ON FUNCTION steward.plan_choice(oid[], bigint[], int) IS
'what the plan cache chooses between, for captured statements of this database: the generic plan, which a prepared statement keeps, against custom plans, made for values. Statement i is the pair (statement_userids[i], statement_queryids[i]), planned as that role as steward.whatif does; never executed. One row for each of up to draws (1 to 16) sets of values: kind is common or rare (of the parameter compared for equality whose column is most skewed, then of the next), wide or narrow (a range with 99 % or 0.1 % of the rows), sample (captured parameters), drawn (as steward.whatif draws; what the other parameters have in the kinds before) or none (no parameters). parse_time, of parsing, analysis, the query id, rewriting and giving back the memory of this and of planning, and plan_time, of planning with these values, are in milliseconds, medians of 5 to 9 runs now, each after a short wait as for a client; fewer where the statement has taken a second. generic_cost and custom_cost are the planner''s, without planning: when the plan cache compares them it adds planning_charge to each custom_cost. generic_cost_here is what the generic plan costs with these values, from a planning that is held to its scans and joins and came out as the same plan; NULL where none did. same_plan says that the custom plan is the generic one (apart from partitions that prunes: the generic plan leaves out at run time, by its parameters; generic_cost counts them all, generic_cost_here those that are left). frequency is the share of rows that has the value (of a range: that is in it), for sample and drawn of the parameter that common is of; NULL: unknown, or the caller may not read the columns compared. Captured parameters are used for members of pg_read_all_stats. With method generic no values are known: the costs with values are NULL, but where no table is read';

CREATE FUNCTION steward.planning_probes(
    OUT query text,
    OUT value oid,
    OUT parse_time float8,
    OUT plan_time float8)
RETURNS SETOF record
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'steward_planning_probes';
COMMENT ON FUNCTION steward.planning_probes() IS
'how long parsing and planning take, in milliseconds and measured as steward.plan_choice does, for three statements of the catalogs: one that asks for nothing, a select by key and a join by keys. A client that times the same, with value for $1, as text and prepared knows what preparing saves here for each millisecond of steward.plan_choice';

CREATE FUNCTION steward.plan_choice_values(
    userid oid,
    queryid bigint,
    draws int DEFAULT 6,
    OUT value int,
    OUT kind text,
    OUT "values" text[])
RETURNS SETOF record
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'steward_plan_choice_values';
COMMENT ON FUNCTION steward.plan_choice_values(oid, bigint, int) IS
'the values that steward.plan_choice uses of the statement in a call with the same draws, as texts in the order of the parameters in steward.plannable; NULL where they are not known. Only for who may read the columns that they are compared with, and where parameters have been captured for members of pg_read_all_stats';

CREATE FUNCTION steward.whatif_index_size(
    candidates text[],
    OUT candidate int,
    OUT relid oid,
    OUT pages bigint,
    OUT tree_height int,
    OUT index_size bigint,
    OUT sqlstate text,
    OUT error text)
RETURNS SETOF record
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'steward_whatif_index_size';
COMMENT ON FUNCTION steward.whatif_index_size(text[]) IS
'estimated size that indexes would have after CREATE INDEX, from statistics; each candidate is a text CREATE INDEX ON schema.table ...';

-- ---------------------------------------------------------------------------------------------------------------------
-- Materialized views
-- ---------------------------------------------------------------------------------------------------------------------

-- What users want. Written by the functions below only (no DML grants: a row here runs a query as the view's owner) and
-- by the worker, which removes or disables what can no longer be done. Dumped; what a restore inserts is disabled.
CREATE TABLE steward.refresh_schedule (
  relid regclass PRIMARY KEY,
  owner regrole NOT NULL,
  mode text NOT NULL CHECK (mode IN ('max_staleness', 'every', 'cron', 'downstream')),
  max_staleness interval,
  every interval,
  cron text,
  timezone text NOT NULL,
  blackout text,
  priority integer NOT NULL,
  method text NOT NULL CHECK (method IN ('auto', 'concurrently', 'plain')),
  timeout interval,
  settings text[] NOT NULL,
  enabled boolean NOT NULL,
  changed_at timestamptz NOT NULL,
  CHECK ((mode OPERATOR(pg_catalog.=) 'max_staleness') OPERATOR(pg_catalog.=) (max_staleness IS NOT NULL)),
  CHECK ((mode OPERATOR(pg_catalog.=) 'every') OPERATOR(pg_catalog.=) (every IS NOT NULL)),
  CHECK ((mode OPERATOR(pg_catalog.=) 'cron') OPERATOR(pg_catalog.=) (cron IS NOT NULL))
);
COMMENT ON TABLE steward.refresh_schedule IS 'materialized views that pg_steward refreshes; change it with steward.schedule_refresh() and its siblings';
COMMENT ON COLUMN steward.refresh_schedule.owner IS 'the view''s owner when it was scheduled; the schedule stops when the view gets another one';
COMMENT ON COLUMN steward.refresh_schedule.mode IS 'max_staleness: refreshed in time, when a base table has changed; every, cron: looked at by the clock, refreshed when one has changed; downstream: as fresh as the views that read it need';
COMMENT ON COLUMN steward.refresh_schedule.max_staleness IS 'how long the view may lack a change of a base table';
COMMENT ON COLUMN steward.refresh_schedule.every IS 'period; a month counts as 30 days, a day as 24 hours';
COMMENT ON COLUMN steward.refresh_schedule.cron IS 'minute, hour, day of month, month, day of week';
COMMENT ON COLUMN steward.refresh_schedule.timezone IS 'of cron and blackout';
COMMENT ON COLUMN steward.refresh_schedule.blackout IS 'when no refresh is begun, such as mon-fri 09:00-17:30; several separated by semicolons';
COMMENT ON COLUMN steward.refresh_schedule.priority IS 'of two views that cannot both be kept fresh in time, the one with more goes first';
COMMENT ON COLUMN steward.refresh_schedule.settings IS 'settings that a view''s result can depend on, as they were in the session that scheduled it; its refreshes run with them';
COMMENT ON COLUMN steward.refresh_schedule.method IS 'auto: CONCURRENTLY when the view allows it, but plain where nobody reads the view and that costs less, until three of those have not got their lock';
COMMENT ON COLUMN steward.refresh_schedule.timeout IS 'longest run; NULL: ten periods, at least one hour';
COMMENT ON COLUMN steward.refresh_schedule.enabled IS 'false when paused, restored from a dump, or stopped by pg_steward (refresh_history says why)';
COMMENT ON COLUMN steward.refresh_schedule.changed_at IS 'when the period was set or the schedule resumed: origin of its grid of due times';

CREATE FUNCTION steward.refresh_schedule_restored() RETURNS trigger
  LANGUAGE c AS 'MODULE_PATHNAME', 'steward_refresh_schedule_restored';
COMMENT ON FUNCTION steward.refresh_schedule_restored() IS 'disables schedules that arrive by other ways than steward.schedule_refresh(), such as a restored dump';
CREATE TRIGGER restored BEFORE INSERT ON steward.refresh_schedule
  FOR EACH ROW EXECUTE FUNCTION steward.refresh_schedule_restored();
ALTER TABLE steward.refresh_schedule ENABLE ALWAYS TRIGGER restored;
COMMENT ON TRIGGER restored ON steward.refresh_schedule IS 'restored schedules start disabled';
SELECT pg_catalog.pg_extension_config_dump('steward.refresh_schedule', '');

-- What the worker remembers of each scheduled view, one row updated in place. Written by the worker only.
CREATE TABLE steward.refresh_state (
  relid oid PRIMARY KEY,
  changed_at timestamptz NOT NULL,
  slot timestamptz NOT NULL,
  next_due timestamptz NOT NULL,
  consecutive_failures integer NOT NULL,
  interruptions integer NOT NULL,
  running_since timestamptz,
  running_boot bigint,
  running_reason text,
  reflects timestamptz,
  seen_change bigint,
  seen_boot bigint,
  seen_definition bigint,
  seen_counters bigint,
  seen_reads bigint,
  lock_timeouts integer NOT NULL DEFAULT 0,
  failing_since timestamptz,
  late_since timestamptz,
  drifted_since timestamptz,
  drifts integer NOT NULL DEFAULT 0,
  costs double precision[]
) WITH (fillfactor = 50);
COMMENT ON TABLE steward.refresh_state IS 'where each scheduled materialized view stands; the worker''s own';
COMMENT ON COLUMN steward.refresh_state.changed_at IS 'refresh_schedule.changed_at that this row was made for';
COMMENT ON COLUMN steward.refresh_state.slot IS 'the due time on the schedule''s grid that is next or being tried';
COMMENT ON COLUMN steward.refresh_state.next_due IS 'when it is tried next: the slot, or a retry after a failure';
COMMENT ON COLUMN steward.refresh_state.interruptions IS 'runs in a row that ended with the server';
COMMENT ON COLUMN steward.refresh_state.running_since IS 'set while a run is under way; one left behind is reported as interrupted';
COMMENT ON COLUMN steward.refresh_state.running_boot IS 'the server start in which that run began';
COMMENT ON COLUMN steward.refresh_state.running_reason IS 'why that run began';
COMMENT ON COLUMN steward.refresh_state.reflects IS 'the view holds every change committed before';
COMMENT ON COLUMN steward.refresh_state.seen_change IS 'number of the last change that the view holds';
COMMENT ON COLUMN steward.refresh_state.seen_boot IS 'the server start in which changes have these numbers';
COMMENT ON COLUMN steward.refresh_state.seen_definition IS 'hash of definitions, settings, and the files and partitions of the base tables';
COMMENT ON COLUMN steward.refresh_state.seen_counters IS 'hash of how many rows were written to the base tables, which shows changes that no hook sees';
COMMENT ON COLUMN steward.refresh_state.seen_reads IS 'scans of the view that were counted by then';
COMMENT ON COLUMN steward.refresh_state.lock_timeouts IS 'of plain refreshes, since the last success';
COMMENT ON COLUMN steward.refresh_state.failing_since IS 'since when this alert stands, as in steward.matviews';
COMMENT ON COLUMN steward.refresh_state.late_since IS 'the same';
COMMENT ON COLUMN steward.refresh_state.drifted_since IS 'the same';
COMMENT ON COLUMN steward.refresh_state.drifts IS 'refreshes in a row that took another time than known';
COMMENT ON COLUMN steward.refresh_state.costs IS 'what refreshes have cost, by method, and how many readers a plain one makes wait';

-- Written by steward.refresh_now(), emptied by the worker; one committed row a view where none comes.
CREATE TABLE steward.refresh_manual (
  relid oid NOT NULL,
  reflects timestamptz NOT NULL,
  seen_change bigint NOT NULL,
  seen_boot bigint NOT NULL,
  seen_definition bigint NOT NULL,
  seen_counters bigint NOT NULL,
  seen_reads bigint NOT NULL
);
COMMENT ON TABLE steward.refresh_manual IS 'what views hold after steward.refresh_now(), until the worker takes it over into refresh_state';

-- What happened, one row a run, never updated.
CREATE TABLE steward.refresh_log (
  refresh_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  relid oid NOT NULL,
  matviewname name NOT NULL,
  owner oid NOT NULL,
  scheduled_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz NOT NULL,
  result text NOT NULL,
  reason text NOT NULL,
  method text,
  attempts integer NOT NULL,
  exec_time double precision,
  wal_bytes bigint,
  sqlstate text,
  message text,
  group_id bigint,
  rows_inserted bigint,
  rows_deleted bigint,
  staleness_before interval,
  lock_wait_time double precision
);
CREATE INDEX refresh_log_relid ON steward.refresh_log (relid, refresh_id);
COMMENT ON TABLE steward.refresh_log IS 'one row a refresh; read it through steward.refresh_history';

CREATE VIEW steward.refresh_history AS
SELECT l.refresh_id, l.relid, l.matviewname, l.group_id, l.scheduled_at, l.started_at, l.finished_at, l.result, l.reason,
       l.method, l.attempts, l.lock_wait_time, l.exec_time, l.rows_inserted,
       NULL::bigint AS rows_updated, l.rows_deleted, l.wal_bytes, l.staleness_before, l.sqlstate,
       CASE WHEN l.message IS NULL OR pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')
                 OR coalesce(pg_catalog.pg_has_role(l.owner, 'USAGE'), false)
            THEN l.message ELSE '<insufficient privilege>' END AS message
  FROM steward.refresh_log l;
COMMENT ON VIEW steward.refresh_history IS 'what happened to materialized views: one row a run';
COMMENT ON COLUMN steward.refresh_history.group_id IS 'the same for views that were refreshed from one snapshot; NULL: refreshed alone';
COMMENT ON COLUMN steward.refresh_history.result IS 'ok, unchanged (the refresh found the rows that were there), failed, skipped (another session was refreshing it, or it was dropped) or interrupted (its worker or the server ended)';
COMMENT ON COLUMN steward.refresh_history.reason IS 'changed, due, retry or manual';
COMMENT ON COLUMN steward.refresh_history.attempts IS 'which try of the same due time it was, from 1';
COMMENT ON COLUMN steward.refresh_history.lock_wait_time IS 'how long it waited for the lock on the view, milliseconds; NULL: it did not get so far';
COMMENT ON COLUMN steward.refresh_history.exec_time IS 'milliseconds; NULL for a run that did not end by itself';
COMMENT ON COLUMN steward.refresh_history.rows_inserted IS 'new rows and new versions of rows; NULL: not measured, as in a plain refresh';
COMMENT ON COLUMN steward.refresh_history.rows_updated IS 'NULL: a changed row is deleted and inserted';
COMMENT ON COLUMN steward.refresh_history.rows_deleted IS 'rows gone and old versions of rows; NULL: not measured';
COMMENT ON COLUMN steward.refresh_history.staleness_before IS 'for how long the view had lacked a change when the refresh ended; NULL: not known';
COMMENT ON COLUMN steward.refresh_history.message IS 'error, or why the refresh was not concurrent; shown to members of the view''s owner and of pg_read_all_stats';

CREATE FUNCTION steward.matview_dependencies(view regclass, OUT relid oid, OUT kind "char", OUT via text)
  RETURNS SETOF record LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'steward_matview_dependencies';
COMMENT ON FUNCTION steward.matview_dependencies(regclass) IS 'the relations whose change can change what a materialized view''s query gives. kind: t table, d partition or inheriting table of one, a what one is a partition of or inherits from, v view, m materialized view (what that reads is not listed), f foreign table, c catalog, o other. via: the view, function or table through which it is reached, NULL where the query names it';

CREATE FUNCTION steward.matview_tracking(view regclass, OUT tracking text, OUT tracking_reason text, OUT unique_key_ddl text,
    OUT definition_key bigint, OUT storage_key bigint, OUT leaf_key bigint)
  RETURNS record LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'steward_matview_tracking';
COMMENT ON FUNCTION steward.matview_tracking(regclass) IS 'changes: a materialized view''s result changes only with what steward.matview_dependencies lists; time: it may change by itself, tracking_reason says why; and the unique index that REFRESH ... CONCURRENTLY lacks, where the query proves one. The keys are hashes that change with the definition (rules, functions, types), with the files of what is read (TRUNCATE, rewrites), and with its partitions. All NULL for what is no materialized view';

CREATE FUNCTION steward.change_marks(OUT objid oid, OUT last_change bigint, OUT first_change timestamptz, OUT dirty_since timestamptz, OUT boot bigint)
  RETURNS SETOF record LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'steward_change_marks';
COMMENT ON FUNCTION steward.change_marks() IS 'the objects of this database whose changes are watched for materialized views: number of the last change, time of the first that no worker has looked at, and for a view since when it lacks a change; boot: the server start in which numbers count';

CREATE VIEW steward.matviews AS
WITH mark AS MATERIALIZED (SELECT * FROM steward.change_marks()),
     read AS MATERIALIZED (SELECT r.relid, pg_catalog.max(p.last_seen) AS at
                             FROM steward.captured_plans() p CROSS JOIN LATERAL pg_catalog.unnest(p.relid) r(relid)
                            WHERE pg_catalog.current_setting('pg_steward.refresh', true) IS NOT NULL GROUP BY r.relid)
SELECT c.oid AS relid, n.nspname AS schemaname, c.relname AS matviewname, pg_catalog.pg_get_userbyid(c.relowner) AS matviewowner,
       s.enabled, s.mode, s.max_staleness, coalesce(s.every::text, s.cron) AS schedule, s.timezone, s.method,
       CASE WHEN lacks.known IS NOT TRUE OR NOT s.enabled THEN NULL
            WHEN lacks.since IS NULL THEN '0'::interval
            ELSE pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) lacks.since END AS staleness,
       lacks.since AS dirty_since, lacks.relations AS dirty_relations, d.tracking, d.tracking_reason,
       recent.p99_staleness, good.finished_at AS last_refresh, run.result AS last_result, run.exec_time AS last_exec_time,
       CASE WHEN NOT s.enabled THEN NULL
            WHEN st.changed_at IS DISTINCT FROM s.changed_at THEN s.changed_at
            WHEN st.next_due OPERATOR(pg_catalog.<>) st.slot OR s.mode IN ('every', 'cron') THEN st.next_due
            ELSE lacks.since OPERATOR(pg_catalog.+) s.max_staleness END AS next_refresh,
       CASE WHEN s.enabled IS NOT TRUE THEN NULL
            WHEN pg_catalog.current_setting('pg_steward.refresh', true) IS NULL THEN 'never: pg_steward is not in shared_preload_libraries'
            WHEN pg_catalog.pg_is_in_recovery() THEN 'never: this is a standby'
            WHEN NOT pg_catalog.current_setting('pg_steward.refresh')::boolean THEN 'never: pg_steward.refresh is off'
            WHEN st.changed_at OPERATOR(pg_catalog.=) s.changed_at AND st.next_due OPERATOR(pg_catalog.<>) st.slot THEN 'retry'
            WHEN s.mode IN ('every', 'cron') THEN 'due'
            WHEN st.changed_at IS DISTINCT FROM s.changed_at OR lacks.since IS NOT NULL THEN 'changed'
            WHEN s.enabled THEN 'unchanged: refreshed when a base table changes' END AS next_reason,
       coalesce(CASE WHEN st.changed_at OPERATOR(pg_catalog.=) s.changed_at THEN st.consecutive_failures END, 0) AS consecutive_failures,
       CASE WHEN st.changed_at OPERATOR(pg_catalog.=) s.changed_at
            THEN pg_catalog.array_remove(ARRAY[CASE WHEN st.failing_since IS NOT NULL THEN 'failing' END, CASE WHEN st.late_since IS NOT NULL THEN 'late' END,
                                               CASE WHEN st.drifted_since IS NOT NULL THEN 'drifted' END]::text[], NULL)
            WHEN s.relid IS NOT NULL THEN '{}' END AS alerts,
       run.sqlstate AS last_sqlstate, CASE WHEN run.result NOT IN ('ok', 'unchanged') THEN run.message END AS last_error,
       read.at AS last_read, d.unique_key_ddl
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
  LEFT JOIN steward.refresh_schedule s ON s.relid OPERATOR(pg_catalog.=) c.oid
  LEFT JOIN steward.refresh_state st ON st.relid OPERATOR(pg_catalog.=) c.oid
  LEFT JOIN read ON read.relid OPERATOR(pg_catalog.=) c.oid
  LEFT JOIN LATERAL (SELECT pg_catalog.bool_or(m.objid OPERATOR(pg_catalog.=) c.oid AND m.boot OPERATOR(pg_catalog.=) st.seen_boot
                                               AND st.changed_at OPERATOR(pg_catalog.=) s.changed_at) AS known,
                            least(pg_catalog.min(m.dirty_since) FILTER (WHERE m.objid OPERATOR(pg_catalog.=) c.oid),
                                  pg_catalog.min(m.first_change) FILTER (WHERE m.objid OPERATOR(pg_catalog.<>) c.oid)) AS since,
                            pg_catalog.array_agg(m.objid::regclass ORDER BY m.objid)
                              FILTER (WHERE m.objid OPERATOR(pg_catalog.<>) c.oid) AS relations
                       FROM mark m
                      WHERE m.objid OPERATOR(pg_catalog.=) c.oid
                         OR s.relid IS NOT NULL AND m.boot OPERATOR(pg_catalog.=) st.seen_boot AND m.last_change OPERATOR(pg_catalog.>) st.seen_change
                            AND m.objid IN (SELECT r.relid FROM steward.matview_dependencies(c.oid) r)) lacks ON true
  LEFT JOIN LATERAL steward.matview_tracking(c.oid) d ON true
  LEFT JOIN LATERAL (SELECT h.result, h.exec_time, h.sqlstate, h.message FROM steward.refresh_history h
                      WHERE h.relid OPERATOR(pg_catalog.=) c.oid ORDER BY h.refresh_id DESC LIMIT 1) run ON true
  LEFT JOIN LATERAL (SELECT h.finished_at FROM steward.refresh_history h
                      WHERE h.relid OPERATOR(pg_catalog.=) c.oid AND h.result IN ('ok', 'unchanged') ORDER BY h.refresh_id DESC LIMIT 1) good ON true
  LEFT JOIN LATERAL (SELECT pg_catalog.percentile_disc(0.99) WITHIN GROUP (ORDER BY h.staleness_before) AS p99_staleness
                       FROM (SELECT l.staleness_before FROM steward.refresh_log l
                              WHERE l.relid OPERATOR(pg_catalog.=) c.oid ORDER BY l.refresh_id DESC LIMIT 1000) h) recent ON true
 WHERE c.relkind OPERATOR(pg_catalog.=) 'm';
COMMENT ON VIEW steward.matviews IS 'the materialized views of this database, how they are scheduled and how their last refresh went';
COMMENT ON COLUMN steward.matviews.enabled IS 'NULL: not scheduled';
COMMENT ON COLUMN steward.matviews.mode IS 'as in steward.schedule_refresh(); NULL: not scheduled';
COMMENT ON COLUMN steward.matviews.max_staleness IS 'how long the view may lack a change; NULL: nothing is promised';
COMMENT ON COLUMN steward.matviews.timezone IS 'of cron and blackout';
COMMENT ON COLUMN steward.matviews.staleness IS 'how long the view has lacked a change of a base table; 0: it holds them all; NULL: not known';
COMMENT ON COLUMN steward.matviews.dirty_since IS 'when the first change was committed that the view lacks; NULL: it lacks none';
COMMENT ON COLUMN steward.matviews.dirty_relations IS 'what has changed since the last refresh';
COMMENT ON COLUMN steward.matviews.tracking IS 'changes: refreshed when something has changed; time: its result can change by itself, so that every look refreshes it';
COMMENT ON COLUMN steward.matviews.tracking_reason IS 'why time';
COMMENT ON COLUMN steward.matviews.p99_staleness IS 'of the last 1,000 refreshes, staleness at their end';
COMMENT ON COLUMN steward.matviews.last_refresh IS 'end of the last refresh by pg_steward that succeeded';
COMMENT ON COLUMN steward.matviews.next_reason IS 'due, changed, retry, unchanged, or why no refresh will come';
COMMENT ON COLUMN steward.matviews.alerts IS 'failing: three refreshes in a row failed; late: by what its refreshes take the view will be staler than promised, or is, until one is in time; drifted: two refreshes in a row took another time than the view''s did. Each is also written to the log and sent on channel steward_alerts (JSON: database, view, kind, since, detail; any role can send there) when it begins';
COMMENT ON COLUMN steward.matviews.last_error IS 'message of the last run, if it did not succeed';
COMMENT ON COLUMN steward.matviews.last_read IS 'when a statement of which capture has the plan was last seen reading the view, to a second, among the plans that the reader may see; with pg_steward.track = all concurrent refreshes of its own, too; NULL: none';
COMMENT ON COLUMN steward.matviews.unique_key_ddl IS 'index that would let the view be refreshed without blocking its readers; NULL: it has one, or none can be proved to be unique';

CREATE FUNCTION steward.schedule_refresh(view regclass, max_staleness interval DEFAULT NULL, every interval DEFAULT NULL, cron text DEFAULT NULL,
                                         timezone text DEFAULT NULL, blackout text DEFAULT NULL, downstream boolean DEFAULT NULL,
                                         priority integer DEFAULT NULL, method text DEFAULT NULL, timeout interval DEFAULT NULL)
  RETURNS void LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'steward_schedule_refresh';
COMMENT ON FUNCTION steward.schedule_refresh(regclass, interval, interval, text, text, text, boolean, integer, text, interval) IS 'keeps a materialized view fresh, refreshing it as its owner, at first at once: with max_staleness in time after a base table has changed, with every or cron by the clock when one has, with downstream as the views that read it need. Called again it changes what is not NULL. blackout: when no refresh begins, such as mon-fri 09:00-17:30. method: auto, concurrently or plain. Functions of the view run with search_path = pg_catalog, pg_temp, as in every REFRESH from PostgreSQL 17 on, and with the time zone and formats of the session that schedules it. Needs the rights of the view''s owner';

CREATE FUNCTION steward.unschedule_refresh(view regclass)
  RETURNS void LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'steward_unschedule_refresh';
COMMENT ON FUNCTION steward.unschedule_refresh(regclass) IS 'removes a materialized view''s schedule';

CREATE FUNCTION steward.pause_refresh(view regclass)
  RETURNS void LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'steward_pause_refresh';
COMMENT ON FUNCTION steward.pause_refresh(regclass) IS 'keeps a materialized view''s schedule but does not follow it';

CREATE FUNCTION steward.resume_refresh(view regclass)
  RETURNS void LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'steward_resume_refresh';
COMMENT ON FUNCTION steward.resume_refresh(regclass) IS 'follows a paused, restored or stopped schedule again, with a refresh at once';

CREATE FUNCTION steward.refresh_now(view regclass, method text DEFAULT NULL)
  RETURNS text LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'steward_refresh_now';
COMMENT ON FUNCTION steward.refresh_now(regclass, text) IS 'refreshes a materialized view in this transaction, from one snapshot with the scheduled views above it that lack changes and those that must agree with it, each as its owner, with the settings and by the method of its schedule: ok, or skipped when another session is at one of them. Views of owners whose privileges the caller lacks are left to the worker, with a notice. In a transaction with an isolation level above READ COMMITTED the schedules do not count it';

CREATE FUNCTION steward.refresh_databases(OUT dbid oid, OUT pid integer, OUT next_visit timestamptz, OUT last_visit timestamptz, OUT held boolean, OUT failed_launches integer)
  RETURNS SETOF record LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'steward_refresh_databases';
COMMENT ON FUNCTION steward.refresh_databases() IS 'the databases that pg_steward looks after: its worker there, and when it visits them next (NULL: nothing is scheduled)';

-- ---------------------------------------------------------------------------------------------------------------------
-- Advice: saved suggestions
-- ---------------------------------------------------------------------------------------------------------------------
-- One row a run of an advisor. Not dumped: advice belongs to the server whose workload it was made for.
CREATE TABLE steward.suggestion_run (
    run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    tool_version text NOT NULL,
    window_start timestamptz,
    window_end timestamptz,
    statements bigint NOT NULL,
    statements_costed bigint NOT NULL,
    time_costed_ratio double precision,
    not_costed jsonb NOT NULL,
    options jsonb NOT NULL,
    settings jsonb NOT NULL
);
COMMENT ON TABLE steward.suggestion_run IS 'runs of the advisors; written by steward.save_suggestions, read steward.analysis_runs';

-- What all kinds of suggestions share is a column, what one kind has of its own is in details.
CREATE TABLE steward.suggestion (
    run_id bigint NOT NULL REFERENCES steward.suggestion_run ON DELETE CASCADE,
    suggestion_id text NOT NULL,
    kind text NOT NULL,
    status text NOT NULL,
    confidence text NOT NULL,
    caveats text[] NOT NULL,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    ddl text,
    undo_ddl text,
    details jsonb NOT NULL,
    evidence jsonb NOT NULL,
    PRIMARY KEY (run_id, suggestion_id)
);
CREATE INDEX suggestion_suggestion_id_idx ON steward.suggestion (suggestion_id);
COMMENT ON TABLE steward.suggestion IS 'saved suggestions of all kinds; written by steward.save_suggestions, read steward.index_suggestions, steward.unneeded_indexes, steward.foreign_keys_without_index, steward.pool_suggestions and steward.prepared_suggestions';
COMMENT ON COLUMN steward.suggestion.kind IS 'what is suggested: index, unneeded, foreign_key, statistics, pool or prepared; one run may hold several kinds';
COMMENT ON COLUMN steward.suggestion.status IS 'when it was saved: new, open (seen in an earlier run), or what measuring it has shown: verified or rejected';
COMMENT ON COLUMN steward.suggestion.ddl IS 'NULL: nothing is to be done now';

-- The caller needs SELECT, INSERT and DELETE on both tables: no rights are lent.
CREATE FUNCTION steward.save_suggestions(run jsonb) RETURNS bigint
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    saved bigint;
BEGIN
    INSERT INTO steward.suggestion_run (kind, started_at, tool_version, window_start, window_end, statements,
                                        statements_costed, time_costed_ratio, not_costed, options, settings)
    SELECT r.kind, r.started_at, r.tool_version, r.window_start, r.window_end, r.statements, r.statements_costed,
           r.time_costed_ratio, r.not_costed, r.options, r.settings
    FROM jsonb_to_record(run) AS r (kind text, started_at timestamptz, tool_version text, window_start timestamptz,
         window_end timestamptz, statements bigint, statements_costed bigint, time_costed_ratio double precision,
         not_costed jsonb, options jsonb, settings jsonb)
    RETURNING run_id INTO saved;

    INSERT INTO steward.suggestion (run_id, suggestion_id, kind, status, confidence, caveats, first_seen, last_seen, ddl,
                                    undo_ddl, details, evidence)
    SELECT saved, s.suggestion_id, coalesce(s.kind, 'index'), coalesce(s.status, CASE WHEN before.first_seen IS NULL THEN 'new' ELSE 'open' END), s.confidence,
           s.caveats, coalesce(before.first_seen, clock_timestamp()), clock_timestamp(), s.ddl, s.undo_ddl, s.details,
           s.evidence
    FROM jsonb_to_recordset(run -> 'suggestions') AS s (suggestion_id text, kind text, status text, confidence text, caveats text[],
         ddl text, undo_ddl text, details jsonb, evidence jsonb)
    LEFT JOIN LATERAL (SELECT min(o.first_seen) AS first_seen FROM steward.suggestion AS o
                       WHERE o.suggestion_id = s.suggestion_id) AS before ON true;

    -- The newest hundred runs of a kind stay.
    DELETE FROM steward.suggestion_run AS old
    WHERE old.run_id IN (SELECT r.run_id FROM steward.suggestion_run AS r
                         WHERE r.kind = run ->> 'kind' ORDER BY r.run_id DESC OFFSET 100);
    RETURN saved;
END $$;
COMMENT ON FUNCTION steward.save_suggestions(jsonb) IS
    'saves one run of an advisor with its suggestions and returns its run_id; called by pgsteward advise';

CREATE FUNCTION steward.notice_without_analysis(kind text, newest_run bigint) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF newest_run IS NULL AND current_setting('steward.noticed_' || kind, true) IS DISTINCT FROM 'on' THEN
        PERFORM set_config('steward.noticed_' || kind, 'on', false);
        RAISE NOTICE 'no analysis has been saved in database "%"', current_database()
            USING HINT = format('Run: pgsteward advise %s -d %s', kind, quote_ident(current_database()));
    END IF;
    RETURN newest_run IS NOT NULL;
END $$;
COMMENT ON FUNCTION steward.notice_without_analysis(text, bigint) IS
    'says once a session why a suggestions view is empty; used by the views';

-- Suggestions that somebody does not want to see. Dumped: the ids are the same wherever database and definition are.
CREATE TABLE steward.muted_suggestion (
    suggestion_id text PRIMARY KEY,
    reason text,
    muted_by name NOT NULL,
    muted_at timestamptz NOT NULL,
    until timestamptz
);
COMMENT ON TABLE steward.muted_suggestion IS 'every mute, those that ended included; written by steward.mute() and steward.unmute(), read steward.mutes';
SELECT pg_catalog.pg_extension_config_dump('steward.muted_suggestion', '');

CREATE VIEW steward.mutes AS
SELECT m.suggestion_id, m.reason, m.muted_by, m.muted_at, m.until
FROM steward.muted_suggestion AS m
WHERE m.until IS NULL OR m.until OPERATOR(pg_catalog.>) pg_catalog.now();
COMMENT ON VIEW steward.mutes IS 'suggestions that are muted now: reports leave them out, and views of suggestions say so in status';
COMMENT ON COLUMN steward.mutes.muted_by IS 'session user';
COMMENT ON COLUMN steward.mutes.until IS 'when it ends by itself; NULL: never';

-- The caller needs SELECT on steward.suggestion and SELECT, INSERT, UPDATE and DELETE on steward.muted_suggestion: no
-- rights are lent.
CREATE FUNCTION steward.mute(suggestion_id text, reason text DEFAULT NULL, until timestamptz DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    IF NOT EXISTS (SELECT FROM steward.suggestion AS s WHERE s.suggestion_id = mute.suggestion_id)
       AND NOT EXISTS (SELECT FROM steward.muted_suggestion AS m WHERE m.suggestion_id = mute.suggestion_id) THEN
        RAISE EXCEPTION USING ERRCODE = 'undefined_object',
            MESSAGE = format('there is no suggestion %s', coalesce(quote_literal(mute.suggestion_id), 'NULL')),
            HINT = 'The ids stand in steward.index_suggestions and in front of each suggestion of pgsteward advise.';
    END IF;
    IF mute.until <= now() THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'the mute would end before it begins',
            HINT = 'Give a time in the future, or none for a mute that does not end.';
    END IF;
    INSERT INTO steward.muted_suggestion (suggestion_id, reason, muted_by, muted_at, until)
    VALUES (mute.suggestion_id, mute.reason, session_user, now(), mute.until)
    ON CONFLICT (suggestion_id) DO UPDATE
    SET reason = excluded.reason, muted_by = excluded.muted_by, muted_at = excluded.muted_at, until = excluded.until;
END $$;
COMMENT ON FUNCTION steward.mute(text, text, timestamptz) IS
    'leaves a suggestion out of reports, until a time or for good; a second call takes the place of the first';

CREATE FUNCTION steward.unmute(suggestion_id text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM steward.muted_suggestion AS m WHERE m.suggestion_id = unmute.suggestion_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'undefined_object',
            MESSAGE = format('suggestion %s is not muted', coalesce(quote_literal(unmute.suggestion_id), 'NULL')),
            HINT = 'What is muted stands in steward.mutes.';
    END IF;
END $$;
COMMENT ON FUNCTION steward.unmute(text) IS 'shows a muted suggestion again';

-- What the views of each kind of suggestion are made of: status is decided here.
CREATE VIEW steward.newest_suggestions AS
SELECT s.suggestion_id, s.kind, CASE WHEN m.suggestion_id IS NULL THEN s.status ELSE 'muted' END AS status, s.confidence,
       s.caveats, s.first_seen, s.last_seen, s.run_id, r.window_start, r.window_end, s.ddl, s.undo_ddl, s.details, s.evidence
FROM steward.suggestion AS s
     JOIN steward.suggestion_run AS r ON r.run_id OPERATOR(pg_catalog.=) s.run_id
     LEFT JOIN steward.mutes AS m ON m.suggestion_id OPERATOR(pg_catalog.=) s.suggestion_id
WHERE s.run_id OPERATOR(pg_catalog.=) ANY (SELECT pg_catalog.max(n.run_id) FROM steward.suggestion_run AS n GROUP BY n.kind);
COMMENT ON VIEW steward.newest_suggestions IS 'suggestions of every kind, of the newest saved run of each advisor; read steward.index_suggestions';
COMMENT ON COLUMN steward.newest_suggestions.status IS 'new, open (seen in an earlier run), verified or rejected (by pgsteward advise indexes --verify) or muted (by steward.mute)';

-- The scalar subquery is a one-time filter, so it runs even when the tables are empty.
CREATE VIEW steward.index_suggestions AS
SELECT s.suggestion_id, s.status, s.confidence, s.caveats, s.first_seen, s.last_seen, s.run_id, s.window_start,
       s.window_end, s.ddl, s.undo_ddl, d.schemaname, d.relname, d.relid, d.amname, d.key_columns, d.include_columns,
       d.predicate, d.size, d.table_size, d.cost_before, d.cost_after, d.statements_helped, d.statements_hurt,
       d.calls_per_hour, d.exec_time_per_hour, d.write_rate, d.hot_update_ratio, d.hot_updates_lost_per_hour,
       d.cost_method, d.replaces, d.verified_before_time, d.verified_after_time, s.evidence
FROM steward.newest_suggestions AS s
     CROSS JOIN LATERAL pg_catalog.jsonb_to_record(s.details) AS d (schemaname text, relname text, relid oid, amname text,
         key_columns text[], include_columns text[], predicate text, size bigint, table_size bigint,
         cost_before double precision, cost_after double precision, statements_helped bigint, statements_hurt bigint,
         calls_per_hour double precision, exec_time_per_hour double precision, write_rate double precision,
         hot_update_ratio double precision, hot_updates_lost_per_hour double precision, cost_method text,
         replaces text[], verified_before_time double precision, verified_after_time double precision)
WHERE s.kind OPERATOR(pg_catalog.=) 'index'
  AND (SELECT steward.notice_without_analysis('indexes', pg_catalog.max(n.run_id)) FROM steward.suggestion_run AS n
       WHERE n.kind OPERATOR(pg_catalog.=) 'indexes');
COMMENT ON VIEW steward.index_suggestions IS 'indexes suggested by the newest saved run of pgsteward advise indexes';
COMMENT ON COLUMN steward.index_suggestions.suggestion_id IS
    'hash of kind, database and definition: the same in every run';
COMMENT ON COLUMN steward.index_suggestions.status IS 'new, open (seen in an earlier run), verified or rejected (by pgsteward advise indexes --verify) or muted (by steward.mute)';
COMMENT ON COLUMN steward.index_suggestions.cost_before IS
    'planner units of the statements helped, times their calls; cost_after is planned with all suggestions in place';
COMMENT ON COLUMN steward.index_suggestions.exec_time_per_hour IS
    'milliseconds an hour now spent in the statements helped; NULL, as calls_per_hour, where less than 5 minutes were seen';
COMMENT ON COLUMN steward.index_suggestions.verified_before_time IS
    'milliseconds of a call, the mean over the calls of the statements that use the index, measured without the suggested indexes and (verified_after_time) with them; NULL without --verify';
COMMENT ON COLUMN steward.index_suggestions.write_rate IS 'rows inserted, updated and deleted an hour in the table';
COMMENT ON COLUMN steward.index_suggestions.hot_updates_lost_per_hour IS
    'updates, HOT until now, of captured statements that set a column of the index: an estimate; NULL where not known';
COMMENT ON COLUMN steward.index_suggestions.cost_method IS
    'where the parameter values came from: parameters, shapes, statistics or generic (none); the weakest among the statements helped';

CREATE VIEW steward.statistics_suggestions AS
SELECT s.suggestion_id, s.status, s.confidence, s.caveats, s.first_seen, s.last_seen, s.run_id, s.window_start,
       s.window_end, s.ddl, s.undo_ddl, d.schemaname, d.relname, d.relid, d.kind, d.columns, d.rows_estimated,
       d.rows_measured, d.instrumented_runs, d.statements, d.total_exec_time, s.evidence
FROM steward.newest_suggestions AS s
     CROSS JOIN LATERAL pg_catalog.jsonb_to_record(s.details) AS d (schemaname text, relname text, relid oid, kind text,
         columns text[], rows_estimated double precision, rows_measured double precision, instrumented_runs bigint,
         statements bigint, total_exec_time double precision)
WHERE s.kind OPERATOR(pg_catalog.=) 'statistics'
  AND (SELECT steward.notice_without_analysis('indexes', pg_catalog.max(n.run_id)) FROM steward.suggestion_run AS n
       WHERE n.kind OPERATOR(pg_catalog.=) 'indexes');
COMMENT ON VIEW steward.statistics_suggestions IS
    'statistics that the planner lacks, from scans that it misjudged by more than ten times, by the newest saved run of pgsteward advise indexes';
COMMENT ON COLUMN steward.statistics_suggestions.status IS 'new, open (seen in an earlier run) or muted (by steward.mute)';
COMMENT ON COLUMN steward.statistics_suggestions.kind IS
    'extended (statistics on columns that are compared together), target (a larger sample of one column) or analyze (the table has no statistics)';
COMMENT ON COLUMN steward.statistics_suggestions.rows_estimated IS 'of the worst scan, as rows_measured, a mean over instrumented_runs';
COMMENT ON COLUMN steward.statistics_suggestions.statements IS 'that have such a scan; they are in evidence';
COMMENT ON COLUMN steward.statistics_suggestions.total_exec_time IS 'milliseconds that these statements took, all in all';

CREATE VIEW steward.unneeded_indexes AS
SELECT s.suggestion_id, s.status, s.confidence, s.caveats, s.first_seen, s.last_seen, s.run_id, s.window_start,
       s.window_end, s.ddl, s.undo_ddl, d.schemaname, d.relname, d.indexrelname, d.relid, d.indexrelid, d.kind,
       d.superseded_by, d.size, d.idx_scan, d.last_idx_scan, d.stats_since, d.plans_using, d.standbys_seen,
       d.standby_idx_scan, d.write_rate, d.keep_reason, d.action, s.evidence
FROM steward.newest_suggestions AS s
     CROSS JOIN LATERAL pg_catalog.jsonb_to_record(s.details) AS d (schemaname text, relname text, indexrelname text,
         relid oid, indexrelid oid, kind text, superseded_by text, size bigint, idx_scan bigint,
         last_idx_scan timestamptz, stats_since timestamptz, plans_using bigint, standbys_seen integer,
         standby_idx_scan bigint, write_rate double precision, keep_reason text, action text)
WHERE s.kind OPERATOR(pg_catalog.=) 'unneeded'
  AND (SELECT steward.notice_without_analysis('indexes', pg_catalog.max(n.run_id)) FROM steward.suggestion_run AS n
       WHERE n.kind OPERATOR(pg_catalog.=) 'indexes');
COMMENT ON VIEW steward.unneeded_indexes IS
    'existing indexes that the newest saved run of pgsteward advise indexes found not needed, or not as they are';
COMMENT ON COLUMN steward.unneeded_indexes.suggestion_id IS
    'hash of kind, database and definition: the same in every run';
COMMENT ON COLUMN steward.unneeded_indexes.status IS 'new, open (seen in an earlier run) or muted (by steward.mute)';
COMMENT ON COLUMN steward.unneeded_indexes.ddl IS 'NULL where keep_reason is not';
COMMENT ON COLUMN steward.unneeded_indexes.kind IS
    'unused (no scan), duplicate or prefix (of superseded_by, which does all that this one does), invalid (a build that failed), bloated (less than half as large when rebuilt: fresh_size in evidence)';
COMMENT ON COLUMN steward.unneeded_indexes.size IS 'bytes';
COMMENT ON COLUMN steward.unneeded_indexes.last_idx_scan IS 'NULL before PostgreSQL 16, and where there was none';
COMMENT ON COLUMN steward.unneeded_indexes.stats_since IS
    'since when idx_scan counts: the last reset or loss of the statistics; NULL: not known';
COMMENT ON COLUMN steward.unneeded_indexes.plans_using IS 'captured plans that use the index, in steward.plans.indexes_used';
COMMENT ON COLUMN steward.unneeded_indexes.standbys_seen IS
    'standbys whose scans of the index are known, and are in standby_idx_scan; the names of all are in evidence';
COMMENT ON COLUMN steward.unneeded_indexes.write_rate IS 'rows inserted, updated and deleted an hour in the table';
COMMENT ON COLUMN steward.unneeded_indexes.keep_reason IS 'why it is not suggested to drop the index; then there is no ddl';
COMMENT ON COLUMN steward.unneeded_indexes.action IS
    'drop, reindex, watch (too little is known yet, or from here) or keep (something else needs it)';

-- Not among index_suggestions: what it saves is time of deletes that no plan shows, so it has no cost and no share of the
-- budget, and is to be judged by what is said here.
CREATE VIEW steward.foreign_keys_without_index AS
SELECT s.suggestion_id, s.status, s.confidence, s.caveats, s.first_seen, s.last_seen, s.run_id, s.window_start,
       s.window_end, s.ddl, s.undo_ddl, d.schemaname, d.relname, d.relid, d.conname, d.key_columns,
       d.referenced_schemaname, d.referenced_relname, d.referenced_relid, d.on_delete, d.size, d.table_size,
       d.referenced_deletes, d.stats_since, d.lookup_calls, d.lookup_exec_time, d.join_statements, s.evidence
FROM steward.newest_suggestions AS s
     CROSS JOIN LATERAL pg_catalog.jsonb_to_record(s.details) AS d (schemaname text, relname text, relid oid,
         conname text, key_columns text[], referenced_schemaname text, referenced_relname text, referenced_relid oid,
         on_delete text, size bigint, table_size bigint, referenced_deletes bigint, stats_since timestamptz,
         lookup_calls bigint, lookup_exec_time double precision, join_statements bigint)
WHERE s.kind OPERATOR(pg_catalog.=) 'foreign_key'
  AND (SELECT steward.notice_without_analysis('indexes', pg_catalog.max(n.run_id)) FROM steward.suggestion_run AS n
       WHERE n.kind OPERATOR(pg_catalog.=) 'indexes');
COMMENT ON VIEW steward.foreign_keys_without_index IS
    'foreign keys whose referencing rows no index finds, neither an existing nor a suggested one, by the newest saved run of pgsteward advise indexes';
COMMENT ON COLUMN steward.foreign_keys_without_index.status IS 'new, open (seen in an earlier run) or muted (by steward.mute)';
COMMENT ON COLUMN steward.foreign_keys_without_index.confidence IS
    'high: look-ups were captured; medium: rows of the referenced table were deleted, or statements join by the key; low: nothing was seen that an index would help';
COMMENT ON COLUMN steward.foreign_keys_without_index.size IS 'bytes of the index, estimated';
COMMENT ON COLUMN steward.foreign_keys_without_index.table_size IS
    'bytes of the referencing table, which each delete of a referenced row reads whole';
COMMENT ON COLUMN steward.foreign_keys_without_index.referenced_deletes IS
    'rows deleted from the referenced table since stats_since';
COMMENT ON COLUMN steward.foreign_keys_without_index.lookup_calls IS
    'captured look-ups of referencing rows that the server made for the key (pg_steward.track = all); lookup_exec_time: milliseconds of these';
COMMENT ON COLUMN steward.foreign_keys_without_index.join_statements IS
    'captured statements that join the two tables by the key';

CREATE VIEW steward.pool_suggestions AS
SELECT s.suggestion_id, s.status, s.confidence, s.caveats, s.first_seen, s.last_seen, s.run_id, s.window_start,
       s.window_end, s.ddl, s.undo_ddl, d.pool, d.component, d.setting, d.current_value, d.suggested_value, d.requires,
       d.reason, d.cause, d.arrival_rate, d.hold_time, d.hold_time_p95, d.predicted_wait_p95, d.predicted_utilization,
       d.predicted_timeout_ratio, d.memory_bytes, s.evidence
FROM steward.newest_suggestions AS s
     CROSS JOIN LATERAL pg_catalog.jsonb_to_record(s.details) AS d (pool text, component text, setting text,
         current_value text, suggested_value text, requires text, reason text, cause text, arrival_rate double precision,
         hold_time double precision, hold_time_p95 double precision, predicted_wait_p95 double precision,
         predicted_utilization double precision, predicted_timeout_ratio double precision, memory_bytes bigint)
WHERE s.kind OPERATOR(pg_catalog.=) 'pool'
  AND (SELECT steward.notice_without_analysis('pool', pg_catalog.max(n.run_id)) FROM steward.suggestion_run AS n
       WHERE n.kind OPERATOR(pg_catalog.=) 'pool');
COMMENT ON VIEW steward.pool_suggestions IS
    'settings of connection pools, one a row, suggested by the newest saved run of pgsteward advise pool; diagnosis and feasibility are in evidence';
COMMENT ON COLUMN steward.pool_suggestions.suggestion_id IS
    'hash of database, pool, component and setting: the same in every run, whatever the value';
COMMENT ON COLUMN steward.pool_suggestions.status IS 'new, open (seen in an earlier run) or muted (by steward.mute)';
COMMENT ON COLUMN steward.pool_suggestions.ddl IS 'NULL: not a setting of the server, or as it should be already';
COMMENT ON COLUMN steward.pool_suggestions.pool IS 'main, read or admin; NULL: of all pools';
COMMENT ON COLUMN steward.pool_suggestions.component IS 'pgbouncer, application (names differ from one library to the next) or postgresql';
COMMENT ON COLUMN steward.pool_suggestions.current_value IS 'NULL where it is not known from the server';
COMMENT ON COLUMN steward.pool_suggestions.requires IS 'reload, restart or deploy (of the application)';
COMMENT ON COLUMN steward.pool_suggestions.cause IS
    'what holds connections: cpu, hold (waits for the client, WAL, I/O), lock, mixed or unknown';
COMMENT ON COLUMN steward.pool_suggestions.arrival_rate IS 'transactions a second, measured; hold_time: their mean, in milliseconds';
COMMENT ON COLUMN steward.pool_suggestions.predicted_wait_p95 IS
    'milliseconds that 95 of 100 transactions wait for a connection at most, with all suggestions in place';
COMMENT ON COLUMN steward.pool_suggestions.predicted_utilization IS 'busy connections over all of the pool''s, 0 to 1';
COMMENT ON COLUMN steward.pool_suggestions.predicted_timeout_ratio IS 'transactions that give up waiting over all, 0 to 1';
COMMENT ON COLUMN steward.pool_suggestions.memory_bytes IS 'of the pool''s connections with work_mem in use on each; of max_connections: of all pools';

CREATE VIEW steward.prepared_suggestions AS
SELECT s.suggestion_id, s.status, s.confidence, s.caveats, s.first_seen, s.last_seen, s.run_id, s.window_start,
       s.window_end, s.ddl, s.undo_ddl, d.userid, d.dbid, d.queryid, d.query, d.action, d.calls_per_hour, d.simple_calls,
       d.extended_calls, d.generic_plan_calls, d.custom_plan_calls, d.mean_plan_time, d.mean_exec_time,
       d.saved_time_per_call, d.saved_time_per_hour, d.generic_cost, d.custom_cost, d.worst_cost_ratio, d.pooler_note,
       d.prepare_sql, s.evidence
FROM steward.newest_suggestions AS s
     CROSS JOIN LATERAL pg_catalog.jsonb_to_record(s.details) AS d (userid oid, dbid oid, queryid bigint, query text,
         action text, calls_per_hour double precision, simple_calls bigint, extended_calls bigint,
         generic_plan_calls bigint, custom_plan_calls bigint, mean_plan_time double precision,
         mean_exec_time double precision, saved_time_per_call double precision, saved_time_per_hour double precision,
         generic_cost double precision, custom_cost double precision, worst_cost_ratio double precision,
         pooler_note text, prepare_sql text)
WHERE s.kind OPERATOR(pg_catalog.=) 'prepared'
  AND (SELECT steward.notice_without_analysis('prepared', pg_catalog.max(n.run_id)) FROM steward.suggestion_run AS n
       WHERE n.kind OPERATOR(pg_catalog.=) 'prepared');
COMMENT ON VIEW steward.prepared_suggestions IS
    'statements to prepare, or to be prepared no longer, suggested by the newest saved run of pgsteward advise prepared; what to set in drivers is in evidence';
COMMENT ON COLUMN steward.prepared_suggestions.suggestion_id IS 'hash of database, role and query id: the same in every run';
COMMENT ON COLUMN steward.prepared_suggestions.status IS
    'new, open (seen in an earlier run), verified or rejected (by pgsteward advise prepared --measure) or muted (by steward.mute)';
COMMENT ON COLUMN steward.prepared_suggestions.ddl IS 'NULL: the application is to be changed, not the server';
COMMENT ON COLUMN steward.prepared_suggestions.action IS
    'prepare (the generic plan is safe), prepare_force_custom (the plan depends on the values, or planning for them pays: parsing is saved), parameterize (the values stand in the text: first send them apart; evidence ->> ''then'' is what comes next) or stop_preparing (its generic plan hurts)';
COMMENT ON COLUMN steward.prepared_suggestions.saved_time_per_call IS
    'milliseconds of parsing, unless it may be prepared already, and with the generic plan of planning, less what that executes longer by the planner''s costs; NULL where it may save nothing, and of stop_preparing: costs are not time';
COMMENT ON COLUMN steward.prepared_suggestions.generic_cost IS
    'planner units; custom_cost: the mean over plans made for the values that were tried';
COMMENT ON COLUMN steward.prepared_suggestions.worst_cost_ratio IS
    'cost of the generic plan over that of a plan made for the values, for the worst of those tried; NULL where it is not known';
COMMENT ON COLUMN steward.prepared_suggestions.prepare_sql IS
    'for trying it in psql; drivers prepare in the protocol. NULL of stop_preparing';

CREATE VIEW steward.analysis_runs AS
SELECT r.run_id, r.kind, r.started_at, r.finished_at, r.tool_version, r.window_start, r.window_end, r.statements,
       r.statements_costed, r.time_costed_ratio, r.not_costed, r.options, r.settings
FROM steward.suggestion_run AS r;
COMMENT ON VIEW steward.analysis_runs IS 'saved runs of the advisors, with what they covered and the settings they ran under';

-- ---------------------------------------------------------------------------------------------------------------------
-- Privileges: PUBLIC has nothing. Keep this section last.
-- ---------------------------------------------------------------------------------------------------------------------
REVOKE ALL ON SCHEMA steward FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA steward FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA steward FROM PUBLIC;
