// See judge_runs.hpp.
#include "advise/prepared/judge_runs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace steward::advise {

using model::MeasuredWay;
using model::PreparedAction;
using model::PreparedMeasurement;
using model::PreparedRuns;
using model::PreparedWay;

namespace {

constexpr int kEnoughRounds = 6;         // fewer have no 95 % interval of a median
constexpr double kBeyond = 0.025;        // on either side of it
constexpr double kStillQuick = 1.1;      // times as long as a plan for the values: nothing to stop for

struct Interval {
  double low;
  double high;
};

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

// The values that stand for what comes; all, where it is not known of any.
std::vector<std::size_t> TypicalOf(const PreparedRuns& runs) {
  std::vector<std::size_t> typical;
  for (std::size_t i = 0; i < runs.kinds.size(); ++i)
    if (runs.kinds[i] == "drawn" || runs.kinds[i] == "sample" || runs.kinds[i] == "none") typical.push_back(i);
  if (!typical.empty()) return typical;
  typical.resize(static_cast<std::size_t>(runs.values));
  std::iota(typical.begin(), typical.end(), std::size_t{0});
  return typical;
}

// Of each round how much longer one way took than `times` the other, over these values.
std::vector<double> Differences(const PreparedRuns& runs, const std::vector<std::size_t>& values, PreparedWay longer, PreparedWay shorter, double times = 1) {
  std::vector<double> differences;
  for (const PreparedRuns::Round& round : runs.rounds) {
    std::vector<double> of_round;
    for (const std::size_t value : values) of_round.push_back(Of(round, longer)[value] - times * Of(round, shorter)[value]);
    differences.push_back(Mean(of_round));
  }
  return differences;
}

// Of the median, without a guess at how times are spread: as the sign test, the n-th least and largest, beyond which half of the rounds or
// more lie by chance at most once in forty. 6 (kEnoughRounds) differences or more.
Interval IntervalOf(std::vector<double> differences) {
  std::sort(differences.begin(), differences.end());
  const std::size_t count = differences.size();
  double exactly = std::pow(0.5, static_cast<double>(count));  // of `rank` rounds, of a coin's
  double at_most = exactly;
  std::size_t rank = 0;
  while (rank < count / 2) {
    exactly *= static_cast<double>(count - rank) / static_cast<double>(rank + 1);
    if (at_most + exactly > kBeyond) break;
    at_most += exactly;
    ++rank;
  }
  return {differences[rank], differences[count - 1 - rank]};
}

MeasuredWay WayOf(const PreparedRuns& runs, const std::vector<std::size_t>& values, PreparedWay way) {
  const std::vector<double> means = Differences(runs, values, way, way, 0);
  return {Quantile(means, 0.5), Quantile(means, 0.25), Quantile(means, 0.75)};
}

std::optional<double> WorstRatio(const PreparedRuns& runs) {
  std::optional<double> worst;
  for (std::size_t value = 0; value < static_cast<std::size_t>(runs.values); ++value) {
    const double base = Quantile(Differences(runs, {value}, PreparedWay::kCustom, PreparedWay::kCustom, 0), 0.5);
    const double generic = Quantile(Differences(runs, {value}, PreparedWay::kGeneric, PreparedWay::kGeneric, 0), 0.5);
    if (base > 0) worst = std::max(worst.value_or(0), generic / base);
  }
  return worst;
}

bool WantsGeneric(const model::PreparedSuggestion& suggestion) {
  const PreparedAction plan = suggestion.action == PreparedAction::kParameterize ? suggestion.then : suggestion.action;
  return plan == PreparedAction::kPrepare;
}

// Against what the saving is predicted, and what is suggested.
std::pair<PreparedWay, PreparedWay> Compared(const model::PreparedSuggestion& suggestion) {
  if (suggestion.action == PreparedAction::kStopPreparing) return {PreparedWay::kGeneric, PreparedWay::kCustom};
  if (!WantsGeneric(suggestion)) return {PreparedWay::kSimple, PreparedWay::kCustom};
  return {suggestion.planning_only ? PreparedWay::kCustom : PreparedWay::kSimple, PreparedWay::kGeneric};
}

// Whether the generic plan takes more than `times` as long for some value: 1 it does, -1 it does not, 0 that is not decided.
int IsSlow(const PreparedRuns& runs, double times) {
  int slow = -1;
  for (std::size_t value = 0; value < static_cast<std::size_t>(runs.values); ++value) {
    const Interval longer = IntervalOf(Differences(runs, {value}, PreparedWay::kGeneric, PreparedWay::kCustom, times));
    if (longer.low > 0) return 1;
    if (longer.high > 0) slow = 0;
  }
  return slow;
}

// "verified", "rejected" or, where that is not decided, nothing.
std::string StatusOf(const PreparedRuns& runs, const PreparedOptions& options, model::PreparedSuggestion& suggestion) {
  const auto reject = [&](const std::string& because) {
    suggestion.rejected_because = because;
    return std::string("rejected");
  };
  const PreparedMeasurement& measured = *suggestion.measured;
  if (suggestion.action == PreparedAction::kStopPreparing) {
    const int slow = IsSlow(runs, kStillQuick);
    if (slow < 0) return reject("the generic plan was as quick with all values that were tried");
    return slow > 0 ? "verified" : "";
  }
  const int slow = WantsGeneric(suggestion) ? IsSlow(runs, options.worst_ratio) : -1;
  if (slow > 0) return reject(fmt::format("with a value the generic plan took {:.2g} times as long as a plan made for it", measured.worst_ratio.value_or(0)));
  if (measured.saved <= 0 && measured.saved_high <= 0) return reject("it saves nothing");
  return slow < 0 && measured.saved > 0 && measured.saved_low > 0 ? "verified" : "";
}

}  // namespace

PreparedMeasurement Summarize(const PreparedRuns& runs, const model::PreparedSuggestion& suggestion) {
  PreparedMeasurement measured;
  measured.rounds = static_cast<int>(runs.rounds.size());
  measured.values = runs.values;
  measured.error = runs.error;
  if (!measured.error.empty()) return measured;
  if (measured.rounds < kEnoughRounds) {
    measured.error = "it takes too long: give more time with --measure-time";
    return measured;
  }
  const std::vector<std::size_t> typical = TypicalOf(runs);
  measured.simple = WayOf(runs, typical, PreparedWay::kSimple);
  measured.custom = WayOf(runs, typical, PreparedWay::kCustom);
  measured.generic = WayOf(runs, typical, PreparedWay::kGeneric);
  const auto [before, after] = Compared(suggestion);
  std::vector<double> saved;
  for (const std::size_t value : typical) saved.push_back(Quantile(Differences(runs, {value}, before, after), 0.5));
  const Interval interval = IntervalOf(Differences(runs, typical, before, after));
  measured.saved = Mean(saved);
  measured.saved_low = interval.low;
  measured.saved_high = interval.high;
  measured.worst_ratio = WorstRatio(runs);
  return measured;
}

void Judge(const PreparedRuns& runs, const PreparedOptions& options, model::PreparedSuggestion& suggestion) {
  suggestion.measured = Summarize(runs, suggestion);
  if (!suggestion.measured->error.empty()) return;
  const std::string status = StatusOf(runs, options, suggestion);
  suggestion.measured->decided = !status.empty();
  if (!status.empty() && !suggestion.mute) suggestion.status = status;
}

}  // namespace steward::advise
