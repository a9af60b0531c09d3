// pgsteward pool config: reads a plan and what there is, lets configuration be made of it, and writes the files.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/pool_facts.hpp"
#include "pgbouncer/config.hpp"
#include "pgbouncer/file.hpp"

namespace steward::cli {

namespace {

constexpr std::size_t kLargestPlan = std::size_t{1} << 24;

std::string RefusedText(const pgbouncer::MadeConfig& made) {
  std::string text = "refused, nothing was written\n";
  for (const std::string& refusal : made.refusals) text += fmt::format("  {}\n", refusal);
  return text;
}

std::string ChangesText(const pgbouncer::MadeFile& file) {
  std::string text;
  for (const pgbouncer::IniChange& change : file.changes)
    text += fmt::format("  {:<20} {:<36} {}{}\n", change.where, change.key, change.before.empty() ? "" : change.before + " -> ", change.after);
  return text.empty() ? "  as it was\n" : text;
}

// In the order in which they may take effect, wherever it stops: the server has the connections before the pooler asks for
// them, and the application waits no shorter than the pooler lets it.
std::vector<const pgbouncer::MadeFile*> InOrder(const pgbouncer::MadeConfig& made) {
  std::vector<const pgbouncer::MadeFile*> files;
  for (const pgbouncer::MadeFile& file : made.files) files.push_back(&file);
  std::stable_partition(files.begin(), files.end(), [](const pgbouncer::MadeFile* file) { return file->name.starts_with("postgresql."); });
  return files;
}

std::string WriteFiles(const pgbouncer::MadeConfig& made, const PoolArguments& pool) {
  constexpr unsigned kModeOfSecrets = 0600;
  std::vector<pgbouncer::NewFile> files;
  const std::vector<const pgbouncer::MadeFile*> order = InOrder(made);
  for (const pgbouncer::MadeFile* file : order) {
    std::optional<unsigned> at_most;  // passwords of the ini stay with those who can read it
    if (file == &made.files.front()) at_most = pool.ini.empty() ? kModeOfSecrets : pgbouncer::ModeOf(pool.ini);
    files.push_back({(std::filesystem::path(pool.folder) / file->name).string(), file->text, at_most});
  }
  const std::vector<std::string> backups = pgbouncer::ReplaceFiles(files);
  std::string text;
  for (std::size_t i = 0; i < files.size(); ++i)
    text += fmt::format("{}{}\n{}", files[i].path, backups[i].empty() ? "" : "   (what it was: " + backups[i] + ")", ChangesText(*order[i]));
  return text;
}

}  // namespace

Outcome RunPoolConfig(const Arguments& arguments) {
  const PoolArguments& pool = arguments.pool;
  const pgbouncer::Plan plan = pgbouncer::ParsePlan(pool.plan, pgbouncer::ReadFile(pool.plan, kLargestPlan));
  const PoolSources sources = ReadPoolSources(arguments);
  std::optional<pgbouncer::ExistingIni> existing;
  if (!pool.ini.empty()) existing = {pool.ini, pgbouncer::ReadFile(pool.ini, kLargestPlan)};
  const pgbouncer::MadeConfig made = pgbouncer::MakeConfig(plan, existing, sources.facts);
  if (!made.refusals.empty()) return {RefusedText(made), kExitFinding};
  std::error_code error;
  if (!std::filesystem::is_directory(pool.folder, error))
    throw pgbouncer::FileError(fmt::format("there is no folder \"{}\"", pool.folder), "Make it, readable by those who may see the files.");
  const std::string ini = (std::filesystem::path(pool.folder) / made.files.front().name).string();
  if (!existing && std::filesystem::exists(std::filesystem::symlink_status(ini, error)))
    throw pgbouncer::FileError(fmt::format("\"{}\" is there already", ini), "Name it with --ini to have it changed, or write to another folder.");
  std::string text = WriteFiles(made, pool);
  text += "then\n";
  for (const std::string& step : made.steps) text += fmt::format("  {}\n", step);
  for (const std::string& warning : sources.warnings) text += fmt::format("note: {}\n", warning);
  return {text, kExitOk};
}

}  // namespace steward::cli
