// See plannable_column.hpp.
#include "capture/plannable_column.hpp"

#include "pg/query_walk.hpp"

extern "C" {
#include "access/table.h"
#include "catalog/pg_class.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteHandler.h"
}

namespace steward::capture {

namespace {

constexpr int kMaxDepth = 16;

Column Resolve(Node* expression, const Scope* scope, int depth);

Node* StripRelabel(Node* node) {
  while (node != nullptr && IsA(node, RelabelType)) node = reinterpret_cast<Node*>(castNode(RelabelType, node)->arg);
  return node;
}

Column ResolveOutput(Query* query, AttrNumber number, const Scope* parent, int depth);

// A view's columns are those of its query, which is expanded only later.
Column ResolveRelation(const RangeTblEntry* entry, const Var* var, const Scope* scope, int depth) {
  const int varno = static_cast<int>(var->varno);
  if (entry->relkind != RELKIND_VIEW)
    return Column{entry->relid, var->varattno, entry->inh, scope->serial, varno, var->varattno};
  Relation view = table_open(entry->relid, AccessShareLock);
  const Column column = ResolveOutput(get_view_query(view), var->varattno, nullptr, depth + 1);
  table_close(view, NoLock);
  return column;
}

// A set operation's columns are looked up in its first branch.
Column ResolveOutput(Query* query, AttrNumber number, const Scope* parent, int depth) {
  const Scope inner{query, parent, 0};
  if (query->setOperations != nullptr) {
    Node* node = query->setOperations;
    while (IsA(node, SetOperationStmt)) node = castNode(SetOperationStmt, node)->larg;
    if (!IsA(node, RangeTblRef)) return Column{};
    const RangeTblEntry* leaf = rt_fetch(castNode(RangeTblRef, node)->rtindex, query->rtable);
    return leaf->subquery == nullptr ? Column{} : ResolveOutput(leaf->subquery, number, &inner, depth + 1);
  }
  List* outputs = query->commandType == CMD_SELECT ? query->targetList : query->returningList;
  ListCell* cell;
  foreach (cell, outputs) {
    const auto* entry = lfirst_node(TargetEntry, cell);
    if (entry->resno == number && !entry->resjunk)
      return Resolve(reinterpret_cast<Node*>(entry->expr), &inner, depth + 1);
  }
  return Column{};
}

Column ResolveCte(const RangeTblEntry* entry, AttrNumber number, const Scope* scope, int depth) {
  for (Index up = 0; up < entry->ctelevelsup && scope != nullptr; up++) scope = scope->parent;
  if (scope == nullptr) return Column{};
  ListCell* cell;
  foreach (cell, scope->query->cteList) {
    const auto* cte = lfirst_node(CommonTableExpr, cell);
    if (strcmp(cte->ctename, entry->ctename) == 0 && IsA(cte->ctequery, Query))
      return ResolveOutput(castNode(Query, cte->ctequery), number, scope, depth);
  }
  return Column{};
}

Column ResolveVar(const Var* var, const Scope* scope, int depth) {
  for (Index up = 0; up < var->varlevelsup && scope != nullptr; up++) scope = scope->parent;
  if (scope == nullptr || var->varno <= 0 || var->varattno <= 0) return Column{};
  const int varno = static_cast<int>(var->varno);
  if (varno > list_length(scope->query->rtable)) return Column{};
  const RangeTblEntry* entry = rt_fetch(varno, scope->query->rtable);
  switch (entry->rtekind) {
    case RTE_RELATION:
      return ResolveRelation(entry, var, scope, depth);
    case RTE_SUBQUERY:
      return ResolveOutput(entry->subquery, var->varattno, scope, depth);
    case RTE_CTE:
      return ResolveCte(entry, var->varattno, scope, depth);
    case RTE_JOIN:
      if (var->varattno > list_length(entry->joinaliasvars)) return Column{};
      return Resolve(static_cast<Node*>(list_nth(entry->joinaliasvars, var->varattno - 1)), scope, depth + 1);
    default: {
      List* grouped = pg::GroupExpressions(entry);
      if (var->varattno > list_length(grouped)) return Column{};
      return Resolve(static_cast<Node*>(list_nth(grouped, var->varattno - 1)), scope, depth + 1);
    }
  }
}

Column Resolve(Node* expression, const Scope* scope, int depth) {
  expression = StripRelabel(expression);
  if (expression == nullptr || !IsA(expression, Var) || depth > kMaxDepth) return Column{};
  return ResolveVar(castNode(Var, expression), scope, depth);
}

}  // namespace

Column ResolveColumn(Node* expression, const Scope* scope) {
  Column column = Resolve(expression, scope, 0);
  expression = StripRelabel(expression);
  if (OidIsValid(column.relid) && IsA(expression, Var)) {
    // Name the range-table entry where the statement named it, not where the column lies.
    const auto* var = castNode(Var, expression);
    for (Index up = 0; up < var->varlevelsup; up++) scope = scope->parent;
    column.scope = scope->serial;
    column.varno = static_cast<int>(var->varno);
    column.varattno = var->varattno;
  }
  return column;
}

}  // namespace steward::capture
