// See arguments.hpp. Each command has one options_description, put together from groups that also lay out its help.
#include "cli/arguments.hpp"

#include <fmt/format.h>

#include <boost/program_options.hpp>
#include <charconv>
#include <cmath>
#include <limits>

namespace steward::cli {

namespace {

namespace po = boost::program_options;

constexpr const char* kSizes = "Give a size above 0 such as 512MB: a number of bytes, or of kB, MB, GB or TB.";

struct Group {
  std::string title;
  po::options_description options;
};

auto Word(const char* name) {
  return po::value<std::string>()->value_name(name);
}
auto Words(const char* name) {
  return po::value<std::vector<std::string>>()->value_name(name);
}

Group GeneralGroup() {
  Group group{"General options", {}};
  group.options.add_options()("version,V", "output version information, then exit")("help,?",
                                                                                    "show this help, then exit");
  return group;
}

Group ConnectionGroup() {
  Group group{"Connection options", {}};
  group.options.add_options()("host,h", Word("HOSTNAME"), "database server host or socket directory")(
      "port,p", Word("PORT"), "database server port")("username,U", Word("USERNAME"), "database user name")(
      "dbname,d", Word("DBNAME"), "database name or connection string")("no-password,w", "never prompt for password")(
      "password,W", "force password prompt (should happen automatically)");
  return group;
}

Group OutputGroup(const char* formats) {
  Group group{"Output options", {}};
  group.options.add_options()("format", Word("FORMAT"), formats)("output,o", Word("FILENAME"),
                                                                 "write to a file instead of standard output");
  return group;
}

Group AdviseGroup() {
  Group group{"Advice options", {}};
  group.options.add_options()("budget", Word("SIZE"), "disk space for new indexes, such as 2GB (default: no limit)")(
      "weight", Word("WHAT"), "time: lower the time spent; calls: lower calls x planner cost (default: time)")(
      "min-gain", Word("PERCENT"), "what an index must save of the whole (default: 0.5)")(
      "quick", "answer after a few plans of each statement")(
      "limit", Word("N"), "suggest at most N indexes (default: 10)")(
      "schema", Words("NAME"), "advise on this schema only (repeatable)")("exclude-schema", Words("NAME"),
                                                                          "do not advise on this schema (repeatable)")(
      "from", Word("FILENAME"), "take the workload from a snapshot; the server is asked for costs only")(
      "no-save", "do not save the suggestions in the database")(
      "save", "save them even with --schema, --exclude-schema or --from");
  return group;
}

Group SnapshotGroup() {
  Group group{"Output options", {}};
  group.options.add_options()("output,o", Word("FILENAME"), "file to write, readable by its owner only (required)");
  return group;
}

Group DiffGroup() {
  Group group{"Windows", {}};
  group.options.add_options()("after", Word("TIME"), "where the later window ends (default: now)")(
      "before", Word("TIME"), "where the earlier window ends (default: 1d, before --after)")(
      "window", Word("SPAN"), "length of both windows (default: 1h)")("limit", Word("N"),
                                                                      "show the N largest changes (default: 10)");
  return group;
}

struct CommandSpec {
  Command command;
  const char* name;
  const char* usage;
  const char* summary;  // in the program's help
  const char* purpose;  // first line of its own help
  const char* notes;    // printed after the options
};

constexpr CommandSpec kCommands[] = {
    {Command::kDoctor, "doctor", "doctor [OPTION]...", "check the server and say what is missing",
     "pgsteward doctor checks a server and prints the line that mends what is missing.",
     "It works before anything is installed. Exit status is 3 when a check failed.\n"},
    {Command::kAdvise, "advise", "advise [indexes] [OPTION]...", "suggest indexes for the captured workload",
     "pgsteward advise suggests indexes for the captured workload of one database.",
     "Nothing is built. The suggestions are saved for the view steward.index_suggestions;\nthose on a part of the "
     "database or from a file only with --save.\n"},
    {Command::kSnapshot, "snapshot", "snapshot -o FILENAME [OPTION]...", "write the captured workload to a JSON file",
     "pgsteward snapshot writes the captured workload of one database to a JSON file.",
     "The file has statement texts without their values, and the shape of tables and indexes.\n"
     "\"pgsteward advise --from FILENAME\" reads it.\n"},
    {Command::kDiff, "diff", "diff [OPTION]...", "say what changed between two windows of history",
     "pgsteward diff compares two windows of one database's history, statement by statement.",
     "Without options: the last hour against the same hour yesterday. A TIME is what PostgreSQL reads as one,\n"
     "such as \"2026-11-25 14:00\" in the session's time zone, or how long ago: 90min, 2h, 1d. A SPAN is like the\nlatter. Reports are in UTC.\n"},
};

const CommandSpec* FindCommand(const std::string& name) {
  for (const CommandSpec& spec : kCommands)
    if (name == spec.name) return &spec;
  return nullptr;
}

std::vector<Group> GroupsOf(Command command) {
  std::vector<Group> groups;
  if (command == Command::kAdvise) {
    groups.push_back(AdviseGroup());
    groups.push_back(OutputGroup("text, json or sql (default: text)"));
  }
  if (command == Command::kDoctor) groups.push_back(OutputGroup("text or json (default: text)"));
  if (command == Command::kSnapshot) groups.push_back(SnapshotGroup());
  if (command == Command::kDiff) {
    groups.push_back(DiffGroup());
    groups.push_back(OutputGroup("text or json (default: text)"));
  }
  groups.push_back(GeneralGroup());
  if (command != Command::kNone) groups.push_back(ConnectionGroup());
  return groups;
}

po::options_description OptionsOf(Command command) {
  po::options_description all;
  for (const Group& group : GroupsOf(command)) all.add(group.options);
  all.add_options()("words", po::value<std::vector<std::string>>());
  return all;
}

// Everything any command takes: enough to tell the command from the value of an option before it.
po::options_description AllOptions() {
  po::options_description all;
  for (const Group& group : {AdviseGroup(), OutputGroup(""), GeneralGroup(), ConnectionGroup()}) all.add(group.options);
  all.add_options()("after", Word("TIME"))("before", Word("TIME"))("window", Word("SPAN"));
  all.add_options()("words", po::value<std::vector<std::string>>());
  return all;
}

std::string TryHelp(Command command) {
  for (const CommandSpec& spec : kCommands)
    if (spec.command == command) return fmt::format("Try \"pgsteward {} --help\" for more information.", spec.name);
  return "Try \"pgsteward --help\" for more information.";
}

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
  FillMinGain(values, arguments);
  arguments.quick = values.count("quick") > 0;
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

// What stands beside the options: the command, and for advise what to advise on.
void CheckWords(const std::vector<std::string>& words, Command command) {
  if (words.size() <= 1) return;
  if (command == Command::kAdvise && words.size() == 2) {
    if (words[1] == "indexes") return;
    throw UsageError("cannot advise on that", "\"pgsteward advise indexes\" is what there is.");
  }
  throw UsageError("too many command-line arguments", "Name the database with -d. " + TryHelp(command));
}

std::string HelpOfGroup(const Group& group) {
  std::string text = "\n" + group.title + ":\n";
  for (const auto& option : group.options.options()) {
    const std::string long_name = option->long_name();
    const std::string both = option->canonical_display_name(po::command_line_style::allow_dash_for_short);
    std::string left = both.size() == 2 && both != long_name ? both + ", --" + long_name : "    --" + long_name;
    if (option->semantic()->max_tokens() > 0) left += "=" + option->semantic()->name();
    text += fmt::format("  {:<28} {}\n", left, option->description());
  }
  return text;
}

constexpr const char* kFooter =
    "\nThe connection defaults are psql's: PGHOST, PGPORT, PGDATABASE, PGUSER, PGSERVICE, PGPASSFILE.\n"
    "Exit status: 0 success, 1 failure, 2 wrong usage or no connection, 3 a check found something.\n";

}  // namespace

Arguments ParseArguments(const std::vector<std::string>& words) {
  Arguments arguments;
  const po::variables_map first = Parse(words, AllOptions(), Command::kNone);
  const std::vector<std::string> positional = List(first, "words");
  arguments.version = first.count("version") > 0;
  arguments.help = first.count("help") > 0;
  if (positional.empty()) {
    if (arguments.help || arguments.version) return arguments;
    throw UsageError("no command given", TryHelp(Command::kNone));
  }
  const CommandSpec* spec = FindCommand(positional.front());
  if (spec == nullptr) throw UsageError("unknown command", TryHelp(Command::kNone));
  arguments.command = spec->command;
  if (arguments.help || arguments.version) return arguments;
  const po::variables_map values = Parse(words, OptionsOf(spec->command), spec->command);
  CheckWords(List(values, "words"), spec->command);
  FillConnection(values, arguments.connect);
  arguments.output = Optional(values, "output").value_or("");
  if (spec->command == Command::kSnapshot && arguments.output.empty())
    throw UsageError("no output file given", "Name it with -o.");
  if (const auto format = Optional(values, "format")) arguments.format = ParseFormat(*format, spec->command);
  if (spec->command == Command::kAdvise) FillAdvice(values, arguments);
  if (spec->command == Command::kDiff) FillWindows(values, arguments);
  return arguments;
}

std::string HelpText(Command command) {
  std::string text;
  if (command == Command::kNone) {
    text =
        "pgsteward advises on PostgreSQL databases that run the extension pg_steward.\n"
        "\nUsage:\n  pgsteward COMMAND [OPTION]...\n\nCommands:\n";
    for (const CommandSpec& spec : kCommands) text += fmt::format("  {:<28} {}\n", spec.name, spec.summary);
  }
  for (const CommandSpec& spec : kCommands)
    if (spec.command == command) text = fmt::format("{}\n\nUsage:\n  pgsteward {}\n", spec.purpose, spec.usage);
  for (const Group& group : GroupsOf(command)) text += HelpOfGroup(group);
  if (command == Command::kNone) return text + "\nEach command has its own help: pgsteward advise --help\n" + kFooter;
  text += "\n";
  for (const CommandSpec& spec : kCommands)
    if (spec.command == command) text += spec.notes;
  return text + kFooter;
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
