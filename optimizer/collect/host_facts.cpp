// See host_facts.hpp.
#include "collect/host_facts.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <vector>

namespace steward::collect {

namespace {

std::string Slurp(const char* path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// That this process may use, which a server beside it in the same container may as well.
int AllowedCores() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0) return CPU_COUNT(&allowed);
  return static_cast<int>(std::max(0L, sysconf(_SC_NPROCESSORS_ONLN)));
}

}  // namespace

std::optional<double> ParseCpuMax(const std::string& text) {
  std::istringstream words(text);
  double quota = 0;
  double period = 0;
  if (!(words >> quota >> period) || quota <= 0 || period <= 0) return std::nullopt;
  return quota / period;
}

std::optional<CpuReading> ParseProcStat(const std::string& text, int cores) {
  std::istringstream words(text);
  std::string name;
  words >> name;
  std::vector<double> ticks;  // user nice system idle iowait irq softirq steal, then guests that are in user already
  for (double value = 0; ticks.size() < 8 && words >> value;) ticks.push_back(value);
  if (name != "cpu" || ticks.size() < 5 || cores < 1) return std::nullopt;
  constexpr double kTicksPerSecond = 100;
  double all = 0;
  for (const double value : ticks) all += value;
  return CpuReading{(all - ticks[3] - ticks[4]) / kTicksPerSecond, all / kTicksPerSecond / cores};
}

std::optional<std::int64_t> ParseMemTotal(const std::string& text) {
  const std::size_t at = text.find("MemTotal:");
  if (at == std::string::npos) return std::nullopt;
  std::istringstream words(text.substr(at + 9));
  std::int64_t kilobytes = 0;
  if (!(words >> kilobytes) || kilobytes <= 0) return std::nullopt;
  return kilobytes * 1024;
}

model::PoolHost ReadHost() {
  model::PoolHost host;
  host.cores = AllowedCores();
  if (const auto quota = ParseCpuMax(Slurp("/sys/fs/cgroup/cpu.max")))
    host.cores = std::min(host.cores, static_cast<int>(std::max(1.0, std::ceil(*quota))));
  host.memory = ParseMemTotal(Slurp("/proc/meminfo")).value_or(0);
  std::istringstream limit(Slurp("/sys/fs/cgroup/memory.max"));
  if (std::int64_t bytes = 0; limit >> bytes && bytes > 0) host.memory = std::min(host.memory, bytes);
  return host;
}

// Not of a part of the machine: what others use of the rest says nothing of it.
std::optional<CpuReading> ReadCpu() {
  const auto online = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  if (ReadHost().cores < online) return std::nullopt;
  return ParseProcStat(Slurp("/proc/stat"), online);
}

}  // namespace steward::collect
