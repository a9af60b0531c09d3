// Judges whether the library is preloaded, and writes the line that preloads it without losing what is there (F4).
// Pure.
#pragma once

#include <cstdint>
#include <string>

#include "collect/server_facts.hpp"
#include "report/doctor_report.hpp"

namespace steward::cli {

report::Check CheckPreload(const collect::ServerFacts& facts);

/// The list of libraries `list` (a value of shared_preload_libraries) with pg_steward added, written as ALTER SYSTEM
/// wants it: no quotes round the list, only round a name that is no plain identifier (F4).
std::string MergedPreloadList(const std::string& list);

/// Whether pg_steward is in the list, with or without a path.
bool Preloads(const std::string& list);

/// Bytes of shared memory that the library asks for with its default settings, within 10 %. `backends` is how many
/// processes of the server can run statements (its MaxBackends).
std::int64_t EstimatedSharedMemory(std::int64_t backends);

}  // namespace steward::cli
