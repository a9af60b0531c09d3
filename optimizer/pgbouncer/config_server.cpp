// The server's part of a plan, and the application's. See config_parts.hpp.
#include <fmt/format.h>

#include <algorithm>

#include "pgbouncer/app_file.hpp"
#include "pgbouncer/config_parts.hpp"
#include "pgbouncer/rules.hpp"

namespace steward::pgbouncer {

namespace {

bool IsSettingName(const std::string& name) {
  return name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_.0123456789") == std::string::npos;
}

std::string QuotedValue(const std::string& value) {
  std::string quoted = "'";
  for (const char c : value) quoted += c == '\'' || c == '\\' ? std::string(2, c) : std::string(1, c);
  return quoted + "'";
}

std::string OneLine(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  return text;
}

void AddFile(MadeConfig& made, const std::string& name, const std::string& head, const std::string& body, std::vector<IniChange> changes) {
  if (!body.empty()) made.files.push_back({name, head + body, std::move(changes)});
}

}  // namespace

void MakeServerFiles(const Plan& plan, MadeConfig& made) {
  std::string reload;
  std::string restart;
  std::string roles;
  std::vector<IniChange> of_reload;
  std::vector<IniChange> of_restart;
  std::vector<IniChange> of_roles;
  for (const PlanRow& row : plan.rows) {
    if (row.component != "postgresql" || row.suggested == row.current) continue;
    if (!IsSettingName(row.setting)) {
      made.refusals.push_back(fmt::format("the server has no setting \"{}\"", row.setting));
      continue;
    }
    const IniChange change{row.pool.empty() ? "all sessions" : "pool " + row.pool, row.setting, row.current, row.suggested};
    const std::string line = fmt::format("# why: {}\n{} = {}\n", OneLine(row.reason), row.setting, QuotedValue(row.suggested));
    if (!row.pool.empty()) {
      roles += fmt::format("-- pool {}, why: {}\n", row.pool, OneLine(row.reason));
      for (const std::string& caveat : row.caveats) roles += fmt::format("-- mind: {}\n", OneLine(caveat));
      roles += row.ddl.empty() ? fmt::format("-- ALTER ROLE ... SET {} = {};\n", row.setting, QuotedValue(row.suggested)) : row.ddl + "\n";
      if (!row.undo_ddl.empty()) roles += fmt::format("-- undo: {}\n", row.undo_ddl);
      of_roles.push_back(change);
    } else if (row.requires_what == "restart") {
      restart += line;
      of_restart.push_back(change);
    } else {
      reload += line;
      of_reload.push_back(change);
    }
  }
  if (!roles.empty()) made.steps.insert(made.steps.begin(), "psql -f postgresql.roles.sql: new sessions have it, so RECONNECT in PgBouncer's console");
  if (!reload.empty()) made.steps.insert(made.steps.begin(), "include postgresql.reload.conf in postgresql.conf, then SELECT pg_reload_conf()");
  if (!restart.empty())
    made.steps.insert(made.steps.begin(), "first of all include postgresql.restart.conf in postgresql.conf and restart the server; standbys before it");
  AddFile(made, "postgresql.restart.conf", "# Needs a restart of the server.\n", restart, std::move(of_restart));
  AddFile(made, "postgresql.reload.conf", "# A reload of the server will do.\n", reload, std::move(of_reload));
  AddFile(made, "postgresql.roles.sql", "-- Holds for sessions that begin afterwards.\n", roles, std::move(of_roles));
}

void MakeApplicationFile(const Plan& plan, const IniEditor& editor, MadeConfig& made) {
  std::string text;
  std::vector<IniChange> changes;
  for (const std::string& pool : PoolNames(plan)) {
    std::string body;
    for (const PlanRow& row : plan.rows) {
      if (row.component != "application" || (row.pool != pool && !row.pool.empty())) continue;
      body += fmt::format("; why: {}\n{} = {}\n", OneLine(row.reason), row.setting, row.suggested);
      changes.push_back({"application " + pool, row.setting, row.current, row.suggested});
    }
    if (body.empty()) continue;
    const bool role = pool == "main" || pool == "read" || pool == "admin";
    text += fmt::format("\n[{}]\n{}database = {}\ninstances = {}\n{}", pool, role ? "role = " + pool + "\n" : "", EntryOf(plan, pool, editor),
                        plan.instances, body);
  }
  if (text.empty()) return;
  if (plan.processes > 1) text += fmt::format("\n[pgbouncer]\nprocesses = {}\n", plan.processes);
  try {
    ParseAppFile(ReadIni("application.ini", [&](const std::string&) { return text; }));
  } catch (const FileError& error) {
    made.refusals.push_back(fmt::format("the application's settings: {}", error.what()));
  }
  made.steps.push_back("set the values of application.ini in the application and deploy it; pgsteward pool lint --app reads that file");
  AddFile(made, "application.ini", "; Pools of each instance of the application.\n", text, std::move(changes));
}

namespace {

// What the plan says of a pool has to be what PgBouncer then does: a line of [users] goes before that of the database.
void RefuseOverridden(const Plan& plan, const Facts& after, const IniEditor& editor, MadeConfig& made) {
  for (const Pool& pool : PoolsOf(after))
    for (const PlanRow& row : plan.rows) {
      if (row.component != "pgbouncer" || row.pool.empty() || EntryOf(plan, row.pool, editor) != pool.database) continue;
      const std::string holds = row.setting == "pool_size"           ? std::to_string(pool.size)
                                : row.setting == "reserve_pool_size" ? std::to_string(pool.reserve)
                                : row.setting == "min_pool_size"     ? std::to_string(pool.min_size)
                                : row.setting == "pool_mode"         ? pool.mode
                                                                     : row.suggested;
      if (holds != row.suggested)
        made.refusals.push_back(fmt::format("{} of {} would be {} and not {}: a line of [users] goes before it", row.setting, pool.Name(), holds, row.suggested));
    }
}

}  // namespace

void RefuseByRules(const Plan& plan, const Facts& before, MadeConfig& made) {
  Facts after = before;
  const MadeFile& ini = made.files.front();
  after.file = LoadPgBouncerFile(ReadIni(ini.name, [&](const std::string& name) { return name == ini.name ? ini.text : ReadFile(name, std::size_t{1} << 24); }),
                                 before.Version());
  for (const MadeFile& file : made.files)
    if (file.name == "application.ini" && !before.app) {
      after.app = ParseAppFile(ReadIni(file.name, [&](const std::string&) { return file.text; }));
    }
  for (const PlanRow& row : plan.rows) {
    if (row.component != "postgresql" || row.setting != "max_connections") continue;
    if (!after.server) {
      constexpr std::int64_t kUsuallyReserved = 3;
      after.server.emplace();
      after.server->superuser_reserved = kUsuallyReserved;
    }
    after.server->max_connections = ParseNumber(row.suggested).value_or(0);
  }
  if (!after.server) made.steps.push_back("not checked: whether the server has as many connections as the pools may open (-h, -d)");
  RefuseOverridden(plan, after, IniEditor(ini.name, ini.text), made);
  const model::LintReport old_report = CheckAll(before);
  for (const model::LintFinding& finding : CheckAll(after).findings) {
    const bool sum = finding.rule == 1 || finding.rule == 3 || finding.rule == 18;
    const bool of_the_file = finding.rule == 17 || finding.rule == 35 || finding.rule == 36;
    const auto same = [&](const model::LintFinding& old) { return old.rule == finding.rule && old.object == finding.object; };
    const bool new_one = std::none_of(old_report.findings.begin(), old_report.findings.end(), same);
    if (finding.severity == model::LintSeverity::kError && (sum || (of_the_file && new_one)))
      made.refusals.push_back(fmt::format("rule {}, {}: {}", finding.rule, finding.object, finding.message));
  }
}

MadeConfig MakeConfig(const Plan& plan, const std::optional<ExistingIni>& existing, const Facts& before) {
  MadeConfig made;
  MakePgBouncerIni(plan, existing, before, made);
  MakeServerFiles(plan, made);
  if (made.refusals.empty()) RefuseByRules(plan, before, made);
  return made;
}

}  // namespace steward::pgbouncer
