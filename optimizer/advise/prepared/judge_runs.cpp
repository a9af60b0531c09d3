// See judge_runs.hpp.
#include "advise/prepared/judge_runs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace steward::advise {

using model::MeasuredWay;
using model::PreparedAction;
using model::PreparedMeasurement;
using model::PreparedRuns;
using model::PreparedWay;

namespace {

constexpr int kEnoughRounds = 3;

double Quantile(std::vector<double> times, double share) {
  if (times.empty()) return 0;
  std::sort(times.begin(), times.end());
  const double at = share * static_cast<double>(times.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, times.size() - 1);
  return times[below] + (at - static_cast<double>(below)) * (times[above] - times[below]);
}

double Mean(const std::vector<double>& times) {
  return times.empty() ? 0 : std::accumulate(times.begin(), times.end(), 0.0) / static_cast<double>(times.size());
}

const std::vector<double>& Of(const PreparedRuns::Round& round, PreparedWay way) {
  return round.times[static_cast<int>(way)];
}

MeasuredWay WayOf(const PreparedRuns& runs, PreparedWay way) {
  std::vector<double> means;
  for (const PreparedRuns::Round& round : runs.rounds) means.push_back(Mean(Of(round, way)));
  return {Quantile(means, 0.5), Quantile(means, 0.25), Quantile(means, 0.75)};
}

std::optional<double> WorstRatio(const PreparedRuns& runs) {
  std::optional<double> worst;
  for (std::size_t value = 0; value < static_cast<std::size_t>(runs.values); ++value) {
    std::vector<double> custom;
    std::vector<double> generic;
    for (const PreparedRuns::Round& round : runs.rounds) {
      custom.push_back(Of(round, PreparedWay::kCustom)[value]);
      generic.push_back(Of(round, PreparedWay::kGeneric)[value]);
    }
    const double base = Quantile(custom, 0.5);
    if (base > 0) worst = std::max(worst.value_or(0), Quantile(generic, 0.5) / base);
  }
  return worst;
}

bool WantsGeneric(const model::PreparedSuggestion& suggestion) {
  const PreparedAction plan = suggestion.action == PreparedAction::kParameterize ? suggestion.then : suggestion.action;
  return plan == PreparedAction::kPrepare;
}

std::string ReasonAgainst(const PreparedMeasurement& measured, const PreparedOptions& options, const model::PreparedSuggestion& suggestion) {
  if (suggestion.action == PreparedAction::kStopPreparing)
    return measured.worst_ratio.value_or(1) < 1.1 ? "the generic plan was as quick with all values that were tried" : "";
  if (WantsGeneric(suggestion) && measured.worst_ratio.value_or(1) > options.worst_ratio)
    return fmt::format("with a value the generic plan took {:.2g} times as long as a plan made for it", *measured.worst_ratio);
  if (measured.saved_high <= 0) return "it saves nothing";
  return "";
}

}  // namespace

PreparedMeasurement Summarize(const PreparedRuns& runs, bool generic) {
  PreparedMeasurement measured;
  measured.rounds = static_cast<int>(runs.rounds.size());
  measured.values = runs.values;
  measured.error = runs.error;
  if (!measured.error.empty()) return measured;
  if (measured.rounds < kEnoughRounds) {
    measured.error = "it takes too long: give more time with --measure-time";
    return measured;
  }
  measured.simple = WayOf(runs, PreparedWay::kSimple);
  measured.custom = WayOf(runs, PreparedWay::kCustom);
  measured.generic = WayOf(runs, PreparedWay::kGeneric);
  std::vector<double> saved;
  for (const PreparedRuns::Round& round : runs.rounds)
    saved.push_back(Mean(Of(round, PreparedWay::kSimple)) - Mean(Of(round, generic ? PreparedWay::kGeneric : PreparedWay::kCustom)));
  measured.saved = Quantile(saved, 0.5);
  measured.saved_low = Quantile(saved, 0.25);
  measured.saved_high = Quantile(saved, 0.75);
  measured.worst_ratio = WorstRatio(runs);
  return measured;
}

void Judge(const PreparedRuns& runs, const PreparedOptions& options, model::PreparedSuggestion& suggestion) {
  suggestion.measured = Summarize(runs, WantsGeneric(suggestion));
  if (!suggestion.measured->error.empty()) return;
  suggestion.rejected_because = ReasonAgainst(*suggestion.measured, options, suggestion);
  if (suggestion.mute) return;
  suggestion.status = suggestion.rejected_because.empty() ? "verified" : "rejected";
}

}  // namespace steward::advise
