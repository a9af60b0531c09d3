// See prepared_arguments.hpp.
#include "cli/prepared_arguments.hpp"

#include <charconv>

#include "pgbouncer/settings.hpp"

namespace steward::cli {

namespace {

namespace po = boost::program_options;

std::string Given(const po::variables_map& values, const char* name) {
  return values.count(name) == 0 ? "" : values[name].as<std::string>();
}

[[noreturn]] void Refuse(const char* name, const std::string& hint) {
  throw UsageError(std::string("invalid value for option \"--") + name + "\"", hint);
}

std::int64_t Whole(const po::variables_map& values, const char* name, std::int64_t otherwise, std::int64_t most) {
  const std::string text = Given(values, name);
  if (values.count(name) == 0) return otherwise;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 1 || value > most)
    Refuse(name, "Give a number from 1 to " + std::to_string(most) + ".");
  return value;
}

void FillMeasure(const po::variables_map& values, PreparedArguments& prepared) {
  constexpr double kShortest = 100;
  constexpr double kLongest = 60000;
  prepared.measure = values.count("measure") > 0;
  if (values.count("measure-time") == 0) return;
  if (!prepared.measure) throw UsageError("option \"--measure-time\" is of --measure", "Give --measure too.");
  const std::optional<double> ms = ParseMilliseconds(Given(values, "measure-time"));
  if (!ms || *ms < kShortest || *ms > kLongest) Refuse("measure-time", "Give a time from 100ms to 1min.");
  prepared.measure_seconds = *ms / 1000;
}

void FillPooler(const po::variables_map& values, Arguments& arguments) {
  PreparedArguments& prepared = arguments.prepared;
  arguments.pool.console = Given(values, "console");
  arguments.pool.ini = Given(values, "ini");
  if (values.count("pgbouncer-version") > 0) {
    prepared.pooler = pgbouncer::ParseVersion(Given(values, "pgbouncer-version"));
    if (!prepared.pooler) Refuse("pgbouncer-version", "Give it as 1.21: \"pgbouncer --version\" says it.");
    if (!arguments.pool.console.empty())
      throw UsageError("options \"--console\" and \"--pgbouncer-version\" exclude each other", "The console says its version.");
  }
  prepared.pool_mode = Given(values, "pool-mode");
  if (values.count("pool-mode") == 0) return;
  if (prepared.pool_mode != "session" && prepared.pool_mode != "transaction" && prepared.pool_mode != "statement")
    Refuse("pool-mode", "Modes are session, transaction and statement.");
  if (!prepared.pooler)
    throw UsageError("option \"--pool-mode\" is of a PgBouncer named by --pgbouncer-version", "Its console and its file say its mode.");
}

}  // namespace

void FillPrepared(const po::variables_map& values, Arguments& arguments) {
  constexpr std::int64_t kMostCalls = 1'000'000'000;
  FillMeasure(values, arguments.prepared);
  FillPooler(values, arguments);
  arguments.prepared.min_calls = Whole(values, "min-calls", arguments.prepared.min_calls, kMostCalls);
  arguments.limit = Whole(values, "limit", arguments.limit, 1000);
  arguments.from = Given(values, "from");
  arguments.show_muted = values.count("show-muted") > 0;
  const bool save = values.count("save") > 0;
  const bool no_save = values.count("no-save") > 0;
  if (save && no_save) throw UsageError("options \"--save\" and \"--no-save\" exclude each other", "");
  const bool file = !arguments.from.empty();
  if (file && arguments.prepared.measure)
    throw UsageError("options \"--from\" and \"--measure\" exclude each other", "Statements of a file are not run.");
  arguments.save = save || (!no_save && !file);
  arguments.save_if_asked = file && !save && !no_save;
  arguments.opens_session = !file || save;
}

}  // namespace steward::cli
