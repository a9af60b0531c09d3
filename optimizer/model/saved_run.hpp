// A run of an advisor as the database keeps it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace steward::model {

struct SavedSuggestion {
  std::string id;
  std::string kind;  // index, statistics, ...
  std::string status;
  std::string confidence;
  std::vector<std::string> caveats;
  double first_seen = 0;
  double last_seen = 0;
  std::string ddl;  // empty: nothing is to be done now
  std::string undo_ddl;
  std::string details;   // JSON
  std::string evidence;  // JSON
};

struct SavedRun {
  std::int64_t run_id = 0;
  double started_at = 0;
  std::int64_t budget = 0;  // bytes; 0: none
  bool weigh_calls = false;
  double min_gain_percent = 0.5;
  std::vector<SavedSuggestion> suggestions;
};

}  // namespace steward::model
