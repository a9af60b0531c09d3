// The search for a pool's size by short probes: which size to try next, and what was found. Pure; who changes the
// pooler and drives the load is the caller's business.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "load/random.hpp"
#include "load/round_fit.hpp"
#include "model/calibration.hpp"

namespace steward::load {

/// What one probe measured.
struct Probe {
  int size = 0;
  double throughput = 0;
  double p95_ms = 0;
  double timeout_ratio = 0;
  bool slo_kept = false;
  bool disturbed = false;  // others used the machine: it does not count
};

struct CalibrationOptions {
  int original = 20;
  int least = 1;
  int most = 100;
  int rounds = 6;        // at most, over all sizes
  int least_rounds = 3;  // before anything is decided
  double margin = 0.05;  // of the best throughput that may be given up for a smaller pool
  std::uint64_t seed = 0;
};

/// Sizes lie on a geometric grid around the original one; each round probes those still in question once, in random
/// order, so that what drifts meets all alike; see RoundFit for how they are compared. A size that is worse than the
/// margin for sure is given up; where the best lies at an end of the grid it grows there, and between the smallest size that
/// will do and the largest that will not it is refined.
class Calibration {
 public:
  explicit Calibration(const CalibrationOptions& options);

  /// The size to probe next; none: the search is over.
  std::optional<int> Next();
  void Add(const Probe& probe);
  model::CalibrationResult Result() const;
  int rounds_done() const { return static_cast<int>(round_); }

 private:
  struct Size {
    std::map<std::size_t, Probe> probes;  // by round
    bool given_up = false;
    bool harmful = false;
  };

  void BeginRound();
  void EndRound();
  void Extend(const RoundFit& fit);
  void Refine(const RoundFit& fit);
  void AddSize(int size);
  RoundFit Fit() const;
  int Best(const RoundFit& fit) const;
  model::CalibratedSize Summary(int size, int best, const RoundFit& fit) const;
  bool Decided(const model::CalibratedSize& size) const;
  bool Proven(const model::CalibrationResult& result, const RoundFit& fit) const;

  CalibrationOptions options_;
  Random random_;
  std::map<int, Size> sizes_;
  std::vector<int> order_;  // of the round, what is left of it
  std::size_t round_ = 0;
  int discarded_ = 0;
  int discarded_now_ = 0;  // of the same size in a row
  int probes_ = 0;
  bool over_ = false;
};

}  // namespace steward::load
