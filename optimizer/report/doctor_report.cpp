// See doctor_report.hpp.
#include "report/doctor_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "report/terminal_text.hpp"

namespace steward::report {

namespace {

long Number(const std::vector<Check>& checks, CheckStatus status) {
  return std::count_if(checks.begin(), checks.end(), [&](const Check& check) { return check.status == status; });
}

const char* Label(CheckStatus status) {
  return status == CheckStatus::kOk ? "ok" : status == CheckStatus::kWarning ? "warn" : "FAIL";
}

}  // namespace

bool AnyFailed(const std::vector<Check>& checks) {
  return Number(checks, CheckStatus::kFailed) > 0;
}

std::string DoctorText(const std::vector<Check>& checks) {
  std::string text;
  for (const Check& check : checks) {
    text += fmt::format("{:<5} {:<11} {}\n", Label(check.status), check.name, Printable(check.message));
    const char* lead = "fix: ";
    for (const std::string& fix : check.fixes) {
      text += fmt::format("{:18}{}{}\n", "", lead, Printable(fix));
      lead = "     ";
    }
  }
  const long failed = Number(checks, CheckStatus::kFailed);
  const long warnings = Number(checks, CheckStatus::kWarning);
  if (failed + warnings == 0) return text + "all checks passed\n";
  return text + fmt::format("{} failed, {} warning{}\n", failed, warnings, warnings == 1 ? "" : "s");
}

std::string DoctorJson(const std::vector<Check>& checks) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Check& check : checks) {
    const char* status = check.status == CheckStatus::kOk        ? "ok"
                         : check.status == CheckStatus::kWarning ? "warn"
                                                                 : "fail";
    list.push_back({{"name", check.name}, {"status", status}, {"message", check.message}, {"fixes", check.fixes}});
  }
  const nlohmann::ordered_json document = {{"schema_version", 1},
                                           {"checks", list},
                                           {"failed", Number(checks, CheckStatus::kFailed)},
                                           {"warnings", Number(checks, CheckStatus::kWarning)}};
  return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace steward::report
