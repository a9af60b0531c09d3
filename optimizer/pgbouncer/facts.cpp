// See facts.hpp. Which limits a pool has follows pool_pool_size and its like in PgBouncer's src/server.c: the user's, else
// the database's, else the setting.
#include "pgbouncer/facts.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>

namespace steward::pgbouncer {

namespace {

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::optional<double> SecondsOf(const std::string& text) {
  double value = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc{}) return std::nullopt;
  return value;
}

const UserEntry* UserOf(const Facts& facts, const std::string& user) {
  if (!facts.file) return nullptr;
  for (const UserEntry& entry : facts.file->users)
    if (entry.name == user) return &entry;
  return nullptr;
}

// The users of a database that no line forces: those the console saw and those the application file names.
std::set<std::string> UsersOf(const Facts& facts, const std::string& database) {
  std::set<std::string> users;
  if (facts.console)
    for (const LivePool& pool : facts.console->pools)
      if (pool.database == database && pool.user != "pgbouncer") users.insert(pool.user);
  if (facts.app)
    for (const AppPool& app : facts.app->pools)
      if (app.through == AppPool::Through::kPgBouncer && app.user && app.database.value_or(database) == database)
        users.insert(*app.user);
  if (users.empty()) users.insert("");
  return users;
}

// Names that fall to the line "*", by the console and the application file.
std::set<std::string> OtherDatabases(const Facts& facts) {
  std::set<std::string> names;
  if (facts.console)
    for (const LiveDatabase& live : facts.console->databases) names.insert(live.name);
  if (facts.app)
    for (const AppPool& app : facts.app->pools)
      if (app.through == AppPool::Through::kPgBouncer && app.database) names.insert(*app.database);
  for (const DatabaseEntry& entry : facts.file->databases) names.erase(entry.name);
  if (names.empty()) names.insert("*");
  return names;
}

class Builder {
 public:
  explicit Builder(const Facts& facts)
      : facts_(facts),
        size_(SettingNumber(facts, "default_pool_size").value_or(0)),
        min_size_(SettingNumber(facts, "min_pool_size").value_or(0)),
        reserve_(SettingNumber(facts, "reserve_pool_size").value_or(0)),
        query_wait_timeout_(SettingSeconds(facts, "query_wait_timeout").value_or(0)),
        mode_(Lower(SettingText(facts, "pool_mode").value_or("session"))) {}

  void FromEntry(const std::string& name, const DatabaseEntry& entry) {
    Pool pool;
    pool.database = name;
    pool.dbname = entry.Text("dbname").value_or(name);
    pool.host = entry.Text("host").value_or("");
    pool.place = entry.place;
    pool.size = entry.Number("pool_size").value_or(size_);
    pool.size_is_default = !entry.Number("pool_size");
    pool.reserve = entry.Number("reserve_pool_size").value_or(reserve_);
    pool.min_size = entry.Number("min_pool_size").value_or(min_size_);
    pool.max_db_connections = Positive(entry.Number("max_db_connections"), "max_db_connections");
    pool.mode = Lower(entry.Text("pool_mode").value_or(mode_));
    pool.server_lifetime = static_cast<double>(entry.Number("server_lifetime").value_or(0));
    pool.query_wait_timeout = Seconds(entry, "query_wait_timeout").value_or(query_wait_timeout_);
    AddForUsers(pool, entry.Text("user").value_or(""));
  }

  void FromLive(const LiveDatabase& live) {
    Pool pool;
    pool.database = live.name;
    pool.dbname = live.dbname.empty() ? live.name : live.dbname;
    pool.host = live.host;
    pool.size = live.pool_size;
    pool.size_is_default = live.pool_size == size_;
    pool.reserve = live.reserve_pool_size;
    pool.min_size = live.min_pool_size.value_or(min_size_);
    pool.max_db_connections = live.max_connections;
    pool.mode = Lower(live.pool_mode.empty() ? mode_ : live.pool_mode);
    pool.query_wait_timeout = query_wait_timeout_;
    AddForUsers(pool, live.force_user);
  }

  [[nodiscard]] std::vector<Pool> Take() { return std::move(pools_); }

 private:
  std::int64_t Positive(std::optional<std::int64_t> value, const char* setting) const {
    return value && *value > 0 ? *value : SettingNumber(facts_, setting).value_or(0);
  }

  static std::optional<double> Seconds(const DatabaseEntry& entry, const char* key) {
    const auto seconds = SecondsOf(entry.Text(key).value_or("0"));
    return seconds && *seconds > 0 ? seconds : std::nullopt;  // 0: as the setting says
  }

  void AddForUsers(Pool pool, const std::string& forced) {
    if (pool.server_lifetime <= 0) pool.server_lifetime = SettingSeconds(facts_, "server_lifetime").value_or(0);
    pool.forced_user = !forced.empty();
    for (const std::string& user : pool.forced_user ? std::set<std::string>{forced} : UsersOf(facts_, pool.database)) {
      Pool one = pool;
      one.user = user;
      one.max_user_connections = SettingNumber(facts_, "max_user_connections").value_or(0);
      if (!facts_.file && facts_.console)
        if (const auto live = facts_.console->user_limits.find(user); live != facts_.console->user_limits.end())
          one.max_user_connections = live->second;
      one.query_timeout = SettingSeconds(facts_, "query_timeout").value_or(0);
      one.idle_transaction_timeout = SettingSeconds(facts_, "idle_transaction_timeout").value_or(0);
      if (const UserEntry* entry = UserOf(facts_, user)) {
        one.size_is_default = one.size_is_default && !entry->Number("pool_size");
        one.size = entry->Number("pool_size").value_or(one.size);
        one.reserve = entry->Number("reserve_pool_size").value_or(one.reserve);
        one.max_user_connections = entry->Number("max_user_connections").value_or(one.max_user_connections);
        one.mode = Lower(entry->Text("pool_mode").value_or(one.mode));
        one.query_wait_timeout = Seconds(*entry, "query_wait_timeout").value_or(one.query_wait_timeout);
        one.query_timeout = Seconds(*entry, "query_timeout").value_or(one.query_timeout);
        one.idle_transaction_timeout = Seconds(*entry, "idle_transaction_timeout").value_or(one.idle_transaction_timeout);
      }
      // 0 is "unlimited" since 1.24; what it did before nobody can have wanted.
      if (one.size <= 0) one.size = std::numeric_limits<std::int64_t>::max();
      pools_.push_back(std::move(one));
    }
  }

  const Facts& facts_;
  std::int64_t size_;
  std::int64_t min_size_;
  std::int64_t reserve_;
  double query_wait_timeout_;
  std::string mode_;
  std::vector<Pool> pools_;
};

}  // namespace

std::optional<std::string> ServerFacts::Override(const std::string& role, const std::string& database,
                                                 const std::string& name) const {
  const SettingOverride* best = nullptr;
  int most = -1;
  for (const SettingOverride& one : overrides) {
    const bool applies = (one.role.empty() || one.role == role) && (one.database.empty() || one.database == database);
    const int rank = (one.role.empty() ? 0 : 2) + (one.database.empty() ? 0 : 1);
    if (one.name != name || !applies || rank <= most) continue;
    best = &one;
    most = rank;
  }
  return best == nullptr ? std::nullopt : std::optional(best->value);
}

std::optional<int> Facts::Version() const {
  if (console && console->version) return console->version;
  return app && app->version ? ParseVersion(*app->version) : std::nullopt;
}

std::string Pool::Name() const {
  return user.empty() ? database : database + "/" + user;
}

bool HasPooler(const Facts& facts) {
  return facts.file || facts.console;
}

std::optional<std::string> SettingText(const Facts& facts, const std::string& name) {
  if (facts.file)
    if (const auto found = facts.file->settings.find(name); found != facts.file->settings.end()) return found->second.value;
  if (facts.console) {
    const auto live = facts.console->config.find(name);
    // Of a file that does not say it the default is what the next reload brings.
    if (live != facts.console->config.end()) return facts.file && live->second.fallback ? live->second.fallback : live->second.value;
  }
  const SettingSpec* spec = FindSetting(name);
  return HasPooler(facts) && spec != nullptr ? DefaultOf(*spec, facts.Version()) : std::nullopt;
}

std::optional<std::int64_t> SettingNumber(const Facts& facts, const std::string& name) {
  const auto text = SettingText(facts, name);
  return text ? ParseNumber(*text) : std::nullopt;
}

std::optional<double> SettingSeconds(const Facts& facts, const std::string& name) {
  const auto text = SettingText(facts, name);
  return text ? SecondsOf(*text) : std::nullopt;
}

std::string SettingOrigin(const Facts& facts, const std::string& name) {
  if (facts.file) {
    const auto found = facts.file->settings.find(name);
    return found == facts.file->settings.end() ? "default" : ToText(found->second.place);
  }
  return "console";
}

std::vector<Pool> PoolsOf(const Facts& facts) {
  Builder builder(facts);
  if (facts.file) {
    for (const DatabaseEntry& entry : facts.file->databases) {
      if (entry.name == "*")
        for (const std::string& name : OtherDatabases(facts)) builder.FromEntry(name, entry);
      else
        builder.FromEntry(entry.name, entry);
    }
  } else if (facts.console) {
    for (const LiveDatabase& live : facts.console->databases) builder.FromLive(live);
  }
  return builder.Take();
}

std::vector<const AppPool*> AppPoolsOf(const Facts& facts, const Pool& pool) {
  std::vector<const AppPool*> found;
  if (!facts.app) return found;
  for (const AppPool& app : facts.app->pools) {
    const bool same_database = pool.database == "*" || app.database.value_or(pool.database) == pool.database;
    const bool same_user = pool.forced_user || pool.user.empty() || app.user.value_or(pool.user) == pool.user;
    if (app.through == AppPool::Through::kPgBouncer && same_database && same_user) found.push_back(&app);
  }
  return found;
}

std::int64_t Processes(const Facts& facts) {
  return facts.app ? facts.app->processes.value_or(1) : 1;
}

}  // namespace steward::pgbouncer
