// See plan_outline.hpp.
#include "capture/plan_outline.hpp"

#include "capture/plan_walk.hpp"
#include "core/plan_sight.hpp"
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
constexpr int kMaxTextDepth = 50;
constexpr int kSubPlanLine = 32;  // no line with a subplan's number is longer

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

struct NodeName {
  NodeTag tag;
  const char* name;
};

// As EXPLAIN calls them.
const NodeName kNodeNames[] = {
    {T_Result, "Result"},
    {T_ProjectSet, "ProjectSet"},
    {T_ModifyTable, "ModifyTable"},
    {T_Append, "Append"},
    {T_MergeAppend, "Merge Append"},
    {T_RecursiveUnion, "Recursive Union"},
    {T_BitmapAnd, "BitmapAnd"},
    {T_BitmapOr, "BitmapOr"},
    {T_SeqScan, "Seq Scan"},
    {T_SampleScan, "Sample Scan"},
    {T_Gather, "Gather"},
    {T_GatherMerge, "Gather Merge"},
    {T_IndexScan, "Index Scan"},
    {T_IndexOnlyScan, "Index Only Scan"},
    {T_BitmapIndexScan, "Bitmap Index Scan"},
    {T_BitmapHeapScan, "Bitmap Heap Scan"},
    {T_TidScan, "Tid Scan"},
    {T_TidRangeScan, "Tid Range Scan"},
    {T_SubqueryScan, "Subquery Scan"},
    {T_FunctionScan, "Function Scan"},
    {T_TableFuncScan, "Table Function Scan"},
    {T_ValuesScan, "Values Scan"},
    {T_CteScan, "CTE Scan"},
    {T_NamedTuplestoreScan, "Named Tuplestore Scan"},
    {T_WorkTableScan, "WorkTable Scan"},
    {T_ForeignScan, "Foreign Scan"},
    {T_CustomScan, "Custom Scan"},
    {T_NestLoop, "Nested Loop"},
    {T_MergeJoin, "Merge Join"},
    {T_HashJoin, "Hash Join"},
    {T_Material, "Materialize"},
    {T_Memoize, "Memoize"},
    {T_Sort, "Sort"},
    {T_IncrementalSort, "Incremental Sort"},
    {T_Group, "Group"},
    {T_Agg, "Aggregate"},
    {T_WindowAgg, "WindowAgg"},
    {T_Unique, "Unique"},
    {T_SetOp, "SetOp"},
    {T_LockRows, "LockRows"},
    {T_Limit, "Limit"},
    {T_Hash, "Hash"},
};

const char* NodeType(const Plan* plan) {
  for (const NodeName& node : kNodeNames)
    if (node.tag == nodeTag(plan)) return node.name;
  return "Unknown";
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

struct WritingText {
  const PlannedStmt* statement;
  StringInfo out;
  int limit;  // for what is written before the dots
  int depth;
  bool full;
};

void WriteLine(const WritingText& writing, const Plan* plan) {
  StringInfo out = writing.out;
  const Index scan = ScanRelation(plan);
  const RangeTblEntry* rte = scan > 0 ? rt_fetch(scan, writing.statement->rtable) : nullptr;
  const char* table = rte != nullptr && rte->rtekind == RTE_RELATION ? get_rel_name(rte->relid) : nullptr;
  const char* index = OidIsValid(ScannedIndex(plan)) ? get_rel_name(ScannedIndex(plan)) : nullptr;
  if (writing.depth > 0) appendStringInfo(out, "%*s->  ", writing.depth * 4 - 2, "");
  appendStringInfoString(out, NodeType(plan));
  if (index != nullptr) appendStringInfo(out, " using %s", index);
  if (table != nullptr) appendStringInfo(out, " on %s", table);
  appendStringInfo(out, "  (cost=%.2f..%.2f rows=%.0f)\n", plan->startup_cost, plan->total_cost, plan->plan_rows);
}

void WriteLines(Plan* plan, void* context) {
  auto* writing = static_cast<WritingText*>(context);
  if (plan == nullptr || writing->full) return;
  const int before = writing->out->len;
  if (writing->depth < kMaxTextDepth) WriteLine(*writing, plan);
  if (writing->depth >= kMaxTextDepth || writing->out->len > writing->limit) {
    writing->full = true;
    writing->out->len = before;
    return;
  }
  writing->depth++;
  ForEachChild(plan, WriteLines, context);
  writing->depth--;
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

const char* OutlineText(const PlannedStmt* statement, Size limit, Size* length) {
  StringInfoData out;
  initStringInfo(&out);
  WritingText writing{statement, &out, static_cast<int>(limit - core::kOutlineCut.size()), 0, false};
  WriteLines(statement->planTree, &writing);
  int number = 0;
  ListCell* cell = nullptr;
  foreach (cell, statement->subplans) {
    number++;
    if (lfirst(cell) == nullptr) continue;
    writing.full = writing.full || out.len + kSubPlanLine > writing.limit;
    if (writing.full) break;
    appendStringInfo(&out, "  SubPlan %d\n", number);
    writing.depth = 1;
    WriteLines(static_cast<Plan*>(lfirst(cell)), &writing);
  }
  if (writing.full) appendStringInfoString(&out, core::kOutlineCut.data());
  if (out.len > 0 && out.data[out.len - 1] == '\n') out.len--;
  *length = static_cast<Size>(out.len);
  return out.data;
}

}  // namespace steward::capture
