// What advice on prepared statements answers: for each statement what to do, what that saves, and what plans may cost.
// Times are milliseconds, costs planner units.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/prepared_workload.hpp"
#include "model/suggestion_state.hpp"

namespace steward::model {

enum class PreparedAction {
  kNone,
  kPrepare,       // the generic plan is safe
  kForceCustom,   // prepare, with plans made for the values: parsing is saved
  kParameterize,  // its values stand in the text; first send them apart, then prepare
  kStopPreparing  // prepared, and the generic plan that it runs hurts
};

inline const char* Word(PreparedAction action) {
  constexpr const char* kWords[] = {"none", "prepare", "prepare_force_custom", "parameterize", "stop_preparing"};
  return kWords[static_cast<int>(action)];
}

/// What a session does by itself with plan_cache_mode = auto, once a statement has run five times.
enum class AutoChoice { kUnknown, kGeneric, kCustom, kDepends };

inline const char* Word(AutoChoice choice) {
  constexpr const char* kWords[] = {"unknown", "generic", "custom", "depends"};
  return kWords[static_cast<int>(choice)];
}

/// The values for which the generic plan is worst, told by their kind.
struct PlanRisk {
  double ratio = 1;  // cost of the generic plan over that of the plan made for them
  std::string kind;
  std::optional<double> frequency;
  bool known = false;  // for all values that were tried
};

/// How long one way of running a statement took, over rounds.
struct MeasuredWay {
  double median = 0;
  double low = 0;   // quartiles
  double high = 0;
};

struct PreparedMeasurement {
  MeasuredWay simple;   // as text with the values in it
  MeasuredWay custom;   // prepared, force_custom_plan
  MeasuredWay generic;  // prepared, force_generic_plan
  int rounds = 0;
  int values = 0;
  double saved = 0;  // by what is suggested: the median of each typical value's differences, and their mean
  double saved_low = 0;  // 95 % interval of the median over the rounds
  double saved_high = 0;
  bool decided = false;  // verified or rejected
  std::optional<double> worst_ratio;  // the largest of any values' generic time over custom time
  std::string error;  // why there is none
};

struct PreparedSuggestion {
  std::string id;
  std::string status;  // new, open, muted, verified or rejected; empty: not known
  std::optional<Mute> mute;
  Confidence confidence = Confidence::kMedium;
  std::vector<std::string> caveats;
  PreparedStatement statement;
  PreparedAction action = PreparedAction::kNone;
  PreparedAction then = PreparedAction::kNone;  // of kParameterize: what to do with the statement that results
  std::string reason;
  double calls_per_hour = 0;
  std::optional<double> parse_time;
  std::optional<double> plan_time;
  std::optional<double> saved_per_call;  // none where it is not known
  bool planning_only = false;            // parsing is not in it: the statement may be prepared already
  std::optional<double> saved_per_hour;
  std::optional<double> generic_cost;
  std::optional<double> custom_cost;  // mean over the values tried
  PlanRisk risk;
  AutoChoice auto_choice = AutoChoice::kUnknown;
  std::string set;  // plan_cache_mode that it takes when it runs; empty: what is set does it
  std::string pooler_note;
  std::string prepare_sql;
  std::optional<PreparedMeasurement> measured;
  std::string rejected_because;
};

/// The pooler between the application and the server.
enum class PoolerVerdict {
  kNone,       // nothing is known of one
  kSession,    // hands out sessions: all works
  kSupported,  // the protocol's prepared statements work in transaction mode
  kTurnedOff,  // they would, were max_prepared_statements not 0
  kTooOld,     // before 1.21 in transaction mode
  kUnknown     // neither its version nor max_prepared_statements is known
};

struct PreparedPooler {
  PoolerVerdict verdict = PoolerVerdict::kNone;
  std::string version;  // "1.18"; empty: not known
  std::string mode;
  std::optional<std::int64_t> max_prepared_statements;
  std::string note;  // in a sentence
};

struct PreparedAdvice {
  ServerInfo server;
  std::string plan_cache_mode;
  PreparedPooler pooler;
  std::vector<PreparedSuggestion> suggestions;  // those that hurt first, then by time saved an hour
  std::vector<PreparedSuggestion> withheld;     // that the pooler does not allow
  std::vector<PreparedSuggestion> rejected;     // by measuring
  std::map<std::string, std::int64_t> nothing_to_do;  // statements by reason
  std::int64_t statements = 0;
  std::int64_t statements_planned = 0;
  double exec_time = 0;          // of all statements
  double exec_time_planned = 0;  // of those that could be planned
  bool measured = false;
  std::vector<std::string> warnings;
};

}  // namespace steward::model
