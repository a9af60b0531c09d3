// See var_resolve.hpp. The references follow setrefs.c: OUTER_VAR and INNER_VAR number a child's target list, INDEX_VAR the
// node's own description of what its index or foreign scan returns.
#include "capture/var_resolve.hpp"

#include "capture/plan_walk.hpp"
#include "pg/node_walk.hpp"

extern "C" {
#include "nodes/makefuncs.h"
#include "parser/parsetree.h"
}

namespace steward::capture {

namespace {

constexpr int kMaxDepth = 100;
// Columns of subqueries that are mentioned twice on each of n levels make 2^n nodes: what goes beyond this is not followed
// further down, so that a condition on it counts as untraced.
constexpr int kMaxNodes = 1000;
// Beyond this, some tenths of a second, the plan's predicates are given up.
constexpr int kMaxAllNodes = 500 * 1000;

struct Resolution {
  PlanContext* context;
  Plan* plan;
};

Node* Resolve(Node* node, void* argument);

void Note(PlanContext* context, int id, Node* expression, Plan* plan) {
  if (id < 0 || id >= context->param_count || context->params[id].expression != nullptr) return;
  context->params[id] = ParamSource{expression, plan};
}

struct Collecting {
  PlanContext* context;
  Plan* plan;
};

Plan* SubplanRoot(const PlanContext* context, int plan_id) {
  return static_cast<Plan*>(list_nth(context->statement->subplans, plan_id - 1));
}

Node* OutputColumn(Plan* plan, int position) {
  TargetEntry* entry = nullptr;
  if (plan == nullptr) return nullptr;
  ListCell* cell = nullptr;
  foreach (cell, plan->targetlist) {
    entry = static_cast<TargetEntry*>(lfirst(cell));
    if (entry->resno == position) return reinterpret_cast<Node*>(entry->expr);
  }
  return nullptr;
}

// The output of an init plan (setParam) is one value for the whole execution: not noted, it counts as a constant.
void NoteSubplan(PlanContext* context, SubPlan* subplan, Plan* at) {
  Plan* root = SubplanRoot(context, subplan->plan_id);
  ListCell* id = nullptr;
  ListCell* argument = nullptr;
  forboth(id, subplan->parParam, argument, subplan->args)
      Note(context, lfirst_int(id), static_cast<Node*>(lfirst(argument)), at);
  int position = 1;
  foreach (id, subplan->paramIds) Note(context, lfirst_int(id), OutputColumn(root, position++), root);
}

bool FindSubplans(Node* node, void* argument) {
  if (node == nullptr) return false;
  auto* state = static_cast<Collecting*>(argument);
  if (IsA(node, SubPlan)) NoteSubplan(state->context, reinterpret_cast<SubPlan*>(node), state->plan);
  return pg::WalkChildren(node, FindSubplans, argument);
}

void CollectExpression(Node* expression, Plan* owner, void* argument) {
  Collecting state{static_cast<PlanContext*>(argument), owner};
  FindSubplans(expression, &state);
}

void CollectParams(Plan* plan, void* argument) {
  if (plan == nullptr) return;
  check_stack_depth();
  auto* context = static_cast<PlanContext*>(argument);
  if (IsA(plan, NestLoop)) {
    ListCell* cell = nullptr;
    foreach (cell, reinterpret_cast<NestLoop*>(plan)->nestParams) {
      auto* param = static_cast<NestLoopParam*>(lfirst(cell));
      Note(context, param->paramno, reinterpret_cast<Node*>(param->paramval), plan);
    }
  }
  ForEachExpression(plan, CollectExpression, context);
  ForEachChild(plan, CollectParams, context);
}

Node* ResolveAt(PlanContext* context, Node* node, Plan* plan) {
  if (context->depth == 0) context->nodes = 0;
  if (node == nullptr || plan == nullptr || context->depth >= kMaxDepth || context->nodes >= kMaxNodes) return nullptr;
  check_stack_depth();
  CHECK_FOR_INTERRUPTS();
  Resolution state{context, plan};
  context->depth++;
  Node* result = Resolve(node, &state);
  context->depth--;
  return result;
}

// The child's output column that `var`, standing at `plan`, refers to; with the node at which that column stands.
Node* Follow(PlanContext* context, const Var* var, Plan* plan, Plan** at) {
  if (var->varno == OUTER_VAR) {
    *at = OuterInput(context, plan);
  } else if (var->varno == INNER_VAR) {
    *at = InnerInput(plan);
  } else if (IsA(plan, SubqueryScan) && static_cast<Index>(var->varno) == ScanRelation(plan)) {
    *at = reinterpret_cast<SubqueryScan*>(plan)->subplan;
  } else if (IsA(plan, CteScan) && static_cast<Index>(var->varno) == ScanRelation(plan)) {
    *at = SubplanRoot(context, reinterpret_cast<CteScan*>(plan)->ctePlanId);
  } else {
    return nullptr;
  }
  return OutputColumn(*at, var->varattno);
}

Node* IndexColumn(const Var* var, Plan* plan) {
  List* columns = NIL;
  if (IsA(plan, IndexOnlyScan)) columns = reinterpret_cast<IndexOnlyScan*>(plan)->indextlist;
  if (IsA(plan, ForeignScan)) columns = reinterpret_cast<ForeignScan*>(plan)->fdw_scan_tlist;
  if (IsA(plan, CustomScan)) columns = reinterpret_cast<CustomScan*>(plan)->custom_scan_tlist;
  ListCell* cell = nullptr;
  foreach (cell, columns) {
    auto* entry = static_cast<TargetEntry*>(lfirst(cell));
    if (entry->resno == var->varattno) return reinterpret_cast<Node*>(entry->expr);
  }
  return nullptr;
}

Node* Resolve(Node* node, void* argument) {
  if (node == nullptr) return nullptr;
  auto* state = static_cast<Resolution*>(argument);
  state->context->nodes++;
  if (++state->context->all_nodes > kMaxAllNodes)
    ereport(ERROR, (errcode(ERRCODE_STATEMENT_TOO_COMPLEX), errmsg("too many expressions to resolve in a plan")));
  if (IsA(node, Var)) {
    const auto* var = reinterpret_cast<Var*>(node);
    Node* target = nullptr;
    Plan* at = nullptr;
    if (var->varno == INDEX_VAR) {
      target = ResolveAt(state->context, IndexColumn(var, state->plan), state->plan);
    } else {
      target = Follow(state->context, var, state->plan, &at);
      if (target != nullptr) target = ResolveAt(state->context, target, at);
    }
    if (target != nullptr) return target;
    return static_cast<Node*>(copyObjectImpl(node));
  }
  if (IsA(node, Aggref) || IsA(node, WindowFunc)) return static_cast<Node*>(copyObjectImpl(node));
  return pg::MutateChildren(node, Resolve, argument);
}

struct Gathering {
  const PlanContext* context;
  Bitmapset* relations;
  bool untraced;  // a Var that is no base column, or an aggregate
  bool arguments;  // of subplans take part
  List* columns;
};

bool Gather(Node* node, void* argument) {
  if (node == nullptr) return false;
  auto* state = static_cast<Gathering*>(argument);
  if (IsA(node, Aggref) || IsA(node, WindowFunc) || IsA(node, GroupingFunc)) {
    state->untraced = true;
    return false;
  }
  if (IsA(node, Var)) {
    auto* var = reinterpret_cast<Var*>(node);
    if (var->varno <= 0 || BaseRelation(state->context, static_cast<Index>(var->varno)) == nullptr) {
      state->untraced = true;
      return false;
    }
    state->relations = bms_add_member(state->relations, var->varno);
    state->columns = lappend(state->columns, var);
    return false;
  }
  if (IsA(node, SubPlan) && !state->arguments) return Gather(reinterpret_cast<SubPlan*>(node)->testexpr, argument);
  return pg::WalkChildren(node, Gather, argument);
}

// The source of an executor parameter, resolved, when it is known.
Node* ResolveParam(PlanContext* context, Node* node) {
  if (!IsA(node, Param) || reinterpret_cast<Param*>(node)->paramkind != PARAM_EXEC) return nullptr;
  const int id = reinterpret_cast<Param*>(node)->paramid;
  if (id >= context->param_count || context->params[id].expression == nullptr) return nullptr;
  Node* resolved = ResolveAt(context, context->params[id].expression, context->params[id].plan);
  if (resolved == nullptr) return nullptr;
  resolved = StripRelabel(resolved);
  // A parameter may carry another one on, from an outer level.
  context->depth++;
  Node* further = context->depth < kMaxDepth ? ResolveParam(context, resolved) : nullptr;
  context->depth--;
  return further != nullptr ? further : resolved;
}

}  // namespace

PlanContext MakePlanContext(PlannedStmt* statement, ParamListInfo bound_parameters) {
  PlanContext context{statement, nullptr, list_length(statement->paramExecTypes), 0, 0, 0, 0, 0, bound_parameters, 0, nullptr};
  const auto relations = static_cast<Size>(list_length(statement->rtable)) + 1;
  context.roots = static_cast<PlannerInfo**>(palloc0(sizeof(PlannerInfo*) * relations));
  context.params = static_cast<ParamSource*>(palloc0(sizeof(ParamSource) * static_cast<Size>(context.param_count + 1)));
  CollectParams(statement->planTree, &context);
  ListCell* cell = nullptr;
  foreach (cell, statement->subplans) CollectParams(static_cast<Plan*>(lfirst(cell)), &context);
  return context;
}

Node* StripRelabel(Node* expression) {
  while (expression != nullptr && IsA(expression, RelabelType))
    expression = reinterpret_cast<Node*>(reinterpret_cast<RelabelType*>(expression)->arg);
  return expression;
}

RangeTblEntry* BaseRelation(const PlanContext* context, Index scan) {
  if (scan == 0 || scan > static_cast<Index>(list_length(context->statement->rtable))) return nullptr;
  RangeTblEntry* rte = rt_fetch(scan, context->statement->rtable);
  return rte->rtekind == RTE_RELATION ? rte : nullptr;
}

Plan* OuterInput(PlanContext* context, Plan* plan) {
  List* children = NIL;
  if (IsA(plan, Append)) children = reinterpret_cast<Append*>(plan)->appendplans;
  if (IsA(plan, MergeAppend)) children = reinterpret_cast<MergeAppend*>(plan)->mergeplans;
  if (children == NIL) return outerPlan(plan);
  context->branches = Max(context->branches, list_length(children));
  return static_cast<Plan*>(list_nth(children, Min(context->branch, list_length(children) - 1)));
}

Plan* InnerInput(Plan* plan) { return innerPlan(plan); }

Node* ResolveToBase(PlanContext* context, Node* expression, Plan* plan) {
  Node* resolved = ResolveAt(context, expression, plan);
  return resolved != nullptr ? resolved : expression;
}

List* BaseColumns(const PlanContext* context, Node* resolved) {
  Gathering found{context, nullptr, false, false, NIL};
  Gather(resolved, &found);
  return found.columns;
}

bool IsOnlyAbout(PlanContext* context, Node* expression, Plan* plan, Index scan) {
  Gathering found{context, nullptr, false, true, NIL};
  Gather(ResolveToBase(context, expression, plan), &found);
  int member = 0;
  return !found.untraced && bms_get_singleton_member(found.relations, &member) && member == static_cast<int>(scan);
}

Side ClassifySide(PlanContext* context, Node* expression, Plan* plan) {
  Side side{SideKind::kValue, 0, 0, nullptr, nullptr};
  expression = StripRelabel(expression);
  Node* source = ResolveParam(context, expression);
  side.expression = source != nullptr ? source : StripRelabel(ResolveToBase(context, expression, plan));
  Gathering found{context, nullptr, false, true, NIL};
  Gather(side.expression, &found);
  side.relations = found.relations;
  if (found.untraced) {
    side.kind = bms_is_empty(found.relations) ? SideKind::kValue : SideKind::kMixed;
  } else if (bms_membership(found.relations) == BMS_SINGLETON) {
    side.kind = SideKind::kKey;
    side.scan = static_cast<Index>(bms_singleton_member(found.relations));
    if (IsA(side.expression, Var)) side.attnum = reinterpret_cast<Var*>(side.expression)->varattno;
    if (IsA(side.expression, SubPlan)) side.kind = SideKind::kValue;
  } else if (!bms_is_empty(found.relations)) {
    side.kind = SideKind::kMixed;
  }
  return side;
}

namespace {

bool PointVar(Node* node, void* context) {
  if (node == nullptr) return false;
  if (IsA(node, Var)) {
    auto* var = reinterpret_cast<Var*>(node);
    var->varno = 1;
    var->varlevelsup = 0;
    var->varnosyn = 0;
    var->varattnosyn = 0;
    return false;
  }
  return pg::WalkChildren(node, PointVar, context);
}

}  // namespace

void PointToFirst(Node* expression) { PointVar(expression, nullptr); }

}  // namespace steward::capture
