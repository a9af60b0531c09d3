// KeyOfJoin of query_key.hpp. One table, the anchor, has a unique index whose columns are all put out; each other table must
// have at most one row for a row of those before it: an equality on every column of one of its unique indexes. The anchor is
// never on the side of an outer join that may be missing, and conditions of an outer join determine tables of that side only.
#include "refresh/query_key.hpp"

#include "refresh/unique_indexes.hpp"

extern "C" {
#include "access/stratnum.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "nodes/bitmapset.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"
}

namespace steward::refresh {

namespace {

struct Condition {
  const OpExpr* equality;
  Bitmapset* scope;  // tables that it may determine; nullptr: all
};

struct Join {
  const Query* query;
  Bitmapset* tables;    // range table numbers
  Bitmapset* nullable;  // those that an outer join may leave out
  List* conditions;     // of Condition*
};

void AddConditions(Join* join, Node* quals, Bitmapset* scope) {
  if (quals == nullptr) return;
  ListCell* cell = nullptr;
  if (IsA(quals, List)) {
    foreach (cell, castNode(List, quals)) AddConditions(join, static_cast<Node*>(lfirst(cell)), scope);
  } else if (is_andclause(quals)) {
    foreach (cell, castNode(BoolExpr, quals)->args) AddConditions(join, static_cast<Node*>(lfirst(cell)), scope);
  } else if (IsA(quals, OpExpr) && list_length(castNode(OpExpr, quals)->args) == 2) {
    auto* condition = static_cast<Condition*>(palloc(sizeof(Condition)));
    *condition = Condition{castNode(OpExpr, quals), scope};
    join->conditions = lappend(join->conditions, condition);
  }
}

bool AddTable(Join* join, int number) {
  const RangeTblEntry* entry = rt_fetch(number, join->query->rtable);
  if (entry->rtekind != RTE_RELATION) return false;
  const char kind = entry->relkind;
  if (kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE && kind != RELKIND_MATVIEW) return false;
  // A unique index of an inheritance parent says nothing of its children.
  if (kind == RELKIND_RELATION && entry->inh && has_subclass(entry->relid)) return false;
  join->tables = bms_add_member(join->tables, number);
  return true;
}

bool AddItem(Join* join, Node* item);

bool AddJoin(Join* join, const JoinExpr* expression) {
  if (expression->jointype != JOIN_INNER && expression->jointype != JOIN_LEFT && expression->jointype != JOIN_RIGHT)
    return false;
  const bool is_right = expression->jointype == JOIN_RIGHT;
  if (!AddItem(join, is_right ? expression->rarg : expression->larg)) return false;
  Bitmapset* before = bms_copy(join->tables);
  if (!AddItem(join, is_right ? expression->larg : expression->rarg)) return false;
  Bitmapset* scope = nullptr;
  if (expression->jointype != JOIN_INNER) {
    scope = bms_difference(join->tables, before);
    join->nullable = bms_add_members(join->nullable, scope);
  }
  AddConditions(join, expression->quals, scope);
  return true;
}

bool AddItem(Join* join, Node* item) {
  check_stack_depth();
  if (IsA(item, RangeTblRef)) return AddTable(join, castNode(RangeTblRef, item)->rtindex);
  return IsA(item, JoinExpr) && AddJoin(join, castNode(JoinExpr, item));
}

// The column of a table that an expression is, through renamings by joins and changes of type that keep the value.
const Var* PlainColumn(const Query* query, const Node* node) {
  while (node != nullptr && IsA(node, RelabelType))
    node = reinterpret_cast<const Node*>(reinterpret_cast<const RelabelType*>(node)->arg);
  while (node != nullptr && IsA(node, Var)) {
    const auto* var = reinterpret_cast<const Var*>(node);
    if (var->varlevelsup != 0 || var->varattno <= 0) return nullptr;
    const RangeTblEntry* entry = rt_fetch(var->varno, query->rtable);
    if (entry->rtekind == RTE_RELATION) return var;
    if (entry->rtekind != RTE_JOIN) return nullptr;
    node = static_cast<const Node*>(list_nth(entry->joinaliasvars, var->varattno - 1));
  }
  return nullptr;
}

bool HasOnly(const Query* query, Node* node, const Bitmapset* tables) {
  List* vars = pull_var_clause(node, PVC_RECURSE_AGGREGATES | PVC_RECURSE_WINDOWFUNCS | PVC_RECURSE_PLACEHOLDERS);
  ListCell* cell = nullptr;
  foreach (cell, vars) {
    const Var* var = PlainColumn(query, static_cast<const Node*>(lfirst(cell)));
    if (var == nullptr || !bms_is_member(var->varno, tables)) return false;
  }
  return !contain_subplans(node) && !contain_volatile_functions(node);
}

bool SameCollation(Oid comparison, Oid index) {
  if (!OidIsValid(index) || comparison == index) return true;
  return OidIsValid(comparison) && get_collation_isdeterministic(comparison) && get_collation_isdeterministic(index);
}

bool Fixes(const Join& join, const Condition& condition, int table, const UniqueIndex& index, int position,
           const Bitmapset* known) {
  if (condition.scope != nullptr && !bms_is_member(table, condition.scope)) return false;
  const OpExpr* equality = condition.equality;
  if (get_op_opfamily_strategy(equality->opno, index.family[position]) != BTEqualStrategyNumber) return false;
  if (!SameCollation(equality->inputcollid, index.collation[position])) return false;
  for (int side = 0; side < 2; side++) {
    const Var* column = PlainColumn(join.query, static_cast<const Node*>(list_nth(equality->args, side)));
    if (column == nullptr || static_cast<int>(column->varno) != table || column->varattno != index.column[position]) continue;
    if (HasOnly(join.query, static_cast<Node*>(list_nth(equality->args, 1 - side)), known)) return true;
  }
  return false;
}

bool IsDetermined(const Join& join, int table, const Bitmapset* known) {
  ListCell* cell = nullptr;
  foreach (cell, UniqueIndexesOf(rt_fetch(table, join.query->rtable)->relid)) {
    const auto* index = static_cast<const UniqueIndex*>(lfirst(cell));
    int fixed = 0;
    for (int i = 0; i < index->columns; i++) {
      ListCell* inner = nullptr;
      foreach (inner, join.conditions) {
        if (!Fixes(join, *static_cast<const Condition*>(lfirst(inner)), table, *index, i, known)) continue;
        fixed++;
        break;
      }
    }
    if (fixed == index->columns) return true;
  }
  return false;
}

bool DeterminesAll(const Join& join, int anchor) {
  Bitmapset* known = bms_make_singleton(anchor);
  for (bool grew = true; grew;) {
    grew = false;
    int table = -1;
    while ((table = bms_next_member(join.tables, table)) >= 0) {
      CHECK_FOR_INTERRUPTS();
      if (bms_is_member(table, known) || !IsDetermined(join, table, known)) continue;
      known = bms_add_member(known, table);
      grew = true;
    }
  }
  return bms_equal(known, join.tables);
}

int OutputOf(const Query* query, int table, AttrNumber column) {
  ListCell* cell = nullptr;
  foreach (cell, query->targetList) {
    const auto* entry = lfirst_node(TargetEntry, cell);
    if (entry->resjunk || !IsA(entry->expr, Var)) continue;
    const Var* var = PlainColumn(query, reinterpret_cast<const Node*>(entry->expr));
    if (var != nullptr && static_cast<int>(var->varno) == table && var->varattno == column) return entry->resno;
  }
  return 0;
}

// NIL when a column of the index is not put out.
List* OutputKey(const Query* query, int table, const UniqueIndex& index) {
  List* columns = NIL;
  for (int i = 0; i < index.columns; i++) {
    const int output = OutputOf(query, table, index.column[i]);
    if (output == 0) return NIL;
    columns = lappend_int(columns, output);
  }
  return columns;
}

// The primary key, else the one with fewest columns.
List* BestKey(const Query* query, int table, bool* is_primary) {
  List* best = NIL;
  *is_primary = false;
  ListCell* cell = nullptr;
  foreach (cell, UniqueIndexesOf(rt_fetch(table, query->rtable)->relid)) {
    const auto* index = static_cast<const UniqueIndex*>(lfirst(cell));
    List* columns = OutputKey(query, table, *index);
    if (columns == NIL || *is_primary) continue;
    if (!index->primary && best != NIL && list_length(columns) >= list_length(best)) continue;
    best = columns;
    *is_primary = index->primary;
  }
  return best;
}

}  // namespace

List* KeyOfJoin(const Query* query) {
  Join join = {query, nullptr, nullptr, NIL};
  ListCell* cell = nullptr;
  foreach (cell, query->jointree->fromlist)
    if (!AddItem(&join, static_cast<Node*>(lfirst(cell)))) return NIL;
  AddConditions(&join, query->jointree->quals, nullptr);
  List* second_best = NIL;
  int table = -1;
  while ((table = bms_next_member(join.tables, table)) >= 0) {
    if (bms_is_member(table, join.nullable)) continue;
    bool is_primary = false;
    List* key = BestKey(query, table, &is_primary);
    if (key == NIL || !DeterminesAll(join, table)) continue;
    if (is_primary) return key;
    if (second_best == NIL) second_best = key;
  }
  return second_best;
}

}  // namespace steward::refresh
