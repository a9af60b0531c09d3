// See command_table.hpp. Each command has one options_description, put together from groups that also lay out its help.
#include "cli/command_table.hpp"

#include <fmt/format.h>

#include <set>
#include <string_view>

#include "cli/option_groups.hpp"

namespace steward::cli {

namespace {

namespace po = boost::program_options;

constexpr CommandSpec kCommands[] = {
    {Command::kDoctor, "doctor", "doctor [OPTION]...", "check the server and say what is missing",
     "pgsteward doctor checks a server and prints the line that mends what is missing.",
     "It works before anything is installed. Exit status is 3 when a check failed.\n"},
    {Command::kAdvisePool, "advise pool", "advise pool [OPTION]...", "size connection pools for the captured transactions",
     "pgsteward advise pool sizes connection pools, for the transactions that were measured in the server.",
     "First the cause of waits, then whether any size keeps the promises, then sizes and timeouts with what is predicted of\n"
     "them. Nothing is changed. The suggestions are saved for the view steward.pool_suggestions; those from a file only with\n"
     "--save. A TIME is like 250ms or 5s, a SPAN like 30s or 10min. What is predicted is no measurement.\n"},
    {Command::kSnapshotPool, "snapshot pool", "snapshot pool -o FILENAME [OPTION]...", "write what pool advice starts from to a JSON file",
     "pgsteward snapshot pool writes the captured transactions by class, and the machine, to a JSON file.",
     "The file has names of databases, roles and applications, and no statements.\n"
     "\"pgsteward advise pool --from FILENAME\" reads it.\n"},
    {Command::kAdvisePrepared, "advise prepared", "advise prepared [OPTION]...", "say which statements to prepare, and which not",
     "pgsteward advise prepared says which statements to prepare, which not, and what that saves.",
     "A statement is to be prepared with the generic plan only where that costs at most twice what a plan made for the values\n"
     "does, for the worst values that were tried. Statements are planned in the server, never run, but with --measure: that\n"
     "runs statements that only read, with values like those of their columns, in a read-only transaction with a timeout,\n"
     "and with the rights of the role that asks, which must not be a superuser.\n"
     "The suggestions are saved for the view steward.prepared_suggestions; those from a file only with --save.\n"},
    {Command::kSnapshotPrepared, "snapshot prepared", "snapshot prepared -o FILENAME [OPTION]...",
     "write what advice on prepared statements starts from to a JSON file",
     "pgsteward snapshot prepared writes the captured statements and the costs of their plans to a JSON file.",
     "The file has the texts of statements and no values that they compare with.\n"
     "\"pgsteward advise prepared --from FILENAME\" reads it.\n"},
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
    {Command::kPoolLint, "pool lint", "pool lint {--ini FILENAME | --console CONNINFO} [OPTION]...",
     "check PgBouncer's configuration against what it meets",
     "pgsteward pool lint checks PgBouncer's configuration against the server, the application and itself.",
     "It reads PgBouncer 1.18 to 1.26; of a newer one what it knows. The server is asked where a connection option\n"
     "names one; what cannot be checked without it is said. The keys of the --app file are in README.md. Exit status\n"
     "is 3 when an error was found, 2 when something named cannot be read.\n",
     false},
    {Command::kPoolConfig, "pool config", "pool config --from FILENAME -o FOLDER [--ini FILENAME] [OPTION]...",
     "write PgBouncer's, the server's and the application's settings",
     "pgsteward pool config writes the settings of a plan as configuration files.",
     "It writes pgbouncer.ini (of --ini with its comments and order kept; else a new one), postgresql.restart.conf,\n"
     "postgresql.reload.conf, postgresql.roles.sql and application.ini, as far as the plan has settings for them, each value\n"
     "with the reason beside it, and applies nothing. What it replaces is kept as FILENAME.bak. Exit status is 3, and nothing\n"
     "is written, where a value is unsafe: more connections than the server has, another pool_mode for sessions that would\n"
     "not survive it, what this release of PgBouncer does not know.\n",
     false},
    {Command::kPoolVerify, "pool verify", "pool verify [OPTION]...", "put the pooler under load and hold it to what is promised",
     "pgsteward pool verify sends a load through a pooler, measures what clients see, and holds it to what is promised.",
     "Requests are due by a clock of their own, and times count from then on, so a slow server cannot hide its delays.\n"
     "It connects to the pooler, as -h, -p, -d and -U name it. A TIME is 200ms, 5s or 1min; a SHARE 5% or 0.05. A class of the file:\n"
     "  [main]\n  database = shop\n  user = app\n  users = 500\n  think_time = 2s\n  app_pool = 30\n  acquire_timeout = 1s\n"
     "  sql_order = SELECT * FROM orders WHERE id = :random(1,5000)\n  weight_order = 3\n"
     "  sql_pay = UPDATE orders SET paid = true WHERE id = :random(1,5000,id); SELECT * FROM payments WHERE order_id = :id\n"
     "Several statements are one transaction; \\sleep 50ms between two is a pause in it. Keys: database, user, application_name, users and think_time or rate, sql or\n"
     "sql_NAME with weight_NAME, protocol, app_pool, acquire_timeout, timeout, p95, timeouts, errors, utilization.\n"
     "--captured asks the server of --server, in the database that it names, for the classes it captured: each with its rate, and\n"
     "of its role's statements the 20 most called that are transactions of their own, read, and have values. What is left out is\n"
     "said on standard error with its share of the calls. --write-load writes them as such a file.\n"
     "--calibrate changes default_pool_size on PgBouncer's console, the only size that can be changed while it runs, in rounds of\n"
     "probes in random order, and says the smallest size that is within 5 % of the best and keeps the promises. The size that was\n"
     "set is put back, also after Ctrl-C, SIGTERM or an error.\n"
     "At most 10,000 connections. Ctrl-C ends it with a report of what was measured. Exit status is 3 when a promise is missed.\n",
     false},
};

std::string HelpOfGroup(const OptionGroup& group) {
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

std::size_t WordsOf(const CommandSpec& spec) {
  return std::string_view(spec.name).find(' ') == std::string_view::npos ? 1 : 2;
}

const CommandSpec* FindCommand(const std::vector<std::string>& words) {
  for (const CommandSpec& spec : kCommands) {
    const std::string first = words.empty() ? "" : words[0];
    if (WordsOf(spec) == 1 && first == spec.name) return &spec;
    if (WordsOf(spec) == 2 && words.size() >= 2 && first + " " + words[1] == spec.name) return &spec;
  }
  return nullptr;
}

std::vector<std::string> SubcommandsOf(const std::string& family) {
  std::vector<std::string> names;
  for (const CommandSpec& spec : kCommands)
    if (const std::string name = spec.name; name.starts_with(family + " ")) names.push_back(name.substr(family.size() + 1));
  return names;
}

po::options_description OptionsOf(Command command) {
  po::options_description all;
  for (const OptionGroup& group : GroupsOf(command)) all.add(group.options);
  all.add_options()("words", po::value<std::vector<std::string>>());
  return all;
}

po::options_description AllOptions() {
  po::options_description all;
  std::set<std::string> seen;
  for (const CommandSpec& spec : kCommands)
    for (const OptionGroup& group : GroupsOf(spec.command))
      for (const auto& option : group.options.options())
        if (seen.insert(option->long_name()).second) all.add(option);
  all.add_options()("words", po::value<std::vector<std::string>>());
  return all;
}

std::string TryHelp(Command command) {
  for (const CommandSpec& spec : kCommands)
    if (spec.command == command) return fmt::format("Try \"pgsteward {} --help\" for more information.", spec.name);
  return "Try \"pgsteward --help\" for more information.";
}

std::string FamilyHelpText(const std::string& family) {
  std::string text = fmt::format("Usage:\n  pgsteward {} COMMAND [OPTION]...\n\nCommands:\n", family);
  for (const CommandSpec& spec : kCommands)
    if (std::string_view(spec.name).starts_with(family + " ")) text += fmt::format("  {:<28} {}\n", spec.name, spec.summary);
  return text + "\nEach command has its own help.\n";
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
  for (const OptionGroup& group : GroupsOf(command)) text += HelpOfGroup(group);
  if (command == Command::kNone) return text + "\nEach command has its own help: pgsteward advise --help\n" + kFooter;
  text += "\n";
  for (const CommandSpec& spec : kCommands)
    if (spec.command == command) text += spec.notes;
  return text + kFooter;
}

}  // namespace steward::cli
