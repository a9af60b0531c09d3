// What `pool lint` found, as plain data: findings with their evidence and the line that mends each, and the rules that could
// not be checked.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace steward::model {

enum class LintSeverity { kError, kWarning, kInfo };

struct LintFinding {
  int rule = 0;
  std::string name;  // of the rule
  LintSeverity severity = LintSeverity::kWarning;
  std::string object;   // a pool, a setting, a class, ...
  std::string message;  // one sentence, lower case
  std::vector<std::pair<std::string, std::string>> evidence;  // what was compared: name and value
  std::string fix;      // the line to write or the command to run
};

struct LintUnchecked {
  int rule = 0;
  std::string name;
  std::string needs;  // what would have to be given
};

struct LintReport {
  std::vector<std::pair<std::string, std::string>> sources;  // what was read: kind and name
  std::vector<std::string> warnings;                         // about reading it
  std::vector<LintFinding> findings;                         // errors first, then by rule
  std::vector<LintUnchecked> unchecked;
  int rules = 0;
};

}  // namespace steward::model
