// Schemas alike, a tenant each: their statements are folded into one of their kind before indexes are chosen, and what
// is chosen is spread over the schemas afterwards, so that the search knows of one schema only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "advise/index/index_statements.hpp"
#include "model/suggestion.hpp"

namespace steward::advise {

/// Fewer tables or statements alike are advised on one by one, which is more exact.
inline constexpr std::size_t kFewestTenants = 3;
/// Tables alike are told apart where the largest is larger than so many times the smallest; those of at most
/// kSmallTenant bytes are all small.
inline constexpr std::int64_t kTenantSizes = 10;
inline constexpr std::int64_t kSmallTenant = std::int64_t{1} << 20;

/// `text` without "schema." before names, for the `schemas` named (unquoted).
std::string WithoutSchemas(const std::string& text, const std::set<std::string>& schemas);

/// Tables are alike when name, columns (number, name, type), valid and other indexes and size class are. Partitioned
/// tables and partitions never are. Statements are alike when their texts are but for the names of schemas, and they
/// read, and compare columns of, tables alike.
class Tenants {
 public:
  using StatementKey = std::pair<model::Oid, std::int64_t>;      // userid, queryid
  using Places = std::map<model::Oid, const model::Table*>;  // a group's table, and the statement's own in its place

  /// The workload must outlive this.
  explicit Tenants(const model::Workload& workload);

  /// Whether any statements are alike.
  [[nodiscard]] bool Any() const { return !members_.empty(); }
  /// The workload with one statement in place of those alike, with the sum of their calls and times; its predicates and
  /// its writes are those of the group's table, the first by name of schema. The statement itself is of the schema in
  /// the middle: half the time goes to schemas with larger tables.
  [[nodiscard]] const model::Workload& Folded() const { return folded_; }

  /// The table that stands for `relid` in the folded workload; `relid` where none does.
  [[nodiscard]] model::Oid GroupOf(model::Oid relid) const;
  /// The tables of groups that `statement` reads, as the folded workload has them; nothing of other statements.
  [[nodiscard]] std::vector<model::Oid> TablesAt(const StatementKey& statement) const;
  /// `definition` as it is in the schema of `statement`; as it is where it is of no group.
  [[nodiscard]] model::IndexDefinition At(const StatementKey& statement, const model::IndexDefinition& definition) const;
  /// `definition` on the largest table it would be built on, and how many times its size all of them have.
  [[nodiscard]] std::pair<model::IndexDefinition, double> Largest(const model::IndexDefinition& definition) const;

  /// Says of each suggestion in which schemas it is to be built, where the statements that it helps ran, and its size in
  /// all. A suggestion of one schema that another one does goes.
  void Spread(std::vector<model::IndexSuggestion>& suggestions) const;

 private:
  struct Group {
    std::vector<const model::Table*> tables;  // by name of schema
    std::map<model::Oid, double> time;        // ms of the statements folded, by table
    std::map<std::string, std::set<model::Oid>> users;  // by column or expression: the tables with statements on it
  };
  struct Member {
    const model::Statement* statement;
    Places places;
  };
  using Predicates = std::map<StatementKey, std::vector<const model::Predicate*>>;

  void GroupTables();
  [[nodiscard]] std::string Shape(const model::Table& table, const std::vector<const model::ExistingIndex*>& indexes) const;
  void AddGroups(std::vector<const model::Table*> alike);
  [[nodiscard]] Places PlacesOf(const std::vector<const model::Predicate*>& predicates) const;
  [[nodiscard]] std::string Signature(const model::Statement& statement, const Places& places,
                                      const std::vector<const model::Predicate*>& predicates) const;
  void GroupStatements(const Predicates& predicates);
  void Note(const std::vector<Member>& members, const Predicates& predicates);
  void Fold(const Predicates& predicates);
  void FoldMembers(std::vector<Member> members, const Predicates& predicates);
  void SumWrites();
  [[nodiscard]] model::Oid Home(const Group& group) const;
  [[nodiscard]] std::size_t Representative(const std::vector<Member>& members) const;
  [[nodiscard]] const std::set<model::Oid>* Users(const model::IndexDefinition& definition) const;
  [[nodiscard]] std::vector<const model::Table*> TablesOf(const model::IndexSuggestion& suggestion,
                                                          std::set<model::Oid> relids) const;
  std::map<std::string, std::set<model::Oid>> Join(std::vector<model::IndexSuggestion>& suggestions) const;
  void SpreadOne(const std::vector<const model::Table*>& tables, IndexNames& names, model::IndexSuggestion& suggestion) const;

  const model::Workload& workload_;
  std::map<model::Oid, const model::Table*> tables_;
  std::map<model::Oid, model::Oid> group_of_;  // a table's group, by the group's table
  std::map<model::Oid, Group> groups_;
  std::vector<std::vector<Member>> alike_;
  std::map<StatementKey, std::vector<Member>> members_;  // by representative; it is the first
  model::Workload folded_;
};

/// Costs of the folded workload, asked of who knows the real one.
class TenantOracle : public model::CostOracle {
 public:
  TenantOracle(const Tenants& tenants, model::CostOracle& oracle) : tenants_(tenants), oracle_(oracle) {}
  std::unique_ptr<model::CostModel> Prepare(const std::vector<const model::Statement*>& statements,
                                            const std::vector<model::IndexDefinition>& candidates) override;

 private:
  const Tenants& tenants_;
  model::CostOracle& oracle_;
};

/// What a table's size counts where sizes of an index are shared out in proportion: an index has two pages at least.
inline double TenantWeight(const model::Table& table) {
  return static_cast<double>(std::max(table.size, std::int64_t{16384}));
}

/// `definition` on `table`, which is like its own.
inline model::IndexDefinition On(const model::Table& table, model::IndexDefinition definition) {
  definition.relid = table.relid;
  definition.table_sql = table.name_sql;
  return definition;
}

/// The suggestions with an entry for each schema; only ids, names and definitions are set.
std::vector<model::IndexSuggestion> InEachSchema(const std::vector<model::IndexSuggestion>& suggestions);

}  // namespace steward::advise
