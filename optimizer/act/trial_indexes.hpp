// Indexes on trial: built in one transaction that is never committed, and measured there through steward.measure. Owns
// that transaction: whatever ends it, Ctrl-C, a crash of either side or kill -9 included, leaves nothing behind. Writes to
// the tables wait meanwhile, but nobody's transaction fails: all locks are had at once or given up before the server looks
// for deadlocks (deadlock_timeout, 1 s), so that whoever waits for us never holds what we wait for when it does.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "db/database.hpp"
#include "db/transaction.hpp"
#include "model/measurer.hpp"
#include "model/suggestion.hpp"

namespace steward::act {

class TrialIndexes : public model::Measurer {
 public:
  struct Built {
    std::int64_t size = 0;           // bytes, all partitions together
    std::vector<std::int64_t> oids;  // of the index and its parts
    std::string error;               // why it is not there to be measured
  };
  /// Called before each index with its position.
  using Progress = std::function<void(std::size_t)>;

  /// Builds the indexes. One that fails is left out; throws Error when the transaction itself does.
  TrialIndexes(db::Database& database, const std::vector<model::IndexSuggestion>& suggestions,
               const std::vector<const model::Statement*>& statements, const Progress& progress);

  [[nodiscard]] const std::vector<Built>& built() const { return built_; }
  [[nodiscard]] double build_seconds() const { return build_seconds_; }

  model::Measurement Plan(std::size_t statement, const model::TrialSet& kept) override;
  model::Measurement Run(std::size_t statement, const model::TrialSet& kept) override;

 private:
  void FindBusy(const std::vector<model::IndexSuggestion>& suggestions);
  bool Lock();
  void Vacuum(const std::string& table);
  void Begin(const std::vector<model::IndexSuggestion>& suggestions);
  void BuildAll(const std::vector<model::IndexSuggestion>& suggestions, const Progress& progress);
  Built Build(const model::IndexSuggestion& suggestion);
  /// The tables whose indexes cannot be used yet, because older versions of their rows are still there.
  std::vector<std::string> WithOldVersions(const std::vector<model::IndexSuggestion>& suggestions);
  model::Measurement Measure(std::size_t statement, const model::TrialSet& kept, bool execute);

  db::Database& database_;
  const std::vector<const model::Statement*>& statements_;
  struct Table {
    bool lockable = true;  // not a materialized view, which has no writers either
    std::string busy;      // what keeps the lock from being had; empty: nothing
  };
  std::map<std::string, Table> tables_;  // to be built on, by their SQL names
  std::unique_ptr<db::WriteTransaction> transaction_;
  std::vector<Built> built_;
  double build_seconds_ = 0;
};

}  // namespace steward::act
