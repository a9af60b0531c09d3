// See load_options.hpp.
#include "cli/load_options.hpp"

#include <fmt/format.h>

#include <charconv>

#include "cli/arguments.hpp"

namespace steward::cli {

namespace {

namespace po = boost::program_options;

// Options that describe a class, and the settings that a file has for the same.
constexpr std::pair<const char*, const char*> kClassOptions[] = {{"users", "users"},
                                                                 {"think-time", "think_time"},
                                                                 {"rate", "rate"},
                                                                 {"sql", "sql"},
                                                                 {"app-pool", "app_pool"},
                                                                 {"acquire-timeout", "acquire_timeout"},
                                                                 {"timeout", "timeout"},
                                                                 {"slo-p95", "p95"},
                                                                 {"slo-timeouts", "timeouts"},
                                                                 {"protocol", "protocol"},
                                                                 {"slo-utilization", "utilization"},
                                                                 {"slo-errors", "errors"}};

std::optional<std::string> Value(const po::variables_map& values, const char* name) {
  return values.count(name) == 0 ? std::nullopt : std::optional(values[name].as<std::string>());
}

double Seconds(const po::variables_map& values, const char* name, double otherwise, double least) {
  const auto text = Value(values, name);
  const auto seconds = text ? load::ParseSeconds(*text) : otherwise;
  if (!seconds || *seconds < least || *seconds > load::kMaxDurationS)
    throw UsageError(
        fmt::format("invalid value for option \"--{}\"", name),
        fmt::format("Give a time such as 10s, from {:.4g} s to {:.0f} min.", least, load::kMaxDurationS / 60));
  return *seconds;
}

int Count(const po::variables_map& values, const char* name, int otherwise, int most) {
  const auto text = Value(values, name);
  if (!text) return otherwise;
  int count = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), count);
  if (error != std::errc{} || end != text->data() + text->size() || count < 1 || count > most)
    throw UsageError(fmt::format("invalid value for option \"--{}\"", name),
                     fmt::format("Give a whole number from 1 to {}.", most));
  return count;
}

// Classes come from one place.
void CheckSource(const LoadOptions& options) {
  constexpr const char* kEdit = "Write the load with --write-load, edit it, and give it to --load.";
  if (!options.write_load.empty() && !options.captured) throw UsageError("option \"--write-load\" is for --captured", "");
  if (options.captured && !options.file.empty())
    throw UsageError("options \"--captured\" and \"--load\" exclude each other", kEdit);
  if (options.captured && !options.settings.empty())
    throw UsageError("option \"--captured\" excludes those that describe one class", kEdit);
  if (options.captured && options.server.empty())
    throw UsageError("option \"--captured\" needs --server",
                     "Name the server behind the pooler and the database, such as --server 'host=/run/postgresql dbname=shop'.");
  if (options.calibrate && !options.write_load.empty())
    throw UsageError("options \"--calibrate\" and \"--write-load\" exclude each other",
                     "Writing sends no load: calibrate with --captured alone, or with the file and --load.");
  if (options.captured) return;
  if (options.file.empty() && options.settings.empty())
    throw UsageError("no load given",
                     "Describe it with --load FILENAME, or with --users (or --rate) and --sql, or take it from --captured.");
  if (!options.file.empty() && !options.settings.empty())
    throw UsageError("option \"--load\" excludes those that describe one class", "Write them into the file.");
}

}  // namespace

void AddLoadOptions(po::options_description& options) {
  const auto word = [](const char* name) { return po::value<std::string>()->value_name(name); };
  options.add_options()("load", word("FILENAME"), "classes of clients, a section each (see below)")(
      "captured", "classes, rates and statements that the server of --server captured, as far as they only read")(
      "write-load", word("FILENAME"), "with --captured: write them for --load, and send nothing")(
      "users", word("N"), "one class: so many users")("think-time", word("TIME"),
                                                      "mean pause between a user's requests")(
      "rate", word("N"), "instead of users: so many requests a second")(
      "sql", word("SQL"), "what a request sends; :random(1,100) draws a number")(
      "app-pool", word("N"), "connections that the application's pool has (default: one a user; 100 for a rate)")(
      "acquire-timeout", word("TIME"), "how long a request waits for one (default: 30s)")(
      "timeout", word("TIME"), "how long a request waits for its answers (default: 30s)")(
      "protocol", word("NAME"), "simple or extended (default: simple)")(
      "slo-p95", word("TIME"), "what the P95 has to be below (default: 100ms)")(
      "slo-timeouts", word("SHARE"), "what timeouts have to be below (default: 5%)")(
      "slo-errors", word("SHARE"), "what errors have to be below (default: 1%)")(
      "slo-utilization", word("SHARE"), "what utilization of the pool has to be below (default: 80%)")(
      "duration", word("TIME"), "how long to measure (default: 30s)")(
      "warmup", word("TIME"), "before that (default: 2s)")("seed", word("N"), "repeats the random numbers of a run")(
      "server", word("CONNINFO"), "direct connection to the server, to see what its sessions do")(
      "console-user", word("USERNAME"),
      "an admin or stats user of PgBouncer's console (default: the one that connects)")(
      "calibrate", "search the size of the pool that carries this load, by short probes; nothing stays changed")(
      "max-size", word("N"), "largest size that is tried (default: what max_connections has room for)")(
      "rounds", word("N"), "of probes, at most (default: 6)")("probe", word("TIME"), "length of a probe (default: 3s)")(
      "allow-host", word("HOSTNAME"), "a host that may be put under load; else only this machine");
}

LoadOptions ParseLoadOptions(const po::variables_map& values) {
  LoadOptions options;
  options.file = Value(values, "load").value_or("");
  for (const auto& [option, key] : kClassOptions)
    if (const auto value = Value(values, option)) options.settings.push_back({key, *value});
  options.captured = values.count("captured") > 0;
  options.write_load = Value(values, "write-load").value_or("");
  options.server = Value(values, "server").value_or("");
  options.calibrate = values.count("calibrate") > 0;
  CheckSource(options);
  options.duration_s = Seconds(values, "duration", options.duration_s, 0.1);
  options.warmup_s = Seconds(values, "warmup", options.warmup_s, 0);
  if (const auto text = Value(values, "seed")) {
    std::uint64_t seed = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seed);
    if (error != std::errc{} || end != text->data() + text->size())
      throw UsageError("invalid value for option \"--seed\"", "Give a whole number, as a report prints it.");
    options.seed = seed;
  }
  options.console_user = Value(values, "console-user").value_or("");
  options.largest = Count(values, "max-size", options.largest, 10'000);
  options.rounds = Count(values, "rounds", options.rounds, 50);
  options.probe_s = Seconds(values, "probe", options.probe_s, 0.2);
  for (const char* name : {"max-size", "rounds", "probe"})
    if (values.count(name) > 0 && !options.calibrate)
      throw UsageError(fmt::format("option \"--{}\" is for --calibrate", name), "");
  options.allow_host = Value(values, "allow-host").value_or("");
  return options;
}

}  // namespace steward::cli
