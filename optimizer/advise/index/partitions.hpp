// Partitioned tables as one: which table an index on a partition belongs on, what exists of an index there and how the
// rest is built without blocking writes. Owns nothing of costs: what-if takes a partitioned table for all its
// partitions.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "model/suggestion.hpp"

namespace steward::advise {

class Partitions {
 public:
  /// The workload must outlive this. The partitions of the tables in `split` are advised on one by one.
  explicit Partitions(const model::Workload& workload, std::set<model::Oid> split = {});

  /// The partitioned table at the top; `table` itself where that is none, or is split.
  [[nodiscard]] const model::Table& Root(const model::Table& table) const;
  /// The tables that hold the rows: all below a partitioned table, foreign ones included, or `table` itself.
  [[nodiscard]] std::vector<const model::Table*> Leaves(const model::Table& table) const;
  /// Whether `table` or a partition of it could not be read.
  [[nodiscard]] bool Locked(const model::Table& table) const;
  /// nullptr when absent.
  [[nodiscard]] const model::Table* Find(model::Oid relid) const;

  /// Valid indexes on `table` and below it, as if on the top one.
  [[nodiscard]] std::vector<const model::IndexDefinition*> Existing(const model::Table& table) const;
  /// Whether what exists, on the table or else on every one of its partitions, covers `candidate`.
  [[nodiscard]] bool Serves(const model::IndexDefinition& candidate) const;
  /// Bytes of `candidate` that are there already: indexes of partitions that will be attached.
  [[nodiscard]] std::int64_t BytesThere(const model::IndexDefinition& candidate) const;

  /// How to build `index`, named `name_sql` (without schema) on a partitioned table, partition by partition.
  /// `make_name` names the partitions' indexes, from definition and quoted schema. Empty where a foreign table is among
  /// them: the index would never become valid.
  using MakeName = std::function<std::string(const model::IndexDefinition&, const std::string&)>;
  [[nodiscard]] model::PartitionedBuild Build(const model::IndexDefinition& index, const std::string& name_sql,
                                              const MakeName& make_name) const;

 private:
  struct Known {
    const model::ExistingIndex* index;
    model::IndexDefinition definition;  // as if on the root
  };
  void AddIndex(const model::ExistingIndex& index);
  [[nodiscard]] const std::vector<const model::Table*>& Children(const model::Table& table) const;
  [[nodiscard]] bool ServedOn(const model::Table& table, const model::IndexDefinition& candidate) const;
  [[nodiscard]] const model::ExistingIndex* Equal(const model::Table& table, const model::IndexDefinition& candidate,
                                                  bool attached) const;
  [[nodiscard]] std::int64_t BytesOn(const model::Table& table, const model::IndexDefinition& candidate,
                                     bool attached) const;
  void BuildBelow(const model::Table& table, const model::IndexDefinition& index, const std::string& parent_sql,
                  const MakeName& make_name, model::PartitionedBuild& build) const;

  std::set<model::Oid> split_;
  std::map<model::Oid, const model::Table*> tables_;
  std::map<model::Oid, std::vector<const model::Table*>> children_;
  std::map<model::Oid, std::vector<Known>> indexes_;  // valid ones, by table
};

}  // namespace steward::advise
