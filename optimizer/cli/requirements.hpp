// What several commands ask of a database before they work on it, and the advice that goes with a missing right.
#pragma once

#include <optional>

#include "cli/arguments.hpp"
#include "collect/hypopg_workload.hpp"
#include "db/database.hpp"
#include "db/error.hpp"

namespace steward::cli {

/// Throws db::Error, with the line that mends it, when the extension is not installed in this database.
void RequireExtension(db::Database& database);

/// What advice is to come from: nothing where that is pg_steward. Throws db::Error, with the line that mends it, where neither
/// it nor its stand-ins are installed, or what was asked for is not.
std::optional<collect::HypopgSource> ChooseSource(db::Database& database, const Arguments& arguments);

/// Throws db::SettingsError behind a pooler: what asks what-if connects to the server.
void RequireDirectConnection(db::Database& database);

/// A missing right is the usual reason why a reading ends early: says where the grants are printed.
template <typename Work>
auto WithAdviceOnRights(Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const db::InsufficientPrivilege& error) {
    if (!error.hint().empty()) throw;
    throw db::InsufficientPrivilege(
        {error.what(), error.detail(), "pgsteward doctor prints the grants that this role needs.", error.sqlstate()});
  } catch (const db::UndefinedObject& error) {
    throw db::UndefinedObject({error.what(), error.detail(),
                               "The extension in this database may be of another version: pgsteward doctor",
                               error.sqlstate()});
  }
}

}  // namespace steward::cli
