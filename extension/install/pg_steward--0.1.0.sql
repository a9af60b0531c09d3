/* pg_steward 0.1.0: the objects of CREATE EXTENSION pg_steward, by section. */

-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION pg_steward" to load this file. \quit

CREATE SCHEMA steward;
COMMENT ON SCHEMA steward IS 'pg_steward: captured workload, advice and materialized view freshness';

-- ---------------------------------------------------------------------------------------------------------------------
-- Capture: statements, texts and status
-- ---------------------------------------------------------------------------------------------------------------------

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
