// See trust.hpp.
#include "advise/index/trust.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace steward::advise {

namespace {

using model::Confidence;
using model::IndexSuggestion;

constexpr double kMisestimate = 10;      // estimated against actual rows beyond which a gain is doubtful
constexpr std::size_t kTablesNamed = 3;  // in one caveat

// Rows of one predicate; at least one, so that two tiny selectivities do not look far apart.
model::RowsCheck Check(const model::Predicate& predicate, const model::Table& table) {
  return {std::max(*predicate.estimated_selectivity * table.rows, 1.0),
          std::max(*predicate.actual_selectivity * table.rows, 1.0), predicate.executions};
}

bool Helped(const IndexSuggestion& suggestion, const model::Predicate& predicate) {
  return std::any_of(suggestion.helped.begin(), suggestion.helped.end(), [&](const auto& effect) {
    return effect.queryid == predicate.queryid && effect.userid == predicate.userid;
  });
}

std::string Times(double factor) {
  return std::to_string(std::lround(factor)) + "x";
}

void AddOtherTables(const std::map<const model::Table*, model::RowsCheck>& others, IndexSuggestion& suggestion) {
  std::string text;
  std::size_t named = 0;
  for (const auto& [table, rows] : others) {
    if (ErrorOf(rows) <= kMisestimate || named == kTablesNamed) continue;
    text += (named++ == 0 ? "" : ", ") + table->name + " (" + Times(ErrorOf(rows)) +
            (rows.measured > rows.estimated ? " more rows)" : " fewer rows)");
  }
  if (text.empty()) return;
  suggestion.confidence = std::max(suggestion.confidence, Confidence::kMedium);
  suggestion.caveats.push_back("the plans of statements helped misjudge other tables: " + text +
                               " than estimated, so that their costs may be far off");
}

// Only rows that the planner did not expect make a gain doubtful: where it expected too many, the index helps more than
// promised.
void AddMisestimates(const EvidenceInput& in, IndexSuggestion& suggestion) {
  const model::Table* indexed = in.partitions.Find(suggestion.definition.relid);
  double unexpected = 1;
  std::map<const model::Table*, model::RowsCheck> others;  // the worst of each
  for (const model::Predicate& predicate : in.workload.predicates) {
    if (!predicate.actual_selectivity || !predicate.estimated_selectivity || !Helped(suggestion, predicate)) continue;
    const model::Table* table = in.partitions.Find(predicate.relid);
    if (table == nullptr || table->rows < 1 || table->catalog) continue;
    const model::RowsCheck rows = Check(predicate, *table);
    const model::Table* root = &in.partitions.Root(*table);
    if (root == indexed) {
      if (!suggestion.rows || ErrorOf(rows) > ErrorOf(*suggestion.rows)) suggestion.rows = rows;
      unexpected = std::max(unexpected, rows.measured / rows.estimated);
    } else if (const auto [worst, fresh] = others.try_emplace(root, rows); !fresh && ErrorOf(rows) > ErrorOf(worst->second)) {
      worst->second = rows;
    }
  }
  if (suggestion.rows) suggestion.estimated_rows_error = ErrorOf(*suggestion.rows);
  if (unexpected > kMisestimate) {
    suggestion.confidence = Confidence::kLow;
    suggestion.doubt = "the rows that its gain rests on are misestimated";
    suggestion.caveats.push_back("conditions on " + suggestion.definition.table_name + " return " + Times(unexpected) +
                                 " more rows than estimated; run ANALYZE or CREATE STATISTICS, then ask again");
  }
  AddOtherTables(others, suggestion);
}

double Gain(const model::StatementEffect& effect) {
  return static_cast<double>(effect.calls) * (effect.cost_before - effect.cost_after);
}

// A parallel plan's cost is about that of one of its processes, and what the planner charges for starting workers and
// passing rows is a guess. A serial plan for less than such a share is cheaper whatever that guess.
bool BeyondDoubt(const model::StatementEffect& effect) {
  return effect.cost_after * (effect.workers_before + 1) < effect.cost_before;
}

void AddParallelism(IndexSuggestion& suggestion) {
  double gain = 0;
  double doubtful = 0;
  int swapped = 0;
  int workers = 0;
  for (const model::StatementEffect& effect : suggestion.helped) {
    gain += Gain(effect);
    if (effect.workers_before == 0 || effect.workers_after > 0) continue;
    swapped++;
    workers = std::max(workers, effect.workers_before);
    if (!BeyondDoubt(effect)) doubtful += Gain(effect);
  }
  if (swapped == 0) return;
  const std::string who = suggestion.helped.size() == 1 ? "the plan without it runs" :
                          "without it the plans of " + std::to_string(swapped) + " of " +
                          std::to_string(suggestion.helped.size()) + " statements helped run";
  suggestion.caveats.push_back(who + " in " + std::to_string(workers) + (workers == 1 ? " worker" : " workers") +
                               " and the leader, with it in one process");
  if (doubtful * 2 > gain && suggestion.doubt.empty())
    suggestion.doubt = "its plans are serial where they were parallel, and not cheap enough to be quicker for certain";
}

}  // namespace

void AddTrust(const EvidenceInput& in, IndexSuggestion& suggestion) {
  AddMisestimates(in, suggestion);
  AddParallelism(suggestion);
}

void PointToStatistics(const std::vector<model::StatisticsSuggestion>& statistics,
                       std::vector<IndexSuggestion>& suggestions) {
  for (IndexSuggestion& suggestion : suggestions) {
    if (suggestion.doubt.empty()) continue;
    for (const model::StatisticsSuggestion& mending : statistics)
      if (mending.relid == suggestion.definition.relid)
        suggestion.caveats.push_back("what would mend the estimates is " + mending.id + ": " + mending.ddl);
  }
}

bool RanksBefore(const IndexSuggestion& a, const IndexSuggestion& b) {
  if (a.doubt.empty() != b.doubt.empty()) return a.doubt.empty();
  if (!a.doubt.empty() && a.confidence != b.confidence) return a.confidence < b.confidence;
  return a.exec_time_per_hour > b.exec_time_per_hour;
}

}  // namespace steward::advise
