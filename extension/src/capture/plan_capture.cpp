// See plan_capture.hpp.
#include "capture/plan_capture.hpp"

#include "capture/explain_capture.hpp"
#include "capture/node_measures.hpp"
#include "capture/plan_facts.hpp"
#include "capture/plan_walk.hpp"
#include "capture/trace.hpp"
#include "pg/protected_call.hpp"
#include "settings.hpp"
#include "store/plans.hpp"
#include "store/slots.hpp"
#include "store/slow_queries.hpp"

extern "C" {
#include "access/xact.h"
#include "common/pg_prng.h"
#include "utils/timestamp.h"
}

namespace steward::capture {

PlanMemory plan_memories[kPlanMemories];
PlanMemory any_plan;

namespace {

// Plans that this backend has seen. Checked against the shared table again now and then, because that evicts.
struct SeenEntry {
  store::PlanKey key;
  uint64 generation;
  uint32 sights;
};

constexpr uint32 kSeen = 1024;
constexpr uint32 kAdmittedOneOf = 64;
// A guess that holds for the first execution only: after it the plan's own duration decides.
constexpr double kLongRunningCost = 10000;

SeenEntry seen[kSeen];

void Recall(PlanMemory* memory, const PlannedStmt* statement, uint64 queryid, Oid userid) {
  const double cost = statement->planTree->total_cost;
  const bool same = memory->statement == statement && memory->queryid == queryid && memory->total_cost == cost;
  if (!same) {
    *memory = PlanMemory{};
    memory->statement = statement;
    memory->queryid = queryid;
    memory->total_cost = cost;
    memory->planid = PlanId(statement);
    memory->long_running = cost > kLongRunningCost;
  }
  memory->userid = userid;
  memory->sights = 0;
  memory->generation = store::PlansGeneration();
}

bool SamePlan(const store::PlanKey& a, const store::PlanKey& b) {
  return a.planid == b.planid && a.queryid == b.queryid && a.userid == b.userid && a.dbid == b.dbid;
}

// With more plans in use than the table holds, each would be collected anew whenever its turn comes, at the price of a short
// statement. Then only one of some sights is looked into; a plan that is executed often still gets in soon.
bool Admitted() {
  static uint32 sights = 0;
  return likely(!store::PlansFull()) || ++sights % kAdmittedOneOf == 0;
}

enum class Sighting : uint8 { kKnown, kNew, kNotNow };

// Remembers the sight.
Sighting Sight(const store::PlanKey& key) {
  SeenEntry& entry = seen[(key.planid ^ key.queryid) % kSeen];
  const uint64 generation = store::PlansGeneration();
  if (SamePlan(entry.key, key) && entry.generation == generation && entry.sights < kSightsBetweenChecks) {
    entry.sights++;
    return Sighting::kKnown;
  }
  if (!Admitted()) return Sighting::kNotNow;
  entry = SeenEntry{key, generation, 0};
  return store::PlanKnown(key) ? Sighting::kKnown : Sighting::kNew;
}

void ForgetSight(const store::PlanKey& key) {
  SeenEntry& entry = seen[(key.planid ^ key.queryid) % kSeen];
  if (SamePlan(entry.key, key)) entry = SeenEntry{};
}

// False when it is to be tried again at the next sight.
bool StorePlan(const store::PlanKey& key, const QueryDesc* query) {
  const PlanSource source{query->plannedstmt, query->params};
  store::PlanNotes notes{};
  bool collected = CollectNotes(source, settings.track_predicates, CurrentMemoryContext, &notes);
  // A plan whose predicates cannot be read is kept without them, so that it is not tried again at each execution.
  if (!collected) {
    store::CountLost();
    collected = CollectNotes(source, false, CurrentMemoryContext, &notes);
  }
  if (!collected || store::PutPlan(key, notes) != store::PutResult::kBusy) return true;
  ForgetSight(key);
  return false;
}

struct NewPlan {
  store::PlanKey key;
  const QueryDesc* query;
  bool stored;
};

void StoreNewPlan(void* argument) {
  auto* plan = static_cast<NewPlan*>(argument);
  plan->stored = StorePlan(plan->key, plan->query);
}

// Runs `work` so that nothing of it reaches the user's statement; a failure is counted as lost.
void Capture(void (*work)(void*), void* argument) {
  if (pg::InProtectedCall()) return;
  if (!pg::RunProtected(work, argument)) store::CountLost();
}

bool ExplainOnly(const QueryDesc* query) {
  return query->estate == nullptr || (query->estate->es_top_eflags & EXEC_FLAG_EXPLAIN_ONLY) != 0;
}

double Milliseconds(uint64 ns) { return static_cast<double>(ns) / 1e6; }

store::SlowExecution Describe(const ExecutionEnd& end, store::SlowState state) {
  store::SlowExecution slow{};
  slow.key = end.key;
  slow.planid = end.planid;
  slow.state = state;
  slow.sqlstate = end.sqlstate;
  slow.trace = TraceOfMessage();
  // A cursor may have been open long before; only a plain statement began when it arrived.
  const auto running = static_cast<TimestampTz>(end.exec_ns / 1000);
  slow.query_start = end.key.toplevel ? GetCurrentStatementStartTimestamp() : GetCurrentTimestamp() - running;
  slow.exec_time_ms = Milliseconds(end.exec_ns);
  slow.plan_time_ms = end.plan_ns != 0 ? Milliseconds(end.plan_ns) : -1;
  slow.rows = end.rows;
  pg::ResourceUsage usage = *end.usage;
  pg::CompleteUsage(&usage);
  slow.shared_blks_hit = usage.value[pg::kSharedHit];
  slow.shared_blks_read = usage.value[pg::kSharedRead];
  slow.temp_blks_written = usage.value[pg::kTempWritten];
  slow.wal_bytes = usage.value[pg::kWalBytes];
  return slow;
}

struct Ending {
  const ExecutionEnd* end;
  QueryDesc* query;
  bool slow;
  bool instrumented;
};

store::Bytes Plan(const Ending& ending, const store::PlanKey& key) {
  const bool wanted = ending.instrumented || store::PlanWantsJson(key, false);
  if (!settings.track_plans || !wanted || !store::TakeExplainToken()) return {nullptr, 0};
  const PlanJson json = ExplainPlan(ending.query, Milliseconds(ending.end->exec_ns));
  return {json.data, json.length};
}

store::Bytes Parameters(QueryDesc* query) {
  const char* text = settings.capture_parameters ? ShowParameters(query) : nullptr;
  return {text, text != nullptr ? static_cast<uint32>(strlen(text)) : 0};
}

void Keep(void* argument) {
  const auto* ending = static_cast<Ending*>(argument);
  const ExecutionEnd& end = *ending->end;
  const store::PlanKey key{end.key.userid, end.key.dbid, end.key.queryid, end.planid};
  if (end.planid != 0 && !store::PlanKnown(key)) StorePlan(key, ending->query);
  if (end.planid != 0 && ending->instrumented && settings.track_predicates) {
    const Measures measured = MeasureNodes(ending->query->planstate);
    store::AddMeasures(key, measured.items, measured.count);
  }
  const store::Bytes plan = end.planid != 0 ? Plan(*ending, key) : store::Bytes{nullptr, 0};
  if (plan.data != nullptr) store::PutPlanJson(key, plan.data, plan.length, ending->instrumented);
  if (!ending->slow) return;
  store::SlowExecution slow = Describe(end, store::SlowState::kOk);
  slow.instrumented = ending->instrumented;
  slow.trace = TraceOf(ending->query);
  // Without actual rows the plan is the one that is stored for the plan id.
  store::PutSlow(slow, ending->instrumented ? plan : store::Bytes{nullptr, 0}, Parameters(ending->query));
}

}  // namespace

int ChooseInstrumentation() {
  if (!settings.track_plans || settings.slow_min_duration_ms < 0) return 0;
  const bool timed = settings.track_timing || pg_prng_double(&pg_global_prng_state) < settings.sample_rate;
  return INSTRUMENT_ROWS | INSTRUMENT_BUFFERS | (timed ? INSTRUMENT_TIMER : 0);
}

PlanMemory* PlanSeen(const store::StatementKey& key, QueryDesc* query) {
  PlannedStmt* statement = query->plannedstmt;
  if (statement->planTree == nullptr || (!settings.track_plans && !settings.track_predicates)) return nullptr;
  PlanMemory* memory = PlanMemoryAt(statement);
  Recall(memory, statement, key.queryid, key.userid);
  const store::PlanKey plan{key.userid, key.dbid, key.queryid, memory->planid};
  const Sighting sighting = Sight(plan);
  bool again = sighting == Sighting::kNotNow;
  if (sighting == Sighting::kNew && !ExplainOnly(query) && TouchesUserRelation(statement)) {
    NewPlan fresh{plan, query, true};
    Capture(StoreNewPlan, &fresh);
    again = !fresh.stored;
  }
  if (again) memory->generation--;  // PlanSurelySeen says no the next time
  return memory;
}

void StatementDone(const ExecutionEnd& end, QueryDesc* query) {
  const bool slow = IsSlow(end.exec_ns);
  const bool armed = store::Armed(end.key.queryid);
  if (query->planstate == nullptr || ExplainOnly(query)) return;
  const bool instrumented = query->planstate->instrument != nullptr;
  if (!slow && !instrumented) return;
  if (armed && instrumented) store::Disarm(end.key.queryid);
  Ending ending{&end, query, slow, instrumented};
  Capture(Keep, &ending);
  if (slow && !instrumented && settings.track_plans) store::Arm(end.key.queryid);
}

void UtilityDone(const ExecutionEnd& end) {
  if (IsSlow(end.exec_ns)) store::PutSlow(Describe(end, store::SlowState::kOk), {nullptr, 0}, {nullptr, 0});
}

void StatementFailed(const ExecutionEnd& end) {
  if (!IsSlow(end.exec_ns)) return;
  store::PutSlow(Describe(end, end.canceled ? store::SlowState::kCanceled : store::SlowState::kFailed), {nullptr, 0},
                 {nullptr, 0});
}

}  // namespace steward::capture
