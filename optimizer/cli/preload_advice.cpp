// See preload_advice.hpp.
#include "cli/preload_advice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "report/terminal_text.hpp"

namespace steward::cli {

namespace {

using collect::ServerFacts;
using report::Check;
using report::CheckStatus;

// As the server splits such a list: names between commas, white space round them dropped, double quotes as in SQL.
std::vector<std::string> SplitList(const std::string& list) {
  std::vector<std::string> names;
  std::string name;
  bool quoted = false;
  const std::string text = list + ",";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '"' && text[i + 1] == '"') {
      name += c;
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      if (!name.empty()) names.push_back(name);
      name.clear();
    } else if (quoted || (c != ' ' && c != '\t' && c != '\n' && c != '\r')) {
      name += c;
    }
  }
  return names;
}

bool Plain(const std::string& name) {
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }) &&
         !(name.front() >= '0' && name.front() <= '9');
}

// `quote` round the text, each one in it replaced by `escaped`.
std::string Quoted(const std::string& text, char quote, const char* escaped) {
  std::string quoted(1, quote);
  for (const char c : text) quoted += c == quote ? std::string(escaped) : std::string(1, c);
  return quoted + quote;
}

std::string JoinLibraries(const std::vector<std::string>& names) {
  std::string joined;
  for (const std::string& name : names)
    joined += (joined.empty() ? "" : ", ") + (Plain(name) ? name : Quoted(name, '\'', "''"));
  return joined;
}

// As an argument of the server's command, for a shell.
std::string ServerArgument(const std::vector<std::string>& names) {
  std::string joined;
  for (const std::string& name : names)
    joined += (joined.empty() ? "" : ",") + (Plain(name) ? name : Quoted(name, '"', "\"\""));
  return "-c shared_preload_libraries=" + Quoted(joined, '\'', "'\\''");
}

// The list that the next start will use, as far as this role can see.
std::string BaseList(const ServerFacts& facts) {
  return facts.preload_next.value_or(facts.preload.value_or(""));
}

// Where that list is set, as far as this role can see.
std::string Origin(const ServerFacts& facts) {
  if (facts.preload_on_command_line) return ", given on the server's command line";
  if (facts.preload_file.empty()) return "";
  return fmt::format(", set in {} line {}", facts.preload_file, facts.preload_line);
}

std::string MemoryNote(const ServerFacts& facts) {
  const std::int64_t bytes = EstimatedSharedMemory(facts.max_backends);
  std::string note = fmt::format("adds about {} of shared memory", report::Size(bytes));
  if (facts.huge_page_size > 0)
    note += fmt::format(" ({} huge pages{})", (bytes + facts.huge_page_size - 1) / facts.huge_page_size,
                        facts.huge_pages == "on" ? ": raise vm.nr_hugepages first" : "");
  return note;
}

// The command line wins over every file, so that ALTER SYSTEM would do nothing.
void FixCommandLine(const ServerFacts& facts, std::vector<std::string>& fixes) {
  std::vector<std::string> names = SplitList(facts.preload.value_or(""));
  const std::string undo = ServerArgument(names);
  names.emplace_back("pg_steward");
  fixes.push_back("in the command that starts the server (service unit, pg_ctl -o, container arguments): " +
                  ServerArgument(names));
  fixes.push_back("(ALTER SYSTEM has no effect while the setting is given there)");
  fixes.push_back("then restart the server; " + MemoryNote(facts));
  fixes.push_back("to undo: " + undo + " there; restart");
}

// postgresql.auto.conf is read last: what ALTER SYSTEM writes wins over every other file, and RESET brings them back.
void FixFiles(const ServerFacts& facts, std::vector<std::string>& fixes) {
  const std::string base = BaseList(facts);
  const bool elsewhere = base.empty() || (!facts.preload_file.empty() && !facts.preload_file.ends_with("auto.conf"));
  fixes.push_back(fmt::format("ALTER SYSTEM SET shared_preload_libraries = {};", MergedPreloadList(base)));
  fixes.push_back("then restart the server; " + MemoryNote(facts));
  fixes.push_back(elsewhere ? "to undo: ALTER SYSTEM RESET shared_preload_libraries; restart"
                            : fmt::format("to undo: ALTER SYSTEM SET shared_preload_libraries = {}; restart",
                                          JoinLibraries(SplitList(base))));
}

Check NotPreloaded(const ServerFacts& facts) {
  Check check{CheckStatus::kFailed, "preload", "", {}};
  if (!facts.preload_on_command_line && facts.preload_next && Preloads(*facts.preload_next)) {
    check.message = "pg_steward is in the configured shared_preload_libraries, but the server has not been restarted";
    check.fixes = {"restart the server"};
    return check;
  }
  if (!facts.preload) {
    check.message = fmt::format("pg_steward is not preloaded; role {} cannot see shared_preload_libraries", facts.role);
    check.fixes = {"as a superuser: pgsteward doctor   (prints the line that keeps what is preloaded already)"};
    return check;
  }
  const std::string base = facts.preload_on_command_line ? *facts.preload : BaseList(facts);
  check.message =
      fmt::format("pg_steward is not in shared_preload_libraries ({}){}", base.empty() ? "empty" : base, Origin(facts));
  if (!facts.available_version) check.fixes.push_back("first install the files, or the server will not start; then");
  if (facts.preload_on_command_line)
    FixCommandLine(facts, check.fixes);
  else
    FixFiles(facts, check.fixes);
  return check;
}

}  // namespace

Check CheckPreload(const ServerFacts& facts) {
  if (!facts.loaded) return NotPreloaded(facts);
  std::string message = "pg_steward is preloaded";
  if (facts.shared_memory) message += ", " + report::Size(*facts.shared_memory) + " of shared memory";
  return {CheckStatus::kOk, "preload", message, {}};
}

std::string MergedPreloadList(const std::string& list) {
  std::vector<std::string> names = SplitList(list);
  if (!Preloads(list)) names.emplace_back("pg_steward");
  return JoinLibraries(names);
}

bool Preloads(const std::string& list) {
  const std::vector<std::string> names = SplitList(list);
  return std::any_of(names.begin(), names.end(),
                     [](const std::string& name) { return name.substr(name.rfind('/') + 1) == "pg_steward"; });
}

std::int64_t EstimatedSharedMemory(std::int64_t backends) {
  // Measured; tests/integration/memory.sh holds the sum against what servers of several sizes allocate.
  constexpr std::int64_t kTexts = 32LL << 20;  // pg_steward.text_memory
  constexpr std::int64_t kTables = 25LL << 19;
  const std::int64_t kilobytes = backends <= 128    ? 203
                                 : backends <= 256  ? 136
                                 : backends <= 512  ? 103
                                 : backends <= 2048 ? 51
                                                    : 34;
  return kTexts + kTables + backends * (kilobytes << 10);
}

}  // namespace steward::cli
