// JSON of statistics that the planner lacks. Declared in statistics_report.hpp.
#include "report/statistics_report.hpp"

namespace steward::report {

nlohmann::ordered_json StatisticsJson(const model::StatisticsSuggestion& suggestion) {
  using Json = nlohmann::ordered_json;
  Json statements = Json::array();
  for (const model::MisjudgedStatement& statement : suggestion.statements)
    statements.push_back({{"userid", std::to_string(statement.userid)},
                          {"queryid", std::to_string(statement.queryid)},
                          {"role", statement.role},
                          {"query", statement.query},
                          {"total_exec_time", statement.total_exec_time},
                          {"rows_estimated", statement.rows.estimated},
                          {"rows_measured", statement.rows.measured},
                          {"instrumented_runs", statement.rows.runs}});
  const Json details = {{"schemaname", suggestion.schema},
                        {"relname", suggestion.table},
                        {"relid", suggestion.relid},
                        {"kind", Word(suggestion.kind)},
                        {"columns", suggestion.columns},
                        {"rows_estimated", suggestion.rows.estimated},
                        {"rows_measured", suggestion.rows.measured},
                        {"instrumented_runs", suggestion.rows.runs},
                        {"statements", suggestion.statements.size()},
                        {"total_exec_time", suggestion.total_exec_time}};
  return {{"kind", "statistics"},
          {"suggestion_id", suggestion.id},
          {"confidence", Word(suggestion.confidence)},
          {"caveats", suggestion.caveats},
          {"ddl", suggestion.ddl},
          {"undo_ddl", suggestion.undo_ddl.empty() ? Json() : Json(suggestion.undo_ddl)},
          {"details", details},
          {"evidence", {{"statements", statements}}}};
}

}  // namespace steward::report
