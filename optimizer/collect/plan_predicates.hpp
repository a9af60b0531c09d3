// Reads predicates from a plan as EXPLAIN (VERBOSE, FORMAT JSON) describes it: what pg_steward's capture reads from the plan
// itself, for servers that do not have it. Pure.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/workload.hpp"

namespace steward::collect {

/// What names in plans mean. The tables must outlive it.
class PlanNames {
 public:
  struct ColumnFacts {
    double distinct = 0;       // different values; 0: not known
    double null_fraction = 0;
    std::set<std::string> same_types;  // types that a cast of the column to changes nothing in its index
  };

  explicit PlanNames(const std::vector<model::Table>& tables) {
    for (const model::Table& table : tables) tables_[{table.schema, table.name}] = &table;
  }
  void Add(model::Oid relid, int attnum, ColumnFacts facts) { columns_[{relid, attnum}] = std::move(facts); }

  /// nullptr when absent; here and below.
  [[nodiscard]] const model::Table* Find(const std::string& schema, const std::string& name) const {
    const auto entry = tables_.find({schema, name});
    return entry == tables_.end() ? nullptr : entry->second;
  }
  [[nodiscard]] const ColumnFacts* Facts(model::Oid relid, int attnum) const {
    const auto entry = columns_.find({relid, attnum});
    return entry == columns_.end() ? nullptr : &entry->second;
  }

 private:
  std::map<std::pair<std::string, std::string>, const model::Table*> tables_;
  std::map<std::pair<model::Oid, int>, ColumnFacts> columns_;
};

/// The tables that a plan scans. `explained` is EXPLAIN's whole answer; here and below.
[[nodiscard]] std::vector<const model::Table*> TablesIn(const nlohmann::json& explained, const PlanNames& names);

/// The existing indexes in a plan: schema and name, each once.
[[nodiscard]] std::set<std::pair<std::string, std::string>> IndexesIn(const nlohmann::json& explained);

/// The predicates, user and query id left empty. As capture does it: the column comes first; a comparison of two tables is a
/// join predicate of both; an OR says of a column what every arm says of it; the columns that a scan must fetch are those
/// asked for above it. Other than there: patterns are only known where they are constants, and selectivities are those of
/// equality with any value.
[[nodiscard]] std::vector<model::Predicate> PredicatesIn(const nlohmann::json& explained, const PlanNames& names);

}  // namespace steward::collect
