// See captured.hpp.
#include "load/captured.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <set>

#include "core/sql_lexer.hpp"

namespace steward::load {

namespace {

constexpr std::size_t kLongest = 60'000;  // bytes of a line; the file's reader takes 64 kB
constexpr double kLeast = 0.05;           // share of the calls that are transactions of their own: with less it is another load
constexpr double kWorthSaying = 0.001;    // share of the calls
constexpr int kLeastConnections = 10;     // so that bursts wait at the pooler
constexpr int kMostConnections = 100;

// The statements of one role: in all, what may be sent, and the rest by reason.
struct RoleWork {
  double begins = 0;
  double calls = 0;  // of what is a request or a part of one
  double kept = 0;
  std::vector<std::pair<std::string, double>> scripts;  // text, weight
  std::map<std::string, double> left_out;               // calls
};

template <typename Visit>
void ForEachToken(const std::string& text, Visit visit) {
  const core::SqlText sql{text.data(), static_cast<int>(text.size()), false};
  for (int at = 0; at < sql.length;) {
    const core::Token token = core::NextToken(sql, at);
    if (token.kind == core::TokenKind::kEnd || token.end <= at) return;
    at = token.end;
    visit(token.kind, text.substr(static_cast<std::size_t>(token.start), static_cast<std::size_t>(token.end - token.start)));
  }
}

std::string FirstWord(const std::string& query) {
  std::optional<std::string> first;
  ForEachToken(query, [&](core::TokenKind kind, const std::string& token) {
    if (!first && kind != core::TokenKind::kSpace) first = token;
  });
  std::string word = first.value_or("");
  for (char& c : word) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return word;
}

// Ends and parts of transactions, and what poolers send when a connection changes hands.
bool IsNoRequest(const std::string& word) {
  static const std::set<std::string> kWords = {"begin",   "start", "commit", "end",  "rollback", "abort",  "savepoint", "release",
                                               "prepare", "set",   "reset",  "show", "discard",  "listen", "unlisten",  "deallocate"};
  return kWords.count(word) > 0;
}

// What the file's reader gives back as it is.
bool FitsLine(const std::string& text) {
  constexpr const char* kSpace = " \t\v\f";
  return text.size() <= kLongest && text.find_first_of("\r\n") == std::string::npos &&
         (text.empty() || (text.find_first_of(kSpace) != 0 && text.find_last_of(kSpace) != text.size() - 1));
}

// The text on one line; none where a line break stands within a value, or where a script would see more in it than one
// statement without parameters of its own.
std::optional<std::string> ScriptOf(const std::string& text) {
  std::string line;
  ForEachToken(text, [&](core::TokenKind kind, const std::string& token) {
    if (kind != core::TokenKind::kSpace)
      line += token;
    else if (!line.empty())
      line += ' ';
  });
  while (!line.empty() && line.back() == ' ') line.pop_back();
  if (!FitsLine(line)) return std::nullopt;
  try {
    const Script script = ParseScript(line);
    if (script.statements.size() == 1 && script.ranges.empty() && script.statements.front().pause_s <= 0) return line;
  } catch (const PlanError&) {
    // It holds what looks like a parameter.
  }
  return std::nullopt;
}

void Add(const CapturedStatement& one, RoleWork& work) {
  const std::string word = FirstWord(one.query);
  if (word == "begin" || word == "start") work.begins += one.calls;
  if (IsNoRequest(word)) return;
  work.calls += one.calls;
  std::vector<std::string> lines;
  for (const std::string& text : one.texts)
    if (const auto line = ScriptOf(text)) lines.push_back(*line);
  if (lines.empty()) {
    work.left_out[one.texts.empty() ? one.left_out : "its text does not go into a script"] += one.calls;
    return;
  }
  work.kept += one.calls;
  for (std::string& line : lines) work.scripts.emplace_back(std::move(line), one.calls / static_cast<double>(lines.size()));
}

// Of `transactions` of a role those with one statement. Where BEGIN is not seen, each statement more than there are
// transactions is taken for the second one of some.
double LoneTransactions(const RoleWork& work, double transactions) {
  const double several = work.begins > 0 ? work.begins : std::max(0.0, work.calls - transactions);
  return std::max(0.0, transactions - several);
}

std::string NameOf(const CapturedClass& one, std::set<std::string>& names) {
  std::string name = one.application.empty() ? one.role : one.role + '/' + one.application;
  for (char& c : name)
    if (static_cast<unsigned char>(c) < ' ' || c == ']') c = '_';
  std::string unique = name;
  for (int i = 2; !names.insert(unique).second; ++i) unique = fmt::format("{} {}", name, i);
  return unique;
}

std::vector<Setting> SettingsOf(const CapturedLoad& captured, const CapturedClass& one, double rate, const RoleWork& work) {
  std::vector<Setting> settings = {{"database", captured.database}, {"user", one.role}};
  if (!one.application.empty()) settings.push_back({"application_name", one.application});
  settings.push_back({"rate", fmt::format("{:.6g}", rate)});
  settings.push_back({"app_pool", std::to_string(std::clamp(one.sessions, kLeastConnections, kMostConnections))});
  int number = 0;
  for (const auto& [text, weight] : work.scripts) {
    ++number;
    settings.push_back({fmt::format("sql_{}", number), text});
    settings.push_back({fmt::format("weight_{}", number), fmt::format("{:.6g}", weight)});
  }
  return settings;
}

// `several`: share of the calls that are in transactions of several statements.
LeftOut LeftOutOf(const std::string& name, const RoleWork& work, double several) {
  LeftOut left_out{name, work.scripts.empty() || 1 - several < kLeast, {}};
  if (work.calls <= 0) left_out.reasons.emplace_back("none of its statements is known", 1.0);
  if (several >= kWorthSaying) left_out.reasons.emplace_back("several statements a transaction", several);
  for (const auto& [reason, calls] : work.left_out)
    if (const double share = (1 - several) * calls / work.calls; share >= kWorthSaying) left_out.reasons.emplace_back(reason, share);
  std::stable_sort(left_out.reasons.begin(), left_out.reasons.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return left_out;
}

}  // namespace

CapturedPlan PlanCaptured(const CapturedLoad& captured) {
  std::map<std::string, RoleWork> roles;
  for (const CapturedStatement& one : captured.statements) Add(one, roles[one.role]);
  std::map<std::string, double> transactions;
  for (const CapturedClass& one : captured.classes) transactions[one.role] += one.transactions;
  CapturedPlan plan;
  std::set<std::string> names;
  for (const CapturedClass& one : captured.classes) {
    if (one.transactions <= 0 || captured.seconds <= 0) continue;
    const std::string name = NameOf(one, names);
    if (!FitsLine(captured.database) || !FitsLine(one.role) || !FitsLine(one.application)) {
      plan.left_out.push_back({name, true, {{"its names do not go into a file", 1.0}}});
      continue;
    }
    const RoleWork& work = roles[one.role];
    const double all = transactions[one.role];
    const double lone = LoneTransactions(work, all);
    const double several = work.calls > 0 ? std::max(0.0, 1 - lone / work.calls) : 0;
    const LeftOut left_out = LeftOutOf(name, work, several);
    if (left_out.whole || !left_out.reasons.empty()) plan.left_out.push_back(left_out);
    if (left_out.whole) continue;
    const double rate = one.transactions / captured.seconds * lone / all * work.kept / work.calls;
    plan.classes.push_back({name, SettingsOf(captured, one, rate, work)});
  }
  return plan;
}

std::string ToIni(const std::vector<ClassSettings>& classes) {
  std::string text =
      "; Classes as they were captured, for: pgsteward pool verify --load\n"
      "; A request is one statement. app_pool is what the server saw: behind a pooler, write what the application has.\n";
  for (const ClassSettings& one : classes) {
    text += fmt::format("\n[{}]\n", one.name);
    for (const Setting& setting : one.settings) text += fmt::format("{} = {}\n", setting.key, setting.value);
  }
  return text;
}

std::string ToText(const LeftOut& left_out) {
  double all = 0;
  std::string reasons;
  for (const auto& [reason, share] : left_out.reasons) {
    all += share;
    reasons += fmt::format("{}{} ({:.3g} %)", reasons.empty() ? "" : ", ", reason, 100 * share);
  }
  return left_out.whole ? fmt::format("class \"{}\" is left out: {}", left_out.name, reasons)
                        : fmt::format("{:.3g} % of the calls of class \"{}\" are left out: {}", 100 * all, left_out.name, reasons);
}

}  // namespace steward::load
