// See pool_advice_arguments.hpp.
#include "cli/pool_advice_arguments.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace steward::cli {

namespace {

namespace po = boost::program_options;

std::optional<std::string> Given(const po::variables_map& values, const char* name) {
  return values.count(name) == 0 ? std::nullopt : std::optional(values[name].as<std::string>());
}

std::vector<std::string> All(const po::variables_map& values, const char* name) {
  return values.count(name) == 0 ? std::vector<std::string>{} : values[name].as<std::vector<std::string>>();
}

[[noreturn]] void Refuse(const char* name, const std::string& hint) {
  throw UsageError(fmt::format("invalid value for option \"--{}\"", name), hint);
}

std::optional<double> Number(const po::variables_map& values, const char* name, double least, double most) {
  const auto text = Given(values, name);
  if (!text) return std::nullopt;
  double value = 0;
  const char* const end = text->data() + text->size();
  const auto [at, error] = std::from_chars(text->data(), end, value);
  if (error != std::errc{} || at != end || !(value >= least && value <= most))
    Refuse(name, fmt::format("Give a number from {:.10g} to {:.10g}.", least, most));
  return value;
}

std::optional<int> Whole(const po::variables_map& values, const char* name, int least, int most) {
  const std::optional<double> value = Number(values, name, least, most);
  if (value && *value != std::floor(*value)) Refuse(name, "Give a whole number.");
  return value ? std::optional(static_cast<int>(*value)) : std::nullopt;
}

std::optional<double> Time(const po::variables_map& values, const char* name, double least_ms) {
  const auto text = Given(values, name);
  if (!text) return std::nullopt;
  const std::optional<double> ms = ParseMilliseconds(*text);
  if (!ms || *ms < least_ms) Refuse(name, "Give a time such as 250ms, 5s or 2min.");
  return ms;
}

void FillDemand(const po::variables_map& values, model::PoolDemand& demand) {
  constexpr int kMostUsers = 10'000'000;
  demand.users = Whole(values, "users", 1, kMostUsers);
  demand.rate = Number(values, "rate", 0.001, 1e7);
  const std::optional<double> growth = Number(values, "growth", 0.01, 1000);
  const std::optional<double> think_time = Time(values, "think-time", 0);
  if ((demand.users ? 1 : 0) + (demand.rate ? 1 : 0) + (growth ? 1 : 0) > 1)
    throw UsageError("options \"--users\", \"--rate\" and \"--growth\" exclude each other", "Each says how much is asked for.");
  if (think_time && !demand.users) throw UsageError("option \"--think-time\" is of users", "Give --users too.");
  demand.think_time = think_time.value_or(0);
  demand.growth = growth.value_or(1);
  demand.slo_p95 = Time(values, "slo-p95", 0.1).value_or(demand.slo_p95);
  demand.slo_timeouts = Number(values, "slo-timeouts", 0, 100).value_or(100 * demand.slo_timeouts) / 100;
  demand.instances = Whole(values, "instances", 1, 100000).value_or(demand.instances);
  demand.pooler_processes = Whole(values, "pgbouncer-processes", 1, 1000).value_or(demand.pooler_processes);
  if (const auto most = Whole(values, "max-connections", 5, 262143)) demand.max_connections = *most;
  demand.one_pool = values.count("one-pool") > 0;
  demand.main = All(values, "main");
  demand.read = All(values, "read");
  demand.admin = All(values, "admin");
  if (demand.one_pool && (!demand.main.empty() || !demand.read.empty() || !demand.admin.empty()))
    throw UsageError("option \"--one-pool\" leaves nothing to name with \"--main\", \"--read\" or \"--admin\"", "");
}

void FillWorkload(const po::variables_map& values, PoolAdviceArguments& pool) {
  pool.cores = Whole(values, "cores", 1, 4096);
  if (const auto memory = Given(values, "memory")) {
    pool.memory = ParseByteSize(*memory);
    if (!pool.memory || *pool.memory <= 0) Refuse("memory", "Give a size above 0 such as 16GB.");
  }
  constexpr double kLongest = 86400;
  if (const auto span = Given(values, "for")) {
    const std::optional<double> seconds = ParseSpan(*span);
    if (!seconds || *seconds < 1 || *seconds > kLongest) Refuse("for", "Give a span from 1s to 1d.");
    pool.for_seconds = *seconds;
  }
}

}  // namespace

void FillPoolAdvice(const po::variables_map& values, Arguments& arguments) {
  FillWorkload(values, arguments.pool_advice);
  if (arguments.command == Command::kSnapshotPool) return;
  FillDemand(values, arguments.pool_advice.demand);
  arguments.pool_advice.instances_given = values.count("instances") > 0;
  arguments.pool_advice.processes_given = values.count("pgbouncer-processes") > 0;
  arguments.pool.ini = Given(values, "ini").value_or("");
  arguments.pool.console = Given(values, "console").value_or("");
  arguments.pool.app = Given(values, "app").value_or("");
  arguments.from = Given(values, "from").value_or("");
  arguments.show_muted = values.count("show-muted") > 0;
  const bool save = values.count("save") > 0;
  const bool no_save = values.count("no-save") > 0;
  if (save && no_save) throw UsageError("options \"--save\" and \"--no-save\" exclude each other", "");
  const bool file = !arguments.from.empty();
  if (file && arguments.pool_advice.for_seconds > 0)
    throw UsageError("options \"--from\" and \"--for\" exclude each other", "A file holds what was measured.");
  arguments.save = save || (!no_save && !file);
  arguments.save_if_asked = file && !save && !no_save;
  arguments.opens_session = !file || save;
}

}  // namespace steward::cli
