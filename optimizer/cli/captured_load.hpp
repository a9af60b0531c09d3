// The load of "pool verify --captured": reads what the server captured, and asks it which statements may run with which values.
#pragma once

#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "db/database.hpp"
#include "load/captured.hpp"

namespace steward::cli {

/// The classes of the connected database. Statements are planned, not run, in read-only transactions with a time limit each and
/// one for all. Throws SettingsError behind a pooler, and the classes of db/error.hpp.
load::CapturedPlan ReadCapturedPlan(db::Database& database);

/// What --captured leads to: opens the connection of --server, says on standard error what is left out. Throws UsageError where
/// nothing is left.
std::vector<load::ClassSettings> ReadCapturedClasses(const LoadOptions& options);

/// As they are driven. Throws load::PlanError.
std::vector<load::LoadClass> ToLoad(const std::vector<load::ClassSettings>& classes);

/// Writes the file of --write-load; says what is in it.
Outcome WriteLoad(const std::string& path, const std::vector<load::ClassSettings>& classes);

}  // namespace steward::cli
