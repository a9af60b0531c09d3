// The SQL function behind steward.plan_changes: each kept plan of the current database with the plan of the same statement whose
// place it took. Owns the pairing; why a plan changed is decided in core/plan_change.
#include "core/plan_change.hpp"
#include "core/sql_lexer.hpp"
#include "pg/text_output.hpp"
#include "settings.hpp"
#include "store/drain.hpp"
#include "store/plans.hpp"
#include "store/row.hpp"
#include "store/shmem.hpp"
#include "store/texts.hpp"
#include "store/visibility.hpp"

extern "C" {
#include "mb/pg_wchar.h"
#include "utils/timestamp.h"
}

namespace steward::store {

namespace {

const char* const kKinds[] = {nullptr, "custom", "generic"};

// What one row is made of, reused from row to row: the sights are too large for the stack to be asked for them twice.
struct Pairing {
  PlansCopy copy;
  const PlanCopy** sorted;
  core::PlanSight old_sight;
  core::PlanSight new_sight;
  core::PlanChange change;
};

bool SameStatement(const PlanCopy& a, const PlanCopy& b) {
  return a.entry.key.userid == b.entry.key.userid && a.entry.key.queryid == b.entry.key.queryid;
}

template <typename T>
int Order(T a, T b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

// By statement, then in the order in which plans were first seen.
int CompareCopies(const void* left, const void* right) {
  const PlanEntry& a = (*static_cast<const PlanCopy* const*>(left))->entry;
  const PlanEntry& b = (*static_cast<const PlanCopy* const*>(right))->entry;
  if (a.key.userid != b.key.userid) return Order(a.key.userid, b.key.userid);
  if (a.key.queryid != b.key.queryid) return Order(a.key.queryid, b.key.queryid);
  if (a.first_seen != b.first_seen) return Order(a.first_seen, b.first_seen);
  return Order(a.key.planid, b.key.planid);
}

uint32 SortVisible(Pairing* pairing, bool all) {
  uint32 count = 0;
  pairing->sorted = static_cast<const PlanCopy**>(
      palloc_extended(sizeof(PlanCopy*) * (static_cast<Size>(pairing->copy.count) + 1), MCXT_ALLOC_HUGE));
  for (uint32 i = 0; i < pairing->copy.count; i++)
    if (all || pairing->copy.plans[i].entry.key.userid == GetUserId()) pairing->sorted[count++] = &pairing->copy.plans[i];
  qsort(pairing->sorted, count, sizeof(PlanCopy*), CompareCopies);
  return count;
}

// A bound that no duration reaches, for entries that come from a file.
constexpr double kMostDurationUs = 1e15;

core::PlanUse UseOf(const PlanCopy& plan) {
  const PlanEntry& entry = plan.entry;
  const double mean = entry.calls > 0 ? entry.total_exec_time_ms * 1000 / static_cast<double>(entry.calls) : 0;
  const bool sane = mean >= 0 && mean < kMostDurationUs;
  return core::PlanUse{entry.first_seen, entry.last_seen, entry.calls, sane ? static_cast<int64>(mean) : 0};
}

// Null for the first plan of a statement.
const PlanCopy* PlanBefore(const PlanCopy* const* sorted, uint32 index) {
  const PlanCopy* best = nullptr;
  const int64 at = sorted[index]->entry.first_seen;
  for (uint32 i = index; i > 0 && SameStatement(*sorted[i - 1], *sorted[index]); i--)
    if (best == nullptr || core::RatherReplaced(UseOf(*sorted[i - 1]), UseOf(*best), at)) best = sorted[i - 1];
  return best;
}

// False when the plan is kept without its circumstances.
bool ReadSightOf(const Pairing& pairing, const PlanCopy& plan, core::PlanSight* sight) {
  if (core::ReadSight({pairing.copy.blob + plan.sight_offset, plan.sight_length}, sight)) return true;
  *sight = core::PlanSight{};
  return false;
}

void AddString(Row* row, std::string_view text) {
  row->AddIf(!text.empty(),
             text.empty() ? Datum{0} : PointerGetDatum(cstring_to_text_with_len(text.data(), static_cast<int>(text.size()))));
}

void AddMeanTime(Row* row, const PlanEntry& entry) {
  const bool counted = entry.calls > 0;
  row->AddIf(counted, counted ? Float8GetDatum(entry.total_exec_time_ms / static_cast<double>(entry.calls)) : Datum{0});
}

// Constants are shown as parameters. A text that is not known, or may have been cut before the first of them, may have some.
bool MayHaveValues(const TextCopy& text) {
  if (!text.found || text.display == nullptr) return true;
  const auto length = static_cast<int>(text.display_length);
  if (length > settings.max_query_length_bytes - MAX_MULTIBYTE_CHAR_LEN) return true;
  return core::HasParameter(core::SqlText{text.display, length, false});
}

void AddQuery(Row* row, const TextCopy& text) {
  const bool known = text.found && text.display != nullptr;
  row->AddIf(known, known ? pg::TextInDatabaseEncoding(text.display, static_cast<int>(text.display_length), text.encoding)
                          : Datum{0});
}

void AddPlan(Row* row, const Pairing& pairing, const PlanCopy& plan, const core::PlanSight& sight) {
  row->Add(Int64GetDatum(static_cast<int64>(plan.entry.key.planid)));
  row->AddCount(plan.entry.calls);
  AddMeanTime(row, plan.entry);
  row->Add(TimestampTzGetDatum(plan.entry.last_seen));
  row->AddText(kKinds[static_cast<int>(sight.kind)]);
  AddString(row, sight.outline);
  AddString(row, {pairing.copy.blob + plan.json_offset, plan.json_length});
}

void Emit(ReturnSetInfo* result, Pairing* pairing, const PlanCopy& old_plan, const PlanCopy& new_plan) {
  const PlanKey& key = new_plan.entry.key;
  const bool old_known = ReadSightOf(*pairing, old_plan, &pairing->old_sight);
  const bool new_known = ReadSightOf(*pairing, new_plan, &pairing->new_sight);
  const TextCopy text = GetDisplayText(TextKey{key.dbid, key.queryid});
  if (old_known && new_known)
    core::ExplainChange({pairing->old_sight, UseOf(old_plan)}, {pairing->new_sight, UseOf(new_plan)}, MayHaveValues(text),
                        &pairing->change);
  else
    pairing->change = core::PlanChange{core::PlanCause::kUnknown, false, 0, {}};
  if (pairing->change.same_plan) return;
  Row row{};
  row.Add(ObjectIdGetDatum(key.userid));
  row.Add(ObjectIdGetDatum(key.dbid));
  row.Add(Int64GetDatum(static_cast<int64>(key.queryid)));
  AddQuery(&row, text);
  row.Add(TimestampTzGetDatum(new_plan.entry.first_seen));
  row.AddText(core::CauseName(pairing->change.cause));
  AddString(&row, pairing->change.Detail());
  AddPlan(&row, *pairing, old_plan, pairing->old_sight);
  AddPlan(&row, *pairing, new_plan, pairing->new_sight);
  Assert(row.count == result->setDesc->natts);
  tuplestore_putvalues(result->setResult, result->setDesc, row.values, row.nulls);
}

void EmitAll(FunctionCallInfo fcinfo) {
  RequireReady();
  Drain();
  InitMaterializedSRF(fcinfo, 0);
  auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
  auto* pairing = static_cast<Pairing*>(palloc0(sizeof(Pairing)));
  pairing->copy = CopyPlans(MyDatabaseId, PlanParts{false, true, true});
  const uint32 count = SortVisible(pairing, ReadsAllStats());
  MemoryContext rows = AllocSetContextCreate(CurrentMemoryContext, "pg_steward rows", ALLOCSET_DEFAULT_SIZES);
  MemoryContext caller = MemoryContextSwitchTo(rows);
  for (uint32 i = 0; i < count; i++) {
    CHECK_FOR_INTERRUPTS();
    const PlanCopy* before = PlanBefore(pairing->sorted, i);
    if (before != nullptr) Emit(result, pairing, *before, *pairing->sorted[i]);
    MemoryContextReset(rows);
  }
  MemoryContextSwitchTo(caller);
  MemoryContextDelete(rows);
}

}  // namespace

}  // namespace steward::store

STEWARD_FUNCTION(steward_plan_changes) {
  steward::store::EmitAll(fcinfo);
  return Datum{0};
}
