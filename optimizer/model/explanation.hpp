// What explaining advice answers: of a suggestion, a statement or a table, what was considered and why it was not taken.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/workload.hpp"

namespace steward::model {

/// An index that was considered for a statement or a table.
struct CandidateAccount {
  IndexDefinition definition;
  std::string id;  // as its suggestion's would be
  std::int64_t size = 0;
  double gain = 0;         // planner units of one call that it saves alone; of a table: share of the whole, alone
  double cost_alone = 0;   // of a statement
  bool chosen = false;     // it is a suggestion of the run
  std::string reason;      // why it is one, or is none; for people
  std::string plan_alone;  // JSON as of EXPLAIN; empty unless asked for
};

struct StatementAccount {
  Statement statement;
  std::string not_costed;  // why there are no costs; empty when there are
  double cost_now = 0;     // planner units of one call
  double cost_with = 0;    // with all suggestions of the run
  std::vector<CandidateAccount> uses;        // of these, what its plan uses; without a reason
  std::vector<CandidateAccount> candidates;  // what saves most first
  std::string plan_now;                      // JSON as of EXPLAIN; empty unless asked for
  std::string plan_with;
};

/// How captured plans use a column or an expression.
struct ColumnUse {
  std::string column;
  std::string role;  // filter, join, sort, group
  std::string comparison;  // as in steward.predicates; empty where nothing is compared
  std::int64_t statements = 0;
  std::optional<double> selectivity;  // estimated, the least of them
};

struct TableAccount {
  Table table;
  std::vector<ExistingIndex> indexes;
  std::vector<ColumnUse> uses;  // by the most statements first
  std::int64_t statements = 0;  // captured, that read it by conditions
  std::int64_t statements_costed = 0;
  double total_exec_time = 0;                // of these statements, ms
  std::vector<std::string> suggestions;      // ids of the run, on this table
  std::vector<CandidateAccount> candidates;  // what saves most first, the suggested ones among them
  std::string why_nothing;                   // where there is no suggestion; for people
};

}  // namespace steward::model
