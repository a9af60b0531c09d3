// See plan_outline.hpp.
#include "capture/plan_outline.hpp"

#include "capture/plan_walk.hpp"
#include "pg/node_walk.hpp"

extern "C" {
#include "executor/instrument.h"
#include "lib/stringinfo.h"
#include "parser/parsetree.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
}

namespace steward::capture {

namespace {

constexpr int kMaxDepth = 500;

struct Counting {
  int count;
  int limit;
};

bool CountNode(PlanState* state, void* argument) {
  auto* counting = static_cast<Counting*>(argument);
  counting->count++;
  if (counting->count >= counting->limit || stack_is_too_deep()) {
    counting->count = counting->limit;
    return true;
  }
  return pg::WalkPlanStates(state, CountNode, argument);
}

struct Writing {
  QueryDesc* query;
  StringInfo out;
  Size limit;  // for what is written before the brackets are closed
  int depth;
  bool first;      // no sibling written yet
  bool truncated;
};

const char* NodeType(const Plan* plan) {
  switch (nodeTag(plan)) {
#define STEWARD_NODE(tag, name) \
  case T_##tag:                 \
    return name
    STEWARD_NODE(Result, "Result");
    STEWARD_NODE(ProjectSet, "ProjectSet");
    STEWARD_NODE(ModifyTable, "ModifyTable");
    STEWARD_NODE(Append, "Append");
    STEWARD_NODE(MergeAppend, "Merge Append");
    STEWARD_NODE(RecursiveUnion, "Recursive Union");
    STEWARD_NODE(BitmapAnd, "BitmapAnd");
    STEWARD_NODE(BitmapOr, "BitmapOr");
    STEWARD_NODE(SeqScan, "Seq Scan");
    STEWARD_NODE(SampleScan, "Sample Scan");
    STEWARD_NODE(Gather, "Gather");
    STEWARD_NODE(GatherMerge, "Gather Merge");
    STEWARD_NODE(IndexScan, "Index Scan");
    STEWARD_NODE(IndexOnlyScan, "Index Only Scan");
    STEWARD_NODE(BitmapIndexScan, "Bitmap Index Scan");
    STEWARD_NODE(BitmapHeapScan, "Bitmap Heap Scan");
    STEWARD_NODE(TidScan, "Tid Scan");
    STEWARD_NODE(TidRangeScan, "Tid Range Scan");
    STEWARD_NODE(SubqueryScan, "Subquery Scan");
    STEWARD_NODE(FunctionScan, "Function Scan");
    STEWARD_NODE(TableFuncScan, "Table Function Scan");
    STEWARD_NODE(ValuesScan, "Values Scan");
    STEWARD_NODE(CteScan, "CTE Scan");
    STEWARD_NODE(NamedTuplestoreScan, "Named Tuplestore Scan");
    STEWARD_NODE(WorkTableScan, "WorkTable Scan");
    STEWARD_NODE(ForeignScan, "Foreign Scan");
    STEWARD_NODE(CustomScan, "Custom Scan");
    STEWARD_NODE(NestLoop, "Nested Loop");
    STEWARD_NODE(MergeJoin, "Merge Join");
    STEWARD_NODE(HashJoin, "Hash Join");
    STEWARD_NODE(Material, "Materialize");
    STEWARD_NODE(Memoize, "Memoize");
    STEWARD_NODE(Sort, "Sort");
    STEWARD_NODE(IncrementalSort, "Incremental Sort");
    STEWARD_NODE(Group, "Group");
    STEWARD_NODE(Agg, "Aggregate");
    STEWARD_NODE(WindowAgg, "WindowAgg");
    STEWARD_NODE(Unique, "Unique");
    STEWARD_NODE(SetOp, "SetOp");
    STEWARD_NODE(LockRows, "LockRows");
    STEWARD_NODE(Limit, "Limit");
    STEWARD_NODE(Hash, "Hash");
#undef STEWARD_NODE
    default:
      return "Unknown";
  }
}

void WriteName(StringInfo out, const char* key, const char* name) {
  if (name == nullptr) return;
  appendStringInfo(out, ", \"%s\": ", key);
  escape_json(out, name);
}

void WriteProperties(const Writing& writing, const PlanState* state) {
  StringInfo out = writing.out;
  const Plan* plan = state->plan;
  appendStringInfo(out, "\"Node Type\": \"%s\"", NodeType(plan));
  const Index scan = ScanRelation(plan);
  if (scan > 0) {
    const RangeTblEntry* rte = rt_fetch(scan, writing.query->plannedstmt->rtable);
    if (rte->rtekind == RTE_RELATION) WriteName(out, "Relation Name", get_rel_name(rte->relid));
  }
  if (OidIsValid(ScannedIndex(plan))) WriteName(out, "Index Name", get_rel_name(ScannedIndex(plan)));
  appendStringInfo(out, ", \"Startup Cost\": %.2f, \"Total Cost\": %.2f, \"Plan Rows\": %.0f, \"Plan Width\": %d",
                   plan->startup_cost, plan->total_cost, plan->plan_rows, plan->plan_width);
  Instrumentation* measured = state->instrument;
  if (measured == nullptr) return;
  InstrEndLoop(measured);
  const double loops = measured->nloops;
  appendStringInfo(out, ", \"Actual Rows\": %.0f, \"Actual Loops\": %.0f", loops > 0 ? measured->ntuples / loops : 0, loops);
}

bool WriteNode(PlanState* state, void* argument) {
  auto* writing = static_cast<Writing*>(argument);
  if (static_cast<Size>(writing->out->len) >= writing->limit || writing->depth >= kMaxDepth || stack_is_too_deep()) {
    writing->truncated = true;
    return false;
  }
  if (!writing->first) appendStringInfoString(writing->out, ", ");
  appendStringInfoChar(writing->out, '{');
  WriteProperties(*writing, state);
  const int before = writing->out->len;
  appendStringInfoString(writing->out, ", \"Plans\": [");
  const int after = writing->out->len;
  writing->first = true;
  writing->depth++;
  pg::WalkPlanStates(state, WriteNode, argument);
  writing->depth--;
  writing->first = false;
  if (writing->out->len == after) {
    writing->out->len = before;  // no children
    writing->out->data[before] = '\0';
  } else {
    appendStringInfoChar(writing->out, ']');
  }
  if (writing->depth == 0 && writing->truncated) appendStringInfoString(writing->out, ", \"Truncated\": true");
  appendStringInfoChar(writing->out, '}');
  return false;
}

}  // namespace

int CountNodes(PlanState* state, int limit) {
  Counting counting{0, limit};
  if (state != nullptr) CountNode(state, &counting);
  return counting.count;
}

const char* OutlinePlan(QueryDesc* query, Size limit, Size* length) {
  // One node and the brackets that close all levels take less than this.
  constexpr Size kReserve = 2048 + 2 * kMaxDepth;
  StringInfoData out;
  initStringInfo(&out);
  Writing writing{query, &out, limit - kReserve, 0, true, false};
  appendStringInfoString(&out, "[{\"Plan\": ");
  WriteNode(query->planstate, &writing);
  appendStringInfoString(&out, "}]");
  *length = static_cast<Size>(out.len);
  return out.data;
}

}  // namespace steward::capture
