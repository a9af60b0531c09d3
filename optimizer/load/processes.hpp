// What /proc says about the machine and a process, and how many files may be open.
#pragma once

#include <cstdint>
#include <optional>

namespace steward::load {

/// Clock ticks since boot, over all cores: of everything, and of what was not idle.
struct MachineTicks {
  std::uint64_t total = 0;
  std::uint64_t busy = 0;
};
std::optional<MachineTicks> ReadMachineTicks();

/// CPU seconds that a process has used; none: there is no such process.
std::optional<double> ReadProcessCpu(int pid);
/// Its resident memory in bytes.
std::optional<std::int64_t> ReadProcessMemory(int pid);

/// CPU seconds of a postmaster and all its processes, those that have ended included; none: that is no server.
std::optional<double> ReadServerCpu(int postmaster);
/// The parent of a process that is a server process on this machine; none: it is none.
std::optional<int> PostmasterOf(int backend);

/// CPU seconds of this process.
double OwnCpu();

/// The process that listens at the other end of a unix socket; none for TCP.
std::optional<int> PeerProcess(int socket);

/// Raises the soft limit of open files for so many connections, where the hard one allows it. Throws PlanError, which
/// says what is missing.
void AllowConnections(int connections);

}  // namespace steward::load
