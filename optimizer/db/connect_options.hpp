// psql's connection options and environment, turned into libpq keywords. Checks a connection string before libpq sees
// it, because libpq's own messages quote pieces of it, and a piece can be the password (S9).
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace steward::db {

struct ConnectOptions {
  std::optional<std::string> host;
  std::optional<std::string> port;
  std::optional<std::string> user;
  std::optional<std::string> dbname;  // a name, a URI or "key=value ..."
  enum class Password { kWhenAsked, kAlways, kNever } prompt = Password::kWhenAsked;
};

/// Keywords and values in the order in which libpq lets later ones win.
using Keywords = std::vector<std::pair<std::string, std::string>>;

/// The same as the arrays that PQconnect...Params take. Points into the keywords, which have to outlive it.
struct KeywordArrays {
  explicit KeywordArrays(const Keywords& keywords);

  std::vector<const char*> names;
  std::vector<const char*> values;
};

struct CheckedOptions {
  Keywords keywords;
  bool password_in_arguments = false;  // a password stood in the connection string: everyone can read it in ps
};

/// Throws SettingsError, whose text never quotes the connection string.
CheckedOptions CheckOptions(const ConnectOptions& options);

}  // namespace steward::db
