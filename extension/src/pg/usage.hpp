// What a statement used of the server: blocks, I/O times, WAL, as the server's running counters tell it. Owns how the counters
// are read at a price that a hot path can pay: nearly every execution only reads blocks of the shared buffers, so that the
// counts of these stand for themselves, and all others are touched only once one of them has moved.
#pragma once

#include "pg/compat.hpp"
#include "pg/lanes.hpp"
#include "pg/postgres.hpp"

extern "C" {
#include "executor/instrument.h"
#include "storage/bufmgr.h"
}

namespace steward::pg {

/// The order is that of core::kSharedHit..kWalBuffersFull; times in nanoseconds. What this server cannot tell stays 0: see the
/// kHas... constants of pg/compat.hpp.
enum Usage : int {
  kSharedHit,
  kSharedRead,
  kSharedDirtied,
  kSharedWritten,
  kLocalHit,
  kLocalRead,
  kLocalDirtied,
  kLocalWritten,
  kTempRead,
  kTempWritten,
  kSharedReadNs,
  kSharedWriteNs,
  kLocalReadNs,
  kLocalWriteNs,
  kTempReadNs,
  kTempWriteNs,
  kWalRecords,
  kWalFpi,
  kWalBytes,
  kWalBuffersFull,
  kUsageCount
};
inline constexpr int kBlockCounts = kTempWritten + 1;
inline constexpr int kSharedReads = kSharedRead + 1;
static_assert(offsetof(BufferUsage, shared_blks_hit) == 0 &&
              offsetof(BufferUsage, shared_blks_read) == kSharedRead * sizeof(int64) &&
              offsetof(BufferUsage, temp_blks_written) == (kBlockCounts - 1) * sizeof(int64));

/// Which of the values are set, as flags; what is not set is zero. Of kUsageAll the I/O times are no part.
inline constexpr uint8 kUsageReads = 1;  // kSharedHit and kSharedRead
inline constexpr uint8 kUsageAll = 2;
inline constexpr uint8 kUsageTimes = 4;  // they are measured, too

struct ResourceUsage {
  alignas(16) uint64 value[kUsageCount];
  uint8 set;
};

/// The server's running counters at one moment. I/O times move only under track_io_timing.
struct UsageMark {
  alignas(16) uint64 blocks[kBlockCounts];
  WalUsage wal;
  BufferUsage times;  // where the usage is timed
};

/// Sets the I/O times to zero, to be measured.
void ClearTimes(ResourceUsage* usage);

/// Nothing used.
inline void StartUsage(ResourceUsage* usage) {
  usage->set = 0;
  if (unlikely(track_io_timing)) ClearTimes(usage);
}

[[nodiscard]] inline bool IsTimed(const ResourceUsage& usage) { return (usage.set & kUsageTimes) != 0; }

/// Sets every value but the times.
void CompleteUsage(ResourceUsage* usage);

/// Remembers the counters, for AddUsageSince with a usage that is timed or not.
inline void MarkUsage(UsageMark* mark, bool timed) {
  Copy<kBlockCounts>(mark->blocks, &pgBufferUsage);
  mark->wal = pgWalUsage;
  if (unlikely(timed)) mark->times = pgBufferUsage;
}

/// True when a block was read since `mark`, in the shared or the local buffers: without, nothing else was used either.
inline bool ReadSince(const UsageMark& mark) {
  const auto* now = reinterpret_cast<const uint64*>(&pgBufferUsage);
  return ((now[kSharedHit] ^ mark.blocks[kSharedHit]) | (now[kSharedRead] ^ mark.blocks[kSharedRead]) |
          (now[kLocalHit] ^ mark.blocks[kLocalHit]) | (now[kLocalRead] ^ mark.blocks[kLocalRead])) != 0;
}

/// Adds what was used since `mark` to `usage`.
void AddUsageSince(const UsageMark& mark, ResourceUsage* usage);

/// The same as far as it is cheap: false, and nothing added, where more was used than reads of shared blocks, where times are
/// measured, or where it is not the first part of an execution.
[[nodiscard]] inline bool AddReadsSince(const UsageMark& mark, ResourceUsage* usage) {
  const auto* now = reinterpret_cast<const uint64*>(&pgBufferUsage);
  const bool others = Differ<kBlockCounts - kSharedReads>(now + kSharedReads, mark.blocks + kSharedReads) ||
                      pgWalUsage.wal_records != mark.wal.wal_records;
  if (unlikely(others || usage->set != 0)) return false;
  SetDifferences<kSharedReads>(usage->value, now, mark.blocks);
  usage->set = kUsageReads;
  return true;
}

/// True when another module has the executor meter time, buffers and WAL of this query; then *exec_ns and *usage are what its
/// meter shows at the end, of ExecutorRun and ExecutorFinish and nothing around them, so that the two modules agree.
bool ReadMeter(const QueryDesc* desc, uint64* exec_ns, ResourceUsage* usage);

}  // namespace steward::pg
