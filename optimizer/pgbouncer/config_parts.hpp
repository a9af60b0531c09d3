// The parts of config.hpp, each of which adds its file, its refusals and its steps.
#pragma once

#include <string>
#include <vector>

#include "pgbouncer/config.hpp"

namespace steward::pgbouncer {

/// The lines of [databases] by which the plan's database is reached, but for "*" and those of its other pools.
std::vector<std::string> EntriesOfMain(const Plan& plan, const IniEditor& editor);

/// The line of [databases] that serves a pool of the plan: for "main" the first by which the database is reached, else one with
/// the pool's name behind it. Of an existing file the one that is there already, by either of its usual names.
std::string EntryOf(const Plan& plan, const std::string& pool, const IniEditor& editor);

void MakePgBouncerIni(const Plan& plan, const std::optional<ExistingIni>& existing, const Facts& before, MadeConfig& made);
void MakeServerFiles(const Plan& plan, MadeConfig& made);
void MakeApplicationFile(const Plan& plan, const IniEditor& editor, MadeConfig& made);

/// What lint finds wrong with the made pgbouncer.ini that it may not have: more connections than the server has, whatever was
/// there before; and other errors that were not there before.
void RefuseByRules(const Plan& plan, const Facts& before, MadeConfig& made);

}  // namespace steward::pgbouncer
