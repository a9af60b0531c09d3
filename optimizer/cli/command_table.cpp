// See command_table.hpp. Each command has one options_description, put together from groups that also lay out its help.
#include "cli/command_table.hpp"

#include <fmt/format.h>

#include <vector>

namespace steward::cli {

namespace {

namespace po = boost::program_options;

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
      "verify", "build the indexes on trial, measure, and leave out what does not help")(
      "yes,y", "do not ask before --verify builds")(
      "limit", Word("N"), "suggest at most N indexes (default: 10)")(
      "schema", Words("NAME"), "advise on this schema only (repeatable)")("exclude-schema", Words("NAME"),
                                                                          "do not advise on this schema (repeatable)")(
      "show-muted", "show muted suggestions as well")(
      "source", Word("NAME"), "steward, or hypopg (with pg_stat_statements); default: what is installed")(
      "from", Word("FILENAME"), "take the workload from a snapshot; the server is asked for costs only")(
      "standby", Words("FILENAME"), "count index scans of a standby, from a snapshot taken there (repeatable)")(
      "no-save", "do not save the suggestions in the database")(
      "save", "save them even with --schema, --exclude-schema or --from");
  return group;
}

Group MuteGroup() {
  Group group{"Mute options", {}};
  group.options.add_options()("reason", Word("TEXT"), "why; shown with --show-muted")(
      "until", Word("TIME"), "when it ends by itself (default: never)");
  return group;
}

Group ExplainGroup() {
  Group group{"Explain options", {}};
  group.options.add_options()("plans", "show plans without and with the indexes, parameters as $n")(
      "psql", "print a script for psql that shows the same")("limit", Word("N"),
                                                             "show at most N statements and candidates (default: 10)");
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

constexpr CommandSpec kCommands[] = {
    {Command::kDoctor, "doctor", "doctor [OPTION]...", "check the server and say what is missing",
     "pgsteward doctor checks a server and prints the line that mends what is missing.",
     "It works before anything is installed. Exit status is 3 when a check failed.\n"},
    {Command::kAdvise, "advise", "advise [indexes] [OPTION]...", "suggest indexes for the captured workload",
     "pgsteward advise suggests indexes for the captured workload of one database, and says which existing ones are not needed.",
     "Nothing is built or dropped, but for what --verify builds on trial, in a transaction that is\nrolled back. The suggestions are saved for the views steward.index_suggestions,\n"
     "steward.unneeded_indexes and steward.foreign_keys_without_index; those on a part of the database or\n"
     "from a file only with --save.\n"},
    {Command::kSnapshot, "snapshot", "snapshot -o FILENAME [OPTION]...", "write the captured workload to a JSON file",
     "pgsteward snapshot writes the captured workload of one database to a JSON file.",
     "The file has statement texts without their values, and the shape of tables and indexes.\n"
     "\"pgsteward advise --from FILENAME\" reads it.\n"},
    {Command::kDiff, "diff", "diff [OPTION]...", "say what changed between two windows of history",
     "pgsteward diff compares two windows of one database's history, statement by statement.",
     "Without options: the last hour against the same hour yesterday. A TIME is what PostgreSQL reads as one,\n"
     "such as \"2026-11-25 14:00\" in the session's time zone, or how long ago: 90min, 2h, 1d. A SPAN is like the\nlatter. Reports are in UTC.\n"},
    {Command::kExplain, "explain", "explain ID|QUERYID|TABLE [OPTION]...", "say why something is suggested, or is not",
     "pgsteward explain says why an index is suggested, and why others are not.",
     "ID is a suggestion's, or the beginning of one; QUERYID a statement's; TABLE a table's name, with its schema where\n"
     "the name alone is ambiguous. What was considered is held against the newest saved run. Nothing is executed.\n"},
    {Command::kMute, "mute", "mute ID [OPTION]...", "leave a suggestion out of reports",
     "pgsteward mute leaves a suggestion out of the reports of one database, now and in later runs.",
     "ID is in front of each suggestion and in steward.index_suggestions. A TIME is what PostgreSQL reads as one, or how\n"
     "long from now: 12h, 30d, 4w. What is muted is in steward.mutes.\n"},
    {Command::kUnmute, "unmute", "unmute ID [OPTION]...", "show a muted suggestion again",
     "pgsteward unmute shows a muted suggestion again.", ""},
};

std::vector<Group> GroupsOf(Command command) {
  std::vector<Group> groups;
  if (command == Command::kAdvise) {
    groups.push_back(AdviseGroup());
    groups.push_back(OutputGroup("text, json or sql (default: text)"));
  }
  if (command == Command::kDoctor) groups.push_back(OutputGroup("text or json (default: text)"));
  if (command == Command::kSnapshot) groups.push_back(SnapshotGroup());
  if (command == Command::kMute) groups.push_back(MuteGroup());
  if (command == Command::kExplain) {
    groups.push_back(ExplainGroup());
    groups.push_back(OutputGroup("text or json (default: text)"));
  }
  if (command == Command::kDiff) {
    groups.push_back(DiffGroup());
    groups.push_back(OutputGroup("text or json (default: text)"));
  }
  groups.push_back(GeneralGroup());
  if (command != Command::kNone) groups.push_back(ConnectionGroup());
  return groups;
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

const CommandSpec* FindCommand(const std::string& name) {
  for (const CommandSpec& spec : kCommands)
    if (name == spec.name) return &spec;
  return nullptr;
}

po::options_description OptionsOf(Command command) {
  po::options_description all;
  for (const Group& group : GroupsOf(command)) all.add(group.options);
  all.add_options()("words", po::value<std::vector<std::string>>());
  return all;
}

po::options_description AllOptions() {
  po::options_description all;
  for (const Group& group : {AdviseGroup(), MuteGroup(), OutputGroup(""), GeneralGroup(), ConnectionGroup()}) all.add(group.options);
  all.add_options()("after", Word("TIME"))("before", Word("TIME"))("window", Word("SPAN"))("plans", "")("psql", "");
  all.add_options()("words", po::value<std::vector<std::string>>());
  return all;
}

std::string TryHelp(Command command) {
  for (const CommandSpec& spec : kCommands)
    if (spec.command == command) return fmt::format("Try \"pgsteward {} --help\" for more information.", spec.name);
  return "Try \"pgsteward --help\" for more information.";
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

}  // namespace steward::cli
