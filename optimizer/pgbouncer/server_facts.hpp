// Reads from the server what bounds pools: its connection limits, timeouts and memory, limits of roles and databases, and
// what pg_steward has seen of the classes of transactions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "db/database.hpp"
#include "pgbouncer/facts.hpp"

namespace steward::pgbouncer {

/// Works before anything is installed, with no special rights. In a transaction of its own.
ServerFacts ReadServer(db::Database& database);

/// What steward.classes shows; none, with the reason in `why`, where it cannot be read. In a transaction of its own.
std::optional<std::vector<ClassFacts>> ReadClasses(db::Database& database, std::string& why);

}  // namespace steward::pgbouncer
