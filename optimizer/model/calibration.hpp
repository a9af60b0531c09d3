// What a search for a pool's size found, as plain numbers.
#pragma once

#include <string>
#include <vector>

namespace steward::model {

/// One size of the pool, over the probes of it that counted. Throughput is that of a round of mean speed,
/// ratios are of it, to the best size's.
struct CalibratedSize {
  int size = 0;
  int probes = 0;
  double throughput = 0;
  double ratio = 0;
  double ratio_low = 0;  // 95 % interval
  double ratio_high = 0;
  double p95_ms = 0;           // the worst class's, mean over the probes
  double timeout_ratio = 0;    // mean over the probes
  bool slo_kept = false;       // in most of them
  bool harmful = false;        // given up at once: clients timed out that did not before
};

struct CalibrationResult {
  int original = 0;
  int chosen = 0;
  bool proven = false;        // it keeps the SLO, smaller ones are worse for sure, and larger ones not better by the margin
  bool slo_feasible = false;  // some size keeps it
  int probes = 0;
  int discarded = 0;        // because others used the machine, or the load was not what it was to be
  std::string why;          // in a sentence
  std::vector<CalibratedSize> sizes;  // smallest first
};

}  // namespace steward::model
