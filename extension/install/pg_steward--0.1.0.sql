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
    OUT last_flush timestamptz, OUT history_size bigint)
RETURNS record LANGUAGE C STRICT VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'steward_capture_status';
COMMENT ON FUNCTION steward.capture_status() IS 'whether statements are captured, and what had to be left out';

CREATE VIEW steward.capture_status AS SELECT * FROM steward.capture_status();
COMMENT ON VIEW steward.capture_status IS 'whether statements are captured, and what had to be left out (one row)';

CREATE FUNCTION steward.reset(userid oid DEFAULT 0, dbid oid DEFAULT 0, queryid bigint DEFAULT 0)
RETURNS timestamptz LANGUAGE C STRICT VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'steward_reset';
COMMENT ON FUNCTION steward.reset(oid, oid, bigint) IS
    'discards the statistics of the given user, database and statement; 0 stands for all. Returns the time of the reset';

-- ---------------------------------------------------------------------------------------------------------------------
-- Capture: slow queries, plans and predicates
-- ---------------------------------------------------------------------------------------------------------------------
CREATE FUNCTION steward.captured_predicates(
    OUT userid oid, OUT dbid oid, OUT queryid bigint, OUT planid bigint, OUT predicate_no integer, OUT relid oid,
    OUT attnum smallint, OUT expression text, OUT role text, OUT kind text, OUT opno oid, OUT is_not_null boolean,
    OUT other_relid oid, OUT other_attnum smallint, OUT scan_no integer, OUT "position" integer, OUT descending boolean,
    OUT nulls_first boolean, OUT estimated_selectivity double precision, OUT actual_selectivity double precision,
    OUT executions bigint)
RETURNS SETOF record LANGUAGE c STRICT VOLATILE PARALLEL SAFE AS 'MODULE_PATHNAME', 'steward_predicates';
COMMENT ON FUNCTION steward.captured_predicates() IS
    'predicates of captured plans in the current database, with object numbers; read steward.predicates';

CREATE VIEW steward.predicates AS
SELECT p.userid, p.dbid, p.queryid, p.planid, p.predicate_no, p.relid, n.nspname AS schemaname, c.relname, p.attnum,
       a.attname, p.expression, p.role, p.kind,
       CASE WHEN p.is_not_null THEN 'IS NOT NULL'
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
    'what captured plans do with columns: filter, index, join, sort, group, output. One row for each plan and predicate of the current database; constants are not kept';
COMMENT ON COLUMN steward.predicates.attnum IS '0: see expression; negative: the row itself is needed (role output)';
COMMENT ON COLUMN steward.predicates.expression IS
    'expression over one relation; constants that are part of it (not those it is compared with) are shown';
COMMENT ON COLUMN steward.predicates.role IS
    'filter and index restrict a scan, join compares with other_relid, sort and group have a position, output is a column the scan must fetch';
COMMENT ON COLUMN steward.predicates.kind IS
    'of the comparison: equality, range, list, like_prefix, like_infix, is_null, not_equal, containment or other (no index serves it as it stands, or one arm of an OR)';
COMMENT ON COLUMN steward.predicates.operator IS 'with the column on the left';
COMMENT ON COLUMN steward.predicates.scan_no IS
    'range-table slot in the plan: predicates with the same scan_no restrict the same scan together';
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
COMMENT ON COLUMN steward.plans.calls IS
    'slow or instrumented executions only; steward.statements counts every one';
COMMENT ON COLUMN steward.plans.total_exec_time IS 'of the executions in calls, milliseconds';
COMMENT ON COLUMN steward.plans.instrumented IS 'plan has actual row counts';

-- ---------------------------------------------------------------------------------------------------------------------
-- Capture: plannable text
-- ---------------------------------------------------------------------------------------------------------------------

-- ---------------------------------------------------------------------------------------------------------------------
-- What-if
-- ---------------------------------------------------------------------------------------------------------------------

-- ---------------------------------------------------------------------------------------------------------------------
-- Materialized views
-- ---------------------------------------------------------------------------------------------------------------------

-- ---------------------------------------------------------------------------------------------------------------------
-- Advice: saved suggestions
-- ---------------------------------------------------------------------------------------------------------------------

-- ---------------------------------------------------------------------------------------------------------------------
-- Privileges: PUBLIC has nothing. Keep this section last.
-- ---------------------------------------------------------------------------------------------------------------------
REVOKE ALL ON SCHEMA steward FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA steward FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA steward FROM PUBLIC;
