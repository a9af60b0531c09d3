// Rules about the file itself: what PgBouncer does not load, and what runs but does not stand in it.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "pgbouncer/rule_terms.hpp"
#include "pgbouncer/rules.hpp"

namespace steward::pgbouncer {

namespace {

using model::LintSeverity;

// Two spellings of one value: 4096 and 0x1000, 1 and 1.0, Session and session.
bool Same(SettingSpec::Kind kind, const std::string& left, const std::string& right) {
  if (left == right) return true;
  if (kind == SettingSpec::Kind::kText) return false;
  if (kind == SettingSpec::Kind::kNumber) return ParseNumber(left) && ParseNumber(left) == ParseNumber(right);
  if (kind == SettingSpec::Kind::kSeconds) {
    const auto value = [](const std::string& text) {
      double seconds = -1;
      std::from_chars(text.data(), text.data() + text.size(), seconds);
      return seconds;
    };
    return value(left) == value(right);
  }
  return left.size() == right.size() && std::equal(left.begin(), left.end(), right.begin(), [](unsigned char a, unsigned char b) {
           return std::tolower(a) == std::tolower(b);
         });
}

// 32
void RuntimeDiffers(const Facts& facts, Findings& findings) {
  if (!facts.file) findings.Needs("pgbouncer.ini (--ini)");
  if (!facts.console) findings.Needs("its console (--console)");
  if (!facts.file || !facts.console) return;
  if (!facts.other_file.empty()) return findings.Needs("the file that this process reads: --ini " + facts.other_file);
  // Of the command line, or of the process and not of the file.
  constexpr const char* kNotOfTheFile[] = {"conffile", "user", "verbose", "job_name"};
  for (const auto& [name, live] : facts.console->config) {
    const SettingSpec* spec = FindSetting(name);
    if (spec == nullptr || std::find(std::begin(kNotOfTheFile), std::end(kNotOfTheFile), name) != std::end(kNotOfTheFile)) continue;
    const auto in_file = facts.file->settings.find(name);
    if (in_file == facts.file->settings.end() && !live.fallback) continue;
    const std::string& next = in_file == facts.file->settings.end() ? *live.fallback : in_file->second.value;
    if (Same(spec->kind, live.value, next)) continue;
    const bool text = spec->kind == SettingSpec::Kind::kText;  // may hold names, paths or a query: not shown
    findings.Add(LintSeverity::kWarning, name,
                 live.changeable ? "a value set at run time stands not in the file: the next RELOAD undoes it"
                                 : "the file says something else than what runs: it takes a restart",
                 {{"running", text ? "another text" : live.value}, {in_file == facts.file->settings.end() ? "default" : "file", text ? "not shown" : next},
                  {"set in", SettingOrigin(facts, name)}},
                 text ? fmt::format("{} = ...   (as SHOW CONFIG has it), or RELOAD", name) : fmt::format("{} = {}", name, live.value));
  }
}

template <FileProblem::Kind kind>
void Problems(const Facts& facts, Findings& findings) {
  if (!facts.file) return findings.Needs("pgbouncer.ini (--ini)");
  for (const FileProblem& problem : facts.file->problems) {
    if (problem.kind != kind) continue;
    const bool loads = kind == FileProblem::Kind::kCutOff || kind == FileProblem::Kind::kRepeatedSection;
    const char* fix = kind == FileProblem::Kind::kCutOff            ? "compare it with its backup, and end the last line"
                      : kind == FileProblem::Kind::kRepeatedSection ? "move all settings into one [pgbouncer]"
                                                                    : "mend or remove the line";
    findings.Add(loads ? LintSeverity::kWarning : LintSeverity::kError, problem.name,
                 loads ? problem.message : problem.message + ": PgBouncer does not load the file",
                 {{"line", ToText(problem.place)}}, fix);
  }
}

}  // namespace

std::vector<Rule> FileRules() {
  return {{32, "runtime-differs", RuntimeDiffers},
          {35, "unknown-setting", Problems<FileProblem::Kind::kUnknownName>},
          {36, "invalid-value", Problems<FileProblem::Kind::kInvalidValue>},
          {37, "cut-off", Problems<FileProblem::Kind::kCutOff>},
          {38, "repeated-section", Problems<FileProblem::Kind::kRepeatedSection>}};
}

}  // namespace steward::pgbouncer
