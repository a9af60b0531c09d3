// The statements that build a new index and take it back, and its name.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "advise/index/partitions.hpp"
#include "model/suggestion.hpp"

namespace steward::advise {

/// Names for new indexes, each schema's own, none twice.
class IndexNames {
 public:
  explicit IndexNames(const model::Workload& workload);
  std::string Make(const model::IndexDefinition& index, const std::string& schema_sql);
  void Take(const std::string& name, const std::string& schema_sql) { taken_[schema_sql].push_back(name); }

 private:
  std::map<std::string, std::vector<std::string>> taken_;  // by schema
};

struct IndexStatements {
  std::string name;
  std::string ddl;
  std::string undo_ddl;
  model::PartitionedBuild build;
  std::vector<std::string> caveats;
};

/// `table` is what `definition` is on; nullptr: not known.
IndexStatements WriteStatements(const Partitions& partitions, const model::IndexDefinition& definition,
                                const model::Table* table, IndexNames& names);

}  // namespace steward::advise
