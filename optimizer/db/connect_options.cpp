// See connect_options.hpp.
#include "db/connect_options.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "db/error.hpp"

namespace steward::db {

namespace {

[[noreturn]] void BadConnectionString(const std::string& detail) {
  throw SettingsError(
      {"could not parse the connection string", detail,
       "Write it as postgresql://user@host:port/dbname or \"host=... port=... dbname=...\". Percent-encode special "
       "characters; better, give the password with PGPASSWORD or a password file.",
       ""});
}

bool IsConnectionString(const std::string& dbname) {
  return dbname.starts_with("postgresql://") || dbname.starts_with("postgres://") ||
         dbname.find('=') != std::string::npos;
}

bool IsPortList(const std::string& port) {
  return std::all_of(port.begin(), port.end(), [](unsigned char c) { return std::isdigit(c) != 0 || c == ','; });
}

// A special character that was not percent-encoded moves part of the password into the host or the port, and libpq
// would quote those when it fails. Returns whether a password was in the string.
bool CheckConnectionString(const std::string& dbname) {
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(PQconninfoParse(dbname.c_str(), &message),
                                                                            PQconninfoFree);
  PQfreemem(message);
  if (parsed == nullptr) BadConnectionString("");
  const bool uri = dbname.find("://") != std::string::npos;
  bool password = false;
  for (const PQconninfoOption* option = parsed.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    const std::string keyword = option->keyword;
    const std::string value = option->val;
    if (keyword == "password" || keyword == "sslpassword") password = password || !value.empty();
    if (keyword == "port" && !IsPortList(value)) BadConnectionString("The port is not a number.");
    if (uri && keyword == "host" && value.find_first_of("@:?#") != std::string::npos && value.find('/') != 0 &&
        value.find("::") == std::string::npos)
      BadConnectionString("The host name contains a character that cannot stand there.");
    if (uri && keyword == "dbname" && value.find('@') != std::string::npos)
      BadConnectionString("The database name contains \"@\".");
  }
  return password;
}

// Whether a password may stand in what is to be a plain name: libpq would take it as that name and quote it when it
// fails to find it.
bool HoldsConnectionString(const std::string& name) {
  constexpr std::string_view kKeyword = "password";
  const std::size_t colon = name.find(':');
  const std::size_t keyword = name.find(kKeyword);
  const std::size_t next =
      keyword == std::string::npos ? keyword : name.find_first_not_of(' ', keyword + kKeyword.size());
  return name.find("://") != std::string::npos || (next != std::string::npos && name[next] == '=') ||
         (colon != std::string::npos && name.find('@', colon) != std::string::npos);
}

void CheckPlainNames(const ConnectOptions& options) {
  const auto check = [](const char* where, const std::string& name) {
    if (HoldsConnectionString(name))
      throw SettingsError({std::string(where) + " holds a connection string or a password", "",
                           "Give a connection string with -d, a password with PGPASSWORD or a password file.", ""});
  };
  for (const char* variable : {"PGHOST", "PGHOSTADDR", "PGPORT", "PGUSER", "PGDATABASE", "PGSERVICE"})
    if (const char* value = std::getenv(variable)) check(variable, value);
  check("the host name", options.host.value_or(""));
  check("the user name", options.user.value_or(""));
  if (options.dbname && !IsConnectionString(*options.dbname)) check("the database name", *options.dbname);
}

}  // namespace

KeywordArrays::KeywordArrays(const Keywords& keywords) {
  for (const auto& [name, value] : keywords) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
}

CheckedOptions CheckOptions(const ConnectOptions& options) {
  CheckedOptions checked;
  CheckPlainNames(options);
  if (options.port && !IsPortList(*options.port))
    throw SettingsError({"invalid port number", "", "Give the number of a TCP port, such as -p 5432.", ""});
  if (options.dbname && IsConnectionString(*options.dbname))
    checked.password_in_arguments = CheckConnectionString(*options.dbname);
  auto add = [&](const char* keyword, const std::optional<std::string>& value) {
    if (value) checked.keywords.emplace_back(keyword, *value);
  };
  if (std::getenv("PGCONNECT_TIMEOUT") == nullptr) add("connect_timeout", "10");
  add("host", options.host);
  add("port", options.port);
  add("user", options.user);
  add("dbname", options.dbname);
  add("fallback_application_name", "pgsteward");
  add("client_encoding", "UTF8");
  return checked;
}

}  // namespace steward::db
