// Workload <-> JSON: snapshots, replay and golden tests. 64-bit ids are strings, because JSON numbers are doubles to
// many readers.
#pragma once

#include <stdexcept>
#include <string>

#include "model/workload.hpp"

namespace steward::collect {

/// A file that is no workload. The text names the line, or the place in the document.
class WorkloadFormatError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline constexpr int kWorkloadSchemaVersion = 1;

/// Ends with a line break. Invalid UTF-8 becomes U+FFFD.
std::string WorkloadToJson(const model::Workload& workload);

/// Throws WorkloadFormatError. Unknown keys are ignored; nesting deeper than 200 is refused.
model::Workload WorkloadFromJson(const std::string& text);

}  // namespace steward::collect
