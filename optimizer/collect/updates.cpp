// Which columns captured statements update, and in how many rows. Declared in read_workload.hpp.
#include <map>
#include <sstream>

#include "collect/read_workload.hpp"

namespace steward::collect {

void ReadUpdates(db::Database& database, std::vector<model::Table>& tables) {
  const db::Result result = database.Query(
      "SELECT u.relid::bigint AS relid, u.attnums, sum(s.rows)::bigint AS rows"
      " FROM (SELECT userid, dbid, queryid, relid, string_agg(DISTINCT attnum::text, ' ') AS attnums"
      "   FROM steward.predicates WHERE role = 'update' GROUP BY userid, dbid, queryid, relid) u"
      " JOIN steward.statements s ON s.userid = u.userid AND s.dbid = u.dbid AND s.queryid = u.queryid"
      " GROUP BY u.relid, u.attnums ORDER BY u.relid, u.attnums");
  std::map<model::Oid, model::Table*> by_relid;
  for (model::Table& table : tables) by_relid[table.relid] = &table;
  for (const db::Row row : result) {
    const auto table = by_relid.find(static_cast<model::Oid>(row.Int("relid")));
    if (table == by_relid.end()) continue;
    model::UpdatedColumns updated;
    updated.rows = row.Int("rows");
    std::istringstream words(row.Text("attnums"));
    for (int attnum = 0; words >> attnum;) updated.attnums.push_back(attnum);
    table->second->updates.push_back(std::move(updated));
  }
}

}  // namespace steward::collect
