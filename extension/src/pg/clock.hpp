// The clock of capture: monotonic nanoseconds, from the processor's time stamp counter where it can be trusted, which takes
// no call and no system call. Owns its calibration; what is measured is others' business.
#pragma once

#include "pg/postgres.hpp"

namespace steward::pg {

/// How ticks become nanoseconds: ticks * ns_per_tick_32 / 2^32. Set once, before the server forks.
struct ClockScale {
  bool counter;           // the time stamp counter is used
  uint64 ns_per_tick_32;  // its scale
};
extern STEWARD_LOCAL ClockScale clock_scale;

/// Nanoseconds of CLOCK_MONOTONIC.
[[nodiscard]] uint64 SystemNowNs();

/// Nanoseconds since some moment; only differences mean something. No system call where the counter is used.
inline uint64 NowNs() {
#if defined(__x86_64__)
  if (likely(clock_scale.counter))
    return static_cast<uint64>(static_cast<unsigned __int128>(__builtin_ia32_rdtsc()) * clock_scale.ns_per_tick_32 >> 32);
#endif
  return SystemNowNs();
}

/// CPU time that this process has used, in nanoseconds. A system call.
[[nodiscard]] uint64 CpuNs();

/// Nanoseconds in which this process could have run, but others had the processors. False where the kernel keeps no such
/// account. Costs a few microseconds; the first call opens a file, which stays open.
[[nodiscard]] bool ReadCoreWait(uint64* ns);

/// Chooses the clock, taking a few milliseconds. Call once from _PG_init while libraries are being preloaded. The counter is
/// used where the processor says that it runs at one rate in every state, and the kernel keeps time by it as well.
void StartClock();

}  // namespace steward::pg
