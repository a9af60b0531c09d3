// See partitions.hpp.
#include "advise/index/partitions.hpp"

#include <algorithm>
#include <utility>

namespace steward::advise {

using model::IndexDefinition;
using model::Table;

namespace {

// Partitions number their columns in their own way; names are the same.
void Renumber(std::vector<model::IndexKey>& keys, const Table& table) {
  for (model::IndexKey& key : keys) {
    if (key.attnum == 0) continue;
    const auto column = std::find_if(table.columns.begin(), table.columns.end(),
                                     [&](const model::Column& c) { return c.name == key.name; });
    key.attnum = column == table.columns.end() ? -1 : column->attnum;
  }
}

IndexDefinition On(const Table& table, IndexDefinition index) {
  index.relid = table.relid;
  index.table_name = table.name;
  index.table_sql = table.name_sql;
  return index;
}

std::string Attach(const std::string& parent_sql, const std::string& index_sql) {
  return "ALTER INDEX " + parent_sql + " ATTACH PARTITION " + index_sql + ";";
}

std::string CreateOnly(const IndexDefinition& index, const std::string& name_sql) {
  IndexDefinition only = index;
  only.table_sql = "ONLY " + index.table_sql;
  return CreateSql(only, name_sql, false) + ";";
}

}  // namespace

Partitions::Partitions(const model::Workload& workload, std::set<model::Oid> split) : split_(std::move(split)) {
  for (const Table& table : workload.tables) {
    tables_[table.relid] = &table;
    if (table.parent != 0) children_[table.parent].push_back(&table);
  }
  for (const model::ExistingIndex& index : workload.indexes)
    if (index.valid) AddIndex(index);
}

void Partitions::AddIndex(const model::ExistingIndex& index) {
  const Table* table = Find(index.definition.relid);
  IndexDefinition definition = index.definition;
  definition.options.clear();  // whatever they are, it serves and can be attached
  if (table != nullptr && table->parent != 0) {
    const Table& root = Root(*table);
    if (&root != table) {
      definition = On(root, std::move(definition));
      Renumber(definition.keys, root);
      Renumber(definition.include, root);
    }
  }
  indexes_[index.definition.relid].push_back({&index, std::move(definition)});
}

const Table* Partitions::Find(model::Oid relid) const {
  const auto found = tables_.find(relid);
  return found == tables_.end() ? nullptr : found->second;
}

const Table& Partitions::Root(const Table& table) const {
  const Table* root = &table;
  while (const Table* parent = root->parent == 0 ? nullptr : Find(root->parent)) root = parent;
  return split_.count(root->relid) > 0 ? table : *root;
}

const std::vector<const Table*>& Partitions::Children(const Table& table) const {
  static const std::vector<const Table*> kNone;
  const auto found = children_.find(table.relid);
  return found == children_.end() ? kNone : found->second;
}

std::vector<const Table*> Partitions::Leaves(const Table& table) const {
  if (table.kind != 'p') return {&table};
  std::vector<const Table*> leaves;
  for (const Table* child : Children(table)) {
    const std::vector<const Table*> below = Leaves(*child);
    leaves.insert(leaves.end(), below.begin(), below.end());
  }
  return leaves;
}

bool Partitions::Locked(const Table& table) const {
  const auto& children = Children(table);
  return table.locked ||
         std::any_of(children.begin(), children.end(), [&](const Table* child) { return Locked(*child); });
}

std::vector<const IndexDefinition*> Partitions::Existing(const Table& table) const {
  std::vector<const IndexDefinition*> definitions;
  if (const auto own = indexes_.find(table.relid); own != indexes_.end())
    for (const Known& existing : own->second) definitions.push_back(&existing.definition);
  for (const Table* child : Children(table)) {
    const std::vector<const IndexDefinition*> below = Existing(*child);
    definitions.insert(definitions.end(), below.begin(), below.end());
  }
  return definitions;
}

bool Partitions::ServedOn(const Table& table, const IndexDefinition& candidate) const {
  const auto own = indexes_.find(table.relid);
  if (own != indexes_.end() && std::any_of(own->second.begin(), own->second.end(), [&](const Known& existing) {
        return Covers(existing.definition, candidate);
      }))
    return true;
  const auto& children = Children(table);
  return !children.empty() &&
         std::all_of(children.begin(), children.end(), [&](const Table* child) { return ServedOn(*child, candidate); });
}

bool Partitions::Serves(const IndexDefinition& candidate) const {
  const Table* table = Find(candidate.relid);
  return table != nullptr && ServedOn(*table, candidate);
}

// An index of a partition just like `candidate`: one that is attached to another already, or one that can be.
const model::ExistingIndex* Partitions::Equal(const Table& table, const IndexDefinition& candidate,
                                              bool attached) const {
  const auto own = indexes_.find(table.relid);
  if (own == indexes_.end()) return nullptr;
  for (const Known& existing : own->second)
    if (existing.index->attached == attached && existing.definition == candidate) return existing.index;
  return nullptr;
}

std::int64_t Partitions::BytesOn(const Table& table, const IndexDefinition& candidate, bool attached) const {
  const model::ExistingIndex* equal = Equal(table, candidate, attached);
  if (table.kind != 'p') return equal == nullptr ? 0 : equal->size;
  std::int64_t bytes = 0;
  for (const Table* child : Children(table)) bytes += BytesOn(*child, candidate, attached || equal != nullptr);
  return bytes;
}

std::int64_t Partitions::BytesThere(const IndexDefinition& candidate) const {
  const Table* table = Find(candidate.relid);
  return table == nullptr || table->kind != 'p' ? 0 : BytesOn(*table, candidate, false);
}

void Partitions::BuildBelow(const Table& table, const IndexDefinition& index, const std::string& parent_sql,
                            const MakeName& make_name, model::PartitionedBuild& build) const {
  for (const Table* child : Children(table)) {
    if (const model::ExistingIndex* equal = Equal(*child, index, false)) {
      build.attach.push_back(Attach(parent_sql, equal->name_sql));
      build.existing[equal->indexrelid] = equal->name;
      continue;
    }
    const IndexDefinition own = On(*child, index);
    const std::string name_sql = model::QuoteIndexName(make_name(own, child->schema_sql));
    const std::string qualified = child->schema_sql + "." + name_sql;
    if (child->kind == 'p') {
      build.parents.push_back(CreateOnly(own, name_sql));
      BuildBelow(*child, index, qualified, make_name, build);
    } else {
      build.leaves.push_back(CreateSql(own, name_sql, true) + ";");
    }
    build.attach.push_back(Attach(parent_sql, qualified));
  }
}

model::PartitionedBuild Partitions::Build(const IndexDefinition& index, const std::string& name_sql,
                                          const MakeName& make_name) const {
  model::PartitionedBuild build;
  const Table* table = Find(index.relid);
  if (table == nullptr) return build;
  const std::vector<const Table*> leaves = Leaves(*table);
  if (std::any_of(leaves.begin(), leaves.end(), [](const Table* leaf) { return leaf->kind == 'f'; })) return build;
  build.parents.push_back(CreateOnly(index, name_sql));
  BuildBelow(*table, index, table->schema_sql + "." + name_sql, make_name, build);
  return build;
}

}  // namespace steward::advise
