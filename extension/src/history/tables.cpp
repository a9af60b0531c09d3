// See tables.hpp. Zeroes are stored as NULL: most counters of most statements are zero, and a NULL takes no room.
#include "history/tables.hpp"

#include "history/class_rows.hpp"
#include "pg/extension_table.hpp"
#include "pg/spi.hpp"
#include "pg/text_output.hpp"
#include "store/latency_array.hpp"
#include "store/texts.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "storage/bufmgr.h"
#include "utils/array.h"
}

namespace steward::history {

namespace {

// A heap tuple's header with its null bitmap and line pointer, and the entry of the index.
constexpr int64 kEntryOverhead = 32 + 4 + 16;
constexpr int64 kUsualEntry = 220;
constexpr int64 kTextOverhead = 24 + 4 + 8 + 20;

bool IsTime(int counter) {
  switch (counter) {
    case core::kHistoryPlanNs:
    case core::kHistoryExecNs:
    case core::kHistorySharedReadNs:
    case core::kHistorySharedWriteNs:
    case core::kHistoryTempReadNs:
    case core::kHistoryTempWriteNs:
      return true;
    default:
      return false;
  }
}

void Widen(const core::HistoryCounters& counters, uint64_t* counts) {
  for (int i = 0; i < core::kCoarseBuckets; i++) counts[i] = counters.latency[i];
}

int64 EntrySize(const core::HistoryCounters& counters) {
  uint64_t counts[core::kCoarseBuckets];
  Widen(counters, counts);
  int64 size = kEntryOverhead + 8 + 8 + 5;
  for (const uint64_t count : counters.count) size += count == 0 ? 0 : 8;
  const int64 buckets = core::PackedLength(counts);
  return size + (buckets == 0 ? 0 : 21 + 4 * buckets);
}

void AddLatency(pg::SpiArgs* args, const core::HistoryCounters& counters) {
  uint64_t counts[core::kCoarseBuckets];
  Widen(counters, counts);
  if (core::PackedLength(counts) == 0) return args->AddNull(INT4ARRAYOID);
  args->Add(INT4ARRAYOID, store::LatencyArray(counts));
}

void FillEntry(int64 interval, const store::StatementKey& key, const core::HistoryCounters& counters,
               pg::SpiArgs* args) {
  args->count = 0;
  args->AddInt64(interval);
  args->AddInt64(static_cast<int64>(key.queryid));
  for (int i = 0; i < core::kHistoryCpuNs; i++) {
    const uint64 count = counters.count[i];
    if (count == 0)
      args->AddNull(IsTime(i) ? FLOAT8OID : INT8OID);
    else if (IsTime(i))
      args->AddFloat8(static_cast<double>(count) / 1e6);
    else
      args->AddInt64(static_cast<int64>(count));
  }
  const double cpu_ns = core::CpuTime(counters);
  if (cpu_ns < 0)
    args->AddNull(FLOAT8OID);
  else
    args->AddFloat8(cpu_ns / 1e6);
  args->AddOid(key.userid);
  args->AddBool(key.toplevel);
  AddLatency(args, counters);
}

// The columns stand in the order of core::HistoryCounter; cpu_time is computed of the last two.
constexpr const char* kInsertEntry = R"(
INSERT INTO steward.history_entry (interval_id, queryid, calls, failed_calls, canceled_calls, rows, plans, total_plan_time,
       total_exec_time, shared_blks_hit, shared_blks_read, shared_blks_dirtied, shared_blks_written, temp_blks_read,
       temp_blks_written, shared_blk_read_time, shared_blk_write_time, temp_blk_read_time, temp_blk_write_time,
       wal_records, wal_bytes, cpu_time, userid, toplevel, latency)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25))";

int AddEntries(int64 interval, const store::HistoryBatch& batch, bool has_rest) {
  MemoryContext row = AllocSetContextCreate(CurrentMemoryContext, "pg_steward history entry", ALLOCSET_DEFAULT_SIZES);
  pg::SpiArgs args;
  FillEntry(interval, store::StatementKey{}, batch.rest, &args);
  SPIPlanPtr insert = pg::SpiPrepare(kInsertEntry, args);
  if (has_rest) pg::SpiRun(insert, args);
  for (int i = 0; i < batch.count; i++) {
    MemoryContext caller = MemoryContextSwitchTo(row);
    FillEntry(interval, batch.items[i].key, batch.items[i].delta, &args);
    MemoryContextSwitchTo(caller);
    pg::SpiRun(insert, args);
    MemoryContextReset(row);
  }
  MemoryContextDelete(row);
  return batch.count + (has_rest ? 1 : 0);
}

Datum QueryIds(const store::HistoryBatch& batch) {
  auto* ids = static_cast<Datum*>(palloc(sizeof(Datum) * static_cast<Size>(Max(batch.count, 1))));
  for (int i = 0; i < batch.count; i++) ids[i] = Int64GetDatum(static_cast<int64>(batch.items[i].key.queryid));
  return PointerGetDatum(construct_array(ids, batch.count, INT8OID, sizeof(int64), true, TYPALIGN_DOUBLE));
}

int64 Int64Of(const char* sql) {
  pg::SpiRun(sql);
  bool is_null = true;
  const Datum value = pg::SpiValue(0, 1, &is_null);
  return is_null ? 0 : DatumGetInt64(value);
}

}  // namespace

Oid TablesOwner() {
  return pg::ExtensionTableOwner("history_interval");
}

int AddInterval(const store::HistoryBatch& batch) {
  const bool has_rest = !core::IsEmpty(batch.rest);
  int64 bytes = has_rest ? EntrySize(batch.rest) : 0;
  for (int i = 0; i < batch.count; i++) bytes += EntrySize(batch.items[i].delta);
  bytes += ClassBytes(batch);
  pg::SpiArgs args;
  args.AddOid(batch.dbid);
  args.AddTime(batch.start);
  args.AddTime(batch.end);
  args.AddInt32(batch.count);
  args.AddInt64(batch.others);
  args.AddBool(track_io_timing);
  args.AddInt64(bytes);
  pg::SpiRun(R"(
INSERT INTO steward.history_interval (dbid, interval_start, interval_end, statements, other_statements, io_timed, bytes)
VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING interval_id)",
             args);
  bool is_null = true;
  const int64 interval = DatumGetInt64(pg::SpiValue(0, 1, &is_null));
  AddClasses(interval, batch);
  return AddEntries(interval, batch, has_rest);
}

int64 AddTexts(const store::HistoryBatch& batch) {
  pg::SpiArgs args;
  args.Add(INT8ARRAYOID, QueryIds(batch));
  const uint64 missing = pg::SpiRun(R"(
SELECT DISTINCT q FROM pg_catalog.unnest($1) q
 WHERE NOT EXISTS (SELECT FROM steward.history_text t WHERE t.queryid = q))",
                                    args);
  SPITupleTable* rows = SPI_tuptable;
  pg::SpiArgs text_args;
  text_args.AddNull(INT8OID);
  text_args.AddNull(TEXTOID);
  SPIPlanPtr insert = pg::SpiPrepare(
      "INSERT INTO steward.history_text (queryid, query) VALUES ($1, $2) ON CONFLICT DO NOTHING", text_args);
  int64 bytes = 0;
  for (uint64 i = 0; i < missing; i++) {
    bool is_null = true;
    const int64 queryid = DatumGetInt64(SPI_getbinval(rows->vals[i], rows->tupdesc, 1, &is_null));
    const store::TextCopy text = store::GetDisplayText(store::TextKey{batch.dbid, static_cast<uint64>(queryid)});
    if (text.display == nullptr) continue;
    text_args.count = 0;
    text_args.AddInt64(queryid);
    text_args.Add(TEXTOID,
                  pg::TextInDatabaseEncoding(text.display, static_cast<int>(text.display_length), text.encoding));
    pg::SpiRun(insert, text_args);
    bytes += text.display_length + kTextOverhead;
  }
  return bytes;
}

int64 EntryBytes() {
  return Int64Of("SELECT pg_catalog.sum(bytes)::pg_catalog.int8 FROM steward.history_interval");
}

int64 DeadBytes() {
  return kUsualEntry *
         Int64Of("SELECT pg_catalog.pg_stat_get_dead_tuples('steward.history_entry'::pg_catalog.regclass)");
}

uint64 DeleteIntervals(TimestampTz horizon, int64 excess, int most) {
  pg::SpiArgs args;
  args.AddTime(horizon);
  args.AddInt64(excess);
  args.AddInt32(most);
  return pg::SpiRun(R"(
WITH aged AS (SELECT interval_id, interval_end, pg_catalog.sum(bytes) OVER (ORDER BY interval_id) - bytes AS older
                FROM steward.history_interval),
     old AS (SELECT interval_id FROM aged WHERE interval_end < $1 OR older < $2 ORDER BY interval_id LIMIT $3),
     entries AS (DELETE FROM steward.history_entry e USING old WHERE e.interval_id = old.interval_id),
     classes AS (DELETE FROM steward.history_class c USING old WHERE c.interval_id = old.interval_id)
DELETE FROM steward.history_interval i USING old WHERE i.interval_id = old.interval_id)",
                    args);
}

int64 TidyTexts() {
  pg::SpiRun(
      "DELETE FROM steward.history_text t "
      "WHERE NOT EXISTS (SELECT FROM steward.history_entry e WHERE e.queryid = t.queryid)");
  return Int64Of(
      "SELECT pg_catalog.sum(pg_catalog.pg_column_size(t.query) + 56)::pg_catalog.int8 FROM steward.history_text t");
}

}  // namespace steward::history
