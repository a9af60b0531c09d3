// The settings of PgBouncer, release by release: from the tables of src/main.c at the tags 1.18.0 to 1.25.2, and of 1.26 from
// what 1.26.1 shows and accepts. The default of auth_query is left out: it is long, and nothing here depends on it.
#include "pgbouncer/settings.hpp"

namespace steward::pgbouncer {

namespace {

using enum SettingSpec::Kind;

constexpr SettingSpec kSettings[] = {
    {"admin_users", kText, ""},
    {"application_name_add_host", kNumber, "0"},
    {"auth_dbname", kText, nullptr, 119},
    {"auth_file", kText, nullptr},
    {"auth_hba_file", kText, ""},
    {"auth_ident_file", kText, nullptr, 123},
    {"auth_ldap_options", kText, nullptr, 125},
    {"auth_query", kText, ""},
    {"auth_type", kAuthType, "md5"},
    {"auth_user", kText, nullptr},
    {"autodb_idle_timeout", kSeconds, "3600"},
    {"cancel_wait_timeout", kSeconds, "10", 119},
    {"client_idle_timeout", kSeconds, "0"},
    {"client_login_timeout", kSeconds, "60"},
    {"client_tls13_ciphers", kText, nullptr, 125},
    {"client_tls_ca_file", kText, ""},
    {"client_tls_cert_file", kText, ""},
    {"client_tls_ciphers", kText, "fast", 0, true, "default", 121},
    {"client_tls_dheparams", kText, "auto"},
    {"client_tls_ecdhcurve", kText, "auto"},
    {"client_tls_key_file", kText, ""},
    {"client_tls_protocols", kText, "secure"},
    {"client_tls_sslmode", kTlsMode, "disable"},
    {"conffile", kText, nullptr},
    {"default_pool_size", kNumber, "20"},
    {"disable_pqexec", kNumber, "0", 0, false},
    {"dns_max_ttl", kSeconds, "15"},
    {"dns_nxdomain_ttl", kSeconds, "15"},
    {"dns_zone_check_period", kSeconds, "0"},
    {"idle_transaction_timeout", kSeconds, "0"},
    {"ignore_startup_parameters", kText, ""},
    {"job_name", kText, "pgbouncer", 0, false},
    {"listen_addr", kText, "", 0, false},
    {"listen_backlog", kNumber, "128", 0, false},
    {"listen_port", kNumber, "6432", 0, false},
    {"log_connections", kNumber, "1"},
    {"log_disconnections", kNumber, "1"},
    {"log_pooler_errors", kNumber, "1"},
    {"log_stats", kNumber, "1"},
    {"logfile", kText, ""},
    {"login_notify_message", kText, "", 126},
    {"max_client_conn", kNumber, "100"},
    {"max_db_client_connections", kNumber, "0", 124},
    {"max_db_connections", kNumber, "0"},
    {"max_packet_size", kNumber, "2147483647"},
    {"max_prepared_statements", kNumber, "0", 121, true, "200", 124},
    {"max_user_client_connections", kNumber, "0", 124},
    {"max_user_connections", kNumber, "0"},
    {"min_pool_size", kNumber, "0"},
    {"peer_id", kNumber, "0", 119},
    {"pidfile", kText, "", 0, false},
    {"pkt_buf", kNumber, "4096", 0, false},
    {"pool_idle_timeout", kSeconds, "0", 126},
    {"pool_mode", kPoolMode, "session"},
    {"query_timeout", kSeconds, "0"},
    {"query_wait_notify", kNumber, "5", 125},
    {"query_wait_timeout", kSeconds, "120"},
    {"reserve_pool_size", kNumber, "0"},
    {"reserve_pool_timeout", kSeconds, "5"},
    {"resolv_conf", kText, "", 0, false},
    {"sbuf_loopcnt", kNumber, "5"},
    {"scram_iterations", kNumber, "4096", 125},
    {"server_check_delay", kSeconds, "30"},
    {"server_check_query", kText, "select 1", 0, true, "<empty>", 125},
    {"server_connect_timeout", kSeconds, "15"},
    {"server_fast_close", kNumber, "0"},
    {"server_idle_timeout", kSeconds, "600"},
    {"server_lifetime", kSeconds, "3600"},
    {"server_login_retry", kSeconds, "15"},
    {"server_reset_query", kText, "DISCARD ALL"},
    {"server_reset_query_always", kNumber, "0"},
    {"server_round_robin", kNumber, "0"},
    {"server_tls13_ciphers", kText, nullptr, 125},
    {"server_tls_ca_file", kText, ""},
    {"server_tls_cert_file", kText, ""},
    {"server_tls_ciphers", kText, "fast", 0, true, "default", 121},
    {"server_tls_key_file", kText, ""},
    {"server_tls_protocols", kText, "secure"},
    {"server_tls_sslmode", kTlsMode, "disable", 0, true, "prefer", 120},
    {"so_reuseport", kNumber, "0", 0, false},
    {"stats_period", kNumber, "60"},
    {"stats_users", kText, ""},
    {"suspend_timeout", kSeconds, "10", 0, true, nullptr, 0, 125},
    {"syslog", kNumber, "0"},
    {"syslog_facility", kText, "daemon"},
    {"syslog_ident", kText, "pgbouncer"},
    {"tcp_defer_accept", kNumber, nullptr},
    {"tcp_keepalive", kNumber, "1"},
    {"tcp_keepcnt", kNumber, "0"},
    {"tcp_keepidle", kNumber, "0"},
    {"tcp_keepintvl", kNumber, "0"},
    {"tcp_socket_buffer", kNumber, "0"},
    {"tcp_user_timeout", kNumber, "0"},
    {"track_extra_parameters", kText, "IntervalStyle", 120, false, "", 126},
    {"transaction_timeout", kSeconds, "0", 125},
    {"unix_socket_dir", kText, nullptr, 0, false},
    {"unix_socket_group", kText, "", 0, false},
    {"unix_socket_mode", kNumber, "0777", 0, false},
    {"user", kText, nullptr, 0, false},
    {"verbose", kNumber, nullptr},
};

struct PairName {
  const char* section;
  const char* name;
  int since = 0;
};

constexpr PairName kPairNames[] = {
    {"databases", "dbname"},
    {"databases", "host"},
    {"databases", "port"},
    {"databases", "user"},
    {"databases", "password"},
    {"databases", "auth_user"},
    {"databases", "client_encoding"},
    {"databases", "datestyle"},
    {"databases", "timezone"},
    {"databases", "pool_size"},
    {"databases", "min_pool_size"},
    {"databases", "reserve_pool"},
    {"databases", "max_db_connections"},
    {"databases", "pool_mode"},
    {"databases", "connect_query"},
    {"databases", "application_name"},
    {"databases", "auth_dbname", 119},
    {"databases", "auth_query", 122},
    {"databases", "server_lifetime", 123},
    {"databases", "reserve_pool_size", 124},
    {"databases", "max_db_client_connections", 124},
    {"databases", "load_balance_hosts", 124},
    {"databases", "query_wait_timeout", 126},
    {"users", "pool_mode"},
    {"users", "max_user_connections"},
    {"users", "pool_size", 123},
    {"users", "reserve_pool_size", 124},
    {"users", "idle_transaction_timeout", 124},
    {"users", "query_timeout", 124},
    {"users", "client_idle_timeout", 124},
    {"users", "max_user_client_connections", 124},
    {"users", "transaction_timeout", 125},
    {"users", "query_wait_timeout", 126},
    {"peers", "host"},
    {"peers", "port"},
    {"peers", "pool_size"},
};

bool Has(int since, std::optional<int> version) {
  return !version || since <= *version;
}

}  // namespace

const SettingSpec* FindSetting(const std::string& name) {
  for (const SettingSpec& spec : kSettings)
    if (name == spec.name) return &spec;
  return nullptr;
}

std::vector<std::string> SettingNames(std::optional<int> version) {
  std::vector<std::string> names;
  for (const SettingSpec& spec : kSettings)
    if (spec.IsIn(version)) names.emplace_back(spec.name);
  return names;
}

std::vector<std::string> PairNames(const std::string& section, std::optional<int> version) {
  std::vector<std::string> names;
  for (const PairName& pair : kPairNames)
    if (section == pair.section && Has(pair.since, version)) names.emplace_back(pair.name);
  return names;
}

std::optional<std::string> DefaultOf(const SettingSpec& spec, std::optional<int> version) {
  if (spec.fallback == nullptr) return std::nullopt;
  const bool depends = spec.since > kOldestVersion || spec.until != 0 || spec.newer_fallback != nullptr;
  if (depends && !version) return std::nullopt;
  if (!spec.IsIn(version)) return std::nullopt;
  return spec.newer_fallback != nullptr && *version >= spec.newer_since ? spec.newer_fallback : spec.fallback;
}

}  // namespace steward::pgbouncer
