// See process_facts.hpp.
#include "pgbouncer/process_facts.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <sstream>
#include <thread>

#include "pgbouncer/file.hpp"

namespace steward::pgbouncer {

namespace {

constexpr std::size_t kLargest = 1 << 20;

std::string Proc(int pid, const char* name) {
  return ReadFile(fmt::format("/proc/{}/{}", pid, name), kLargest);
}

bool IsPgBouncer(int pid) {
  try {
    return Proc(pid, "comm") == "pgbouncer\n";
  } catch (const FileError&) {
    return false;
  }
}

double CoresOf(int pid) {
  using Clock = std::chrono::steady_clock;
  const std::int64_t before = CpuTicks(Proc(pid, "stat"));
  const Clock::time_point start = Clock::now();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  const std::int64_t after = CpuTicks(Proc(pid, "stat"));
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return static_cast<double>(after - before) / static_cast<double>(sysconf(_SC_CLK_TCK)) / seconds;
}

}  // namespace

std::optional<std::int64_t> OpenFilesLimit(const std::string& limits) {
  constexpr std::string_view kName = "Max open files";
  std::istringstream lines(limits);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(kName)) continue;
    std::istringstream rest(line.substr(kName.size()));
    std::string soft;
    rest >> soft;
    return soft == "unlimited" ? std::nullopt : ParseNumber(soft);
  }
  throw FileError("there is no limit on open files in the process's limits", "");
}

std::int64_t CpuTicks(const std::string& stat) {
  std::istringstream fields(stat.substr(std::min(stat.rfind(')') + 1, stat.size())));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  std::int64_t user = 0;
  std::int64_t system = 0;
  fields >> user >> system;
  return user + system;
}

ProcessFacts ReadProcess(int pid) {
  if (!IsPgBouncer(pid))
    throw FileError(fmt::format("process {} is no running PgBouncer", pid), "Its pidfile holds the number; so does: pgrep pgbouncer");
  ProcessFacts facts;
  facts.pid = pid;
  facts.open_files = OpenFilesLimit(Proc(pid, "limits"));
  facts.cores = CoresOf(pid);
  return facts;
}

std::optional<int> PidFromFile(const std::string& path) {
  try {
    std::istringstream text(ReadFile(path, kLargest));
    int pid = 0;
    if (text >> pid && pid > 0 && IsPgBouncer(pid)) return pid;
  } catch (const FileError&) {  // not there, or not ours to read: then it is not known
  }
  return std::nullopt;
}

MachineFacts ReadMachine() {
  MachineFacts facts;
  facts.cores = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  facts.memory = static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
  try {
    std::istringstream(ReadFile("/proc/sys/net/core/somaxconn", kLargest)) >> facts.somaxconn;
  } catch (const FileError&) {  // 0: not known
  }
  return facts;
}

}  // namespace steward::pgbouncer
