// The hooks into parse analysis, where a statement's text is first seen, and into the planner, where plannings are measured.
#include "capture/hooks.hpp"

#include "pg/postgres.hpp"

extern "C" {
#include "optimizer/planner.h"
#include "parser/analyze.h"
}

#include "capture/frames.hpp"
#include "capture/query_text.hpp"
#include "capture/tracking.hpp"
#include "pg/compat.hpp"
#include "pg/usage.hpp"
#include "store/slots.hpp"
#include "store/texts.hpp"

namespace steward::capture {

namespace {

post_parse_analyze_hook_type previous_analyze = nullptr;
planner_hook_type previous_planner = nullptr;

pg_noinline void MeetText(const ParseState* state, const Query* query, const JumbleState* jumble) {
  const uint64 before = SaveNesting();
  nesting.own++;
  RememberQuery(static_cast<uint64>(query->queryId),
                StatementSource{state->p_sourcetext, query->stmt_location, query->stmt_len}, query, jumble);
  RestoreNesting(before);
}

// What the first look cannot settle.
pg_noinline void LookAtQuery(ParseState* state, Query* query, JumbleState* jumble) {
  if (!Tracked()) return;
  if (query->utilityStmt != nullptr) {
    // So that the activity view shows the prepared statement's query id, as with pg_stat_statements.
    if (settings.track_utility && HandlesPrepared(query->utilityStmt)) query->queryId = 0;
    return;
  }
  const auto queryid = static_cast<uint64>(query->queryId);
  if ((store::TextSurelyKnown(queryid, true) && !settings.capture_parameters) || queryid == 0) return;
  MeetText(state, query, jumble);
}

// Nearly always the text is known; whether the statement is tracked does not matter then.
void FirstLook(ParseState* state, Query* query, JumbleState* jumble) {
  if (likely(query->utilityStmt == nullptr && store::TextSurelyKnown(static_cast<uint64>(query->queryId), true) &&
             !settings.capture_parameters))
    return;
  LookAtQuery(state, query, jumble);
}

void ChainedFirstLook(ParseState* state, Query* query, JumbleState* jumble) {
  previous_analyze(state, query, jumble);
  FirstLook(state, query, jumble);
}

pg_noinline void CountReading(const Planning& planning, uint64 ns) {
  last_planning.uncounted = false;
  pg::ResourceUsage usage;
  pg::StartUsage(&usage);
  pg::AddUsageSince(planning.mark, &usage);
  store::RecordPlanning(planning.key, ns, &usage);
}

// Counted with the execution that follows, unless it read blocks: as a rule the catalog caches have everything.
inline void PlanningDone(const PlannedStmt* planned, const Planning& planning, uint64 ns) {
  if (unlikely(last_planning.planned != nullptr)) CountLastPlanning();
  last_planning.planned = planned;
  last_planning.key = planning.key;
  last_planning.ns = ns;
  last_planning.uncounted = settings.track_planning;
  if (unlikely(pg::ReadSince(planning.mark)) && settings.track_planning) CountReading(planning, ns);
}

PlannedStmt* Planner(Query* query, const char* source, int options, ParamListInfo parameters) {
  const auto queryid = static_cast<uint64>(query->queryId);
  if (unlikely(source == nullptr || queryid == 0 || !PlanningTracked() ||
               next_planning == plannings + kMaxPlannings))
    return previous_planner(query, source, options, parameters);

  Planning* planning = next_planning++;
  planning->key = KeyOf(queryid);
  planning->subxact = current_subxact;
  pg::MarkUsage(&planning->mark, track_io_timing);
  const uint64 before = SaveNesting();
  if (pg::kPlanningNests)
    nesting.exec++;
  else
    nesting.plan++;
  const uint64 began_ns = pg::NowNs();
  PlannedStmt* planned = previous_planner(query, source, options, parameters);
  const uint64 ns = pg::NowNs() - began_ns;
  RestoreNesting(before);
  next_planning = planning;
  PlanningDone(planned, *planning, ns);
  return planned;
}

}  // namespace

void InstallAnalysisHooks() {
  previous_analyze = post_parse_analyze_hook;
  post_parse_analyze_hook = previous_analyze != nullptr ? ChainedFirstLook : FirstLook;
  previous_planner = planner_hook != nullptr ? planner_hook : standard_planner;
  planner_hook = Planner;
}

}  // namespace steward::capture
