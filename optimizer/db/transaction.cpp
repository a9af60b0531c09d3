// BEGIN, SET LOCAL, and the way out. See transaction.hpp.
#include "db/transaction.hpp"

#include <string>

#include "db/error.hpp"

namespace steward::db {

namespace {

// One message to the server, so that nothing can come between BEGIN and its settings.
std::string BeginScript(const char* mode, const TransactionLimits& limits) {
  return std::string("BEGIN ") + mode +
         "; SET LOCAL statement_timeout = " + std::to_string(limits.statement_timeout.count()) +
         "; SET LOCAL lock_timeout = " + std::to_string(limits.lock_timeout.count()) +
         "; SET LOCAL jit = off; SET LOCAL search_path = pg_catalog, pg_temp" +
         "; SET LOCAL quote_all_identifiers = off; SET LOCAL DateStyle = ISO; SET LOCAL IntervalStyle = postgres; SET "
         "LOCAL TimeZone = 'UTC'" +
         "; SET LOCAL extra_float_digits = 1";
}

void RollBackQuietly(Database& database) {
  try {
    database.Execute("ROLLBACK");
  } catch (const std::exception&) {
    // The connection is gone or the query was interrupted: closing the session rolls back as well.
  }
}

void Begin(Database& database, const char* mode, const TransactionLimits& limits) {
  try {
    database.Execute(BeginScript(mode, limits));
  } catch (...) {
    RollBackQuietly(database);
    throw;
  }
}

}  // namespace

ReadOnlyTransaction::ReadOnlyTransaction(Database& database, const TransactionLimits& limits) : database_(database) {
  Begin(database_, "READ ONLY", limits);
}

ReadOnlyTransaction::~ReadOnlyTransaction() {
  RollBackQuietly(database_);
}

WriteTransaction::WriteTransaction(Database& database, const TransactionLimits& limits) : database_(database) {
  Begin(database_, "READ WRITE", limits);
}

WriteTransaction::~WriteTransaction() {
  if (open_) RollBackQuietly(database_);
}

void WriteTransaction::Commit() {
  database_.Execute("COMMIT");
  open_ = false;
}

}  // namespace steward::db
