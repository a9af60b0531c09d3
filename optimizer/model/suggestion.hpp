// What an advisor answers: suggestions with their evidence, and the account of the run that made them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/cost_oracle.hpp"
#include "model/statistics_advice.hpp"
#include "model/suggestion_state.hpp"
#include "model/unneeded.hpp"
#include "model/verification.hpp"

namespace steward::model {

/// One statement's part in a suggestion's evidence. Costs are planner units of one call, with all suggestions in place.
struct StatementEffect {
  Oid userid = 0;
  std::int64_t queryid = 0;
  std::string role;
  std::string query;
  std::int64_t calls = 0;
  double calls_per_hour = 0;
  double mean_exec_time = 0;
  double p95_exec_time = 0;
  double total_exec_time = 0;
  double cost_before = 0;
  double cost_after = 0;
  int workers_before = 0;  // of the plan; 0: one process does it all
  int workers_after = 0;
  CostMethod method = CostMethod::kGeneric;
  std::int64_t alike = 1;  // statements that it stands for, itself included; calls and total_exec_time are of all
};

/// An index that is suggested for many schemas, in one of them.
struct TenantIndex {
  std::string schema;  // unquoted
  Oid relid = 0;
  std::string table_sql;
  std::string name;
  std::string ddl;
  std::string undo_ddl;
  std::int64_t size = 0;
};

/// The statements that build an index of a partitioned table without blocking writes, in this order. Those of `parents`
/// and `attach` are quick, but wait for whoever uses the tables.
struct PartitionedBuild {
  std::vector<std::string> parents;     // CREATE INDEX .. ON ONLY, the topmost table first
  std::vector<std::string> leaves;      // CREATE INDEX CONCURRENTLY
  std::vector<std::string> attach;      // ALTER INDEX .. ATTACH PARTITION
  std::map<Oid, std::string> existing;  // names of indexes that are there and become part of the new one
};

struct IndexSuggestion {
  std::string id;
  Confidence confidence = Confidence::kMedium;
  std::vector<std::string> caveats;
  IndexDefinition definition;
  std::string name;
  std::string ddl;         // CREATE INDEX CONCURRENTLY ...; of a partitioned table CREATE INDEX ...;
  std::string undo_ddl;    // DROP INDEX CONCURRENTLY ...; of a partitioned table DROP INDEX ...;
  PartitionedBuild build;  // of a partitioned table; empty when it can only be built by `ddl`
  std::int64_t size = 0;
  std::int64_t table_size = 0;
  double cost_before = 0;  // sum over the statements helped, weighted by calls
  double cost_after = 0;
  std::vector<TenantIndex> tenants;  // the schemas it is for, where these are several: `definition` and `name` are of the
                                     // first, the DDL has :"schema" for it, sizes are of all
  std::vector<StatementEffect> helped;
  std::vector<StatementEffect> hurt;
  double calls_per_hour = 0;
  double exec_time_per_hour = 0;             // ms now spent in the statements helped
  CostMethod method = CostMethod::kGeneric;  // the weakest among the statements helped
  // Writes to the table during the last `write_hours`; 0: since when they were counted is not known.
  std::int64_t inserted = 0;
  std::int64_t updated = 0;
  std::int64_t deleted = 0;
  double write_hours = 0;
  std::optional<double> hot_update_ratio;      // 0..1; none when the table was never updated
  std::optional<double> hot_updates_lost_per_hour;  // that set one of its columns; none: not known
  std::vector<std::string> hot_lost_columns;        // these columns
  std::optional<double> estimated_rows_error;  // worst factor between estimated and actual rows on its scans, >= 1
  std::optional<RowsCheck> rows;               // of the scan with that error
  std::string doubt;                           // why it stands behind those without one; empty: it does not
  std::vector<std::string> replaces;           // existing indexes that become a prefix of this one
  std::vector<std::string> covered;            // why existing indexes do not serve; for people
  std::string status;                          // new, open, muted, verified or rejected; empty: not known
  std::string rejected_because;                // of what did not stand a measurement
  // As built on trial and measured; none: it was not.
  std::optional<std::int64_t> built_size;
  std::optional<double> verified_before_time;  // ms of a call, the mean over the calls of the statements that use it
  std::optional<double> verified_after_time;
  std::optional<Mute> mute;                    // where the status is muted
};

struct IndexAdvice {
  ServerInfo server;
  std::int64_t statements = 0;
  std::int64_t statements_costed = 0;
  std::int64_t statements_planned = 0;  // of these; each of the others has one alike among them
  std::int64_t calls = 0;
  double exec_time = 0;  // ms in the window
  double exec_time_costed = 0;
  double exec_time_alike = 0;  // of this, the time of the statements that were not planned themselves
  std::map<std::string, std::int64_t> not_costed;  // reason -> statements
  std::int64_t budget = 0;                         // bytes; 0: none
  std::int64_t size = 0;                           // of all suggestions
  double cost_before = 0;                          // sum of calls x planner cost over the costed statements
  double cost_after = 0;
  std::optional<double> cost_lower_bound;  // no set of the candidates has less; none: not known
  std::int64_t candidates = 0;
  std::int64_t planner_calls = 0;
  std::optional<Verification> verification;
  std::vector<IndexSuggestion> rejected;     // by verification
  bool search_stopped = false;               // at its limits: there may be better sets
  std::vector<IndexSuggestion> suggestions;  // most time at stake first
  std::vector<UnneededIndex> unneeded;       // to drop, to rebuild, to watch, to keep; the largest first
  std::vector<std::string> standbys;         // that follow the server, and whose scans are not known
  std::vector<UnindexedForeignKey> foreign_keys;  // without an index; the surest first
  std::vector<StatisticsSuggestion> statistics;  // most time first
  std::vector<Setting> settings;
  std::vector<std::string> warnings;
};

}  // namespace steward::model
