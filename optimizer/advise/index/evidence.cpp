// See evidence.hpp.
#include "advise/index/evidence.hpp"
#include "advise/index/trust.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "advise/index/index_statements.hpp"
#include "advise/index/lost_hot.hpp"

namespace steward::advise {

namespace {

using model::Confidence;
using model::IndexSuggestion;

constexpr double kHour = 3600;
constexpr double kSlack = 1.01;           // the planner's fuzzy comparison: differences below 1 % mean nothing
constexpr double kProvisionalHours = 24;  // less data than this and advice is provisional

double WindowHours(const model::ServerInfo& server) {
  return std::max((server.window_end - server.window_start) / kHour, 1.0 / 60);
}

model::StatementEffect Effect(const EvidenceInput& in, std::size_t s) {
  const model::Statement& statement = *in.statements[s];
  model::StatementEffect effect;
  effect.userid = statement.userid;
  effect.queryid = statement.queryid;
  effect.role = statement.role;
  effect.query = statement.query;
  effect.calls = statement.calls;
  effect.calls_per_hour = static_cast<double>(statement.calls) / WindowHours(in.workload.server);
  effect.mean_exec_time = statement.mean_exec_time;
  effect.p95_exec_time = statement.p95_exec_time;
  effect.total_exec_time = statement.total_exec_time;
  effect.cost_before = in.before[s].total;
  effect.cost_after = in.after[s].total;
  effect.workers_before = in.before[s].workers;
  effect.workers_after = in.after[s].workers;
  effect.method = in.after[s].method;
  effect.alike = statement.alike;
  return effect;
}

bool Uses(const model::Cost& cost, std::size_t candidate) {
  return cost.error.empty() && std::find(cost.used.begin(), cost.used.end(), candidate) != cost.used.end();
}

void AddEffects(const EvidenceInput& in, std::size_t candidate, IndexSuggestion& suggestion) {
  for (std::size_t s = 0; s < in.statements.size(); s++) {
    if (!in.before[s].error.empty() || !Uses(in.after[s], candidate)) continue;
    const model::StatementEffect effect = Effect(in, s);
    if (effect.cost_after > effect.cost_before * kSlack) {
      suggestion.hurt.push_back(effect);
    } else if (Helps(candidate, in.before[s], in.after[s])) {
      suggestion.helped.push_back(effect);
      const auto calls = static_cast<double>(effect.calls);
      suggestion.cost_before += calls * effect.cost_before;
      suggestion.cost_after += calls * effect.cost_after;
      suggestion.calls_per_hour += effect.calls_per_hour;
      suggestion.exec_time_per_hour += effect.total_exec_time / WindowHours(in.workload.server);
      suggestion.method = std::max(suggestion.method, effect.method);
    }
  }
  std::stable_sort(suggestion.helped.begin(), suggestion.helped.end(),
                   [](const auto& a, const auto& b) { return a.total_exec_time > b.total_exec_time; });
}

void AddTable(const EvidenceInput& in, const model::Table& table, IndexSuggestion& suggestion) {
  std::int64_t hot_updated = 0;
  const model::Table* unknown = nullptr;  // never analyzed
  for (const model::Table* leaf : in.partitions.Leaves(table)) {
    suggestion.table_size += leaf->size;
    suggestion.inserted += leaf->inserted;
    suggestion.updated += leaf->updated;
    suggestion.deleted += leaf->deleted;
    hot_updated += leaf->hot_updated;
    if (leaf->analyzed_at <= 0 && (leaf->size > 0 || table.kind != 'p') && leaf->kind != 'f') unknown = leaf;
  }
  if (table.stats_since > 0)
    suggestion.write_hours = std::max(in.workload.server.collected_at - table.stats_since, 0.0) / kHour;
  if (suggestion.updated > 0)
    suggestion.hot_update_ratio = static_cast<double>(hot_updated) / static_cast<double>(suggestion.updated);
  LostHot lost = HotUpdatesLost(in.workload.server, in.partitions, suggestion.definition);
  suggestion.hot_updates_lost_per_hour = lost.per_hour;
  suggestion.hot_lost_columns = std::move(lost.columns);
  if (table.kind != 'p' && table.parent != 0)
    suggestion.caveats.push_back("serves partition " + table.name +
                                 " only: an index of all partitions does not fit the budget");
  if (unknown != nullptr) {
    suggestion.confidence = Confidence::kLow;
    suggestion.caveats.push_back("table " + unknown->name + " has never been analyzed; run ANALYZE, then ask again");
  }
}

void AddStatements(const EvidenceInput& in, const model::Table* table, IndexNames& names, IndexSuggestion& suggestion) {
  IndexStatements statements = WriteStatements(in.partitions, suggestion.definition, table, names);
  suggestion.name = std::move(statements.name);
  suggestion.ddl = std::move(statements.ddl);
  suggestion.undo_ddl = std::move(statements.undo_ddl);
  suggestion.build = std::move(statements.build);
  suggestion.caveats.insert(suggestion.caveats.end(), statements.caveats.begin(), statements.caveats.end());
}

void AddExisting(const EvidenceInput& in, IndexSuggestion& suggestion) {
  const model::IndexDefinition& definition = suggestion.definition;
  bool leads = false;
  for (const model::ExistingIndex& index : in.workload.indexes) {
    if (index.definition.relid != definition.relid || !index.valid || index.definition.keys.empty()) continue;
    if (Covers(definition, index.definition) && !index.pinned) suggestion.replaces.push_back(index.name);
    if (index.definition.method == "btree" && index.definition.keys.front().name == definition.keys.front().name) {
      suggestion.covered.push_back(index.name + " (" + KeysSql(index.definition) + ")" + TailSql(index.definition) +
                                   " starts with the same key but does not serve");
      leads = true;
    }
  }
  if (!leads) suggestion.covered.push_back("no existing index starts with (" + definition.keys.front().name + ")");
}

// Does the condition of a partial index have a value that only samples show to be the statements' only one?
bool RestsOnSamples(const model::Workload& workload, const model::IndexDefinition& definition) {
  if (definition.predicate.empty()) return false;
  return std::any_of(workload.predicates.begin(), workload.predicates.end(), [&](const model::Predicate& predicate) {
    return !predicate.value_test_sql.empty() && definition.predicate.find(predicate.value_test_sql) != std::string::npos;
  });
}

void Judge(const EvidenceInput& in, IndexSuggestion& suggestion) {
  const auto lower = [&](Confidence to) { suggestion.confidence = std::max(suggestion.confidence, to); };
  if (suggestion.method == model::CostMethod::kStatistics) lower(Confidence::kMedium);
  const std::string& source = in.workload.server.source;
  if (!source.empty()) {
    lower(Confidence::kMedium);
    suggestion.caveats.push_back("from " + source + ": costed with generic plans, no parameter value is known, rows are not measured");
  } else if (suggestion.method == model::CostMethod::kGeneric) {
    lower(Confidence::kLow);
    suggestion.caveats.emplace_back("costed with generic plans: no parameter value is known");
  }
  if (!suggestion.definition.predicate.empty())
    suggestion.caveats.push_back("serves only statements that ask for " + suggestion.definition.predicate +
                                 " in so many words: of a parameter in its place a generic plan proves nothing");
  if (RestsOnSamples(in.workload, suggestion.definition)) {
    lower(Confidence::kMedium);
    suggestion.caveats.emplace_back("the value in its condition is that of all samples of the statements, which are few");
  }
  if (suggestion.cost_after > 0.8 * suggestion.cost_before) lower(Confidence::kMedium);
  if (!suggestion.hurt.empty()) lower(Confidence::kMedium);
  if (WindowHours(in.workload.server) < kProvisionalHours) {
    lower(Confidence::kMedium);
    suggestion.caveats.emplace_back("provisional: less than 24 hours of workload were seen");
  }
}

}  // namespace

bool Helps(std::size_t candidate, const model::Cost& before, const model::Cost& after) {
  return before.error.empty() && Uses(after, candidate) && after.total < before.total / kSlack;
}

std::vector<IndexSuggestion> BuildSuggestions(const EvidenceInput& input) {
  std::vector<IndexSuggestion> suggestions;
  IndexNames names(input.workload);
  for (const std::size_t candidate : input.chosen) {
    IndexSuggestion suggestion;
    suggestion.definition = input.candidates.definitions[candidate];
    suggestion.confidence = Confidence::kHigh;
    suggestion.method = model::CostMethod::kParameters;
    AddEffects(input, candidate, suggestion);
    if (suggestion.helped.empty()) continue;
    suggestion.id = SuggestionId("index", input.workload.server.database, suggestion.definition);
    const model::Table* table = input.partitions.Find(suggestion.definition.relid);
    AddStatements(input, table, names, suggestion);
    suggestion.size = input.sizes[candidate].bytes;
    if (table != nullptr) AddTable(input, *table, suggestion);
    AddExisting(input, suggestion);
    AddTrust(input, suggestion);
    Judge(input, suggestion);
    suggestions.push_back(std::move(suggestion));
  }
  std::stable_sort(suggestions.begin(), suggestions.end(),
                   [](const auto& a, const auto& b) { return RanksBefore(a, b); });
  return suggestions;
}

}  // namespace steward::advise
