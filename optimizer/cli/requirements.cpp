// See requirements.hpp.
#include "cli/requirements.hpp"

#include <fmt/format.h>

#include "db/pooler.hpp"
#include "db/transaction.hpp"

namespace steward::cli {

// Planning takes locks on the statements' tables and runs for as long as it takes, which a pooled server connection is
// not for; and what it plans must not be seen by whoever gets that connection next (F1).
void RequireDirectConnection(db::Database& database) {
  const db::PoolerCheck check = db::CheckPooler(database);
  if (!check.behind_pooler) return;
  throw db::SettingsError({"connect to the server, not to the pooler",
                           "The backend's process id is not the one that "
                           "was announced, so a pooler is in between; what-if is unsafe there.",
                           "Try " + db::DirectConnectionAdvice(check) + ".", ""});
}

void RequireExtension(db::Database& database) {
  const db::ReadOnlyTransaction transaction(database);
  const db::Result result = database.Query("SELECT FROM pg_extension WHERE extname = 'pg_steward'");
  if (!result.empty()) return;
  throw db::Error(
      {fmt::format("extension pg_steward is not installed in database \"{}\"", database.endpoint().database), "",
       "Run: CREATE EXTENSION pg_steward;   (pgsteward doctor says what else is missing)", ""});
}

}  // namespace steward::cli
