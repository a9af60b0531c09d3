// What explaining advice found, as text for people, JSON for programs and a script for psql.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/explanation.hpp"
#include "model/saved_run.hpp"

namespace steward::report {

/// What is explained: a suggestion (set, with the statements of its evidence), a table (set), or else statements.
struct Explanation {
  std::string database;
  std::int64_t run_id = 0;  // the saved run that candidates are held against
  double run_at = 0;
  std::size_t missing = 0;  // suggestions of the run that are no candidates now
  std::optional<model::SavedSuggestion> suggestion;
  std::optional<model::TableAccount> table;
  std::vector<model::StatementAccount> statements;
};

/// At most `limit` statements and candidates each.
std::string ExplainText(const Explanation& explanation, std::size_t limit);
std::string ExplainJson(const Explanation& explanation);

/// Calls of steward.whatif that show the costs and plans of the statements without and with the indexes.
std::string ExplainPsql(const Explanation& explanation, std::size_t limit);

}  // namespace steward::report
