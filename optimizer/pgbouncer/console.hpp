// Reads PgBouncer's admin console into facts, by column names: releases differ in which there are.
#pragma once

#include <functional>
#include <string>

#include "db/database.hpp"
#include "pgbouncer/facts.hpp"

namespace steward::pgbouncer {

/// Runs one command of the console; throws db::Error.
using ConsoleQuery = std::function<db::Result(const std::string& command)>;

/// SHOW VERSION, CONFIG, DATABASES, POOLS, STATS_TOTALS and USERS. Throws db::Error, with a hint where the other end is no
/// console of PgBouncer.
ConsoleFacts ReadConsole(const ConsoleQuery& query, bool local);

}  // namespace steward::pgbouncer
