// See plannable_walk.hpp. Places that are not named here keep their constants: LIMIT, subscripts, window frames,
// TABLESAMPLE, ON CONFLICT's arbiter, CYCLE marks, XMLTABLE; parameters there are found by Renumber.
#include "capture/plannable_walk.hpp"

#include "capture/plannable_close.hpp"
#include "capture/plannable_replace.hpp"
#include "pg/node_walk.hpp"

extern "C" {
#include "parser/parsetree.h"
}

namespace steward::capture {

namespace {

struct Walk {
  ParamList* params;
  const Scope* scope;
  int* scopes;  // how many there are so far
};

void WalkQuery(Query* query, const Walk& outer);

// Nobody looks at what an EXISTS subquery puts out; without it `EXISTS (SELECT * ..)` stays short.
void DropUnusedOutput(Query* query) {
  if (query->commandType != CMD_SELECT || query->hasAggs || query->hasWindowFuncs || query->hasTargetSRFs ||
      query->groupClause != NIL || query->groupingSets != NIL || query->havingQual != nullptr ||
      query->distinctClause != NIL || query->sortClause != NIL || query->setOperations != nullptr ||
      query->hasModifyingCTE || query->limitCount != nullptr || query->limitOffset != nullptr || query->rowMarks != NIL)
    return;
  query->targetList = NIL;
}

bool WalkExpression(Node* node, void* context) {
  if (node == nullptr) return false;
  const auto* walk = static_cast<const Walk*>(context);
  check_stack_depth();
  if (walk->params->overflow) return true;
  if (IsA(node, Query)) {
    WalkQuery(castNode(Query, node), *walk);
    return walk->params->overflow;
  }
  if (IsA(node, SubLink) && castNode(SubLink, node)->subLinkType == EXISTS_SUBLINK)
    DropUnusedOutput(castNode(Query, castNode(SubLink, node)->subselect));
  ReplaceComparedValues(node, walk->scope, walk->params);
  return pg::WalkChildren(node, WalkExpression, context);
}

void Visit(Node* node, const Walk& walk) {
  WalkExpression(node, const_cast<Walk*>(&walk));
}

void WalkStored(List* targets, const Walk& walk) {
  ListCell* cell;
  foreach (cell, targets) {
    auto* entry = lfirst_node(TargetEntry, cell);
    Visit(reinterpret_cast<Node*>(entry->expr), walk);
    auto* node = reinterpret_cast<Node*>(entry->expr);
    if (!entry->resjunk) ReplaceStoredValue(&node, walk.params);
    entry->expr = reinterpret_cast<Expr*>(node);
  }
}

// What is grouped, sorted or told apart by an expression must stay equal to it, so such queries keep their output
// literals.
void WalkOutput(const Query* query, List* targets, const Walk& walk) {
  const bool grouped = query->groupClause != NIL || query->groupingSets != NIL || query->distinctClause != NIL;
  ListCell* cell;
  foreach (cell, targets) {
    auto* entry = lfirst_node(TargetEntry, cell);
    Visit(reinterpret_cast<Node*>(entry->expr), walk);
    if (grouped || entry->ressortgroupref != 0) continue;
    auto* node = reinterpret_cast<Node*>(entry->expr);
    ReplaceOutputValue(&node, walk.params);
    entry->expr = reinterpret_cast<Expr*>(node);
  }
}

void WalkValues(RangeTblEntry* entry, const Walk& walk) {
  ListCell *row, *cell;
  foreach (row, entry->values_lists)
    foreach (cell, static_cast<List*>(lfirst(row))) {
      auto* node = static_cast<Node*>(lfirst(cell));
      Visit(node, walk);
      ReplaceStoredValue(&node, walk.params);
      lfirst(cell) = node;
    }
}

void WalkEntries(Query* query, const Walk& walk) {
  ListCell *cell, *inner;
  foreach (cell, query->rtable) {
    auto* entry = lfirst_node(RangeTblEntry, cell);
    switch (entry->rtekind) {
      case RTE_SUBQUERY:
        WalkQuery(entry->subquery, walk);
        break;
      case RTE_VALUES:
        WalkValues(entry, walk);
        break;
      case RTE_FUNCTION:
        foreach (inner, entry->functions) {
          Node* call = lfirst_node(RangeTblFunction, inner)->funcexpr;
          Visit(call, walk);
          ReplaceFunctionInput(call, walk.params);
        }
        break;
      default:
        break;
    }
  }
}

// INSERT .. SELECT and INSERT .. VALUES of several rows are written from their range-table entry.
bool ReadsFromEntry(const Query* query) {
  return query->jointree != nullptr && query->jointree->fromlist != NIL;
}

void WalkTargets(Query* query, const Walk& walk) {
  switch (query->commandType) {
    case CMD_SELECT:
      WalkOutput(query, query->targetList, walk);
      break;
    case CMD_INSERT:
      if (!ReadsFromEntry(query)) WalkStored(query->targetList, walk);
      break;
    case CMD_UPDATE:
      WalkStored(query->targetList, walk);
      break;
    default:
      break;
  }
  ListCell* cell;
  foreach (cell, query->mergeActionList) {
    auto* action = lfirst_node(MergeAction, cell);
    Visit(action->qual, walk);
    WalkStored(action->targetList, walk);
  }
  if (query->onConflict != nullptr) {
    WalkStored(query->onConflict->onConflictSet, walk);
    Visit(query->onConflict->onConflictWhere, walk);
  }
  WalkOutput(query, query->returningList, walk);
}

void WalkQuery(Query* query, const Walk& outer) {
  check_stack_depth();
  if (outer.params->overflow || query->commandType == CMD_UTILITY) return;
  TypeStoredLiterals(query);
  const Scope scope{query, outer.scope, ++*outer.scopes};
  const Walk walk{outer.params, &scope, outer.scopes};
  ListCell* cell;
  foreach (cell, query->cteList) {
    Node* inner = lfirst_node(CommonTableExpr, cell)->ctequery;
    if (IsA(inner, Query)) WalkQuery(castNode(Query, inner), walk);
  }
  WalkEntries(query, walk);
  Visit(reinterpret_cast<Node*>(query->jointree), walk);
  WalkTargets(query, walk);
  Visit(query->havingQual, walk);
}

}  // namespace

void ReplaceInStatement(Query* query, ParamList* params) {
  int scopes = 0;
  WalkQuery(query, Walk{params, nullptr, &scopes});
}

}  // namespace steward::capture
