// What a search for a pool's size found, as text for people and JSON for programs. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "model/calibration.hpp"

namespace steward::report {

struct CalibrationContext {
  std::string host;
  std::string port;
  int most = 0;  // the largest size that was allowed
  double probe_s = 0;
  std::uint64_t seed = 0;
};

std::string CalibrationText(const model::CalibrationResult& result, const CalibrationContext& context);
std::string CalibrationJson(const model::CalibrationResult& result, const CalibrationContext& context);

}  // namespace steward::report
