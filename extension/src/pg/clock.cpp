// See clock.hpp.
#include "pg/clock.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

extern "C" {
#include "storage/fd.h"
}

namespace steward::pg {

ClockScale clock_scale = {false, 0};

namespace {

constexpr uint64 kCalibrationNs = 5'000'000;  // two readings 30 ns apart then mean an error under 20 ppm

uint64 Nanoseconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<uint64>(now.tv_sec) * 1000000000U + static_cast<uint64>(now.tv_nsec);
}

#if defined(__x86_64__)
// CPUID 0x80000007, EDX bit 8: invariant TSC.
bool CounterIsInvariant() {
  uint32 eax = 0x80000000, ebx = 0, ecx = 0, edx = 0;
  asm("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
  if (eax < 0x80000007) return false;
  eax = 0x80000007;
  ecx = 0;
  asm("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
  return (edx >> 8 & 1) != 0;
}

// The kernel drops the counter as its own clock once it sees it drift between processors. Both kinds of paravirtual clock
// are the counter with a scale of the host's.
bool KernelTrustsCounter() {
  char name[64] = "";
  FILE* file = fopen("/sys/devices/system/clocksource/clocksource0/current_clocksource", "r");
  if (file == nullptr) return false;
  const bool read = fgets(name, sizeof name, file) != nullptr;
  fclose(file);
  if (!read) return false;
  name[strcspn(name, "\n")] = '\0';
  return strcmp(name, "tsc") == 0 || strcmp(name, "kvm-clock") == 0 || strcmp(name, "hyperv_clocksource_tsc_page") == 0;
}

void Calibrate() {
  const uint64 ticks = __builtin_ia32_rdtsc();
  const uint64 start = SystemNowNs();
  uint64 now = start;
  while (now - start < kCalibrationNs) now = SystemNowNs();
  const uint64 passed = __builtin_ia32_rdtsc() - ticks;
  if (passed == 0) return;
  const auto scale = static_cast<uint64>((static_cast<unsigned __int128>(now - start) << 32) / passed);
  clock_scale = ClockScale{scale != 0, scale};
}
#endif

}  // namespace

uint64 SystemNowNs() { return Nanoseconds(CLOCK_MONOTONIC); }

uint64 CpuNs() { return Nanoseconds(CLOCK_PROCESS_CPUTIME_ID); }

// Three numbers: ns on a processor, ns that could have run, turns. All are zero where the kernel keeps no account.
bool ReadCoreWait(uint64* ns) {
  static FILE* file = nullptr;
  static bool none = false;  // for good; a want of file descriptors passes
  if (file == nullptr) {
    if (none) return false;
    file = fopen("/proc/self/schedstat", "re");
    if (file == nullptr) {
      none = errno == ENOENT || errno == EACCES;
      return false;
    }
    ReserveExternalFD();
    setvbuf(file, nullptr, _IONBF, 0);
  }
  char text[80];
  rewind(file);
  const size_t length = fread(text, 1, sizeof text - 1, file);
  text[length] = '\0';
  char* rest = nullptr;
  const uint64 ran_ns = strtoull(text, &rest, 10);
  *ns = strtoull(rest, nullptr, 10);
  return ran_ns > 0;
}

void StartClock() {
#if defined(__x86_64__)
  if (CounterIsInvariant() && KernelTrustsCounter()) Calibrate();
#endif
}

}  // namespace steward::pg
