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
#include "store/slots.hpp"
#include "store/texts.hpp"

namespace steward::capture {

namespace {

post_parse_analyze_hook_type previous_analyze = nullptr;
planner_hook_type previous_planner = nullptr;

pg_noinline void MeetText(const ParseState* state, const Query* query, const JumbleState* jumble) {
  const Nesting before = nesting;
  nesting.own++;
  RememberQuery(static_cast<uint64>(query->queryId),
                StatementSource{state->p_sourcetext, query->stmt_location, query->stmt_len}, query, jumble);
  nesting = before;
}

void PostParseAnalyze(ParseState* state, Query* query, JumbleState* jumble) {
  if (unlikely(previous_analyze != nullptr)) previous_analyze(state, query, jumble);
  if (unlikely(!Tracked(nesting.exec))) return;
  if (query->utilityStmt != nullptr) {
    // So that the activity view shows the prepared statement's query id, as with pg_stat_statements.
    if (settings.track_utility && HandlesPrepared(query->utilityStmt)) query->queryId = 0;
    return;
  }
  const auto queryid = static_cast<uint64>(query->queryId);
  if (likely(store::TextSurelyKnown(queryid, true) && !settings.capture_parameters) || queryid == 0) return;
  MeetText(state, query, jumble);
}

PlannedStmt* CallPlanner(Query* query, const char* source, int options, ParamListInfo parameters) {
  if (previous_planner != nullptr) return previous_planner(query, source, options, parameters);
  return standard_planner(query, source, options, parameters);
}

pg_noinline void CountReading(const Planning& planning, uint64 ns) {
  last_planning.pending = false;
  pg::ResourceUsage usage;
  pg::StartUsage(&usage);
  pg::AddUsageSince(planning.mark, &usage);
  store::RecordPlanning(planning.key, ns, usage);
}

// Counted with the execution that follows, unless it read blocks: as a rule the catalog caches have everything.
inline void PlanningDone(const Planning& planning, uint64 ns) {
  if (unlikely(last_planning.pending)) CountLastPlanning();
  last_planning = LastPlanning{planning.key, ns, settings.track_planning};
  if (unlikely(pg::ReadSince(planning.mark)) && settings.track_planning) CountReading(planning, ns);
}

PlannedStmt* Planner(Query* query, const char* source, int options, ParamListInfo parameters) {
  const auto queryid = static_cast<uint64>(query->queryId);
  if (unlikely(source == nullptr || queryid == 0 || !Tracked(nesting.plan + nesting.exec) ||
               next_planning == plannings + kMaxPlannings))
    return CallPlanner(query, source, options, parameters);

  Planning* planning = next_planning++;
  planning->key = KeyOf(queryid);
  planning->subxact = current_subxact;
  pg::MarkUsage(&planning->mark, track_io_timing);
  const Nesting before = nesting;
  if (pg::kPlanningNests)
    nesting.exec++;
  else
    nesting.plan++;
  const uint64 began_ns = pg::NowNs();
  PlannedStmt* planned = CallPlanner(query, source, options, parameters);
  const uint64 ns = pg::NowNs() - began_ns;
  nesting = before;
  next_planning = planning;
  PlanningDone(*planning, ns);
  return planned;
}

}  // namespace

void InstallAnalysisHooks() {
  previous_analyze = post_parse_analyze_hook;
  post_parse_analyze_hook = PostParseAnalyze;
  previous_planner = planner_hook;
  planner_hook = Planner;
}

}  // namespace steward::capture
