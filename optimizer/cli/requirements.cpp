// See requirements.hpp.
#include "cli/requirements.hpp"

#include <fmt/format.h>

#include "db/transaction.hpp"

namespace steward::cli {

void RequireExtension(db::Database& database) {
  const db::ReadOnlyTransaction transaction(database);
  const db::Result result = database.Query("SELECT FROM pg_extension WHERE extname = 'pg_steward'");
  if (!result.empty()) return;
  throw db::Error(
      {fmt::format("extension pg_steward is not installed in database \"{}\"", database.endpoint().database), "",
       "Run: CREATE EXTENSION pg_steward;   (pgsteward doctor says what else is missing)", ""});
}

}  // namespace steward::cli
