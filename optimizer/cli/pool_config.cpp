// pgsteward pool config: reads a plan and what there is, lets configuration be made of it, and writes the files.
#include <fmt/format.h>

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
  std::string text;
  for (const pgbouncer::MadeFile& file : made.files) {
    const std::string path = (std::filesystem::path(pool.folder) / file.name).string();
    const std::string backup = pgbouncer::ReplaceFile(path, file.text);
    text += fmt::format("{}{}\n{}", path, backup.empty() ? "" : "   (what it was: " + backup + ")", ChangesText(file));
  }
  text += "then\n";
  for (const std::string& step : made.steps) text += fmt::format("  {}\n", step);
  for (const std::string& warning : sources.warnings) text += fmt::format("note: {}\n", warning);
  return {text, kExitOk};
}

}  // namespace steward::cli
