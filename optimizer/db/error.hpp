// The exceptions of the database layer, keyed on SQLSTATE. Who catches them decides the exit code and the hint.
#pragma once

#include <stdexcept>
#include <string>

namespace steward::db {

/// What a server or libpq reported, in the fields of PostgreSQL's error style.
struct Diagnostics {
  std::string message;  // primary message: lower case, no period
  std::string detail;
  std::string hint;
  std::string sqlstate;  // five characters, or empty when the failure was on our side of the wire
};

/// Any failure to talk to a server, and the base of the classes below.
class Error : public std::runtime_error {
 public:
  explicit Error(Diagnostics diagnostics);

  const std::string& detail() const { return diagnostics_.detail; }
  const std::string& hint() const { return diagnostics_.hint; }
  const std::string& sqlstate() const { return diagnostics_.sqlstate; }

 private:
  Diagnostics diagnostics_;
};

/// No connection, or the connection went away (class 08, 57P01..57P03).
class ConnectionError : public Error {
  using Error::Error;
};

/// The connection settings themselves are wrong; nothing was tried.
class SettingsError : public Error {
  using Error::Error;
};

/// A right is missing (42501).
class InsufficientPrivilege : public Error {
  using Error::Error;
};

/// A table, function, schema or column is not there (42P01, 42883, 42703, 3F000).
class UndefinedObject : public Error {
  using Error::Error;
};

/// A prerequisite is missing, such as the preloaded library (55000).
class PrerequisiteMissing : public Error {
  using Error::Error;
};

/// A write was refused because the transaction or the server is read-only (25006).
class ReadOnlyServer : public Error {
  using Error::Error;
};

/// The user interrupted the query (57014 after Ctrl-C).
class Interrupted : public Error {
  using Error::Error;
};

/// Throws the class above that the SQLSTATE names, Error where none does.
[[noreturn]] void Throw(Diagnostics diagnostics);

}  // namespace steward::db
