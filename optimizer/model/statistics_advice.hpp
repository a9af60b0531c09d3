// What an advisor says of estimates that were found wrong: statistics that the planner lacks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/index_definition.hpp"
#include "model/suggestion_state.hpp"

namespace steward::model {

/// What the planner expected of a scan and what came, a mean over executions whose rows were counted.
struct RowsCheck {
  double estimated = 0;
  double measured = 0;
  std::int64_t runs = 0;
};

/// The factor between the two, at least 1.
inline double ErrorOf(const RowsCheck& rows) {
  return rows.estimated > rows.measured ? rows.estimated / rows.measured : rows.measured / rows.estimated;
}

/// kExtended: CREATE STATISTICS on columns compared together. kTarget: a larger sample of one column. kAnalyze: the table
/// has no statistics yet.
enum class StatisticsKind { kExtended, kTarget, kAnalyze };

inline const char* Word(StatisticsKind kind) {
  constexpr const char* kWords[] = {"extended", "target", "analyze"};
  return kWords[static_cast<int>(kind)];
}

/// A statement with a misjudged scan.
struct MisjudgedStatement {
  Oid userid = 0;
  std::int64_t queryid = 0;
  std::string role;
  std::string query;
  double total_exec_time = 0;
  RowsCheck rows;  // of its worst scan
};

struct StatisticsSuggestion {
  std::string id;
  StatisticsKind kind = StatisticsKind::kExtended;
  Confidence confidence = Confidence::kMedium;
  std::vector<std::string> caveats;
  std::string ddl;
  std::string undo_ddl;  // empty where there is nothing to take back
  std::string schema;    // this and the names below are unquoted
  std::string table;
  Oid relid = 0;
  std::vector<std::string> columns;
  RowsCheck rows;  // of the worst scan
  double total_exec_time = 0;
  std::vector<MisjudgedStatement> statements;  // the most time first
  std::string status;                          // new, open or muted; empty: not known
  std::optional<Mute> mute;                    // where the status is muted
};

}  // namespace steward::model
