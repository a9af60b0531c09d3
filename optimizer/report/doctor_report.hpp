// The findings of `doctor` as text and JSON. Finding them is cli/diagnose.
#pragma once

#include <string>
#include <vector>

namespace steward::report {

enum class CheckStatus { kOk, kWarning, kFailed };

struct Check {
  CheckStatus status = CheckStatus::kOk;
  std::string name;
  std::string message;
  std::vector<std::string> fixes;  // what to run or to do, one step a line
};

/// One line a check, its fixes under it, and a closing count.
std::string DoctorText(const std::vector<Check>& checks);

/// {"schema_version": 1, "checks": [...], "failed": n, "warnings": n}
std::string DoctorJson(const std::vector<Check>& checks);

bool AnyFailed(const std::vector<Check>& checks);

}  // namespace steward::report
