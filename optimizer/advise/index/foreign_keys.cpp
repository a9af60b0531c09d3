// See foreign_keys.hpp.
#include "advise/index/foreign_keys.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "advise/index/index_statements.hpp"

namespace steward::advise {

namespace {

using model::Confidence;
using model::ForeignKey;
using model::IndexDefinition;
using model::IndexKey;
using model::Predicate;
using model::Table;
using model::UnindexedForeignKey;

bool Among(const IndexKey& key, const std::vector<IndexKey>& columns) {
  return key.attnum != 0 &&
         std::any_of(columns.begin(), columns.end(), [&](const IndexKey& column) { return column.name == key.name; });
}

// Whether the condition of a partial index only leaves out rows that refer to nothing: no look-up wants those.
bool LeavesOutNulls(const std::string& predicate, const std::vector<IndexKey>& columns) {
  return predicate.empty() || std::any_of(columns.begin(), columns.end(), [&](const IndexKey& column) {
           return predicate == "(" + column.sql + " IS NOT NULL)" || predicate == column.sql + " IS NOT NULL";
         });
}

// The server's own look-ups are recognised by how it writes them (ri_triggers.c); people do not write OPERATOR(..).
bool IsLookup(const model::Statement& statement) {
  const std::string& query = statement.query;
  const bool begins = query.starts_with("SELECT 1 FROM ONLY ") || query.starts_with("DELETE FROM ONLY ") ||
                      query.starts_with("UPDATE ONLY ");
  return begins && query.find("OPERATOR(pg_catalog.") != std::string::npos;
}

class Search {
 public:
  Search(const model::Workload& workload, const Partitions& partitions) : workload_(workload), partitions_(partitions) {
    for (const model::ExistingIndex& index : workload.indexes)
      if (index.valid) indexes_[index.definition.relid].push_back(&index);
    for (const model::Statement& statement : workload.statements)
      statements_[{statement.userid, statement.queryid}] = &statement;
    for (const Predicate& predicate : workload.predicates) predicates_[predicate.relid].push_back(&predicate);
  }

  [[nodiscard]] bool Served(const Table& table, const std::vector<IndexKey>& key) const {
    const auto own = indexes_.find(table.relid);
    return own != indexes_.end() && std::any_of(own->second.begin(), own->second.end(), [&](const auto* index) {
             return Finds(index->definition, key);
           });
  }

  // On the table, or else on every one of its partitions.
  [[nodiscard]] bool ServedAll(const Table& table, const std::vector<IndexKey>& key) const {
    if (Served(table, key)) return true;
    const auto leaves = partitions_.Leaves(table);
    return table.kind == 'p' && !leaves.empty() &&
           std::all_of(leaves.begin(), leaves.end(), [&](const Table* leaf) { return Served(*leaf, key); });
  }

  [[nodiscard]] UnindexedForeignKey Describe(const ForeignKey& key, const Table& table) const {
    UnindexedForeignKey row;
    row.definition.relid = table.relid;
    row.definition.table_name = table.name;
    row.definition.table_sql = table.name_sql;
    row.definition.keys = key.keys;
    row.id = SuggestionId("foreign_key", workload_.server.database, row.definition);
    row.constraint = key.name;
    row.schema = table.schema;
    row.referenced = key.referenced;
    row.on_delete = key.on_delete;
    for (const Table* leaf : partitions_.Leaves(table)) row.table_size += leaf->size;
    if (const Table* referenced = partitions_.Find(key.referenced)) {
      row.referenced_schema = referenced->schema;
      row.referenced_table = referenced->name;
      row.stats_since = referenced->stats_since;
      for (const Table* leaf : partitions_.Leaves(*referenced)) row.deletes += leaf->deleted;
    }
    AddCaptured(key, table, row);
    AddFirstColumn(table, key, row);
    row.confidence = row.lookup_calls > 0                           ? Confidence::kHigh
                     : row.deletes > 0 || row.join_statements > 0 ? Confidence::kMedium
                                                                  : Confidence::kLow;
    return row;
  }

 private:
  // What captured statements look for by the key's columns.
  void AddCaptured(const ForeignKey& key, const Table& table, UnindexedForeignKey& row) const {
    std::map<std::pair<model::Oid, std::int64_t>, std::pair<std::set<int>, bool>> by_statement;  // columns, joined
    std::vector<const Table*> tables = partitions_.Leaves(table);
    if (table.kind == 'p') tables.push_back(&table);
    for (const Table* part : tables) {
      const auto found = predicates_.find(part->relid);
      if (found == predicates_.end()) continue;
      for (const Predicate* predicate : found->second) {
        const model::Column* column = model::FindColumn(*part, predicate->attnum);
        if (column == nullptr || predicate->kind != model::PredicateKind::kEquality) continue;
        for (std::size_t k = 0; k < key.keys.size(); k++)
          if (key.keys[k].name == column->name) {
            auto& [columns, joined] = by_statement[{predicate->userid, predicate->queryid}];
            columns.insert(static_cast<int>(k));
            joined |= Refers(*predicate, key);
          }
      }
    }
    for (const auto& [id, use] : by_statement) {
      const auto statement = statements_.find(id);
      if (statement == statements_.end() || use.first.size() < key.keys.size()) continue;
      if (use.second) row.join_statements++;
      if (!IsLookup(*statement->second)) continue;
      row.lookup_calls += statement->second->calls;
      row.lookup_exec_time += statement->second->total_exec_time;
    }
  }

  [[nodiscard]] bool Refers(const Predicate& predicate, const ForeignKey& key) const {
    const Table* other = predicate.other_relid == 0 ? nullptr : partitions_.Find(predicate.other_relid);
    return other != nullptr && (other->relid == key.referenced || partitions_.Root(*other).relid == key.referenced);
  }

  void AddFirstColumn(const Table& table, const ForeignKey& key, UnindexedForeignKey& row) const {
    const auto own = indexes_.find(table.relid);
    if (own == indexes_.end() || key.keys.size() < 2) return;
    for (const model::ExistingIndex* index : own->second) {
      const IndexDefinition& definition = index->definition;
      if (definition.method != "btree" || !definition.predicate.empty() || !Among(definition.keys.front(), key.keys)) continue;
      row.caveats.push_back(index->name + " starts with " + definition.keys.front().name +
                            ", which may do where few rows share its value");
      return;
    }
  }

  const model::Workload& workload_;
  const Partitions& partitions_;
  std::map<model::Oid, std::vector<const model::ExistingIndex*>> indexes_;
  std::map<std::pair<model::Oid, std::int64_t>, const model::Statement*> statements_;
  std::map<model::Oid, std::vector<const Predicate*>> predicates_;
};

double Weight(const UnindexedForeignKey& key) {
  return static_cast<double>(std::max(key.lookup_calls, key.deletes)) * static_cast<double>(key.table_size);
}

}  // namespace

bool Finds(const IndexDefinition& index, const std::vector<IndexKey>& key) {
  if (index.keys.size() < key.size() || !LeavesOutNulls(index.predicate, key)) return false;
  if (index.method != "btree" && (index.method != "hash" || key.size() != 1)) return false;
  std::set<std::string> names;
  for (std::size_t k = 0; k < key.size(); k++) {
    if (!Among(index.keys[k], key) || !index.keys[k].collation.empty()) return false;
    names.insert(index.keys[k].name);
  }
  return names.size() == key.size();
}

std::vector<UnindexedForeignKey> FindUnindexedForeignKeys(const model::Workload& workload, const Partitions& partitions,
                                                          const std::vector<model::IndexSuggestion>& suggestions) {
  const Search search(workload, partitions);
  std::vector<UnindexedForeignKey> found;
  for (const ForeignKey& key : workload.foreign_keys) {
    const Table* table = partitions.Find(key.relid);
    if (table == nullptr || table->catalog || partitions.Locked(*table) || search.ServedAll(*table, key.keys)) continue;
    if (std::any_of(suggestions.begin(), suggestions.end(), [&](const auto& suggestion) {
          return suggestion.definition.relid == key.relid && Finds(suggestion.definition, key.keys);
        }))
      continue;
    UnindexedForeignKey row = search.Describe(key, *table);
    if (row.table_size >= kTinyTable) found.push_back(std::move(row));
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return a.confidence != b.confidence ? a.confidence < b.confidence : Weight(a) > Weight(b);
  });
  // An index serves every key on the same columns.
  std::vector<UnindexedForeignKey> once;
  for (UnindexedForeignKey& row : found) {
    const auto same = std::find_if(once.begin(), once.end(), [&](const auto& other) {
      return other.definition.relid == row.definition.relid && Finds(other.definition, row.definition.keys);
    });
    if (same == once.end())
      once.push_back(std::move(row));
    else
      same->caveats.push_back("serves foreign key " + row.constraint + " too");
  }
  IndexNames names(workload);
  for (const model::IndexSuggestion& suggestion : suggestions)
    if (const Table* table = partitions.Find(suggestion.definition.relid)) names.Take(suggestion.name, table->schema_sql);
  for (UnindexedForeignKey& row : once) {
    const IndexStatements statements = WriteStatements(partitions, row.definition, partitions.Find(row.definition.relid), names);
    row.ddl = statements.ddl;
    row.undo_ddl = statements.undo_ddl;
    row.caveats.insert(row.caveats.end(), statements.caveats.begin(), statements.caveats.end());
  }
  return once;
}

}  // namespace steward::advise
