// See slo.hpp.
#include "load/slo.hpp"

#include <fmt/format.h>

namespace steward::load {

std::vector<std::string> Missed(const model::LoadClassResult& result) {
  std::vector<std::string> missed;
  const model::LoadSlo& slo = result.slo;
  if (result.requests == 0) return {"no request was due in the window"};
  if (result.response.count == 0)
    missed.push_back("no request was answered");
  else if (result.response.p95_ms >= slo.p95_ms)
    missed.push_back(fmt::format("P95 {:.1f} ms, to be below {:.4g} ms", result.response.p95_ms, slo.p95_ms));
  const auto ratio = [&](const char* name, double value, double limit) {
    if (value >= limit && value > 0)
      missed.push_back(fmt::format("{} {:.1f} %, to be below {:.4g} %", name, 100 * value, 100 * limit));
  };
  ratio("timeouts", result.timeout_ratio(), slo.timeout_ratio);
  ratio("errors", result.error_ratio(), slo.error_ratio);
  if (result.pool) ratio("utilization of the pool", result.pool->utilization(), slo.utilization);
  return missed;
}

}  // namespace steward::load
