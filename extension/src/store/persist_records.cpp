// See persist_records.hpp.
#include "store/persist_records.hpp"

#include "core/plan_sight.hpp"
#include "store/block_heap.hpp"
#include "store/classes.hpp"
#include "store/drain.hpp"
#include "store/history_base.hpp"
#include "store/plans.hpp"
#include "store/slow_queries.hpp"
#include "store/statements.hpp"
#include "store/texts.hpp"

extern "C" {
#include "mb/pg_wchar.h"
#include "utils/timestamp.h"
}

namespace steward::store {

namespace {

// A string of the heap behind its length. One that has no room is written as none.
void PutString(HeapRef ref, core::RecordWriter* out) {
  uint32 length = HeapLength(ref);
  if (length + sizeof length > out->room()) length = 0;
  out->Put(length);
  if (length == 0) return;
  if (char* to = out->Reserve(length)) HeapGet(ref, to);
}

Bytes TakeString(core::RecordReader* in) {
  uint32 length = 0;
  if (!in->Take(&length) || length == 0) return Bytes{nullptr, 0};
  return Bytes{in->TakeBytes(length), length};
}

bool EncodingIsKnown(int encoding) { return PG_VALID_BE_ENCODING(encoding); }

// ---- what capture_status shows ----

struct SavedStatus {
  TimestampTz stats_since;
  uint64 evicted;
  uint64 lost;
  uint64 texts_missing;
  uint64 plans_lost;
  int64 last_slow_id;
  uint64 looks;
  RefusedConnections refused;
};

uint32 BeginStatus() { return 1; }

bool SaveStatus(uint32, core::RecordWriter* out) {
  const StatementTableStatus status = StatementStatus();
  out->Put(SavedStatus{status.stats_since, status.evicted, LostExecutionsLocked(), TextsMissing(), PlansLost(), LastSlowId(),
                       Classes()->looks, Refused()});
  return true;
}

bool RestoreStatus(core::RecordReader* in) {
  SavedStatus saved;
  if (!in->Take(&saved) || saved.last_slow_id < 0) return false;
  RestoreStatementStatus(saved.stats_since, saved.evicted);
  RestoreLostExecutions(saved.lost);
  RestoreTextsMissing(saved.texts_missing);
  RestorePlansLost(saved.plans_lost);
  RestoreLastSlowId(saved.last_slow_id);
  Classes()->looks = saved.looks;
  RestoreRefused(saved.refused);
  return true;
}

// ---- statements, the most used first ----

uint32 BeginStatements() { return RankStatements(); }

bool SaveStatement(uint32 index, core::RecordWriter* out) {
  out->Put(*StatementOfRank(index));
  return true;
}

bool RestoreOneStatement(core::RecordReader* in) {
  Statement saved;
  // A NaN is no order to evict by.
  if (!in->Take(&saved) || saved.key.queryid == 0 || !(saved.usage >= 0)) return false;
  RestoreStatement(saved);
  return true;
}

// ---- texts of those statements: no session is left that could run another one without parsing it anew ----

uint32 BeginTexts() {
  StartTakingTexts();
  return RankStatements();
}

struct SavedText {
  TextKey key;
  Oid userid;
  int32 encoding;
  NotCostable reason;
};

bool SaveText(uint32 index, core::RecordWriter* out) {
  const StatementKey& key = StatementOfRank(index)->key;
  StoredText text;
  if (!TakeText(TextKey{key.dbid, key.queryid}, &text)) return false;
  SavedText saved{};
  saved.key = text.key;
  saved.userid = text.userid;
  saved.encoding = text.encoding;
  saved.reason = text.reason;
  out->Put(saved);
  PutString(text.display, out);
  PutString(text.plannable, out);
  for (const HeapRef sample : text.samples) PutString(sample, out);
  return true;
}

bool RestoreOneText(core::RecordReader* in) {
  SavedText saved;
  if (!in->Take(&saved) || !EncodingIsKnown(saved.encoding) || saved.reason > NotCostable::kNoText) return false;
  TextContents contents{saved.key, saved.userid, saved.encoding, saved.reason, TakeString(in), TakeString(in), {}};
  for (Bytes& sample : contents.samples) sample = TakeString(in);
  if (!in->ok()) return false;
  RestoreText(contents);
  return true;
}

// ---- plans ----

uint32 BeginPlans() { return PlanPlaces(); }

bool SavePlan(uint32 index, core::RecordWriter* out) {
  const PlanEntry* entry = PlanAt(index);
  if (entry == nullptr) return false;
  out->Put(*entry);
  PutString(entry->facts, out);
  PutString(entry->sight, out);
  PutString(entry->json, out);
  return true;
}

// Readers walk the facts by the counts in them.
bool FactsAreWhole(Bytes facts) {
  core::RecordReader in(facts.data, facts.length);
  PlanFacts header;
  if (!in.Take(&header) || header.predicates > kMaxPredicates || header.relations > kMaxPlanRelations ||
      header.indexes > kMaxPlanRelations)
    return false;
  if (in.TakeBytes(sizeof(Oid) * (static_cast<Size>(header.relations) + header.indexes)) == nullptr) return false;
  Size texts = 0;
  for (uint32 i = 0; i < header.predicates; i++) {
    PredicateRecord record;
    if (!in.Take(&record) || record.role > PredicateRole::kUpdate || record.kind > PredicateKind::kOther) return false;
    texts += record.expression_length;
  }
  return in.TakeBytes(texts) != nullptr && in.Exhausted();
}

bool SightIsWhole(Bytes bytes) {
  core::PlanSight sight;
  return bytes.length == 0 || core::ReadSight({bytes.data, bytes.length}, &sight);
}

bool RestoreOnePlan(core::RecordReader* in) {
  PlanEntry saved;
  if (!in->Take(&saved)) return false;
  const Bytes facts = TakeString(in);
  const Bytes sight = TakeString(in);
  const Bytes json = TakeString(in);
  if (!in->ok() || !FactsAreWhole(facts) || !SightIsWhole(sight)) return false;
  RestorePlan(saved, facts, sight, json);
  return true;
}

// ---- slow queries, the oldest first ----

uint32 BeginSlow() { return kSlowRing; }

bool SaveSlow(uint32 index, core::RecordWriter* out) {
  const SlowRecord* record = SlowByAge(index);
  if (record == nullptr) return false;
  out->Put(*record);
  PutString(record->plan, out);
  PutString(record->parameters, out);
  return true;
}

bool RestoreOneSlow(core::RecordReader* in) {
  SlowRecord saved;
  if (!in->Take(&saved) || saved.id <= 0 || saved.id > LastSlowId() || !EncodingIsKnown(saved.encoding) ||
      saved.execution.state > SlowState::kCanceled)
    return false;
  if (memchr(saved.application_name, '\0', sizeof saved.application_name) == nullptr ||
      memchr(saved.client_addr, '\0', sizeof saved.client_addr) == nullptr ||
      memchr(saved.execution.trace.hex, '\0', sizeof saved.execution.trace.hex) == nullptr)
    return false;
  const Bytes plan = TakeString(in);
  const Bytes parameters = TakeString(in);
  if (!in->ok()) return false;
  RestoreSlow(saved, plan, parameters);
  return true;
}

// ---- how far history is ----

uint32 BeginHistory() { return HistoryRows(); }

bool SaveHistoryDatabase(uint32 index, core::RecordWriter* out) {
  HistoryDatabase database{};
  if (!HistoryDatabaseAt(index, &database)) return false;
  out->Put(database);
  return true;
}

bool RestoreOneHistoryDatabase(core::RecordReader* in) {
  HistoryDatabase saved;
  if (!in->Take(&saved) || !OidIsValid(saved.dbid)) return false;
  RestoreHistoryDatabase(saved);
  return true;
}

struct SavedTaken {
  StatementKey key;
  core::HistoryCounters taken;
};

bool SaveTaken(uint32 index, core::RecordWriter* out) {
  const Statement& statement = *StatementOfRank(index);
  SavedTaken saved{};
  saved.key = statement.key;
  saved.taken = HistoryTaken(statement);
  if (core::IsEmpty(saved.taken)) return false;
  out->Put(saved);
  return true;
}

// A statement that found no room has nothing that could be counted twice.
bool RestoreTaken(core::RecordReader* in) {
  SavedTaken saved;
  if (!in->Take(&saved)) return false;
  const Statement* statement = FindStatement(saved.key);
  if (statement == nullptr) return true;
  if (!core::IsWithin(saved.taken, statement->totals)) return false;
  RestoreHistoryTaken(*statement, saved.taken);
  return true;
}

// ---- classes of transactions, "other" the last one, without a key ----

uint32 BeginClasses() { return Classes()->rows + 1; }

bool SaveClass(uint32 index, core::RecordWriter* out) {
  const core::ClassTable* table = Classes();
  if (index < table->rows)
    out->Put(table->row[index]);
  else
    out->Put(core::ClassRow{{}, table->other});
  return true;
}

bool RestoreOneClass(core::RecordReader* in) {
  core::ClassRow saved;
  const char* name = saved.key.application_name;
  if (!in->Take(&saved) || memchr(name, '\0', core::kApplicationNameSize) == nullptr)
    return false;
  core::ClassTable* table = Classes();
  core::ClassTotals* totals = &table->other;
  if (saved.key.dbid != 0) totals = core::TotalsFor(table, saved.key, GetCurrentTimestamp());
  *totals = saved.totals;
  return true;
}

const RecordKind kKinds[] = {
    {BeginStatus, SaveStatus, RestoreStatus},
    {BeginStatements, SaveStatement, RestoreOneStatement},
    {BeginTexts, SaveText, RestoreOneText},
    {BeginPlans, SavePlan, RestoreOnePlan},
    {BeginSlow, SaveSlow, RestoreOneSlow},
    {BeginHistory, SaveHistoryDatabase, RestoreOneHistoryDatabase},
    {BeginStatements, SaveTaken, RestoreTaken},
    {BeginClasses, SaveClass, RestoreOneClass},
};

}  // namespace

const RecordKind* RecordKinds(uint32* count) {
  *count = lengthof(kKinds);
  return kKinds;
}

RecordLayout CurrentRecordLayout() {
  return RecordLayout{{sizeof(SavedStatus), sizeof(Statement), sizeof(core::StatementTotals), core::kCounterCount,
                       core::kLatencyBuckets, sizeof(SavedText), kMaxSamples, sizeof(PlannableParam), sizeof(PlanEntry),
                       sizeof(PlanFacts), sizeof(PredicateRecord), sizeof(SlowRecord), sizeof(SlowExecution), NAMEDATALEN,
                       sizeof(HistoryDatabase), sizeof(SavedTaken), sizeof(core::ClassRow), sizeof(core::RelationSight),
                       sizeof(core::SightHeader)}};
}

}  // namespace steward::store
