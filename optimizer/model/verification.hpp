// What was measured of suggested indexes: of each statement, predicted against measured.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "model/index_definition.hpp"

namespace steward::model {

/// One call of a statement, without the suggested indexes and with those that stood the test.
struct MeasuredStatement {
  Oid userid = 0;
  std::int64_t queryid = 0;
  std::string role;
  std::string query;
  std::int64_t calls = 0;
  double cost_before = 0;  // planner units
  double cost_after = 0;
  double time_before = 0;  // milliseconds, the least of several runs
  double time_after = 0;
  bool before_timed_out = false;          // it takes longer than time_before
  bool after_timed_out = false;           // it takes longer than time_after
  std::vector<std::string> suggestions;  // ids of the suggested indexes in its plan
};

struct Verification {
  std::vector<MeasuredStatement> statements;         // whose plans the suggested indexes change, heaviest first
  std::int64_t unaffected = 0;                       // statements whose plans use none of them
  std::map<std::string, std::int64_t> not_measured;  // reason -> statements
  std::int64_t built_size = 0;      // of the indexes that were built, before any was rejected
  std::int64_t predicted_size = 0;  // of the same
  double build_seconds = 0;
};

}  // namespace steward::model
