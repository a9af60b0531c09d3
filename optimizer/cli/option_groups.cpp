// See option_groups.hpp.
#include "cli/option_groups.hpp"

namespace steward::cli {

namespace {

namespace po = boost::program_options;

auto Word(const char* name) {
  return po::value<std::string>()->value_name(name);
}
auto Words(const char* name) {
  return po::value<std::vector<std::string>>()->value_name(name);
}

OptionGroup GeneralGroup() {
  OptionGroup group{"General options", {}};
  group.options.add_options()("version,V", "output version information, then exit")("help,?",
                                                                                    "show this help, then exit");
  return group;
}

OptionGroup ConnectionGroup() {
  OptionGroup group{"Connection options", {}};
  group.options.add_options()("host,h", Word("HOSTNAME"), "database server host or socket directory")(
      "port,p", Word("PORT"), "database server port")("username,U", Word("USERNAME"), "database user name")(
      "dbname,d", Word("DBNAME"), "database name or connection string")("no-password,w", "never prompt for password")(
      "password,W", "force password prompt (should happen automatically)");
  return group;
}

OptionGroup OutputGroup(const char* formats) {
  OptionGroup group{"Output options", {}};
  group.options.add_options()("format", Word("FORMAT"), formats)("output,o", Word("FILENAME"),
                                                                 "write to a file instead of standard output");
  return group;
}

OptionGroup AdviseGroup() {
  OptionGroup group{"Advice options", {}};
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

OptionGroup MuteGroup() {
  OptionGroup group{"Mute options", {}};
  group.options.add_options()("reason", Word("TEXT"), "why; shown with --show-muted")(
      "until", Word("TIME"), "when it ends by itself (default: never)");
  return group;
}

OptionGroup ExplainGroup() {
  OptionGroup group{"Explain options", {}};
  group.options.add_options()("plans", "show plans without and with the indexes, parameters as $n")(
      "psql", "print a script for psql that shows the same")("limit", Word("N"),
                                                             "show at most N statements and candidates (default: 10)");
  return group;
}

OptionGroup SnapshotGroup() {
  OptionGroup group{"Output options", {}};
  group.options.add_options()("output,o", Word("FILENAME"), "file to write, readable by its owner only (required)");
  return group;
}

OptionGroup PoolDemandGroup() {
  OptionGroup group{"Demand", {}};
  group.options.add_options()("users", Word("N"), "users of the application (default: as many transactions as were measured)")(
      "think-time", Word("TIME"), "between a user's transactions, such as 5s or 200ms (with --users; default: none)")(
      "rate", Word("N"), "transactions a second, instead of users")(
      "growth", Word("FACTOR"), "times what was measured, instead of users or a rate (default: 1)")(
      "slo-p95", Word("TIME"), "what 95 of 100 responses have to be faster than (default: 100ms)")(
      "slo-timeouts", Word("PERCENT"), "clients that may give up waiting (default: 5)")(
      "instances", Word("N"), "instances of the application, each with a pool (default: 1)")(
      "pgbouncer-processes", Word("N"), "processes that share the pooler's port (default: 1)")(
      "max-connections", Word("N"), "what max_connections cannot be set beyond (default: as memory allows)")(
      "main", Words("NAME"), "role or application of the main pool; * stands for any text (repeatable)")(
      "read", Words("NAME"), "of the read pool (repeatable; default: what never writes)")(
      "admin", Words("NAME"), "of the admin pool (repeatable; default: what holds a connection 20 times the median)")(
      "one-pool", "size one pool for all");
  return group;
}

OptionGroup PoolWorkloadGroup() {
  OptionGroup group{"Workload", {}};
  group.options.add_options()("for", Word("SPAN"), "measure from now on for so long (default: since the last reset)")(
      "cores", Word("N"), "of the server's machine (default: of this one, where the server is on it)")(
      "memory", Word("SIZE"), "of the server's machine");
  return group;
}

OptionGroup PoolSaveGroup() {
  OptionGroup group{"Advice options", {}};
  group.options.add_options()("ini", Word("FILENAME"), "pgbouncer.ini: show what it has now")(
      "console", Word("CONNINFO"), "PgBouncer's admin console: the same, and whether clients wait")(
      "app", Word("FILENAME"), "the application's pools, an ini file as pool lint reads it")(
      "from", Word("FILENAME"), "take the workload from \"pgsteward snapshot pool\"; no server is asked")(
      "show-muted", "show muted suggestions as well")("no-save", "do not save the suggestions in the database")(
      "save", "save them even with --from");
  return group;
}

OptionGroup PreparedGroup() {
  OptionGroup group{"Advice options", {}};
  group.options.add_options()("measure", "run statements that only read, three ways, and compare: those that --limit shows")(
      "measure-time", Word("TIME"), "for each statement at most, such as 500ms (default: 2s)")(
      "min-calls", Word("N"), "leave out statements with fewer calls (default: 100)")(
      "console", Word("CONNINFO"), "PgBouncer's admin console: its version, mode and max_prepared_statements")(
      "ini", Word("FILENAME"), "pgbouncer.ini: mode and max_prepared_statements")(
      "pgbouncer-version", Word("VERSION"), "of the PgBouncer in between, where its console cannot be asked (with --ini too)")(
      "pool-mode", Word("MODE"), "of that PgBouncer: session, transaction or statement (default: transaction)")(
      "from", Word("FILENAME"), "take the statements from \"pgsteward snapshot prepared\"; no server is asked")(
      "limit", Word("N"), "show at most N suggestions (default: 10)")("show-muted", "show muted suggestions as well")(
      "no-save", "do not save the suggestions in the database")("save", "save them even with --from");
  return group;
}

OptionGroup DiffGroup() {
  OptionGroup group{"Windows", {}};
  group.options.add_options()("after", Word("TIME"), "where the later window ends (default: now)")(
      "before", Word("TIME"), "where the earlier window ends (default: 1d, before --after)")(
      "window", Word("SPAN"), "length of both windows (default: 1h)")("limit", Word("N"),
                                                                      "show the N largest changes (default: 10)");
  return group;
}

OptionGroup PoolConfigGroup() {
  OptionGroup group{"What to write", {}};
  group.options.add_options()("from", Word("FILENAME"), "the plan, JSON of pgsteward advise pool (required)")(
      "output,o", Word("FOLDER"), "folder to write to; that of --ini edits this in place (required)");
  return group;
}

OptionGroup PoolSourceGroup() {
  OptionGroup group{"What to look at", {}};
  group.options.add_options()("ini", Word("FILENAME"), "pgbouncer.ini")(
      "console", Word("CONNINFO"), "PgBouncer's admin console, such as \"host=/tmp port=6432 user=postgres\"")(
      "app", Word("FILENAME"), "the application's pools, an ini file with a section for each")(
      "pid", Word("PID"), "the running PgBouncer (default: by its pidfile)");
  return group;
}

}  // namespace

std::vector<OptionGroup> GroupsOf(Command command) {
  std::vector<OptionGroup> groups;
  if (command == Command::kAdvise) {
    groups.push_back(AdviseGroup());
    groups.push_back(OutputGroup("text, json or sql (default: text)"));
  }
  if (command == Command::kAdvisePool) {
    groups.push_back(PoolDemandGroup());
    groups.push_back(PoolWorkloadGroup());
    groups.push_back(PoolSaveGroup());
    groups.push_back(OutputGroup("text or json (default: text)"));
  }
  if (command == Command::kSnapshotPool) {
    groups.push_back(PoolWorkloadGroup());
    groups.push_back(SnapshotGroup());
  }
  if (command == Command::kAdvisePrepared) {
    groups.push_back(PreparedGroup());
    groups.push_back(OutputGroup("text or json (default: text)"));
  }
  if (command == Command::kSnapshotPrepared) groups.push_back(SnapshotGroup());
  if (command == Command::kDoctor) groups.push_back(OutputGroup("text or json (default: text)"));
  if (command == Command::kSnapshot) groups.push_back(SnapshotGroup());
  if (command == Command::kMute) groups.push_back(MuteGroup());
  if (command == Command::kExplain) {
    groups.push_back(ExplainGroup());
    groups.push_back(OutputGroup("text or json (default: text)"));
  }
  if (command == Command::kPoolVerify) {
    groups.push_back({"Load options", {}});
    AddLoadOptions(groups.back().options);
    groups.push_back(OutputGroup("text or json (default: text)"));
  }
  if (command == Command::kDiff) {
    groups.push_back(DiffGroup());
    groups.push_back(OutputGroup("text or json (default: text)"));
  }
  if (command == Command::kPoolConfig) {
    groups.push_back(PoolConfigGroup());
    groups.push_back(PoolSourceGroup());
  }
  if (command == Command::kPoolLint) {
    groups.push_back(PoolSourceGroup());
    groups.push_back(OutputGroup("text or json (default: text)"));
  }
  groups.push_back(GeneralGroup());
  if (command != Command::kNone) groups.push_back(ConnectionGroup());
  return groups;
}

}  // namespace steward::cli
