// Reads the cost of a plan and the indexes in it from EXPLAIN's JSON.
#pragma once

#include <set>
#include <string>
#include <utility>

namespace steward::whatif {

struct ExplainedPlan {
  double total_cost = 0;  // of all plans, where a rule made several
  int workers = 0;        // planned for the most parallel part
  std::set<std::pair<std::string, std::string>> indexes;  // schema and name, unquoted, each once
};

/// db::Error for what is not of that form.
[[nodiscard]] ExplainedPlan ReadExplained(const std::string& text);

}  // namespace steward::whatif
