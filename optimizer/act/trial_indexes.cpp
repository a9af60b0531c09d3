// See trial_indexes.hpp.
#include "act/trial_indexes.hpp"

#include <algorithm>
#include <chrono>
#include <set>

#include "db/error.hpp"

namespace steward::act {

namespace {

using model::IndexSuggestion;
using model::Measurement;
using model::TrialSet;

constexpr std::chrono::hours kLongestBuild{24};
constexpr std::chrono::milliseconds kLockPatience{400};  // for all locks together
constexpr int kLockTries = 10;
constexpr std::chrono::milliseconds kLongestRun{60000};
constexpr int kDrawings = 2;

// Runs `work` under a savepoint. Returns the server's complaint after undoing it, an empty SQLSTATE without one.
template <typename Work>
db::Diagnostics Contained(db::Database& database, Work work) {
  database.Execute("SAVEPOINT pgsteward");
  try {
    work();
  } catch (const db::ConnectionError&) {
    throw;
  } catch (const db::Interrupted&) {
    throw;
  } catch (const db::Error& error) {
    database.Execute("ROLLBACK TO SAVEPOINT pgsteward; RELEASE SAVEPOINT pgsteward");
    return {error.what(), error.detail(), error.hint(), error.sqlstate().empty() ? "XX000" : error.sqlstate()};
  }
  database.Execute("RELEASE SAVEPOINT pgsteward");
  return {};
}

constexpr db::TransactionLimits kLimits{kLongestBuild, kLockPatience};

// What CREATE INDEX will take.
void LockInShareMode(db::Database& database, const std::string& table, std::chrono::milliseconds patience) {
  database.Execute("SET LOCAL lock_timeout = " + std::to_string(patience.count()) + "; LOCK TABLE " + table +
                   " IN SHARE MODE");
}

}  // namespace

TrialIndexes::TrialIndexes(db::Database& database, const std::vector<IndexSuggestion>& suggestions,
                           const std::vector<const model::Statement*>& statements, const Progress& progress)
    : database_(database), statements_(statements) {
  const auto start = std::chrono::steady_clock::now();
  FindBusy(suggestions);
  Begin(suggestions);
  BuildAll(suggestions, progress);
  // VACUUM takes the old versions away, unless somebody can still see them.
  if (const std::vector<std::string> tables = WithOldVersions(suggestions); !tables.empty()) {
    transaction_.reset();
    for (const std::string& table : tables) Vacuum(table);
    Begin(suggestions);
    BuildAll(suggestions, progress);
    WithOldVersions(suggestions);
  }
  build_seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  database_.Execute("SET LOCAL statement_timeout = " + std::to_string(kLongestRun.count()) +
                    "; SET LOCAL lock_timeout = 100; SET LOCAL jit TO DEFAULT; SET LOCAL transaction_read_only = on");
}

// Tries each table by itself, so that one with a writer does not keep the others from being built on.
void TrialIndexes::FindBusy(const std::vector<IndexSuggestion>& suggestions) {
  for (const IndexSuggestion& suggestion : suggestions) {
    if (suggestion.mute || !tables_.try_emplace(suggestion.definition.table_sql).second) continue;
    transaction_ = std::make_unique<db::WriteTransaction>(database_, kLimits);
    const db::Diagnostics failure =
        Contained(database_, [&] { LockInShareMode(database_, suggestion.definition.table_sql, kLockPatience); });
    transaction_.reset();
    Table& table = tables_[suggestion.definition.table_sql];
    table.lockable = failure.sqlstate != "42809";  // wrong_object_type
    if (table.lockable) table.busy = failure.message;
  }
}

// The patience is for all of them: the first are held while the last are waited for.
bool TrialIndexes::Lock() {
  // Where the client is gone, no lock outlives it by much. Not every platform has that.
  Contained(database_, [&] { database_.Execute("SET LOCAL client_connection_check_interval = 2000"); });
  const auto end = std::chrono::steady_clock::now() + kLockPatience;
  for (const auto& [name, table] : tables_) {
    if (!table.lockable || !table.busy.empty()) continue;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    const auto patience = std::max(left, std::chrono::milliseconds{1});
    if (!Contained(database_, [&] { LockInShareMode(database_, name, patience); }).sqlstate.empty()) return false;
  }
  return true;
}

void TrialIndexes::Begin(const std::vector<IndexSuggestion>& suggestions) {
  for (int i = 0; i < kLockTries; ++i) {
    transaction_ = std::make_unique<db::WriteTransaction>(database_, kLimits);
    if (Lock()) return;
    transaction_.reset();
    tables_.clear();
    FindBusy(suggestions);
  }
  throw db::Error({"could not lock the tables to build on", "Other sessions write to them all the time.",
                   "Use --verify on a quiet copy.", "55P03"});
}

// Without it, indexes on the table are not measured, and that is said.
void TrialIndexes::Vacuum(const std::string& table) {
  try {
    database_.Execute("VACUUM (SKIP_LOCKED) " + table);
  } catch (const db::ConnectionError&) {
    throw;
  } catch (const db::Interrupted&) {
    throw;
  } catch (const db::Error&) {
  }
}

void TrialIndexes::BuildAll(const std::vector<IndexSuggestion>& suggestions, const Progress& progress) {
  built_.clear();
  for (const IndexSuggestion& suggestion : suggestions) {
    progress(built_.size());
    built_.push_back(Build(suggestion));
  }
}

TrialIndexes::Built TrialIndexes::Build(const IndexSuggestion& suggestion) {
  Built built;
  if (suggestion.mute) {
    built.error = "it is muted";
    return built;
  }
  const model::IndexDefinition& definition = suggestion.definition;
  built.error = tables_[definition.table_sql].busy;
  if (!built.error.empty()) return built;
  const db::Diagnostics failure = Contained(database_, [&] {
    database_.Execute(model::CreateSql(definition, model::QuoteIndexName(suggestion.name), false));
    // An index on an expression has its statistics only after this.
    if (HasExpression(definition)) database_.Execute("ANALYZE " + definition.table_sql);
    const db::Result parts = database_.Query(
        "SELECT p.oid::bigint AS oid, pg_relation_size(p.oid) AS size"
        " FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid CROSS JOIN LATERAL"
        " (SELECT i.indexrelid AS oid UNION SELECT t.relid FROM pg_partition_tree(i.indexrelid) t) p"
        " WHERE i.indrelid = $1::oid AND x.relname = $2",
        {std::to_string(definition.relid), suggestion.name});
    for (const db::Row row : parts) {
      if (suggestion.build.existing.count(static_cast<model::Oid>(row.Int("oid"))) > 0) continue;
      built.oids.push_back(row.Int("oid"));
      built.size += row.Int("size");
    }
  });
  built.error = failure.message;
  return built;
}

std::vector<std::string> TrialIndexes::WithOldVersions(const std::vector<IndexSuggestion>& suggestions) {
  std::set<std::string> tables;
  for (std::size_t i = 0; i < built_.size(); ++i) {
    if (!built_[i].error.empty()) continue;
    const db::Result result = database_.Query(
        "SELECT count(*) AS waiting FROM pg_index WHERE indexrelid = ANY ($1::oid[]) AND indcheckxmin",
        {db::ArrayLiteral(built_[i].oids)});
    if (result.Only().Int("waiting") == 0) continue;
    built_[i].error = "older versions of rows are still visible to other sessions; without them it can be used at once";
    tables.insert(suggestions[i].definition.table_sql);
  }
  return {tables.begin(), tables.end()};
}

Measurement TrialIndexes::Plan(std::size_t statement, const TrialSet& kept) {
  return Measure(statement, kept, false);
}

Measurement TrialIndexes::Run(std::size_t statement, const TrialSet& kept) {
  return Measure(statement, kept, true);
}

Measurement TrialIndexes::Measure(std::size_t statement, const TrialSet& kept, bool execute) {
  std::vector<std::int64_t> hidden;
  for (std::size_t i = 0; i < built_.size(); ++i)
    if (!std::binary_search(kept.begin(), kept.end(), i))
      hidden.insert(hidden.end(), built_[i].oids.begin(), built_[i].oids.end());
  Measurement measured;
  const auto start = std::chrono::steady_clock::now();
  const db::Diagnostics failure = Contained(database_, [&] {
    const db::Result result = database_.Query(
        "SELECT exec_time, total_cost, indexes, error FROM steward.measure($1::oid, $2::bigint, $3::oid[], $4::int,"
        " $5::boolean)",
        {std::to_string(statements_[statement]->userid), std::to_string(statements_[statement]->queryid),
         db::ArrayLiteral(hidden), std::to_string(kDrawings), std::string(execute ? "t" : "f")});
    const db::Row row = result.Only();
    measured.error = row.Text("error");
    if (!measured.error.empty()) return;
    measured.exec_time = row.OptionalDouble("exec_time").value_or(0);
    measured.total_cost = row.Double("total_cost");
    const std::vector<std::int64_t> used = row.IntArray("indexes");
    for (std::size_t i = 0; i < built_.size(); ++i)
      if (std::any_of(used.begin(), used.end(), [&](std::int64_t oid) {
            return std::find(built_[i].oids.begin(), built_[i].oids.end(), oid) != built_[i].oids.end();
          }))
        measured.used.push_back(i);
  });
  // Somebody may cancel it as well, which says nothing about its time.
  if (failure.sqlstate == "57014" && execute && std::chrono::steady_clock::now() - start >= kLongestRun) {
    measured.timed_out = true;
    measured.exec_time = static_cast<double>(kLongestRun.count());
  } else if (!failure.sqlstate.empty()) {
    measured.error = failure.message;
  }
  return measured;
}

}  // namespace steward::act
