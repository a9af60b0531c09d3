// What --verify measured, as a part of the reports of index advice. Pure.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "model/suggestion.hpp"

namespace steward::report {

/// The section of the text report: totals, what was rejected and why, predicted against measured. Empty without one.
std::string VerificationText(const model::IndexAdvice& advice);

/// "12.1 -> 3.4 ms a call, built 4.2 MB": of one suggestion; empty when it was not measured.
std::string MeasuredText(const model::IndexSuggestion& suggestion);

nlohmann::ordered_json VerificationJson(const model::Verification& verification);

}  // namespace steward::report
