// See recurring_values.hpp.
#include "collect/recurring_values.hpp"

namespace steward::collect {

bool ReadsSamples(db::Database& database) {
  const db::Result answer = database.Query(
      "SELECT has_function_privilege('steward.parameter_samples()', 'EXECUTE')"
      " AND pg_has_role('pg_read_all_stats', 'USAGE') AS readable");
  for (const db::Row row : answer) return row.Bool("readable");
  return false;
}

std::string RecurringValuesSql(bool readable) {
  if (!readable) return "SELECT NULL::bigint AS queryid, NULL::oid AS root, NULL::name AS attname, NULL AS test WHERE false";
  // As many samples as the server keeps of a statement (store/texts.hpp), of sights further and further apart.
  // ruleutils.c writes a varchar column as text, and whole numbers that are not negative without a type.
  return "SELECT queryid, root, attname, CASE WHEN column_type = 1043 THEN format('(%I)::text', attname)"
         "    ELSE quote_ident(attname) END || ' = ' ||"
         "   CASE WHEN value_type = 23 AND value !~ '^-' THEN value"
         "     ELSE format('%L::%s', value, format_type(value_type, -1)) END AS test"
         " FROM (SELECT t.queryid, coalesce(pg_partition_root(c.oid)::oid, c.oid) AS root, a.attname, min(a.atttypid::bigint) AS column_type,"
         "     min((e.of ->> 'type')::bigint)::oid AS value_type, min(s.values[e.no::int]) AS value"
         "   FROM steward.plannable t"
         "     CROSS JOIN jsonb_array_elements(t.parameters) WITH ORDINALITY e(of, no)"
         "     JOIN steward.parameter_samples() s ON s.dbid = t.dbid AND s.queryid = t.queryid"
         "     JOIN pg_attribute a ON a.attrelid = (e.of ->> 'relid')::oid AND a.attnum = (e.of ->> 'attnum')::int"
         "     JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
         "     JOIN pg_operator o ON o.oid = (e.of ->> 'operator')::oid AND o.oprname = '='"
         "       AND o.oprnamespace = 'pg_catalog'::regnamespace"
         "   WHERE t.samples >= 4 AND e.of ->> 'kind' = 'equality' AND EXISTS (SELECT FROM pg_stats d"
         "     WHERE d.schemaname = n.nspname AND d.tablename = c.relname AND d.attname = a.attname"
         "       AND d.n_distinct BETWEEN 2 AND 100)"
         "   GROUP BY 1, 2, 3"
         "   HAVING count(*) >= 4 AND count(s.values[e.no::int]) = count(*) AND count(DISTINCT e.no) = 1"
         "     AND min(s.values[e.no::int]) = max(s.values[e.no::int])) sampled";
}

}  // namespace steward::collect
