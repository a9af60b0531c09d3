// Suggestions of the folded workload, for each of the schemas it stands for. Declared in tenants.hpp.
#include <algorithm>
#include <utility>

#include "advise/index/index_statements.hpp"
#include "advise/index/tenants.hpp"

namespace steward::advise {

namespace {

using model::IndexSuggestion;
using model::TenantIndex;

std::string Size(std::int64_t bytes) {
  return bytes >= (1 << 20) ? std::to_string(bytes >> 20) + " MB" : std::to_string((bytes + 1023) >> 10) + " kB";
}

void MergeInto(IndexSuggestion& kept, const IndexSuggestion& gone) {
  kept.helped.insert(kept.helped.end(), gone.helped.begin(), gone.helped.end());
  kept.hurt.insert(kept.hurt.end(), gone.hurt.begin(), gone.hurt.end());
  kept.cost_before += gone.cost_before;
  kept.cost_after += gone.cost_after;
  kept.calls_per_hour += gone.calls_per_hour;
  kept.exec_time_per_hour += gone.exec_time_per_hour;
}

// The statements with :"schema" in the place of the schema's name.
void WriteTemplate(const model::Table& table, IndexSuggestion& suggestion) {
  const std::string name_sql = model::QuoteIndexName(suggestion.name);
  model::IndexDefinition pattern = suggestion.definition;
  pattern.table_sql = ":\"schema\"" + table.name_sql.substr(table.schema_sql.size());
  suggestion.ddl = CreateSql(pattern, name_sql, true) + ";";
  suggestion.undo_ddl = "DROP INDEX CONCURRENTLY :\"schema\"." + name_sql + ";";
}

void AddCaveats(const std::vector<const model::Table*>& tables, std::size_t in_group, IndexSuggestion& suggestion) {
  const auto [least, most] = std::minmax_element(tables.begin(), tables.end(),
                                                 [](const auto* a, const auto* b) { return a->size < b->size; });
  suggestion.caveats.push_back("plans of one schema stand for " + std::to_string(tables.size()) + ", whose tables " +
                               tables.front()->name + " have " + Size((*least)->size) + " to " + Size((*most)->size));
  if (in_group > tables.size())
    suggestion.caveats.push_back("in " + std::to_string(in_group - tables.size()) +
                                 " more schemas with such a table no statement ran that it helps");
}

}  // namespace

std::vector<const model::Table*> Tenants::TablesOf(const IndexSuggestion& suggestion, std::set<model::Oid> relids) const {
  const model::Oid group = suggestion.definition.relid;
  for (const model::StatementEffect& effect : suggestion.helped) {
    const auto members = members_.find({effect.userid, effect.queryid});
    if (members == members_.end()) {
      relids.insert(group);
      continue;
    }
    for (const Member& member : members->second)
      if (const auto place = member.places.find(group); place != member.places.end()) relids.insert(place->second->relid);
  }
  std::vector<const model::Table*> tables;
  for (const model::Table* table : groups_.at(group).tables)
    if (relids.count(table->relid) > 0) tables.push_back(table);
  return tables;
}

// What one schema's own statements want is part of the suggestion for all where that does as much.
std::map<std::string, std::set<model::Oid>> Tenants::Join(std::vector<IndexSuggestion>& suggestions) const {
  std::map<std::string, std::set<model::Oid>> joined;
  for (std::size_t i = 0; i < suggestions.size();) {
    const IndexSuggestion& one = suggestions[i];
    const auto group = group_of_.find(one.definition.relid);
    const auto wider = std::find_if(suggestions.begin(), suggestions.end(), [&](const IndexSuggestion& many) {
      if (group == group_of_.end() || group->second == one.definition.relid || many.definition.relid != group->second)
        return false;
      return Covers(many.definition, On(*tables_.at(group->second), one.definition));
    });
    if (wider == suggestions.end()) {
      i++;
      continue;
    }
    joined[wider->id].insert(one.definition.relid);
    MergeInto(*wider, one);
    suggestions.erase(suggestions.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return joined;
}

void Tenants::Spread(std::vector<IndexSuggestion>& suggestions) const {
  std::map<std::string, std::set<model::Oid>> joined = Join(suggestions);
  IndexNames names(workload_);
  for (const IndexSuggestion& suggestion : suggestions) {
    const auto table = tables_.find(suggestion.definition.relid);
    if (groups_.count(suggestion.definition.relid) == 0 && table != tables_.end())
      names.Take(suggestion.name, table->second->schema_sql);
  }
  for (IndexSuggestion& suggestion : suggestions)
    if (groups_.count(suggestion.definition.relid) > 0)
      SpreadOne(TablesOf(suggestion, joined[suggestion.id]), names, suggestion);
}

void Tenants::SpreadOne(const std::vector<const model::Table*>& tables, IndexNames& names, IndexSuggestion& suggestion) const {
  if (tables.empty()) return;
  const auto [largest, factor] = Largest(suggestion.definition);
  const double per_byte = static_cast<double>(suggestion.size) / factor / TenantWeight(*tables_.at(largest.relid));
  const std::size_t in_group = groups_.at(suggestion.definition.relid).tables.size();
  const model::Workload nothing;
  const Partitions none(nothing);
  std::vector<TenantIndex> tenants;
  suggestion.table_size = suggestion.size = 0;
  for (const model::Table* table : tables) {
    TenantIndex tenant{table->schema, table->relid, table->name_sql, "", "", "", 0};
    IndexStatements statements = WriteStatements(none, On(*table, suggestion.definition), table, names);
    tenant.name = std::move(statements.name);
    tenant.ddl = std::move(statements.ddl);
    tenant.undo_ddl = std::move(statements.undo_ddl);
    tenant.size = static_cast<std::int64_t>(per_byte * TenantWeight(*table));
    suggestion.size += tenant.size;
    suggestion.table_size += table->size;
    tenants.push_back(std::move(tenant));
  }
  suggestion.definition = On(*tables.front(), suggestion.definition);
  suggestion.name = tenants.front().name;
  suggestion.ddl = tenants.front().ddl;
  suggestion.undo_ddl = tenants.front().undo_ddl;
  if (tenants.size() == 1) return;
  suggestion.tenants = std::move(tenants);
  WriteTemplate(*tables.front(), suggestion);
  AddCaveats(tables, in_group, suggestion);
}

std::vector<IndexSuggestion> InEachSchema(const std::vector<IndexSuggestion>& suggestions) {
  std::vector<IndexSuggestion> all;
  for (const IndexSuggestion& suggestion : suggestions) {
    if (suggestion.tenants.empty()) {
      all.push_back(suggestion);
      continue;
    }
    for (const TenantIndex& tenant : suggestion.tenants) {
      IndexSuggestion& one = all.emplace_back();
      one.id = suggestion.id;
      one.name = tenant.name;
      one.definition = suggestion.definition;
      one.definition.relid = tenant.relid;
      one.definition.table_sql = tenant.table_sql;
    }
  }
  return all;
}

}  // namespace steward::advise
