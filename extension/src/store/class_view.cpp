// The SQL function behind steward.classes. Covers the whole cluster; what others' applications call themselves is shown
// by pg_stat_statements' rule.
#include "pg/postgres.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/backend_status.h"
#include "utils/timestamp.h"
}

#include "core/coarse_latency.hpp"
#include "pg/clock.hpp"
#include "store/classes.hpp"
#include "store/latency_array.hpp"
#include "store/row.hpp"
#include "store/shmem.hpp"
#include "store/visibility.hpp"

namespace steward::store {

namespace {

void AddMs(Row* row, bool present, double ns) { row->AddIf(present, Float8GetDatum(ns / 1e6)); }

// Without a key: what has no row of its own, which is nobody's in particular.
void AddKey(Row* row, const core::ClassKey* key, bool sees_all) {
  row->AddOid(key != nullptr ? key->dbid : InvalidOid);
  row->AddOid(key != nullptr ? key->userid : InvalidOid);
  const char* name = "other";
  if (key != nullptr)
    name = sees_all || key->userid == GetUserId() ? key->application_name : "<insufficient privilege>";
  row->AddText(name);
}

void AddTotals(Row* row, const core::ClassTotals& totals) {
  const uint64 transactions = totals.count[core::kCommits] + totals.count[core::kRollbacks];
  const auto total_ns = static_cast<double>(totals.count[core::kXactNs]);
  const auto idle_ns = static_cast<double>(totals.count[core::kIdleNs]);
  row->AddCount(transactions);
  row->AddCount(totals.count[core::kCommits]);
  row->AddCount(totals.count[core::kRollbacks]);
  row->AddCount(totals.count[core::kFailures]);
  row->AddCount(totals.count[core::kSessionCommands]);
  AddMs(row, true, total_ns);
  AddMs(row, transactions > 0, total_ns / static_cast<double>(Max(transactions, 1)));
  AddMs(row, transactions > 0, core::DeviationNs(totals));
  const auto longest_ns = core::LongestNs(totals);
  static constexpr double kQuantiles[] = {0.5, 0.95, 0.99};
  for (const double quantile : kQuantiles)
    AddMs(row, transactions > 0, core::LatencyQuantile(totals.latency, quantile, 0, longest_ns));
  AddMs(row, transactions > 0, static_cast<double>(longest_ns));
  // The server times idle transactions only where it tracks activities.
  const bool idle_known = idle_ns > 0 || pgstat_track_activities;
  AddMs(row, idle_known, total_ns - idle_ns);
  AddMs(row, idle_known, idle_ns);
  row->Add(TimestampTzGetDatum(totals.first_seen));
  row->Add(TimestampTzGetDatum(totals.last_seen));
  row->AddCount(totals.count[core::kWritingCommits]);
  AddMs(row, true, static_cast<double>(totals.count[core::kClassCpuNs]));
  uint64 own_wait_ns = 0;
  AddMs(row, pg::ReadCoreWait(&own_wait_ns), static_cast<double>(totals.count[core::kClassCoreWaitNs]));
}

// Sessions as they were found by looks at them; without a look nothing is known.
void AddSights(Row* row, const core::ClassTotals& totals, uint64 looks) {
  const uint64 samples = looks - totals.looks_before;
  row->AddCount(samples);
  for (const uint64 seen : totals.seen) row->AddIf(samples > 0, Int64GetDatum(static_cast<int64>(seen)));
  row->AddIf(samples > 0, Int32GetDatum(static_cast<int32>(totals.max_busy)));
  row->AddIf(samples > 0, Int32GetDatum(static_cast<int32>(totals.max_sessions)));
}

// In the order of the bits of core::SessionFeature.
void AddFeatures(Row* row, uint64 features) {
  static constexpr const char* kNames[core::kSessionFeatures] = {"set",        "set_role",    "listen",  "advisory_lock",
                                                                 "temp_table", "hold_cursor", "prepare", "load"};
  Datum names[core::kSessionFeatures];
  int count = 0;
  for (int i = 0; i < core::kSessionFeatures; i++)
    if ((features >> i & 1) != 0) names[count++] = CStringGetTextDatum(kNames[i]);
  row->Add(PointerGetDatum(construct_array(names, count, TEXTOID, -1, false, TYPALIGN_INT)));
}

// The coarse histogram that history keeps, too.
void AddLatency(Row* row, const core::ClassTotals& totals) {
  uint32 coarse[core::kCoarseBuckets];
  uint64 counts[core::kCoarseBuckets];
  core::CoarsenLatency(totals.latency, coarse);
  for (int i = 0; i < core::kCoarseBuckets; i++) counts[i] = coarse[i];
  row->Add(LatencyArray(counts));
}

void Emit(ReturnSetInfo* result, const core::ClassKey* key, const core::ClassTotals& totals, uint64 looks, bool sees_all) {
  if (totals.last_seen == 0) return;
  Row row{};
  AddKey(&row, key, sees_all);
  AddTotals(&row, totals);
  AddSights(&row, totals, looks);
  AddFeatures(&row, totals.features);
  AddLatency(&row, totals);
  Assert(row.count == result->setDesc->natts);
  tuplestore_putvalues(result->setResult, result->setDesc, row.values, row.nulls);
}

}  // namespace

}  // namespace steward::store

using namespace steward::store;  // NOLINT: SQL functions have C linkage

STEWARD_FUNCTION(steward_classes) {
  RequireReady();
  InitMaterializedSRF(fcinfo, 0);
  auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
  const bool sees_all = ReadsAllStats();
  DrainClasses();
  const steward::core::ClassTable* table = CopyClasses();
  for (uint32 i = 0; i < table->rows; i++) Emit(result, &table->row[i].key, table->row[i].totals, table->looks, sees_all);
  Emit(result, nullptr, table->other, table->looks, sees_all);
  return Datum{0};
}
