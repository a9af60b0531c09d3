// See tenants.hpp.
#include "advise/index/tenants.hpp"

#include <algorithm>
#include <cctype>

namespace steward::advise {

namespace {

bool NameCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' || (static_cast<unsigned char>(c) & 0x80) != 0;
}

// Reads the identifier at `at`, which moves behind it; empty when there is none.
std::string Identifier(const std::string& text, std::size_t& at) {
  std::string name;
  if (text[at] == '"') {
    while (++at < text.size() && (text[at] != '"' || (at + 1 < text.size() && text[at + 1] == '"' && ++at > 0))) name += text[at];
    at = std::min(at + 1, text.size());
    return name;
  }
  while (at < text.size() && NameCharacter(text[at]))
    name += static_cast<char>(std::tolower(static_cast<unsigned char>(text[at++])));
  return name;
}

std::string UserKey(int attnum, const std::string& expression) {
  return attnum != 0 ? std::to_string(attnum) : "(" + expression;
}

bool Groupable(const model::Table& table) {
  return table.kind == 'r' && table.parent == 0 && !table.catalog && !table.locked;
}

}  // namespace

std::string WithoutSchemas(const std::string& text, const std::set<std::string>& schemas) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '"' && !NameCharacter(text[at])) {
      result += text[at++];
      continue;
    }
    const std::size_t begin = at;
    const std::string name = Identifier(text, at);
    const bool first = begin == 0 || (text[begin - 1] != '.' && text[begin - 1] != '\'');
    if (first && at < text.size() && text[at] == '.' && schemas.count(name) > 0)
      ++at;
    else
      result.append(text, begin, at - begin);
  }
  return result;
}

Tenants::Tenants(const model::Workload& workload) : workload_(workload) {
  GroupTables();
  if (groups_.empty()) return;
  Predicates predicates;
  for (const model::Predicate& predicate : workload.predicates)
    predicates[{predicate.userid, predicate.queryid}].push_back(&predicate);
  GroupStatements(predicates);
  if (!alike_.empty()) Fold(predicates);
}

std::string Tenants::Shape(const model::Table& table, const std::vector<const model::ExistingIndex*>& indexes) const {
  std::string shape = table.name + '\n';
  for (const model::Column& column : table.columns)
    shape += std::to_string(column.attnum) + ' ' + column.name + ' ' + column.type + '\n';
  std::set<std::string> lines;
  for (const model::ExistingIndex* index : indexes) {
    model::IndexDefinition definition = index->definition;
    definition.table_sql = definition.table_name;
    lines.insert(CreateSql(definition, "", false) + (definition.unique ? " unique" : "") + (index->valid ? "" : " invalid"));
  }
  for (const std::string& line : lines) shape += line + '\n';
  return shape;
}

void Tenants::GroupTables() {
  std::map<model::Oid, std::vector<const model::ExistingIndex*>> indexes;
  for (const model::ExistingIndex& index : workload_.indexes) indexes[index.definition.relid].push_back(&index);
  std::map<std::string, std::vector<const model::Table*>> named;
  for (const model::Table& table : workload_.tables) {
    tables_[table.relid] = &table;
    if (Groupable(table)) named[table.name].push_back(&table);
  }
  for (const auto& [name, tables] : named) {
    if (tables.size() < kFewestTenants) continue;
    std::map<std::string, std::vector<const model::Table*>> shapes;
    for (const model::Table* table : tables) shapes[Shape(*table, indexes[table->relid])].push_back(table);
    for (auto& [shape, alike] : shapes) AddGroups(std::move(alike));
  }
}

// Of tables of one shape those of a size.
void Tenants::AddGroups(std::vector<const model::Table*> alike) {
  std::sort(alike.begin(), alike.end(), [](const auto* a, const auto* b) {
    return a->size != b->size ? a->size > b->size : a->schema < b->schema;
  });
  for (std::size_t begin = 0; begin < alike.size();) {
    std::size_t end = begin;
    while (end < alike.size() && (alike[begin]->size <= kSmallTenant || alike[end]->size * kTenantSizes >= alike[begin]->size))
      end++;
    Group group;
    group.tables.assign(alike.begin() + static_cast<std::ptrdiff_t>(begin), alike.begin() + static_cast<std::ptrdiff_t>(end));
    begin = end;
    if (group.tables.size() < kFewestTenants) continue;
    std::sort(group.tables.begin(), group.tables.end(), [](const auto* a, const auto* b) { return a->schema < b->schema; });
    const model::Oid first = group.tables.front()->relid;
    for (const model::Table* table : group.tables) group_of_[table->relid] = first;
    groups_[first] = std::move(group);
  }
}

// The tables of groups that a statement reads; none where it reads two of one group.
Tenants::Places Tenants::PlacesOf(const std::vector<const model::Predicate*>& predicates) const {
  Places places;
  for (const model::Predicate* predicate : predicates)
    for (const model::Oid relid : {predicate->relid, predicate->other_relid}) {
      const auto group = group_of_.find(relid);
      if (group == group_of_.end()) continue;
      const model::Table* table = tables_.at(relid);
      if (places.emplace(group->second, table).first->second != table) return {};
    }
  return places;
}

// Without what the plan decides: which scan compares, or whether a join does.
std::string Tenants::Signature(const model::Statement& statement, const Places& places,
                               const std::vector<const model::Predicate*>& predicates) const {
  std::set<std::string> schemas;
  for (const auto& [group, table] : places) schemas.insert(table->schema);
  std::set<std::string> uses;
  for (const model::Predicate* predicate : predicates) {
    std::string use = std::to_string(GroupOf(predicate->relid));
    const bool compares = predicate->role == model::PredicateRole::kFilter || predicate->role == model::PredicateRole::kIndex ||
                          predicate->role == model::PredicateRole::kJoin;
    if (compares || statement.query.empty()) use += ' ' + UserKey(predicate->attnum, predicate->expression);
    if (statement.query.empty())
      use += ' ' + std::to_string(static_cast<int>(predicate->role)) + predicate->operator_name + ' ' +
             std::to_string(predicate->position) + (predicate->descending ? "d" : "") + ' ' +
             std::to_string(GroupOf(predicate->other_relid)) + ' ' + std::to_string(predicate->other_attnum);
    uses.insert(std::move(use));
  }
  std::string signature = WithoutSchemas(statement.query, schemas);
  for (const std::string& use : uses) signature += '\n' + use;
  return signature;
}

void Tenants::GroupStatements(const Predicates& predicates) {
  std::map<std::string, std::vector<Member>> signed_alike;
  for (const model::Statement& statement : workload_.statements) {
    const auto own = predicates.find({statement.userid, statement.queryid});
    if (!statement.costable || own == predicates.end()) continue;
    Places places = PlacesOf(own->second);
    if (places.empty()) continue;
    const std::string signature = Signature(statement, places, own->second);
    signed_alike[signature].push_back({&statement, std::move(places)});
  }
  for (auto& [signature, members] : signed_alike) {
    std::set<const model::Table*> tables;
    for (const Member& member : members) tables.insert(member.places.begin()->second);
    if (tables.size() < kFewestTenants) continue;
    Note(members, predicates);
    alike_.push_back(std::move(members));
  }
}

// Who uses what of the tables.
void Tenants::Note(const std::vector<Member>& members, const Predicates& predicates) {
  for (const Member& member : members)
    for (const auto& [relid, table] : member.places) groups_[relid].time[table->relid] += member.statement->total_exec_time;
  const model::Statement& any = *members.front().statement;
  for (const model::Predicate* predicate : predicates.at({any.userid, any.queryid})) {
    const model::Oid relid = GroupOf(predicate->relid);
    if (groups_.count(relid) == 0 || predicate->role == model::PredicateRole::kOutput) continue;
    std::set<model::Oid>& users = groups_[relid].users[UserKey(predicate->attnum, predicate->expression)];
    for (const Member& member : members) users.insert(member.places.at(relid)->relid);
  }
}

model::Oid Tenants::Home(const Group& group) const {
  std::vector<const model::Table*> tables;
  double all = 0;
  for (const auto& [relid, time] : group.time) {
    tables.push_back(tables_.at(relid));
    all += time;
  }
  std::stable_sort(tables.begin(), tables.end(), [](const auto* a, const auto* b) { return a->size < b->size; });
  double sum = 0;
  for (const model::Table* table : tables)
    if ((sum += group.time.at(table->relid)) * 2 >= all) return table->relid;
  return 0;
}

// The member in the home of its first table; where it did not run there, the one in the middle of its own.
std::size_t Tenants::Representative(const std::vector<Member>& members) const {
  const model::Oid first = members.front().places.begin()->first;
  const model::Oid home = Home(groups_.at(first));
  Group own;
  for (const Member& member : members) own.time[member.places.at(first)->relid] += member.statement->total_exec_time;
  const model::Oid middle = own.time.count(home) > 0 ? home : Home(own);
  const auto rank = [&](const Member& member) {
    return std::pair(member.places.at(first)->relid == middle, member.statement->total_exec_time);
  };
  const auto best = std::max_element(members.begin(), members.end(),
                                     [&](const Member& a, const Member& b) { return rank(a) < rank(b); });
  return static_cast<std::size_t>(best - members.begin());
}

void Tenants::FoldMembers(std::vector<Member> members, const Predicates& predicates) {
  std::swap(members.front(), members[Representative(members)]);
  model::Statement sum = *members.front().statement;
  for (std::size_t m = 1; m < members.size(); m++) {
    const model::Statement& one = *members[m].statement;
    sum.calls += one.calls;
    sum.rows += one.rows;
    sum.total_exec_time += one.total_exec_time;
    sum.alike_exec_time += one.total_exec_time;
  }
  sum.alike = static_cast<std::int64_t>(members.size());
  if (sum.calls > 0) sum.mean_exec_time = sum.total_exec_time / static_cast<double>(sum.calls);
  const StatementKey key{sum.userid, sum.queryid};
  for (const model::Predicate* predicate : predicates.at(key)) {
    model::Predicate& folded = folded_.predicates.emplace_back(*predicate);
    folded.relid = GroupOf(folded.relid);
    folded.other_relid = GroupOf(folded.other_relid);
  }
  members_[key] = std::move(members);
  folded_.statements.push_back(std::move(sum));
}

// The writes to the tables of a group are those of its table.
void Tenants::SumWrites() {
  for (model::Table& table : folded_.tables) {
    const auto group = groups_.find(table.relid);
    if (group == groups_.end()) continue;
    for (const auto& [relid, time] : group->second.time) {
      const model::Table& other = *tables_.at(relid);
      if (relid == table.relid) continue;
      table.inserted += other.inserted;
      table.updated += other.updated;
      table.hot_updated += other.hot_updated;
      table.deleted += other.deleted;
      table.updates.insert(table.updates.end(), other.updates.begin(), other.updates.end());
    }
  }
}

void Tenants::Fold(const Predicates& predicates) {
  folded_ = workload_;
  folded_.predicates.clear();
  folded_.statements.clear();
  std::set<StatementKey> gone;
  for (std::vector<Member>& members : alike_) {
    for (const Member& member : members) gone.insert({member.statement->userid, member.statement->queryid});
    FoldMembers(std::move(members), predicates);
  }
  for (const model::Statement& statement : workload_.statements)
    if (gone.count({statement.userid, statement.queryid}) == 0) folded_.statements.push_back(statement);
  for (const model::Predicate& predicate : workload_.predicates)
    if (gone.count({predicate.userid, predicate.queryid}) == 0) folded_.predicates.push_back(predicate);
  SumWrites();
}

model::Oid Tenants::GroupOf(model::Oid relid) const {
  const auto group = group_of_.find(relid);
  return group == group_of_.end() ? relid : group->second;
}

std::vector<model::Oid> Tenants::TablesAt(const StatementKey& statement) const {
  std::vector<model::Oid> tables;
  if (const auto members = members_.find(statement); members != members_.end())
    for (const auto& [relid, table] : members->second.front().places) tables.push_back(relid);
  return tables;
}

model::IndexDefinition Tenants::At(const StatementKey& statement, const model::IndexDefinition& definition) const {
  const auto members = members_.find(statement);
  if (members == members_.end()) return definition;
  const Places& places = members->second.front().places;
  const auto place = places.find(definition.relid);
  return place == places.end() ? definition : On(*place->second, definition);
}

const std::set<model::Oid>* Tenants::Users(const model::IndexDefinition& definition) const {
  const auto group = groups_.find(definition.relid);
  if (group == groups_.end()) return nullptr;
  const model::IndexKey& key = definition.keys.front();
  const auto users = group->second.users.find(UserKey(key.attnum, key.name));
  return users == group->second.users.end() ? nullptr : &users->second;
}

std::pair<model::IndexDefinition, double> Tenants::Largest(const model::IndexDefinition& definition) const {
  const std::set<model::Oid>* users = Users(definition);
  if (users == nullptr) return {definition, 1};
  const model::Table* largest = nullptr;
  double sum = 0;
  for (const model::Oid relid : *users) {
    const model::Table* table = tables_.at(relid);
    sum += TenantWeight(*table);
    if (largest == nullptr || table->size > largest->size) largest = table;
  }
  return {On(*largest, definition), sum / TenantWeight(*largest)};
}

}  // namespace steward::advise
