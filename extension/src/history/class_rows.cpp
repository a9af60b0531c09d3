// See class_rows.hpp.
#include "history/class_rows.hpp"

#include "pg/spi.hpp"

namespace steward::history {

namespace {

// With its histogram and its share of the index.
constexpr int64 kUsualRow = 368;

}  // namespace

int64 ClassBytes(const store::HistoryBatch& batch) {
  pg::SpiArgs args;
  args.AddOid(batch.dbid);
  args.AddTime(batch.start);
  pg::SpiRun("SELECT pg_catalog.count(*) FROM steward.captured_classes() c WHERE c.dbid = $1 AND c.last_seen >= $2", args);
  bool is_null = true;
  return kUsualRow * DatumGetInt64(pg::SpiValue(0, 1, &is_null));
}

void AddClasses(int64 interval, const store::HistoryBatch& batch) {
  pg::SpiArgs args;
  args.AddInt64(interval);
  args.AddOid(batch.dbid);
  args.AddTime(batch.start);
  pg::SpiRun(R"(
INSERT INTO steward.history_class
SELECT $1, c.userid, c.application_name, c.first_seen, c.commits, c.rollbacks, c.failures, c.writing_transactions, c.total_xact_time,
       c.idle_in_transaction_time, c.cpu_time, c.core_wait_time, c.samples, c.running_samples, c.lock_samples, c.lwlock_samples, c.io_samples,
       c.wal_samples, c.client_samples, c.other_samples, c.idle_samples, c.latency
  FROM steward.captured_classes() c WHERE c.dbid = $2 AND c.last_seen >= $3)",
             args);
}

}  // namespace steward::history
