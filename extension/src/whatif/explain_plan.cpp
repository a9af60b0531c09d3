// See explain_plan.hpp.
#include "whatif/explain_plan.hpp"

#include "core/redact.hpp"
#include "pg/compat.hpp"
#include "whatif/borrowed_hook.hpp"

extern "C" {
#include "executor/executor.h"
#include "nodes/plannodes.h"
#include "utils/snapmgr.h"
}

namespace steward::whatif {

namespace {

BorrowedHook<explain_get_index_name_hook_type> hook = {nullptr, false};
const Configuration* shown = nullptr;  // while plans are being shown

const char* IndexName(Oid index) {
  for (int i = 0; shown != nullptr && i < shown->nchosen; ++i)
    if (shown->candidates[shown->chosen[i]].index == index) return psprintf("candidate %d", shown->chosen[i] + 1);
  return hook.previous != nullptr ? hook.previous(index) : nullptr;
}

// standard_ExecutorStart: nothing is executed, and so nobody's hooks need hear of it.
void ExplainOne(ExplainState* es, PlannedStmt* plan, ParamListInfo values) {
  PushCopiedSnapshot(GetActiveSnapshot());
  UpdateActiveSnapshotCommandId();
  QueryDesc* query =
      CreateQueryDesc(plan, "", GetActiveSnapshot(), InvalidSnapshot, None_Receiver, values, nullptr, 0);
  standard_ExecutorStart(query, EXEC_FLAG_EXPLAIN_ONLY);
  ExplainOpenGroup("Query", nullptr, true, es);
  ExplainPrintPlan(es, query);
  ExplainCloseGroup("Query", nullptr, true, es);
  standard_ExecutorEnd(query);
  FreeQueryDesc(query);
  PopActiveSnapshot();
}

}  // namespace

void EndExplaining() {
  shown = nullptr;
  hook.GiveBack(&explain_get_index_name_hook, IndexName);
}

const char* ExplainPlans(const List* plans, ParamListInfo values, const Configuration& configuration) {
  ExplainState* es = NewExplainState();
  es->format = EXPLAIN_FORMAT_JSON;
  es->costs = true;
  ExplainBeginOutput(es);
  shown = &configuration;
  hook.Take(&explain_get_index_name_hook, IndexName);
  const ListCell* cell = nullptr;
  foreach (cell, plans) ExplainOne(es, static_cast<PlannedStmt*>(lfirst(cell)), values);
  EndExplaining();
  ExplainEndOutput(es);
  const auto length = core::RedactPlanJson(es->str->data, static_cast<Size>(es->str->len));
  return pnstrdup(es->str->data, length);
}

}  // namespace steward::whatif
