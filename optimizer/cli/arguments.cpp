// See arguments.hpp. What there is to parse is command_table.hpp's.
#include "cli/arguments.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/program_options.hpp>
#include <charconv>
#include <cmath>
#include <limits>

#include "cli/command_table.hpp"
#include "cli/pool_advice_arguments.hpp"
#include "cli/prepared_arguments.hpp"

namespace steward::cli {

namespace {

namespace po = boost::program_options;

constexpr const char* kSizes = "Give a size above 0 such as 512MB: a number of bytes, or of kB, MB, GB or TB.";

// The option's name alone: what follows it can be a password.
std::string NameOnly(const std::string& option) {
  if (option.starts_with("--")) return option.substr(0, option.find('='));
  return option.starts_with("-") ? option.substr(0, 2) : "--" + option;
}

po::variables_map Parse(const std::vector<std::string>& words, const po::options_description& options,
                        Command command) {
  namespace style = po::command_line_style;
  po::positional_options_description positional;
  positional.add("words", -1);
  po::variables_map values;
  try {
    po::store(po::command_line_parser(words)
                  .options(options)
                  .positional(positional)
                  .style(style::unix_style & ~style::allow_guessing)
                  .run(),
              values);
  } catch (const po::unknown_option& error) {
    throw UsageError("unrecognized option \"" + NameOnly(error.get_option_name()) + "\"", TryHelp(command));
  } catch (const po::multiple_occurrences& error) {
    throw UsageError("option \"" + NameOnly(error.get_option_name()) + "\" given more than once", TryHelp(command));
  } catch (const po::error_with_option_name& error) {
    const std::string name = NameOnly(error.get_option_name());
    if (name == "--budget") throw UsageError("option \"--budget\" needs a value", kSizes);
    throw UsageError("option \"" + name + "\" needs another kind of value", TryHelp(command));
  } catch (const po::error&) {
    throw UsageError("could not parse the command line", TryHelp(command));
  }
  return values;
}

std::vector<std::string> List(const po::variables_map& values, const char* name) {
  return values.count(name) == 0 ? std::vector<std::string>{} : values[name].as<std::vector<std::string>>();
}

std::optional<std::string> Optional(const po::variables_map& values, const char* name) {
  return values.count(name) == 0 ? std::nullopt : std::optional(values[name].as<std::string>());
}

void FillConnection(const po::variables_map& values, db::ConnectOptions& connect) {
  connect.host = Optional(values, "host");
  connect.port = Optional(values, "port");
  connect.user = Optional(values, "username");
  connect.dbname = Optional(values, "dbname");
  if (values.count("password") > 0) connect.prompt = db::ConnectOptions::Password::kAlways;
  if (values.count("no-password") > 0) connect.prompt = db::ConnectOptions::Password::kNever;
}

Format ParseFormat(const std::string& text, Command command) {
  if (text == "text") return Format::kText;
  if (text == "json") return Format::kJson;
  if (text == "sql" && command == Command::kAdvise) return Format::kSql;
  throw UsageError("unknown output format",
                   command == Command::kAdvise ? "Formats are text, json and sql." : "Formats are text and json.");
}

Source ParseSource(const std::string& text) {
  if (text == "auto") return Source::kAuto;
  if (text == "steward") return Source::kSteward;
  if (text == "hypopg") return Source::kHypopg;
  throw UsageError("unknown value for option \"--source\"", "Sources are auto, steward and hypopg.");
}

void FillMinGain(const po::variables_map& values, Arguments& arguments) {
  const auto gain = Optional(values, "min-gain");
  if (!gain) return;
  const char* const end = gain->data() + gain->size();
  const auto [at, error] = std::from_chars(gain->data(), end, arguments.min_gain_percent);
  if (error != std::errc{} || at != end || !(arguments.min_gain_percent >= 0 && arguments.min_gain_percent < 100))
    throw UsageError("invalid value for option \"--min-gain\"", "Give a number of percent from 0 to below 100.");
}

void FillLimit(const po::variables_map& values, Arguments& arguments) {
  const auto limit = Optional(values, "limit");
  if (!limit) return;
  const auto [end, error] = std::from_chars(limit->data(), limit->data() + limit->size(), arguments.limit);
  if (error != std::errc{} || end != limit->data() + limit->size() || arguments.limit < 1 || arguments.limit > 1000)
    throw UsageError("invalid value for option \"--limit\"", "Give a number from 1 to 1000.");
}

void FillAdvice(const po::variables_map& values, Arguments& arguments) {
  arguments.schemas = List(values, "schema");
  arguments.excluded_schemas = List(values, "exclude-schema");
  arguments.from = Optional(values, "from").value_or("");
  arguments.standbys = List(values, "standby");
  const bool save = values.count("save") > 0;
  const bool no_save = values.count("no-save") > 0;
  if (save && no_save) throw UsageError("options \"--save\" and \"--no-save\" exclude each other", "");
  const bool part = !arguments.schemas.empty() || !arguments.excluded_schemas.empty() || !arguments.from.empty();
  arguments.save = save || (!no_save && !part);
  arguments.save_if_asked = part && !save && !no_save;
  if (const auto budget = Optional(values, "budget")) {
    const auto bytes = ParseByteSize(*budget);
    if (!bytes || *bytes <= 0) throw UsageError("invalid value for option \"--budget\"", kSizes);
    arguments.budget = *bytes;
  }
  if (const auto weight = Optional(values, "weight")) {
    if (*weight != "time" && *weight != "calls")
      throw UsageError("invalid value for option \"--weight\"", "Weights are time and calls.");
    arguments.weigh_calls = *weight == "calls";
  }
  arguments.source = ParseSource(Optional(values, "source").value_or("auto"));
  FillMinGain(values, arguments);
  arguments.quick = values.count("quick") > 0;
  arguments.verify = values.count("verify") > 0;
  arguments.yes = values.count("yes") > 0;
  if (arguments.yes && !arguments.verify) throw UsageError("option \"--yes\" answers what only --verify asks", "");
  arguments.show_muted = values.count("show-muted") > 0;
  FillLimit(values, arguments);
}

Arguments::Instant ParseInstant(const std::string& text, const char* option) {
  if (text.empty()) throw UsageError(fmt::format("invalid value for option \"{}\"", option), "It is empty.");
  const std::optional<double> span = ParseSpan(text);
  return span ? Arguments::Instant{"", *span} : Arguments::Instant{text, 0};
}

void FillWindows(const po::variables_map& values, Arguments& arguments) {
  if (const auto after = Optional(values, "after")) arguments.after = ParseInstant(*after, "--after");
  if (const auto before = Optional(values, "before")) arguments.before = ParseInstant(*before, "--before");
  if (const auto window = Optional(values, "window")) {
    const std::optional<double> span = ParseSpan(*window);
    if (!span || *span <= 0)
      throw UsageError("invalid value for option \"--window\"", "Give a span such as 30min, 2h, 1d or 1w.");
    arguments.window_seconds = *span;
  }
  FillLimit(values, arguments);
}

void FillMute(const po::variables_map& values, Arguments& arguments) {
  arguments.reason = Optional(values, "reason").value_or("");
  const auto until = Optional(values, "until");
  if (!until) return;
  arguments.until = ParseInstant(*until, "--until");
  if (arguments.until.text.empty() && arguments.until.seconds_back <= 0)
    throw UsageError("invalid value for option \"--until\"", "A mute that ends at once is none.");
}

void FillExplain(const po::variables_map& values, Arguments& arguments) {
  arguments.plans = values.count("plans") > 0;
  arguments.psql = values.count("psql") > 0;
  FillLimit(values, arguments);
}

void FillPoolSources(const po::variables_map& values, PoolArguments& pool) {
  pool.ini = Optional(values, "ini").value_or("");
  pool.console = Optional(values, "console").value_or("");
  pool.app = Optional(values, "app").value_or("");
  if (const auto pid = Optional(values, "pid")) {
    int number = 0;
    const auto [end, error] = std::from_chars(pid->data(), pid->data() + pid->size(), number);
    if (error != std::errc{} || end != pid->data() + pid->size() || number < 1)
      throw UsageError("invalid value for option \"--pid\"", "Give the number of a process: its pidfile holds it.");
    pool.pid = number;
  }
}

void FillPoolLint(const po::variables_map& values, PoolArguments& pool) {
  FillPoolSources(values, pool);
  if (pool.ini.empty() && pool.console.empty())
    throw UsageError("no configuration of PgBouncer named", "Name its file with --ini, its console with --console, or both.");
}

void FillPoolConfig(const po::variables_map& values, Arguments& arguments) {
  FillPoolSources(values, arguments.pool);
  arguments.pool.plan = Optional(values, "from").value_or("");
  if (arguments.pool.plan.empty())
    throw UsageError("no plan given", "Name one with --from; make it with: pgsteward advise pool --format json -o FILENAME");
  arguments.pool.folder = Optional(values, "output").value_or("");
  if (arguments.pool.folder.empty()) throw UsageError("no folder to write to given", "Name it with -o.");
  arguments.output.clear();
}

// Half of all query ids begin with a minus, and there is no option of digits: such a word is none.
constexpr char kGuard = '\x1f';

std::vector<std::string> Guarded(std::vector<std::string> words) {
  for (std::string& word : words)
    if (word.size() > 1 && word.front() == '-' && word.find_first_not_of("0123456789", 1) == std::string::npos)
      word.insert(word.begin(), kGuard);
  return words;
}

std::string Unguarded(const std::string& word) {
  return word.front() == kGuard ? word.substr(1) : word;
}

bool IsSnapshot(Command command) {
  return command == Command::kSnapshot || command == Command::kSnapshotPool || command == Command::kSnapshotPrepared;
}

bool TakesObject(Command command) {
  return command == Command::kMute || command == Command::kUnmute || command == Command::kExplain;
}

// What stands beside the options: the command, and for advise what to advise on.
void CheckWords(std::vector<std::string> words, const CommandSpec& spec) {
  const Command command = spec.command;
  words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(WordsOf(spec) - 1));
  if (TakesObject(command) && words.size() == 2 && !words[1].empty()) return;
  if (TakesObject(command) && words.size() <= 2) throw UsageError(command == Command::kExplain ? "nothing named to explain" : "no suggestion named",
                     command == Command::kExplain ? TryHelp(command) : "Give its id. " + TryHelp(command));
  if (words.size() <= 1) return;
  if (command == Command::kAdvise && words.size() == 2) {
    if (words[1] == "indexes") return;
    throw UsageError("cannot advise on that", "There are \"pgsteward advise indexes\", \"pgsteward advise pool\" and \"pgsteward advise prepared\".");
  }
  throw UsageError("too many command-line arguments", "Name the database with -d. " + TryHelp(command));
}

// The first word, where it begins names of commands; else there is nothing to be found.
std::string FamilyOf(const std::vector<std::string>& words) {
  if (SubcommandsOf(words.front()).empty()) throw UsageError("unknown command", TryHelp(Command::kNone));
  return words.front();
}

}  // namespace

Arguments ParseArguments(const std::vector<std::string>& given) {
  Arguments arguments;
  const std::vector<std::string> words = Guarded(given);
  const po::variables_map first = Parse(words, AllOptions(), Command::kNone);
  const std::vector<std::string> positional = List(first, "words");
  arguments.version = first.count("version") > 0;
  arguments.help = first.count("help") > 0;
  if (positional.empty()) {
    if (arguments.help || arguments.version) return arguments;
    throw UsageError("no command given", TryHelp(Command::kNone));
  }
  const CommandSpec* spec = FindCommand(positional);
  if (spec == nullptr) {
    arguments.family = FamilyOf(positional);
    if (arguments.help && positional.size() == 1) return arguments;
    throw UsageError("unknown " + arguments.family + " command",
                     fmt::format("The {} commands are: {}.", arguments.family, fmt::join(SubcommandsOf(arguments.family), ", ")));
  }
  arguments.command = spec->command;
  arguments.opens_session = spec->opens_session;
  if (arguments.help || arguments.version) return arguments;
  const po::variables_map values = Parse(words, OptionsOf(spec->command), spec->command);
  CheckWords(List(values, "words"), *spec);
  FillConnection(values, arguments.connect);
  arguments.output = Optional(values, "output").value_or("");
  if (IsSnapshot(spec->command) && arguments.output.empty())
    throw UsageError("no output file given", "Name it with -o.");
  if (const auto format = Optional(values, "format")) arguments.format = ParseFormat(*format, spec->command);
  if (spec->command == Command::kAdvise) FillAdvice(values, arguments);
  if (spec->command == Command::kAdvisePool || spec->command == Command::kSnapshotPool) FillPoolAdvice(values, arguments);
  if (spec->command == Command::kAdvisePrepared) FillPrepared(values, arguments);
  if (spec->command == Command::kDiff) FillWindows(values, arguments);
  if (spec->command == Command::kPoolVerify) arguments.load = ParseLoadOptions(values);
  if (spec->command == Command::kMute) FillMute(values, arguments);
  if (TakesObject(spec->command)) arguments.object = Unguarded(List(values, "words").back());
  if (spec->command == Command::kExplain) FillExplain(values, arguments);
  if (spec->command == Command::kPoolLint) FillPoolLint(values, arguments.pool);
  if (spec->command == Command::kPoolConfig) FillPoolConfig(values, arguments);
  return arguments;
}

std::optional<double> ParseSpan(const std::string& text) {
  constexpr double kLongestSpan = 1e10;  // some 300 years
  constexpr std::pair<const char*, double> kUnits[] = {{"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}};
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || !std::isfinite(value) || value < 0) return std::nullopt;
  std::string unit(at, end);
  unit.erase(0, unit.find_first_not_of(' '));
  for (const auto& [name, seconds] : kUnits)
    if (unit == name && value * seconds <= kLongestSpan) return value * seconds;
  return std::nullopt;
}

std::optional<double> ParseMilliseconds(const std::string& text) {
  if (!text.ends_with("ms")) {
    const std::optional<double> seconds = ParseSpan(text);
    return seconds ? std::optional(*seconds * 1000) : std::nullopt;
  }
  const std::optional<double> thousandths = ParseSpan(text.substr(0, text.size() - 2) + "s");
  return thousandths;
}

std::optional<std::int64_t> ParseByteSize(const std::string& text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || !std::isfinite(value)) return std::nullopt;
  const std::string unit = text.substr(static_cast<std::size_t>(at - text.data()));
  const std::size_t start = unit.find_first_not_of(' ');
  const std::string name = start == std::string::npos ? "" : unit.substr(start);
  int shift = 0;
  if (name == "kB" || name == "KB")
    shift = 10;
  else if (name == "MB")
    shift = 20;
  else if (name == "GB")
    shift = 30;
  else if (name == "TB")
    shift = 40;
  else if (!name.empty() && name != "B")
    return std::nullopt;
  const double bytes = std::ldexp(value, shift);
  if (bytes < 0 || bytes >= static_cast<double>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
  return static_cast<std::int64_t>(bytes);
}

}  // namespace steward::cli
