// Judges the facts about a server: what works, what is missing, and the line that mends it. Pure.
#pragma once

#include <string>
#include <vector>

#include "collect/server_facts.hpp"
#include "report/doctor_report.hpp"

namespace steward::cli {

std::vector<report::Check> Diagnose(const collect::ServerFacts& facts);

/// The list of libraries `list` (a value of shared_preload_libraries) with pg_steward added, written as ALTER SYSTEM
/// wants it: no quotes round the list, only round a name that is no plain identifier (F4).
std::string MergedPreloadList(const std::string& list);

/// Whether pg_steward is in the list, with or without a path.
bool Preloads(const std::string& list);

/// Bytes of shared memory that the library asks for with its default settings.
std::int64_t EstimatedSharedMemory(std::int64_t max_connections);

}  // namespace steward::cli
