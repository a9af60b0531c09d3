// Scans whose estimates were found wrong: what they compare, what was expected and what came.
#pragma once

#include <set>
#include <vector>

#include "model/statistics_advice.hpp"
#include "model/workload.hpp"

namespace steward::advise {

/// One scan of one plan, whose rows were counted.
struct MeasuredScan {
  model::Oid userid = 0;
  std::int64_t queryid = 0;
  const model::Table* table = nullptr;
  std::set<int> equal;      // columns compared by = or IN with something that is no column
  std::set<int> otherwise;  // columns compared in other ways
  bool more = false;        // conditions besides: on expressions, with other tables
  model::RowsCheck rows;
};

/// The scans of tables whose estimate is off by more than ten times, where that is at least a hundred rows.
std::vector<MeasuredScan> MisjudgedScans(const model::Workload& workload);

}  // namespace steward::advise
