// Extended statistics from the catalog. Declared in read_workload.hpp.
#include "collect/read_workload.hpp"

namespace steward::collect {

std::vector<model::StatisticsObject> ReadStatisticsObjects(db::Database& database) {
  const db::Result result = database.Query(
      "SELECT s.stxrelid::bigint AS relid, quote_ident(n.nspname) AS schema_sql, s.stxname AS name,"
      " string_to_array(s.stxkeys::text, ' ')::int[] AS attnums, 'm' = ANY (s.stxkind) OR 'f' = ANY (s.stxkind) AS for_conditions"
      " FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace ORDER BY s.oid");
  std::vector<model::StatisticsObject> objects;
  for (const db::Row row : result) {
    model::StatisticsObject object;
    object.relid = static_cast<model::Oid>(row.Int("relid"));
    object.schema_sql = row.Text("schema_sql");
    object.name = row.Text("name");
    for (const std::int64_t attnum : row.IntArray("attnums")) object.attnums.push_back(static_cast<int>(attnum));
    object.for_conditions = row.Bool("for_conditions");
    objects.push_back(std::move(object));
  }
  return objects;
}

}  // namespace steward::collect
