// The rules of `pool lint`, as data: number, name, and a pure function over the facts. The rules 1 to 34 are those of a study
// of pools in practice; from 35 on they are about the file itself. The functions stand in rules_*.cpp by theme.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/lint_report.hpp"
#include "pgbouncer/facts.hpp"

namespace steward::pgbouncer {

/// Where a rule puts what it finds.
class Findings {
 public:
  using Evidence = std::vector<std::pair<std::string, std::string>>;

  Findings(int rule, const char* name, model::LintReport& report) : rule_(rule), name_(name), report_(&report) {}
  void Add(model::LintSeverity severity, const std::string& object, const std::string& message, Evidence evidence,
           const std::string& fix);
  /// The rule, or a part of it, cannot be checked without `what`. Shown where the rule found nothing.
  void Needs(const std::string& what);

 private:
  int rule_;
  const char* name_;
  model::LintReport* report_;
};

struct Rule {
  int number;
  const char* name;
  void (*check)(const Facts& facts, Findings& findings);
};

const std::vector<Rule>& AllRules();

/// Runs all rules; sources and warnings are left to the caller.
model::LintReport CheckAll(const Facts& facts);

// What rules need that was not given, for people.
inline constexpr const char* kNeedsPooler = "pgbouncer.ini (--ini) or its console (--console)";
inline constexpr const char* kNeedsServer = "a connection to the server (-h, -d)";
inline constexpr const char* kNeedsApp = "the application's pools (--app)";
inline constexpr const char* kNeedsProcess = "the running process (--pid, or a pidfile that can be read)";

// By theme, each in its file.
std::vector<Rule> BudgetRules();
std::vector<Rule> ClientRules();
std::vector<Rule> TimeoutRules();
std::vector<Rule> SessionRules();
std::vector<Rule> LoadRules();
std::vector<Rule> FileRules();

}  // namespace steward::pgbouncer
