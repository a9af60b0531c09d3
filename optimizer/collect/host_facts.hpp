// The machine this program runs on, for a server that runs on the same one: cores, memory and how busy it is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/pool_workload.hpp"

namespace steward::collect {

/// CPU time of all processes since the machine started, and the machine's age, in core-seconds and seconds.
struct CpuReading {
  double busy = 0;
  double seconds = 0;
};

/// Cores and memory as a container's limits leave them. Zero where /proc does not say.
model::PoolHost ReadHost();
/// Nothing where /proc does not say.
std::optional<CpuReading> ReadCpu();

/// Cores that "cpu.max" of a cgroup allows ("150000 100000" is 1.5); nothing for "max".
std::optional<double> ParseCpuMax(const std::string& text);
/// The first line of /proc/stat, whose ticks are a hundredth of a second; `cores` turns time into age.
std::optional<CpuReading> ParseProcStat(const std::string& text, int cores);
/// Bytes of a field of /proc/meminfo, which is in kB.
std::optional<std::int64_t> ParseMemTotal(const std::string& text);

}  // namespace steward::collect
