// The running PgBouncer and this machine, from /proc.
#pragma once

#include <optional>
#include <string>

#include "pgbouncer/facts.hpp"

namespace steward::pgbouncer {

/// Of process `pid`: its limits, and the CPU that it uses while it is looked at (a fifth of a second). Throws FileError where
/// there is no such process or it is no PgBouncer.
ProcessFacts ReadProcess(int pid);

/// The process that a pidfile names, where it runs and is a PgBouncer.
std::optional<int> PidFromFile(const std::string& path);

MachineFacts ReadMachine();

/// The soft limit on open files in a text like /proc/PID/limits; none: unlimited. Throws FileError where there is no line.
std::optional<std::int64_t> OpenFilesLimit(const std::string& limits);

/// User and system time of a line like /proc/PID/stat, in clock ticks; the name in it may hold anything.
std::int64_t CpuTicks(const std::string& stat);

}  // namespace steward::pgbouncer
