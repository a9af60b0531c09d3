// See predicate_clauses.hpp. The rules: the column comes first (operators are commuted), a comparison of two relations is a
// join predicate of both, an OR says of a column what every arm says of it, and what no index can serve is kind "other".
#include "capture/predicate_clauses.hpp"

#include "capture/operator_kind.hpp"

extern "C" {
#include "catalog/pg_operator_d.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/clauses.h"
#include "utils/lsyscache.h"
}

namespace steward::capture {

using store::ColumnTest;
using store::PredicateKind;
using store::PredicateRole;

namespace {

constexpr int kMaxBranches = 64;

void AddClause(ClauseContext* context, Node* clause);

bool SameColumn(const Var* a, const Var* b) { return a->varno == b->varno && a->varattno == b->varattno; }

// The columns of a condition, each once; a deep expression may repeat one a thousand times.
List* DistinctColumns(ClauseContext* context, Node* clause) {
  List* distinct = NIL;
  ListCell* cell = nullptr;
  foreach (cell, BaseColumns(context->plan, ResolveToBase(context->plan, clause, context->at))) {
    auto* var = lfirst_node(Var, cell);
    bool known = var->varattno == 0;  // a whole row is no column
    ListCell* other = nullptr;
    foreach (other, distinct) known = known || SameColumn(var, lfirst_node(Var, other));
    if (!known) distinct = lappend(distinct, var);
  }
  return distinct;
}

// Columns of a condition that no index serves as it stands.
void AddOther(ClauseContext* context, Node* clause, Oid opno) {
  List* columns = DistinctColumns(context, clause);
  Bitmapset* relations = nullptr;
  ListCell* cell = nullptr;
  foreach (cell, columns) relations = bms_add_member(relations, lfirst_node(Var, cell)->varno);
  const bool join = bms_membership(relations) == BMS_MULTIPLE;
  foreach (cell, columns) {
    auto* var = lfirst_node(Var, cell);
    const Side key{SideKind::kKey, static_cast<Index>(var->varno), var->varattno, reinterpret_cast<Node*>(var), nullptr};
    AddKey(context, key, join ? PredicateRole::kJoin : context->role, PredicateKind::kOther, opno, nullptr);
  }
}

void AddJoin(ClauseContext* context, const Side& left, const Side& right, Oid opno) {
  const Oid commuted = get_commutator(opno);
  const PredicateKind kind = KindOfOperator(opno, nullptr);
  AddKey(context, left, PredicateRole::kJoin, kind, opno, &right);
  AddKey(context, right, PredicateRole::kJoin, OidIsValid(commuted) ? kind : PredicateKind::kOther,
         OidIsValid(commuted) ? commuted : opno, &left);
}

// `value` is compared with `key`, and does not depend on the key's own row.
bool Compares(const Side& key, const Side& value) {
  return key.kind == SideKind::kKey && value.kind != SideKind::kKey &&
         !bms_is_member(static_cast<int>(key.scan), value.relations);
}

void AddComparison(ClauseContext* context, Node* clause, Node* left_argument, Node* right_argument, Oid opno) {
  const Side left = ClassifySide(context->plan, left_argument, context->at);
  const Side right = ClassifySide(context->plan, right_argument, context->at);
  if (left.kind == SideKind::kKey && right.kind == SideKind::kKey && left.scan != right.scan) {
    AddJoin(context, left, right, opno);
  } else if (Compares(left, right)) {
    AddKey(context, left, context->role, KindOfOperator(opno, right.expression), opno, nullptr);
  } else if (Compares(right, left) && OidIsValid(get_commutator(opno))) {
    const Oid commuted = get_commutator(opno);
    AddKey(context, right, context->role, KindOfOperator(commuted, left.expression), commuted, nullptr);
  } else {
    AddOther(context, clause, opno);
  }
}

void AddArrayComparison(ClauseContext* context, ScalarArrayOpExpr* clause) {
  const Side left = ClassifySide(context->plan, static_cast<Node*>(linitial(clause->args)), context->at);
  const Side right = ClassifySide(context->plan, static_cast<Node*>(lsecond(clause->args)), context->at);
  if (!Compares(left, right)) return AddOther(context, reinterpret_cast<Node*>(clause), clause->opno);
  const PredicateKind one = KindOfOperator(clause->opno, nullptr);
  PredicateKind kind = PredicateKind::kOther;
  if (clause->useOr && one == PredicateKind::kEquality) kind = PredicateKind::kList;
  if (!clause->useOr && one == PredicateKind::kNotEqual) kind = PredicateKind::kNotEqual;
  AddKey(context, left, context->role, kind, clause->opno, nullptr);
}

void AddNullTest(ClauseContext* context, NullTest* test) {
  const Side key = ClassifySide(context->plan, reinterpret_cast<Node*>(test->arg), context->at);
  if (key.kind != SideKind::kKey) return AddOther(context, reinterpret_cast<Node*>(test), InvalidOid);
  const bool is_null = test->nulltesttype == IS_NULL;
  const PredicateKind kind = is_null ? PredicateKind::kIsNull : PredicateKind::kOther;
  context->test = is_null ? ColumnTest::kNone : ColumnTest::kNotNull;
  AddKey(context, key, context->role, kind, InvalidOid, nullptr);
  context->test = ColumnTest::kNone;
}

// A test of a boolean column: standing alone or negated it is equality with a constant, as are IS TRUE and IS FALSE.
bool AddBoolean(ClauseContext* context, Node* argument, ColumnTest test) {
  const Side key = ClassifySide(context->plan, argument, context->at);
  if (key.kind != SideKind::kKey || !IsA(key.expression, Var)) return false;
  const bool equality = test != ColumnTest::kIsNotTrue && test != ColumnTest::kIsNotFalse;
  context->test = test;
  AddKey(context, key, context->role, equality ? PredicateKind::kEquality : PredicateKind::kOther,
         equality ? BooleanEqualOperator : InvalidOid, nullptr);
  context->test = ColumnTest::kNone;
  return true;
}

bool AddBooleanTest(ClauseContext* context, const BooleanTest* test) {
  auto* argument = reinterpret_cast<Node*>(test->arg);
  switch (test->booltesttype) {
    case IS_TRUE:
      return AddBoolean(context, argument, ColumnTest::kIsTrue);
    case IS_NOT_TRUE:
      return AddBoolean(context, argument, ColumnTest::kIsNotTrue);
    case IS_FALSE:
      return AddBoolean(context, argument, ColumnTest::kIsFalse);
    case IS_NOT_FALSE:
      return AddBoolean(context, argument, ColumnTest::kIsNotFalse);
    default:
      return false;
  }
}

void AddRowCompare(ClauseContext* context, RowCompareExpr* compare) {
  ListCell* left = nullptr;
  ListCell* right = nullptr;
  ListCell* opno = nullptr;
  forthree(left, compare->largs, right, compare->rargs, opno, compare->opnos)
      AddComparison(context, reinterpret_cast<Node*>(compare), static_cast<Node*>(lfirst(left)),
                    static_cast<Node*>(lfirst(right)), lfirst_oid(opno));
}

// What two arms of an OR say together of one column.
PredicateKind Either(PredicateKind a, PredicateKind b) {
  const auto point = [](PredicateKind kind) { return kind == PredicateKind::kEquality || kind == PredicateKind::kList; };
  if (point(a) && point(b)) return PredicateKind::kList;
  if ((point(a) || a == PredicateKind::kRange) && (point(b) || b == PredicateKind::kRange)) return PredicateKind::kRange;
  return a == b ? a : PredicateKind::kOther;
}

// Merges the predicates of the arms, which lie from `first` on with their ends in `ends`, into one for each column.
void MergeArms(DraftList* list, int first, const int* ends, int arms) {
  const int count = list->count - first;
  Draft* all = static_cast<Draft*>(palloc(sizeof(Draft) * static_cast<Size>(count + 1)));
  memcpy(all, list->items + first, sizeof(Draft) * static_cast<Size>(count));
  list->count = first;
  for (int i = 0; i < count; i++) {
    bool earlier = false;
    for (int j = 0; j < i && !earlier; j++) earlier = SameKey(all[i], all[j]);
    if (earlier) continue;
    Draft merged = all[i];
    int arms_with_key = 0;
    double estimated = 0;
    for (int arm = 0, j = 0; arm < arms; arm++) {
      bool found = false;
      for (; j < ends[arm] - first; j++) {
        if (!SameKey(all[i], all[j])) continue;
        estimated += all[j].record.estimated < 0 ? 1 : static_cast<double>(all[j].record.estimated);
        found = true;
        merged.record.kind = Either(merged.record.kind, all[j].record.kind);
        if (all[j].record.test != merged.record.test) merged.record.test = ColumnTest::kNone;
        if (all[j].record.other_relid != merged.record.other_relid) merged.record.kind = PredicateKind::kOther;
      }
      if (found) arms_with_key++;
    }
    if (arms_with_key < arms) {
      merged.record.kind = PredicateKind::kOther;
      merged.record.test = ColumnTest::kNone;
    }
    merged.record.estimated = arms_with_key < arms ? -1 : static_cast<float>(Min(estimated, 1));
    AddDraft(list, merged);
  }
}

void AddOr(ClauseContext* context, BoolExpr* expression) {
  DraftList* list = context->out;
  const int outer_scope = list->scope;
  const int first = list->count;
  int* ends = static_cast<int*>(palloc(sizeof(int) * static_cast<Size>(list_length(expression->args))));
  int arms = 0;
  ListCell* cell = nullptr;
  foreach (cell, expression->args) {
    list->scope = list->count;
    AddClause(context, static_cast<Node*>(lfirst(cell)));
    ends[arms++] = list->count;
  }
  list->scope = outer_scope;
  MergeArms(list, first, ends, arms);
}

void AddBoolExpr(ClauseContext* context, BoolExpr* expression) {
  ListCell* cell = nullptr;
  switch (expression->boolop) {
    case AND_EXPR:
      foreach (cell, expression->args) AddClause(context, static_cast<Node*>(lfirst(cell)));
      break;
    case OR_EXPR:
      AddOr(context, expression);
      break;
    case NOT_EXPR:
      if (!AddBoolean(context, static_cast<Node*>(linitial(expression->args)), ColumnTest::kFalse))
        AddOther(context, reinterpret_cast<Node*>(expression), InvalidOid);
      break;
  }
}

void AddClause(ClauseContext* context, Node* clause) {
  check_stack_depth();
  if (clause == nullptr) return;
  context->clause = clause;
  if (IsA(clause, List)) {
    ListCell* cell = nullptr;
    foreach (cell, reinterpret_cast<List*>(clause)) AddClause(context, static_cast<Node*>(lfirst(cell)));
  } else if (IsA(clause, BoolExpr)) {
    AddBoolExpr(context, reinterpret_cast<BoolExpr*>(clause));
  } else if (IsA(clause, OpExpr) && list_length(reinterpret_cast<OpExpr*>(clause)->args) == 2) {
    const auto* op = reinterpret_cast<OpExpr*>(clause);
    AddComparison(context, clause, static_cast<Node*>(linitial(op->args)), static_cast<Node*>(lsecond(op->args)), op->opno);
  } else if (IsA(clause, ScalarArrayOpExpr)) {
    AddArrayComparison(context, reinterpret_cast<ScalarArrayOpExpr*>(clause));
  } else if (IsA(clause, NullTest)) {
    AddNullTest(context, reinterpret_cast<NullTest*>(clause));
  } else if (IsA(clause, RowCompareExpr)) {
    AddRowCompare(context, reinterpret_cast<RowCompareExpr*>(clause));
  } else if (IsA(clause, SubPlan) && reinterpret_cast<SubPlan*>(clause)->testexpr != nullptr) {
    AddClause(context, reinterpret_cast<SubPlan*>(clause)->testexpr);
  } else if (IsA(clause, BooleanTest) && AddBooleanTest(context, reinterpret_cast<BooleanTest*>(clause))) {
    return;
  } else if (!AddBoolean(context, clause, ColumnTest::kTrue)) {
    AddOther(context, clause, InvalidOid);
  }
}

}  // namespace

void AddClauses(ClauseContext* context, List* clauses) {
  PlanContext* plan = context->plan;
  plan->branches = 1;
  for (plan->branch = 0; plan->branch < Min(plan->branches, kMaxBranches); plan->branch++) {
    ListCell* cell = nullptr;
    foreach (cell, clauses) AddClause(context, static_cast<Node*>(lfirst(cell)));
  }
  plan->branch = 0;
}

}  // namespace steward::capture
