// See advise_indexes.hpp.
#include "advise/index/advise_indexes.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "advise/index/evidence.hpp"
#include "advise/index/foreign_keys.hpp"
#include "advise/index/lower_bound.hpp"
#include "advise/index/selection.hpp"
#include "advise/index/tenants.hpp"
#include "advise/index/trust.hpp"
#include "advise/index/unneeded.hpp"
#include "advise/index/upkeep.hpp"
#include "advise/statistics/advise_statistics.hpp"

namespace steward::advise {

namespace {

constexpr std::int64_t kQuickCalls = 4;  // a statement

using Statements = std::vector<const model::Statement*>;

// What other sessions keep from being read, and the statements known to read it: planning them would wait.
struct Locked {
  std::vector<std::string> tables;
  std::set<std::pair<model::Oid, std::int64_t>> statements;  // userid, queryid

  explicit Locked(const model::Workload& workload) {
    const Partitions partitions(workload);
    std::set<model::Oid> relids;
    for (const model::Table& table : workload.tables) {
      if (!table.locked || table.catalog) continue;
      relids.insert(table.relid);
      tables.push_back(table.name_sql);
      if (const model::Table& root = partitions.Root(table); &root != &table) tables.back() += " of " + root.name_sql;
    }
    for (const model::Predicate& predicate : workload.predicates)
      if (relids.count(predicate.relid) > 0) statements.insert({predicate.userid, predicate.queryid});
  }
  [[nodiscard]] bool Has(const model::Statement& statement) const {
    return statements.count({statement.userid, statement.queryid}) > 0;
  }
  [[nodiscard]] std::string Warning() const {
    constexpr std::size_t kNamed = 5;
    std::string names;
    for (std::size_t i = 0; i < tables.size() && i < kNamed; i++) names += (i == 0 ? "" : ", ") + tables[i];
    if (tables.size() > kNamed) names += " and " + std::to_string(tables.size() - kNamed) + " more";
    return "another session locks " + names + " (ACCESS EXCLUSIVE): no advice on " +
           (tables.size() == 1 ? "it" : "them") + " and on statements that read " +
           (tables.size() == 1 ? "it" : "them") + "; ask again later";
  }
};

// The heaviest first; so many that planning each of them once leaves most of the planner calls to the search.
Statements Costable(const model::Workload& workload, const Locked& locked, std::int64_t max_planner_calls) {
  Statements result;
  for (const model::Statement& statement : workload.statements)
    if (statement.costable && !locked.Has(statement)) result.push_back(&statement);
  std::stable_sort(result.begin(), result.end(), [](const model::Statement* a, const model::Statement* b) {
    return a->total_exec_time > b->total_exec_time;
  });
  const auto most = static_cast<std::size_t>(std::max<std::int64_t>(max_planner_calls / 4, 1));
  if (result.size() > most) result.resize(most);
  return result;
}

// All statements under one set, planned.
std::vector<model::Cost> PlanAll(CostBook& book, std::size_t statements, const model::Configuration& set) {
  std::vector<std::pair<std::size_t, model::Configuration>> wanted;
  for (std::size_t s = 0; s < statements; s++) wanted.emplace_back(s, set);
  book.FetchExact(wanted);
  std::vector<model::Cost> costs;
  for (std::size_t s = 0; s < statements; s++) costs.push_back(book.Exact(s, set));
  return costs;
}

std::vector<double> Weights(const Statements& statements, const std::vector<model::Cost>& base, Weight weight) {
  std::vector<double> weights;
  for (std::size_t s = 0; s < statements.size(); s++) {
    const bool known = base[s].error.empty() && base[s].total > 0;
    if (!known)
      weights.push_back(0);
    else if (weight == Weight::kCalls)
      weights.push_back(static_cast<double>(statements[s]->calls));
    else
      weights.push_back(statements[s]->total_exec_time / base[s].total);
  }
  return weights;
}

double Sum(const std::vector<double>& weights, const std::vector<model::Cost>& costs) {
  double sum = 0;
  for (std::size_t s = 0; s < weights.size(); s++)
    if (costs[s].error.empty()) sum += weights[s] * costs[s].total;
  return sum;
}

// The candidates of `chosen` that stand in the plan of a statement which got cheaper.
model::Configuration Useful(const model::Configuration& chosen, const std::vector<model::Cost>& before,
                            const std::vector<model::Cost>& after) {
  model::Configuration useful;
  for (const std::size_t candidate : chosen)
    for (std::size_t s = 0; s < after.size(); s++)
      if (Helps(candidate, before[s], after[s])) {
        useful.push_back(candidate);
        break;
      }
  return useful;
}

void Account(const model::Workload& workload, const Locked& locked, const Statements& statements,
             const std::vector<model::Cost>& before, const std::vector<model::Cost>& after,
             model::IndexAdvice& advice) {
  advice.server = workload.server;
  advice.standbys = workload.standbys;
  advice.settings = workload.settings;
  std::int64_t costable = 0;
  for (const model::Statement& statement : workload.statements) {
    advice.statements += statement.alike;
    advice.calls += statement.calls;
    advice.exec_time += statement.total_exec_time;
    if (!statement.costable)
      advice.not_costed[statement.not_costable]++;
    else if (locked.Has(statement))
      advice.not_costed["table locked"]++;
    else
      costable += statement.alike;
  }
  for (const model::Statement* statement : statements) costable -= statement->alike;
  if (costable > 0) advice.not_costed["beyond the " + std::to_string(statements.size()) + " heaviest"] = costable;
  for (std::size_t s = 0; s < statements.size(); s++) {
    const std::string& error = before[s].error.empty() ? after[s].error : before[s].error;
    if (!error.empty()) {
      advice.not_costed["planning failed"] += statements[s]->alike;
      advice.warnings.push_back("statement " + std::to_string(statements[s]->queryid) +
                                " could not be planned: " + error);
      continue;
    }
    advice.statements_costed += statements[s]->alike;
    advice.statements_planned++;
    advice.exec_time_alike += statements[s]->alike_exec_time;
    advice.exec_time_costed += statements[s]->total_exec_time;
    advice.cost_before += static_cast<double>(statements[s]->calls) * before[s].total;
    advice.cost_after += static_cast<double>(statements[s]->calls) * after[s].total;
  }
}

// Sizes of what is to be built: a candidate on a partitioned table takes in what partitions have of it. What is excluded
// is not to be built at any size.
std::vector<model::CandidateSize> Sizes(const model::CostModel& model, const Candidates& candidates,
                                        const Partitions& partitions, const std::string& database,
                                        const std::set<std::string>& excluded) {
  std::vector<model::CandidateSize> sizes = model.Sizes();
  for (std::size_t c = 0; c < sizes.size(); c++) {
    const model::IndexDefinition& definition = candidates.definitions[c];
    sizes[c].bytes = std::max<std::int64_t>(sizes[c].bytes - partitions.BytesThere(definition), 0);
    if (!excluded.empty() && excluded.count(SuggestionId("index", database, definition)) > 0)
      sizes[c].error = "excluded";
  }
  return sizes;
}

// The partitioned tables that no candidate fits the budget of.
std::set<model::Oid> TooLarge(const Candidates& candidates, const std::vector<model::CandidateSize>& sizes,
                              const Partitions& partitions, std::int64_t budget) {
  std::set<model::Oid> large;
  std::set<model::Oid> fitting;
  for (std::size_t c = 0; c < sizes.size(); c++) {
    const model::Oid relid = candidates.definitions[c].relid;
    const model::Table* table = partitions.Find(relid);
    if (budget == 0 || table == nullptr || table->kind != 'p' || !sizes[c].error.empty()) continue;
    (sizes[c].bytes > budget ? large : fitting).insert(relid);
  }
  for (const model::Oid relid : fitting) large.erase(relid);
  return large;
}

std::vector<bool> Updated(const Candidates& candidates, const Partitions& partitions) {
  std::vector<bool> updated;
  for (const model::IndexDefinition& definition : candidates.definitions) {
    const auto tables = partitions.Leaves(*partitions.Find(definition.relid));
    updated.push_back(std::any_of(tables.begin(), tables.end(), [](const model::Table* t) { return t->updated > 0; }));
  }
  return updated;
}

// What a planner unit counts in the objective.
double UnitValue(const Statements& statements, const std::vector<model::Cost>& costs, Weight weight) {
  if (weight == Weight::kCalls) return 1;
  double time = 0;
  double units = 0;
  for (std::size_t s = 0; s < statements.size(); s++) {
    if (!costs[s].error.empty()) continue;
    time += statements[s]->total_exec_time;
    units += static_cast<double>(statements[s]->calls) * costs[s].total;
  }
  return units > 0 ? time / units : 0;
}

std::vector<double> UpkeepOf(const model::Workload& workload, const Candidates& candidates,
                             const Partitions& partitions, double unit_value) {
  std::vector<double> upkeep;
  for (const model::IndexDefinition& definition : candidates.definitions)
    upkeep.push_back(Upkeep(workload.server, partitions, definition) * unit_value);
  return upkeep;
}

std::vector<model::CandidateSize> SizesOf(const std::vector<model::IndexDefinition>& definitions,
                                          model::CostOracle& oracle) {
  if (definitions.empty()) return {};
  return oracle.Prepare({}, definitions)->Sizes();
}

// What a rebuild would make of the indexes that could be bloated.
std::map<model::Oid, std::int64_t> FreshSizes(const model::Workload& workload, model::CostOracle& oracle) {
  const std::vector<std::size_t> positions = WorthMeasuring(workload);
  std::vector<model::IndexDefinition> definitions;
  for (const std::size_t i : positions) definitions.push_back(workload.indexes[i].definition);
  const std::vector<model::CandidateSize> sizes = SizesOf(definitions, oracle);
  std::map<model::Oid, std::int64_t> fresh;
  for (std::size_t p = 0; p < positions.size(); p++)
    if (sizes[p].error.empty() && sizes[p].bytes > 0) fresh[workload.indexes[positions[p]].indexrelid] = sizes[p].bytes;
  return fresh;
}

std::vector<model::UnindexedForeignKey> ForeignKeys(const model::Workload& workload, const Partitions& partitions,
                                                    model::CostOracle& oracle,
                                                    const std::vector<model::IndexSuggestion>& suggestions) {
  std::vector<model::UnindexedForeignKey> keys = FindUnindexedForeignKeys(workload, partitions, suggestions);
  std::vector<model::IndexDefinition> definitions;
  for (const model::UnindexedForeignKey& key : keys) definitions.push_back(key.definition);
  const std::vector<model::CandidateSize> sizes = SizesOf(definitions, oracle);
  for (std::size_t k = 0; k < keys.size(); k++) keys[k].size = sizes[k].bytes;
  return keys;
}

std::vector<bool> Affordable(const std::vector<model::CandidateSize>& sizes, std::int64_t budget) {
  std::vector<bool> affordable;
  for (const model::CandidateSize& size : sizes)
    affordable.push_back(size.error.empty() && (budget == 0 || size.bytes <= budget));
  return affordable;
}

std::optional<double> LowerBound(CostBook& book, const std::vector<bool>& affordable, const Statements& statements,
                                 const std::vector<model::Cost>& before, const std::vector<model::Cost>& after) {
  const auto bounds = LowerBounds(book, affordable, before, after);
  if (!bounds) return std::nullopt;
  double sum = 0;
  for (std::size_t s = 0; s < statements.size(); s++)
    if (before[s].error.empty() && after[s].error.empty())
      sum += static_cast<double>(statements[s]->calls) * (*bounds)[s];
  return sum;
}

void NoteSearch(const CostBook& book, const Candidates& candidates, const IndexOptions& options,
                model::IndexAdvice& advice) {
  advice.budget = options.budget;
  advice.candidates = static_cast<std::int64_t>(candidates.definitions.size());
  advice.planner_calls = book.PlannerCalls();
  advice.search_stopped = book.Stopped() || candidates.cut;
  if (book.Stopped())
    advice.warnings.push_back("the search stopped planning after " + std::to_string(options.max_planner_calls) +
                              " plannings and went on with what it knew; there may be better sets");
  if (candidates.cut)
    advice.warnings.push_back("only the " + std::to_string(candidates.definitions.size()) +
                              " candidate indexes of the heaviest statements were considered");
}

// An index that no cheaper plan of the final set uses goes; the rest is planned again, until all have their use.
std::vector<model::Cost> PlanUseful(CostBook& book, const std::vector<model::Cost>& before,
                                    model::Configuration& chosen) {
  std::vector<model::Cost> after = PlanAll(book, before.size(), chosen);
  for (model::Configuration useful = Useful(chosen, before, after); useful != chosen;
       useful = Useful(chosen, before, after)) {
    chosen = useful;
    after = PlanAll(book, before.size(), chosen);
  }
  return after;
}

struct Chosen {
  model::IndexAdvice advice;
  std::vector<model::Cost> after;  // of the statements planned, with the suggestions in place
};

Chosen ChooseIndexes(const model::Workload& workload, model::CostOracle& oracle, const IndexOptions& options) {
  const Locked locked(workload);
  const Statements statements = Costable(workload, locked, options.max_planner_calls);
  CandidateOptions wanted = options.candidates;
  Candidates candidates = GenerateCandidates(workload, statements, wanted);
  Partitions partitions(workload);
  std::unique_ptr<model::CostModel> model = oracle.Prepare(statements, candidates.definitions);
  std::vector<model::CandidateSize> sizes = Sizes(*model, candidates, partitions, workload.server.database, options.excluded);
  wanted.split = TooLarge(candidates, sizes, partitions, options.budget);
  if (!wanted.split.empty()) {
    candidates = GenerateCandidates(workload, statements, wanted);
    partitions = Partitions(workload, wanted.split);
    model = oracle.Prepare(statements, candidates.definitions);
    sizes = Sizes(*model, candidates, partitions, workload.server.database, options.excluded);
  }
  CostBook book(*model, candidates.definitions, candidates.relevant);

  book.Probe(Affordable(sizes, options.budget));
  const std::vector<model::Cost> before = PlanAll(book, statements.size(), {});
  const std::vector<double> weights = Weights(statements, before, options.weight);
  const std::int64_t quick_calls =
      std::min(options.max_planner_calls, kQuickCalls * static_cast<std::int64_t>(statements.size()));
  const SelectionInput selection{book,
                                 weights,
                                 candidates,
                                 sizes,
                                 Updated(candidates, partitions),
                                 UpkeepOf(workload, candidates, partitions, UnitValue(statements, before, options.weight)),
                                 options.budget,
                                 options.min_share * Sum(weights, before),
                                 options.quick ? quick_calls : options.max_planner_calls,
                                 options.quick,
                                 options.progress};
  model::Configuration chosen = SelectIndexes(selection);

  std::vector<model::Cost> after = PlanUseful(book, before, chosen);
  model::IndexAdvice advice;
  if (!locked.tables.empty()) advice.warnings.push_back(locked.Warning());
  Account(workload, locked, statements, before, after, advice);
  if (!options.quick)
    advice.cost_lower_bound = LowerBound(book, Affordable(sizes, options.budget), statements, before, after);
  NoteSearch(book, candidates, options, advice);
  advice.suggestions = BuildSuggestions({workload, partitions, statements, candidates, sizes, chosen, before, after});
  return {std::move(advice), std::move(after)};
}

}  // namespace

model::IndexAdvice AdviseIndexes(const model::Workload& workload, model::CostOracle& oracle,
                                 const IndexOptions& options) {
  const Tenants tenants(workload);
  TenantOracle one_schema(tenants, oracle);
  auto [advice, after] = tenants.Any() ? ChooseIndexes(tenants.Folded(), one_schema, options)
                                       : ChooseIndexes(workload, oracle, options);
  if (tenants.Any()) tenants.Spread(advice.suggestions);
  for (const model::IndexSuggestion& suggestion : advice.suggestions) advice.size += suggestion.size;
  const std::map<model::Oid, std::int64_t> fresh = FreshSizes(workload, oracle);
  advice.unneeded = FindUnneeded({workload, advice.suggestions, after, fresh});
  advice.foreign_keys = ForeignKeys(workload, Partitions(workload), oracle, InEachSchema(advice.suggestions));
  advice.statistics = AdviseStatistics(workload);
  PointToStatistics(advice.statistics, advice.suggestions);
  return std::move(advice);
}

}  // namespace steward::advise
