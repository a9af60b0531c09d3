// pgbouncer.ini of a plan. See config_parts.hpp.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "pgbouncer/config_parts.hpp"

namespace steward::pgbouncer {

namespace {

constexpr const char* kNewIni =
    "; Written by pgsteward pool config. Look through paths, listen_addr and authentication before it is used.\n"
    "[databases]\n"
    "\n"
    "[pgbouncer]\n"
    "listen_addr = 127.0.0.1\n"
    "listen_port = 6432\n"
    "unix_socket_dir = /var/run/postgresql\n"
    "auth_type = scram-sha-256\n"
    "auth_file = /etc/pgbouncer/userlist.txt\n"
    "admin_users = postgres\n"
    "logfile = /var/log/postgresql/pgbouncer.log\n"
    "pidfile = /var/run/postgresql/pgbouncer.pid\n";

std::string ReleaseText(const std::optional<int>& version) {
  return version ? "PgBouncer " + VersionText(*version) : "PgBouncer";
}

bool IsPlainName(const std::string& name) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  return !name.empty() && name.find_first_not_of(kPlain) == std::string::npos && name != "pgbouncer";
}

std::string ServerNameOf(const std::string& entry, const IniEditor& editor) {
  for (const StringPair& pair : editor.PairsOf(entry))
    if (pair.key == "dbname") return pair.value;
  return entry;
}

class Writer {
 public:
  Writer(const Plan& plan, const Facts& before, bool new_file, IniEditor& editor, MadeConfig& made)
      : plan_(plan), before_(before), new_file_(new_file), version_(before.Version()), editor_(editor), made_(made) {}

  void WriteCommon() {
    for (const PlanRow& row : plan_.rows) {
      if (row.component != "pgbouncer" || !row.pool.empty()) continue;
      const SettingSpec* spec = FindSetting(row.setting);
      if (spec == nullptr || !spec->IsIn(version_)) {
        Refuse(fmt::format("{} has no setting {}", ReleaseText(version_), row.setting));
        continue;
      }
      if (!IsValid(spec->kind, row.suggested)) {
        Refuse(fmt::format("PgBouncer does not accept \"{}\" as {}", row.suggested, row.setting));
        continue;
      }
      if (!new_file_ && General(row.setting) == row.suggested) continue;
      if (!new_file_ && LimitsOthers(row)) continue;
      editor_.Set(row.setting, row.suggested, row.reason);
      restart_ = restart_ || !spec->reloadable;
    }
  }

  void WritePool(const std::string& pool) {
    std::vector<const PlanRow*> rows;
    for (const PlanRow& row : plan_.rows)
      if (row.component == "pgbouncer" && row.pool == pool && Check(row)) rows.push_back(&row);
    const std::string entry = EntryOf(plan_, pool, editor_);
    if (pool == "main") CheckMain(entry);
    if (!IsPlainName(entry) && version_.value_or(kOldestVersion) < 125)
      return Refuse(fmt::format("the name \"{}\" needs quotes, which PgBouncer reads from 1.25 on", entry));
    CheckSizes(pool, rows);
    if (!made_.refusals.empty()) return;
    std::string why;
    for (const PlanRow* row : rows)
      if (!row->reason.empty()) why += fmt::format("{}{} {}: {}", why.empty() ? "" : "; ", row->setting, row->suggested, row->reason);
    if (!editor_.HasDatabase(entry)) AddLine(pool, entry, why);
    CheckMode(pool, entry, rows);
    for (const PlanRow* row : rows)
      if (!Holds(entry, *row)) editor_.SetPair(entry, KeyOf(entry, row->setting), row->suggested, why);
  }

  [[nodiscard]] bool restart() const { return restart_; }

 private:
  void AddLine(const std::string& pool, const std::string& entry, const std::string& why) {
    editor_.AddDatabase(entry, PairsOfNew(pool), why);
    if (pool != "main" && !new_file_)
      made_.steps.push_back(fmt::format("{} is new and forces no user: its clients need their own lines in auth_file, or auth_query, and rights in {}", entry, plan_.database));
  }

  // The plan knows one database. What it would take from clients of the others is left to people; 0 is no limit.
  bool LimitsOthers(const PlanRow& row) {
    const std::string was = General(row.setting);
    if (row.setting == "max_client_conn") {
      if (ParseNumber(was).value_or(0) <= ParseNumber(row.suggested).value_or(0)) return false;
      made_.steps.push_back(fmt::format("max_client_conn stays {}: the plan needs {}, and others may need the rest", was, row.suggested));
      return true;
    }
    if (row.setting != "query_timeout" && row.setting != "query_wait_timeout") return false;
    const std::vector<std::string> others = Others();
    const double before = std::strtod(was.c_str(), nullptr);
    const double after = std::strtod(row.suggested.c_str(), nullptr);
    if (others.empty() || after == 0 || (before > 0 && before <= after)) return false;
    made_.steps.push_back(fmt::format("not written: {} = {} (it is {}) would hold for other databases too: {}. Set it if that suits them", row.setting, row.suggested, was, fmt::join(others, ", ")));
    return true;
  }

  std::vector<std::string> Others() const {
    std::vector<std::string> others;
    for (const std::string& name : editor_.Databases())
      if (ServerNameOf(name, editor_) != plan_.database && name != plan_.database + "_ro" && name != EntryOf(plan_, "read", editor_) && name != EntryOf(plan_, "admin", editor_))
        others.push_back(name);
    return others;
  }

  void CheckMain(const std::string& entry) {
    const std::vector<std::string> found = EntriesOfMain(plan_, editor_);
    if (found.size() > 1)
      Refuse(fmt::format("{} is reached by several lines of [databases], each with pools of its own: {}. Leave one, and the pool's size is its", plan_.database, fmt::join(found, ", ")));
    if (found.empty() && editor_.HasDatabase(entry))
      Refuse(fmt::format("the line {} of [databases] leads to another database, {}, and no other line to {}", entry, ServerNameOf(entry, editor_), plan_.database));
  }

  void Refuse(const std::string& what) { made_.refusals.push_back(what); }

  // What holds where a line of [databases] says nothing. A new file says nothing of what some running process has.
  std::string General(const std::string& setting) const {
    const auto value = new_file_ ? DefaultOf(*FindSetting(setting), version_) : SettingText(before_, setting);
    return value.value_or("");
  }

  bool Check(const PlanRow& row) {
    const std::vector<std::string> names = PairNames("databases", version_);
    const bool alias = row.setting == "reserve_pool_size";  // written as reserve_pool where that is its only name
    if (!alias && std::find(names.begin(), names.end(), row.setting) == names.end()) {
      Refuse(fmt::format("{} has no {} in [databases] (pool {})", ReleaseText(version_), row.setting, row.pool));
      return false;
    }
    const bool mode = row.setting == "pool_mode";
    const bool number = !row.suggested.empty() && row.suggested.find_first_not_of("0123456789") == std::string::npos && row.suggested.size() < 7;
    if (mode ? IsValid(SettingSpec::Kind::kPoolMode, row.suggested) : number) return true;
    Refuse(fmt::format("PgBouncer does not accept \"{}\" as {} of pool {}", row.suggested, row.setting, row.pool));
    return false;
  }

  void CheckSizes(const std::string& pool, const std::vector<const PlanRow*>& rows) {
    std::map<std::string, long> sizes;
    for (const PlanRow* row : rows)
      if (row->setting != "pool_mode") sizes[row->setting] = std::stol(row->suggested);
    if (sizes.count("pool_size") > 0 && sizes["pool_size"] == 0) Refuse(fmt::format("a pool_size of 0 has no bound (pool {})", pool));
    if (sizes.count("pool_size") > 0 && sizes["min_pool_size"] > sizes["pool_size"])
      Refuse(fmt::format("min_pool_size {} is more than pool_size {} (pool {})", sizes["min_pool_size"], sizes["pool_size"], pool));
  }

  // SET alone is no reason: what it sets may be what every session sets, or of the few that PgBouncer follows.
  void CheckMode(const std::string& pool, const std::string& entry, const std::vector<const PlanRow*>& rows) {
    const auto row = std::find_if(rows.begin(), rows.end(), [](const PlanRow* one) { return one->setting == "pool_mode"; });
    if (row == rows.end() || (*row)->suggested == "session" || ModeOf(entry) != "session") return;
    for (const PlanClass& one : plan_.classes) {
      if (one.pool != pool) continue;
      CheckFeatures(one.name, one.features, entry);
      if (one.features_known) continue;
      if (new_file_)
        made_.steps.push_back(fmt::format("before {} is used: see that the sessions of {} need no connection of their own; it was not captured", entry, one.name));
      else
        Refuse(fmt::format("{} may not leave session mode: what the sessions of {} use was not captured", entry, one.name));
    }
    if (!before_.classes) return;
    for (const ClassFacts& one : *before_.classes)
      if (one.database == plan_.database && one.features && Serves(pool, NameOf(one))) CheckFeatures(NameOf(one), *one.features, entry);
  }

  static std::string NameOf(const ClassFacts& one) {
    return fmt::format("{}/{}/{}", one.database, one.role, one.application.empty() ? "-" : one.application);
  }

  // A class that is too rare to be planned for connects by the database's own name. What the plan knows was looked at above.
  bool Serves(const std::string& pool, const std::string& name) const {
    const auto planned = std::find_if(plan_.classes.begin(), plan_.classes.end(), [&](const PlanClass& one) { return one.name == name; });
    if (planned == plan_.classes.end()) return pool == "main";
    return planned->pool == pool && planned->features.empty();
  }

  void CheckFeatures(const std::string& name, const std::vector<std::string>& features, const std::string& entry) {
    std::string used;
    for (const std::string& feature : features)
      if (feature != "set") used += (used.empty() ? "" : ", ") + feature;
    if (!used.empty())
      Refuse(fmt::format("{} may not leave session mode: {} was seen to use what does not survive a change of hands ({})", entry, name, used));
  }

  std::string ModeOf(const std::string& entry) const {
    for (const StringPair& pair : editor_.PairsOf(entry))
      if (pair.key == "pool_mode") return pair.value;
    return General("pool_mode");
  }

  std::string KeyOf(const std::string& entry, const std::string& setting) const {
    if (setting != "reserve_pool_size") return setting;
    for (const StringPair& pair : editor_.PairsOf(entry))
      if (pair.key.starts_with("reserve_pool")) return pair.key;
    return version_.value_or(kOldestVersion) >= 124 ? "reserve_pool_size" : "reserve_pool";
  }

  // Whether the general setting says so already, and the line nothing else.
  bool Holds(const std::string& entry, const PlanRow& row) const {
    const std::string key = KeyOf(entry, row.setting);
    for (const StringPair& pair : editor_.PairsOf(entry))
      if (pair.key == key) return pair.value == row.suggested;
    const bool general = row.setting == "reserve_pool_size" || row.setting == "min_pool_size" || row.setting == "pool_mode";
    return general && General(row.setting) == row.suggested;  // pool_size is always said: it is looked for there
  }

  static bool IsIdentity(const std::string& key) { return key == "user" || key == "password"; }

  // As the database's own line, but for sizes; of a new file where the server is. Who a forced user of that line is says
  // nothing of who uses another pool.
  std::vector<StringPair> PairsOfNew(const std::string& pool) const {
    std::vector<StringPair> pairs;
    const std::string main = EntryOf(plan_, "main", editor_);
    for (const char* like : {main.c_str(), "*"}) {
      if (!editor_.HasDatabase(like)) continue;
      for (StringPair pair : editor_.PairsOf(like))
        if (pair.key.find("pool") == std::string::npos && pair.key != "dbname" && (pool == "main" || !IsIdentity(pair.key)))
          pairs.push_back(std::move(pair));
      break;
    }
    if (pairs.empty()) {
      if (!plan_.host.empty()) pairs.push_back({"host", plan_.host});
      if (!plan_.port.empty()) pairs.push_back({"port", plan_.port});
    }
    if (EntryOf(plan_, pool, editor_) != plan_.database) pairs.push_back({"dbname", plan_.database});
    return pairs;
  }

  const Plan& plan_;
  const Facts& before_;
  bool new_file_;
  std::optional<int> version_;
  IniEditor& editor_;
  MadeConfig& made_;
  bool restart_ = false;
};

void AddSteps(const Plan& plan, bool restart, MadeConfig& made) {
  made.steps.push_back(restart
                           ? "restart PgBouncer: a setting that only its start reads has changed (with so_reuseport: one process after the other)"
                           : "RELOAD in PgBouncer's console");
  if (plan.processes > 1)
    made.steps.push_back(fmt::format(
        "{} processes share the TCP port only: each needs an ini with its own pidfile and unix_socket_dir, and from 1.19 on peer_id and [peers], or cancel requests are lost",
        plan.processes));
  made.steps.push_back(
      "before 1.25 only PgBouncer's log says when a reload was rejected; whether it runs as written: "
      "pgsteward pool lint --ini FILENAME --console CONNINFO (rule 32 finds nothing)");
  made.steps.push_back("a pool that shrinks keeps its connections while it is busy: RECONNECT in the console ends them, each after its transaction");
}

}  // namespace

std::vector<std::string> EntriesOfMain(const Plan& plan, const IniEditor& editor) {
  std::vector<std::string> others = {plan.database + "_ro", plan.database + "_read", plan.database + "_admin"};
  for (const std::string& pool : PoolNames(plan)) others.push_back(plan.database + "_" + pool);
  std::vector<std::string> found;
  for (const std::string& name : editor.Databases()) {
    const auto is_name = [&](const std::string& other) { return other == name; };
    if (name == "*" || std::any_of(others.begin(), others.end(), is_name) || std::any_of(found.begin(), found.end(), is_name)) continue;
    if (ServerNameOf(name, editor) == plan.database) found.push_back(name);
  }
  return found;
}

std::string EntryOf(const Plan& plan, const std::string& pool, const IniEditor& editor) {
  if (pool == "main") {
    const std::vector<std::string> found = EntriesOfMain(plan, editor);
    return found.empty() ? plan.database : found.front();
  }
  for (const std::string& name : {plan.database + "_" + pool, plan.database + (pool == "read" ? "_ro" : "_" + pool)})
    if (editor.HasDatabase(name)) return name;
  return plan.database + "_" + pool;
}

void MakePgBouncerIni(const Plan& plan, const std::optional<ExistingIni>& existing, const Facts& before, MadeConfig& made) {
  const std::string path = existing ? existing->path : "pgbouncer.ini";
  IniEditor editor(path, existing ? existing->text : kNewIni);
  Writer writer(plan, before, !existing, editor, made);
  writer.WriteCommon();
  for (const std::string& pool : PoolNames(plan)) writer.WritePool(pool);
  made.files.push_back({path.substr(path.rfind('/') + 1), editor.text(), editor.changes()});
  if (!editor.changes().empty()) AddSteps(plan, writer.restart(), made);
  MakeApplicationFile(plan, editor, made);
}

}  // namespace steward::pgbouncer
