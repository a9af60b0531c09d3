// See processes.hpp.
#include "load/processes.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

#include "load/script.hpp"

namespace steward::load {

std::optional<MachineTicks> ReadMachineTicks() {
  std::ifstream file("/proc/stat");
  std::string word;
  file >> word;
  if (word != "cpu") return std::nullopt;
  MachineTicks ticks;
  // user nice system idle iowait irq softirq steal; guest time is within user time.
  for (int field = 0; field < 8; ++field) {
    std::uint64_t value = 0;
    if (!(file >> value)) return std::nullopt;
    ticks.total += value;
    if (field != 3 && field != 4) ticks.busy += value;
  }
  return ticks;
}

namespace {

struct ProcessStat {
  std::string name;
  int parent = 0;
  double own = 0;       // CPU seconds
  double children = 0;  // of those that have ended
};

std::optional<ProcessStat> ReadStat(int pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  const std::size_t open = line.find('(');
  const std::size_t close = line.rfind(')');
  if (open == std::string::npos || close == std::string::npos) return std::nullopt;
  ProcessStat stat;
  stat.name = line.substr(open + 1, close - open - 1);
  std::istringstream fields(line.substr(close + 2));
  std::string skipped;
  fields >> skipped >> stat.parent;
  for (int field = 5; field < 14; ++field) fields >> skipped;
  double user = 0;
  double system = 0;
  double children_user = 0;
  double children_system = 0;
  if (!(fields >> user >> system >> children_user >> children_system)) return std::nullopt;
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  stat.own = (user + system) / ticks;
  stat.children = (children_user + children_system) / ticks;
  return stat;
}

}  // namespace

std::optional<double> ReadProcessCpu(int pid) {
  const std::optional<ProcessStat> stat = ReadStat(pid);
  return stat ? std::optional(stat->own) : std::nullopt;
}

std::optional<double> ReadServerCpu(int postmaster) {
  const std::optional<ProcessStat> stat = ReadStat(postmaster);
  if (!stat) return std::nullopt;
  double seconds = stat->own + stat->children;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::optional<ProcessStat> child = ReadStat(std::stoi(name));
    if (child && child->parent == postmaster) seconds += child->own;
  }
  return seconds;
}

std::optional<int> PostmasterOf(int backend) {
  const std::optional<ProcessStat> stat = ReadStat(backend);
  if (!stat || stat->name != "postgres" || stat->parent <= 1) return std::nullopt;
  return stat->parent;
}

std::optional<std::int64_t> ReadProcessMemory(int pid) {
  std::ifstream file(fmt::format("/proc/{}/statm", pid));
  std::int64_t total = 0;
  std::int64_t resident = 0;
  if (!(file >> total >> resident)) return std::nullopt;
  return resident * sysconf(_SC_PAGESIZE);
}

double OwnCpu() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::optional<int> PeerProcess(int socket) {
  ucred peer = {};
  socklen_t size = sizeof(peer);
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid <= 0) return std::nullopt;
  return peer.pid;
}

void AllowConnections(int connections) {
  constexpr rlim_t kOthers = 64;  // files that are no client connection
  const rlim_t needed = static_cast<rlim_t>(connections) + kOthers;
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed) return;
  const rlim_t hard = limit.rlim_max;
  limit.rlim_cur = needed;
  if (hard >= needed && setrlimit(RLIMIT_NOFILE, &limit) == 0) return;
  throw PlanError(
      fmt::format("{} connections need {} open files, and at most {} are allowed", connections, needed, hard),
      fmt::format("Raise the hard limit: ulimit -Hn {} as root, or LimitNOFILE= of the service; or let users "
                  "share connections with app_pool.",
                  needed));
}

}  // namespace steward::load
