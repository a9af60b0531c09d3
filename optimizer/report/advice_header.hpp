// How reports of advice begin.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/workload.hpp"

namespace steward::report {

/// "database shop on db1:5432 (PostgreSQL 15.20, primary)      run 1, 2026-11-26 19:08 UTC", with its line end.
std::string ServerLine(const model::ServerInfo& server, std::optional<std::int64_t> run_id);

/// A name and what is to be said of it, wrapped beside it.
std::string HeaderLine(const std::string& name, const std::string& text);

}  // namespace steward::report
