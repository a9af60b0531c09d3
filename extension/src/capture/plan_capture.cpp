// See plan_capture.hpp.
#include "capture/plan_capture.hpp"

#include "capture/plan_facts.hpp"
#include "capture/plan_walk.hpp"
#include "settings.hpp"
#include "store/plans.hpp"

namespace steward::capture {

namespace {

// Plan ids by the address of the plan. A cached plan keeps its address; the query id and the cost tell a plan that was freed
// from another one at the same place.
struct PlanIdEntry {
  const PlannedStmt* statement;
  uint64 queryid;
  double total_cost;
  uint64 planid;
};

// Plans that this backend has seen. Checked against the shared table again now and then, because that evicts.
struct SeenEntry {
  store::PlanKey key;
  uint64 generation;
  uint32 sights;
};

constexpr uint32 kPlanIds = 256;
constexpr uint32 kSeen = 1024;
constexpr uint32 kSightsBetweenChecks = 4096;

PlanIdEntry plan_ids[kPlanIds];
SeenEntry seen[kSeen];

uint64 CachedPlanId(const PlannedStmt* statement) {
  const auto address = reinterpret_cast<uintptr_t>(statement);
  PlanIdEntry& entry = plan_ids[(address >> 6) % kPlanIds];
  const uint64 queryid = statement->queryId;
  const double cost = statement->planTree->total_cost;
  if (entry.statement != statement || entry.queryid != queryid || entry.total_cost != cost)
    entry = PlanIdEntry{statement, queryid, cost, PlanId(statement)};
  return entry.planid;
}

bool SamePlan(const store::PlanKey& a, const store::PlanKey& b) {
  return a.planid == b.planid && a.queryid == b.queryid && a.userid == b.userid && a.dbid == b.dbid;
}

// Remembers the sight; true when nothing has to be done for the plan.
bool SeenBefore(const store::PlanKey& key) {
  SeenEntry& entry = seen[(key.planid ^ key.queryid) % kSeen];
  const uint64 generation = store::PlansGeneration();
  if (SamePlan(entry.key, key) && entry.generation == generation && entry.sights < kSightsBetweenChecks) {
    entry.sights++;
    return true;
  }
  entry = SeenEntry{key, generation, 0};
  return store::PlanKnown(key);
}

void ForgetSight(const store::PlanKey& key) {
  SeenEntry& entry = seen[(key.planid ^ key.queryid) % kSeen];
  if (SamePlan(entry.key, key)) entry = SeenEntry{};
}

void StoreFacts(const store::PlanKey& key, PlannedStmt* statement) {
  uint32 length = 0;
  char* facts = CollectFacts(statement, settings.track_predicates, CurrentMemoryContext, &length);
  // A plan whose predicates cannot be read is kept without them, so that it is not tried again at each execution.
  if (facts == nullptr) facts = CollectFacts(statement, false, CurrentMemoryContext, &length);
  if (facts == nullptr) return;
  if (!store::PutPlanFacts(key, facts, length)) ForgetSight(key);
  pfree(facts);
}

}  // namespace

uint64 PlanSeen(const store::StatementKey& key, QueryDesc* query) {
  PlannedStmt* statement = query->plannedstmt;
  if (statement->planTree == nullptr || (!settings.track_plans && !settings.track_predicates)) return 0;
  const uint64 planid = CachedPlanId(statement);
  const store::PlanKey plan{key.userid, key.dbid, key.queryid, planid};
  if (SeenBefore(plan) || !TouchesUserRelation(statement)) return planid;
  StoreFacts(plan, statement);
  return planid;
}

}  // namespace steward::capture
