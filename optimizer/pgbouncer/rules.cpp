// See rules.hpp.
#include "pgbouncer/rules.hpp"

#include <algorithm>

namespace steward::pgbouncer {

void Findings::Add(model::LintSeverity severity, const std::string& object, const std::string& message, Evidence evidence,
                   const std::string& fix) {
  report_->findings.push_back({rule_, name_, severity, object, message, std::move(evidence), fix});
}

void Findings::Needs(const std::string& what) {
  for (model::LintUnchecked& one : report_->unchecked)
    if (one.rule == rule_) {
      if (one.needs.find(what) == std::string::npos) one.needs += "; " + what;
      return;
    }
  report_->unchecked.push_back({rule_, name_, what});
}

const std::vector<Rule>& AllRules() {
  static const std::vector<Rule> kRules = [] {
    std::vector<Rule> rules;
    for (const auto& theme : {BudgetRules(), ClientRules(), TimeoutRules(), SessionRules(), LoadRules(), FileRules()})
      rules.insert(rules.end(), theme.begin(), theme.end());
    std::sort(rules.begin(), rules.end(), [](const Rule& left, const Rule& right) { return left.number < right.number; });
    return rules;
  }();
  return kRules;
}

model::LintReport CheckAll(const Facts& facts) {
  model::LintReport report;
  for (const Rule& rule : AllRules()) {
    Findings findings(rule.number, rule.name, report);
    rule.check(facts, findings);
    ++report.rules;
  }
  const auto found = [&](const model::LintUnchecked& one) {
    return std::any_of(report.findings.begin(), report.findings.end(),
                       [&](const model::LintFinding& finding) { return finding.rule == one.rule; });
  };
  std::erase_if(report.unchecked, found);
  std::stable_sort(report.findings.begin(), report.findings.end(),
                   [](const model::LintFinding& left, const model::LintFinding& right) { return left.severity < right.severity; });
  return report;
}

}  // namespace steward::pgbouncer
