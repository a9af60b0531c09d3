// See index_statements.hpp.
#include "advise/index/index_statements.hpp"

namespace steward::advise {

IndexNames::IndexNames(const model::Workload& workload) {
  for (const model::RelationName& name : workload.names) Take(name.name, name.schema_sql);
}

std::string IndexNames::Make(const model::IndexDefinition& index, const std::string& schema_sql) {
  std::vector<std::string>& taken = taken_[schema_sql];
  return taken.emplace_back(MakeIndexName(index, taken));
}

IndexStatements WriteStatements(const Partitions& partitions, const model::IndexDefinition& definition,
                                const model::Table* table, IndexNames& names) {
  IndexStatements result;
  const std::string schema_sql = table == nullptr ? "" : table->schema_sql;
  const bool partitioned = table != nullptr && table->kind == 'p';
  result.name = names.Make(definition, schema_sql);
  const std::string name_sql = model::QuoteIndexName(result.name);
  result.ddl = CreateSql(definition, name_sql, !partitioned) + ";";
  result.undo_ddl = std::string("DROP INDEX ") + (partitioned ? "" : "CONCURRENTLY ") +
                    (schema_sql.empty() ? "" : schema_sql + ".") + name_sql + ";";
  if (!partitioned) return result;
  result.build = partitions.Build(definition, name_sql, [&](const model::IndexDefinition& index,
                                                            const std::string& schema) { return names.Make(index, schema); });
  result.caveats.emplace_back(result.build.parents.empty()
                                  ? "blocks writes while it builds; with foreign tables among the "
                                    "partitions there is no other way"
                                  : "in one statement it blocks writes while it builds; --format sql "
                                    "builds it partition by partition, without");
  std::string existing;
  for (const auto& [oid, name] : result.build.existing) existing += (existing.empty() ? "" : ", ") + name;
  if (!existing.empty())
    result.caveats.push_back("takes in what partitions have of it, and undo drops that too: " + existing);
  return result;
}

}  // namespace steward::advise
