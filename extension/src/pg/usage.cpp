// See usage.hpp.
#include "pg/usage.hpp"

extern "C" {
#include "executor/execdesc.h"
}

namespace steward::pg {

namespace {

void AddWal(const WalUsage& now, const WalUsage& then, uint64* v) {
  v[kWalRecords] += static_cast<uint64>(now.wal_records - then.wal_records);
  v[kWalFpi] += static_cast<uint64>(now.wal_fpi - then.wal_fpi);
  v[kWalBytes] += now.wal_bytes - then.wal_bytes;
  v[kWalBuffersFull] += WalBuffersFullSince(now, then);
}

}  // namespace

void ClearTimes(ResourceUsage* usage) {
  for (int i = kSharedReadNs; i <= kTempWriteNs; i++) usage->value[i] = 0;
  usage->set |= kUsageTimes;
}

void CompleteUsage(ResourceUsage* usage) {
  if ((usage->set & kUsageAll) != 0) return;
  const int first = (usage->set & kUsageReads) != 0 ? kSharedReads : kSharedHit;
  for (int i = first; i < kBlockCounts; i++) usage->value[i] = 0;
  for (int i = kWalRecords; i < kUsageCount; i++) usage->value[i] = 0;
  usage->set |= kUsageReads | kUsageAll;
}

void AddUsageSince(const UsageMark& mark, ResourceUsage* usage) {
  CompleteUsage(usage);
  AddDifferences<kBlockCounts>(usage->value, &pgBufferUsage, mark.blocks);
  AddWal(pgWalUsage, mark.wal, usage->value);
  if (IsTimed(*usage)) AddBlockTimes(pgBufferUsage, mark.times, usage->value + kSharedReadNs);
}

bool ReadMeter(const QueryDesc* desc, uint64* exec_ns, ResourceUsage* usage) {
  Instrumentation* meter = desc->totaltime;
  if (meter == nullptr || !meter->need_timer || !meter->need_bufusage) return false;
  InstrEndLoop(meter);  // does nothing the second time
  *exec_ns = static_cast<uint64>(meter->total * 1e9 + 0.5);
  const BufferUsage no_times{};
  const WalUsage no_wal{};
  usage->set = 0;
  CompleteUsage(usage);
  ClearTimes(usage);
  memcpy(usage->value, &meter->bufusage, sizeof(uint64) * kBlockCounts);
  AddBlockTimes(meter->bufusage, no_times, usage->value + kSharedReadNs);
  AddWal(meter->walusage, no_wal, usage->value);
  return true;
}

}  // namespace steward::pg
