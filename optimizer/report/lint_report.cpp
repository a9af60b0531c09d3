// See lint_report.hpp.
#include "report/lint_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "report/terminal_text.hpp"

namespace steward::report {

namespace {

constexpr std::size_t kIndent = 11;
constexpr std::size_t kColumns = 110;

// Broken at any space: unlike statements, these sentences may hold a lone apostrophe.
std::string Folded(const std::string& text, std::size_t indent) {
  std::string folded;
  std::size_t column = indent;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    const std::size_t width = Width(word);
    if (column > indent && column + 1 + width > kColumns) {
      folded += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (at > 0) {
      folded += ' ';
      ++column;
    }
    folded += word;
    column += width;
    at = end + 1;
  }
  return folded;
}

long Number(const model::LintReport& report, model::LintSeverity severity) {
  return std::count_if(report.findings.begin(), report.findings.end(),
                       [&](const model::LintFinding& finding) { return finding.severity == severity; });
}

const char* Word(model::LintSeverity severity) {
  return severity == model::LintSeverity::kError ? "error" : severity == model::LintSeverity::kWarning ? "warn" : "info";
}

const char* Label(model::LintSeverity severity) {
  return severity == model::LintSeverity::kError ? "ERROR" : Word(severity);
}

std::string Plural(long number, const char* word) {
  return fmt::format("{} {}{}", number, word, number == 1 ? "" : "s");
}

std::string FindingText(const model::LintFinding& finding) {
  std::string text = fmt::format("{:<6}{:>3}  {}: {}\n", Label(finding.severity), finding.rule, finding.name, Printable(finding.object));
  std::string evidence;
  for (const auto& [name, value] : finding.evidence)
    evidence += fmt::format("{}{} {}", evidence.empty() ? "" : ", ", Printable(name), Printable(value));
  const auto line = [](const char* lead, const std::string& what) {
    return fmt::format("{:>{}} {}\n", lead, kIndent - 1, Folded(what, kIndent));
  };
  text += line("", Printable(finding.message));
  if (!evidence.empty()) text += line("evidence", evidence);
  if (!finding.fix.empty()) text += line("fix", Printable(finding.fix));
  return text;
}

}  // namespace

bool AnyError(const model::LintReport& report) {
  return Number(report, model::LintSeverity::kError) > 0;
}

std::string LintText(const model::LintReport& report) {
  std::string text;
  for (const auto& [kind, name] : report.sources) text += fmt::format("{:<12} {}\n", kind, Printable(name));
  for (const std::string& warning : report.warnings) text += fmt::format("{:<12} {}\n", "note", Folded(Printable(warning), 13));
  text += "\n";
  for (const model::LintFinding& finding : report.findings) text += FindingText(finding);
  if (report.findings.empty()) text += "nothing found\n";
  if (!report.unchecked.empty()) {
    text += fmt::format("\nnot checked ({}), for want of\n", report.unchecked.size());
    std::vector<std::pair<std::string, std::string>> by_need;  // and the rules' numbers
    for (const model::LintUnchecked& one : report.unchecked) {
      auto at = std::find_if(by_need.begin(), by_need.end(), [&](const auto& need) { return need.first == one.needs; });
      if (at == by_need.end()) at = by_need.insert(at, {one.needs, ""});
      at->second += fmt::format(" {}", one.rule);
    }
    for (const auto& [need, rules] : by_need) text += fmt::format("  {}\n", Folded(Printable(need) + ":" + rules, 4));
  }
  return text + fmt::format("\n{}, {}, {}; {} of {} rules checked\n", Plural(Number(report, model::LintSeverity::kError), "error"),
                            Plural(Number(report, model::LintSeverity::kWarning), "warning"),
                            Plural(Number(report, model::LintSeverity::kInfo), "remark"),
                            report.rules - static_cast<int>(report.unchecked.size()), report.rules);
}

std::string LintJson(const model::LintReport& report) {
  using Json = nlohmann::ordered_json;
  Json sources = Json::object();
  for (const auto& [kind, name] : report.sources) sources[kind] = name;
  Json findings = Json::array();
  for (const model::LintFinding& finding : report.findings) {
    Json evidence = Json::object();
    for (const auto& [name, value] : finding.evidence) evidence[name] = value;
    findings.push_back({{"rule", finding.rule}, {"name", finding.name}, {"severity", Word(finding.severity)}, {"object", finding.object},
                        {"message", finding.message}, {"evidence", evidence}, {"fix", finding.fix}});
  }
  Json unchecked = Json::array();
  for (const model::LintUnchecked& one : report.unchecked)
    unchecked.push_back({{"rule", one.rule}, {"name", one.name}, {"needs", one.needs}});
  const Json document = {{"schema_version", 1},
                         {"sources", sources},
                         {"notes", report.warnings},
                         {"findings", findings},
                         {"not_checked", unchecked},
                         {"counts",
                          {{"error", Number(report, model::LintSeverity::kError)},
                           {"warn", Number(report, model::LintSeverity::kWarning)},
                           {"info", Number(report, model::LintSeverity::kInfo)},
                           {"rules", report.rules},
                           {"not_checked", report.unchecked.size()}}}};
  return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace steward::report
