// What to do with one statement. Pure.
#pragma once

#include <string>

#include "model/prepared_suggestion.hpp"

namespace steward::advise {

struct PreparedOptions {
  std::int64_t min_calls = 100;  // below, nothing is known of it
  double min_share = 0.05;       // of a call's time, that must be saved
  double worst_ratio = 2;        // that the generic plan may cost of what a plan for the values does
};

struct PreparedDecision {
  model::PreparedAction action = model::PreparedAction::kNone;
  model::PreparedAction then = model::PreparedAction::kNone;
  std::string why_none;  // a label, the same for all statements alike
  model::PlanRisk risk;
  model::AutoChoice auto_choice = model::AutoChoice::kUnknown;
  std::string set;       // plan_cache_mode that it takes; empty: none
  bool safe = false;              // the generic plan costs little more for all values, as far as that is known
  bool perhaps_prepared = false;  // capture cannot tell whether its calls are parsed each time: that is not in what is saved
  std::optional<double> parse_time;  // as preparing saves them
  std::optional<double> plan_time;
  std::optional<double> saved_per_call;  // none: it may save nothing
  double unprepared_calls = 0;  // that it would save that time
};

/// `workload`: for its scales.
PreparedDecision Decide(const model::PreparedStatement& statement, const PreparedOptions& options, const model::PreparedWorkload& workload);

}  // namespace steward::advise
