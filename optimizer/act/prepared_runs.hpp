// Runs a statement that only reads as text, prepared with plans made for its values, and prepared with the generic plan, in
// turns, and takes the times.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "db/database.hpp"
#include "db/run_timer.hpp"
#include "model/prepared_runs.hpp"
#include "model/prepared_workload.hpp"

namespace steward::act {

/// `text` with $1, $2, ... replaced by literals of these types.
std::string WithValues(const std::string& text, const std::vector<std::string>& types, const std::vector<std::string>& values);

/// What steward.measure, which only plans here, has against running it: that it writes, locks or is not known. Empty: nothing.
/// Inside a read-only transaction.
std::string WhyNotRun(db::Database& database, const model::PreparedStatement& statement);

/// Values of all parameters, and of what kind they are (PlanChoiceValue).
struct ValueSet {
  std::string kind;
  std::vector<std::string> texts;
};

/// Values for its parameters, one of each in a set, at most `draws` sets (steward.plan_choice_values); none where they are not
/// known. Inside a transaction. Throws InsufficientPrivilege where this role may not read the columns.
std::vector<ValueSet> ReadValues(db::Database& database, const model::PreparedStatement& statement, int draws);

/// Throws db::InsufficientPrivilege, with what to do, where the session's role must not run captured statements: their code would
/// have its rights. Superusers do not; nor others where ordinary roles but them own functions, or where the runs would be captured.
void RequireMeasuringRole(db::Database& database);

/// `timer`: of the same session. Runs in one read-only transaction, for `seconds` at most: a statement that runs then is cut off, and
/// rounds that are not finished are dropped. What the server refuses to measure (steward.measure), or RequireMeasuringRole does, is not run; nor, of
/// another role, what runs SQL in its arguments (query_to_xml). Only a lost connection or Ctrl-C throws.
model::PreparedRuns RunPrepared(db::Database& database, db::RunTimer& timer, const model::PreparedStatement& statement, double seconds);

}  // namespace steward::act
