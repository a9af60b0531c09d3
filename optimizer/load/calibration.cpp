// See calibration.hpp.
#include "load/calibration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace steward::load {

namespace {

constexpr double kHarm = 0.10;       // more timeouts than with the original size by this share of requests
constexpr int kMostDisturbed = 2;    // probes of a size in a row; the next one counts, whatever it was like
constexpr int kPatience = 4;         // disturbed probes that are repeated, and one more for every two that count
constexpr double kFineEnough = 1.3;  // neighbours closer than this are not told apart any further
constexpr int kFewProbes = 2;        // of a size: less decides nothing of it

}  // namespace

Calibration::Calibration(const CalibrationOptions& options) : options_(options), random_(options.seed) {
  const int original = std::clamp(options_.original, options_.least, options_.most);
  for (const double factor : {0.25, 0.5, 1.0, 2.0, 4.0}) AddSize(static_cast<int>(std::lround(original * factor)));
  BeginRound();
}

void Calibration::AddSize(int size) {
  sizes_.try_emplace(std::clamp(size, options_.least, options_.most));
}

void Calibration::BeginRound() {
  order_.clear();
  for (const auto& [size, state] : sizes_)
    if (!state.given_up) order_.push_back(size);
  for (std::size_t i = order_.size(); i > 1; --i)
    std::swap(order_[i - 1], order_[static_cast<std::size_t>(random_.Between(0, static_cast<std::int64_t>(i) - 1))]);
}

std::optional<int> Calibration::Next() {
  if (over_ || order_.empty()) return std::nullopt;
  return order_.back();
}

void Calibration::Add(const Probe& probe) {
  ++probes_;
  // A machine that is never quiet must not make the search endless.
  const bool patient = discarded_ < kPatience + (probes_ - discarded_) / 2;
  if (probe.disturbed && patient && ++discarded_now_ <= kMostDisturbed) {
    ++discarded_;
    return;
  }
  discarded_now_ = 0;
  Size& size = sizes_[probe.size];
  size.probes[round_] = probe;
  const auto original = sizes_.find(std::clamp(options_.original, options_.least, options_.most));
  const bool known = original != sizes_.end() && !original->second.probes.empty() && original->first != probe.size;
  if (known && probe.timeout_ratio > original->second.probes.rbegin()->second.timeout_ratio + kHarm)
    size.harmful = size.given_up = true;
  order_.erase(std::remove(order_.begin(), order_.end(), probe.size), order_.end());
  if (order_.empty()) EndRound();
}

RoundFit Calibration::Fit() const {
  std::vector<Observation> observations;
  for (const auto& [size, state] : sizes_)
    for (const auto& [round, probe] : state.probes)
      observations.push_back({size, round, probe.throughput, !state.given_up});
  return RoundFit(observations);
}

// Of sizes that were given up none can be it. Of few probes one is more easily high by chance: the larger its standard
// error, the less a size counts.
int Calibration::Best(const RoundFit& fit) const {
  int best = 0;
  double most = -1;
  for (const auto& [size, state] : sizes_) {
    if (state.given_up || state.probes.empty()) continue;
    const double error = fit.Error(size);
    const double level = fit.Level(size) / (std::isfinite(error) ? 1 + error : 1);
    if (level > most) {
      most = level;
      best = size;
    }
  }
  return best;
}

model::CalibratedSize Calibration::Summary(int size, int best, const RoundFit& fit) const {
  const Size& state = sizes_.at(size);
  model::CalibratedSize summary;
  summary.size = size;
  summary.harmful = state.harmful;
  summary.throughput = fit.Level(size);
  int kept = 0;
  for (const auto& [round, probe] : state.probes) {
    const double n = ++summary.probes;
    summary.p95_ms += (probe.p95_ms - summary.p95_ms) / n;
    summary.timeout_ratio += (probe.timeout_ratio - summary.timeout_ratio) / n;
    kept += probe.slo_kept ? 1 : 0;
  }
  const Interval interval = fit.Ratio(size, best);
  summary.ratio = interval.mean;
  summary.ratio_low = interval.low;
  summary.ratio_high = interval.high;
  summary.slo_kept = 2 * kept > summary.probes;
  return summary;
}

// Whether it is within the margin, or is not, for sure.
bool Calibration::Decided(const model::CalibratedSize& size) const {
  const double limit = 1 - options_.margin;
  return size.ratio_low >= limit || size.ratio_high < limit;
}

void Calibration::EndRound() {
  ++round_;
  const RoundFit fit = Fit();
  const int best = Best(fit);
  if (best == 0 || round_ >= static_cast<std::size_t>(options_.rounds)) {
    over_ = true;
    return;
  }
  const std::size_t before = sizes_.size();
  Extend(fit);
  if (round_ >= static_cast<std::size_t>(options_.least_rounds)) Refine(fit);
  bool open = sizes_.size() > before;
  if (round_ >= static_cast<std::size_t>(options_.least_rounds)) {
    bool enough = false;  // a smaller size will do: larger ones need not be known better
    for (auto& [size, state] : sizes_) {
      if (state.probes.empty()) {
        open = true;
        continue;
      }
      const model::CalibratedSize summary = Summary(size, best, fit);
      const bool known = summary.probes >= kFewProbes;
      if (known && summary.ratio_high < 1 - options_.margin) state.given_up = true;
      if (!enough && !state.given_up && !(known && Decided(summary))) open = true;
      if (!state.given_up && known && summary.ratio_low >= 1 - options_.margin && summary.slo_kept) enough = true;
    }
  } else {
    open = true;
  }
  over_ = !open;
  if (!over_) BeginRound();
}

// The best at an end of the grid: it may lie beyond.
void Calibration::Extend(const RoundFit& fit) {
  const int best = Best(fit);
  const int largest = sizes_.rbegin()->first;
  const int smallest = sizes_.begin()->first;
  if (largest < options_.most && !sizes_.at(largest).probes.empty() && !sizes_.at(largest).given_up && sizes_.size() >= 2) {
    const int next = std::prev(sizes_.end(), 2)->first;
    const bool grows = best == largest && fit.Level(largest) > fit.Level(next) * (1 + options_.margin);
    const model::CalibratedSize summary = Summary(largest, best, fit);
    if (grows || (!summary.slo_kept && summary.ratio_high >= 1 - options_.margin)) AddSize(2 * largest);
  }
  if (smallest > options_.least && !sizes_.at(smallest).probes.empty() && best == smallest) AddSize(smallest / 2);
}

void Calibration::Refine(const RoundFit& fit) {
  const int best = Best(fit);
  int fails = 0;
  for (const auto& [size, state] : sizes_) {
    if (state.probes.empty()) return;  // not yet looked at
    const model::CalibratedSize summary = Summary(size, best, fit);
    const bool good = summary.ratio >= 1 - options_.margin && summary.slo_kept && !state.given_up;
    if (!good) {
      fails = size;
      continue;
    }
    if (fails > 0 && size > fails * kFineEnough && size - fails > 1)
      AddSize(static_cast<int>(std::lround(std::sqrt(static_cast<double>(fails) * size))));
    return;
  }
}

// Of the sizes that keep the SLO: whether all smaller ones are out of the question and no larger one can be better by
// more than the margin.
bool Calibration::Proven(const model::CalibrationResult& result, const RoundFit& fit) const {
  const double limit = 1 - options_.margin;
  return result.slo_feasible && fit.Level(result.chosen) > 0 &&
         std::all_of(result.sizes.begin(), result.sizes.end(), [&](const model::CalibratedSize& size) {
           if (size.harmful || !size.slo_kept || size.size == result.chosen) return true;
           if (size.size < result.chosen) return size.ratio_high < limit;
           return fit.Ratio(result.chosen, size.size).low >= limit;
         });
}

model::CalibrationResult Calibration::Result() const {
  model::CalibrationResult result;
  result.original = options_.original;
  result.probes = probes_;
  result.discarded = discarded_;
  const RoundFit fit = Fit();
  const int best = Best(fit);
  if (best == 0) {
    result.chosen = options_.original;
    result.why = probes_ == discarded_ ? "what is set: no probe counted"
                                       : "what is set: of no size that was tried can more be said";
    return result;
  }
  for (const auto& [size, state] : sizes_)
    if (!state.probes.empty()) result.sizes.push_back(Summary(size, best, fit));
  for (const auto& size : result.sizes) result.slo_feasible = result.slo_feasible || (size.slo_kept && !size.harmful);
  const auto pick = [&](auto good) {
    for (const auto& size : result.sizes)
      if (result.chosen == 0 && !size.harmful && (size.slo_kept || !result.slo_feasible) && good(size))
        result.chosen = size.size;
    return result.chosen != 0;
  };
  const double limit = 1 - options_.margin;
  const auto in_question = [&](const auto& size) { return !sizes_.at(size.size).given_up; };
  const auto sure = [&](const auto& size) { return size.ratio_low >= limit && size.probes >= kFewProbes; };
  const bool within = pick([&](const auto& size) { return in_question(size) && sure(size); }) ||
                      pick([&](const auto& size) { return in_question(size) && size.ratio >= limit; });
  if (!within) pick([](const auto&) { return true; });
  result.proven = Proven(result, fit);
  if (within)
    result.why = fmt::format("the smallest size whose throughput is {}within {:.0f} % of the best ({})",
                             result.proven ? "" : "probably ", 100 * options_.margin, best);
  else
    result.why = fmt::format("the smallest size, though {} serves more,", best);
  result.why += result.slo_feasible ? " and that keeps the promises" : "; no size that was tried keeps the promises";
  return result;
}

}  // namespace steward::load
