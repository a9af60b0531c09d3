// What every kind of suggestion has: how sure it is, and what the database remembers of it.
#pragma once

#include <optional>
#include <string>

namespace steward::model {

enum class Confidence { kHigh, kMedium, kLow };

inline const char* Word(Confidence confidence) {
  constexpr const char* kWords[] = {"high", "medium", "low"};
  return kWords[static_cast<int>(confidence)];
}

/// Somebody does not want to see a suggestion.
struct Mute {
  std::string reason;  // may be empty
  std::string by;
  double at = 0;
  std::optional<double> until;  // none: for good
};

}  // namespace steward::model
