// See slo.hpp.
#include "load/slo.hpp"

#include <fmt/format.h>

namespace steward::load {

namespace {

double Share(std::uint64_t count, const model::LoadClassResult& result) {
  return result.requests == 0 ? 0 : static_cast<double>(count) / static_cast<double>(result.requests);
}

}  // namespace

std::vector<std::string> Missed(const model::LoadClassResult& result) {
  std::vector<std::string> missed;
  const model::LoadSlo& slo = result.slo;
  if (result.requests == 0) return {"no request was due in the window"};
  if (result.succeeded == 0 && result.unfinished == 0) missed.push_back("no request succeeded");
  if (result.response.p95_ms >= slo.p95_ms)
    missed.push_back(fmt::format("P95 {:.1f} ms, to be below {:.4g} ms", result.response.p95_ms, slo.p95_ms));
  const auto ratio = [&](const char* name, double value, double limit) {
    if (value >= limit && value > 0)
      missed.push_back(fmt::format("{} {:.1f} %, to be below {:.4g} %", name, 100 * value, 100 * limit));
  };
  ratio("timeouts", Share(result.acquire_timeouts + result.query_timeouts, result), slo.timeout_ratio);
  ratio("errors", Share(result.failed, result), slo.error_ratio);
  if (result.pool) ratio("utilization of the pool", result.pool->utilization(), slo.utilization);
  return missed;
}

std::vector<std::string> Undecided(const model::LoadClassResult& result) {
  std::vector<std::string> undecided;
  if (result.unfinished == 0 || !Missed(result).empty()) return undecided;
  if (result.succeeded == 0) undecided.push_back("no request has ended yet");
  if (result.response.at_least)
    undecided.push_back(
        fmt::format("P95 at least {:.1f} ms, to be below {:.4g} ms", result.response.p95_ms, result.slo.p95_ms));
  const auto ratio = [&](const char* name, std::uint64_t count, double limit) {
    const double most = Share(count + result.unfinished, result);
    if (most >= limit)
      undecided.push_back(fmt::format("{} {:.1f} to {:.1f} %, to be below {:.4g} %", name, 100 * Share(count, result),
                                      100 * most, 100 * limit));
  };
  ratio("timeouts", result.acquire_timeouts + result.query_timeouts, result.slo.timeout_ratio);
  ratio("errors", result.failed, result.slo.error_ratio);
  return undecided;
}

}  // namespace steward::load
