// See query_key.hpp. Leaves joins to join_key.cpp.
#include "refresh/query_key.hpp"

extern "C" {
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
}

namespace steward::refresh {

namespace {

List* AllColumns(const Query* query) {
  List* columns = NIL;
  ListCell* cell = nullptr;
  foreach (cell, query->targetList) {
    const auto* entry = lfirst_node(TargetEntry, cell);
    if (!entry->resjunk) columns = lappend_int(columns, entry->resno);
  }
  return columns;
}

// NIL when one is not put out.
List* ColumnsOfClauses(const List* clauses, const Query* query) {
  List* columns = NIL;
  ListCell* cell = nullptr;
  foreach (cell, clauses) {
    const TargetEntry* entry = get_sortgroupclause_tle(lfirst_node(SortGroupClause, cell), query->targetList);
    if (entry->resjunk) return NIL;
    columns = list_append_unique_int(columns, entry->resno);
  }
  return columns;
}

List* FirstColumn(const Query* query) {
  List* columns = AllColumns(query);
  return columns == NIL ? NIL : list_make1_int(linitial_int(columns));
}

bool IsOneRow(const Query* query) {
  if (query->groupingSets != NIL || query->hasTargetSRFs) return false;
  return query->jointree->fromlist == NIL || (query->groupClause == NIL && (query->hasAggs || query->havingQual != nullptr));
}

}  // namespace

List* KeyOfQuery(const Query* query) {
  if (query->setOperations != nullptr) {
    const auto* operation = castNode(SetOperationStmt, query->setOperations);
    return operation->all ? NIL : AllColumns(query);
  }
  if (query->distinctClause != NIL) return ColumnsOfClauses(query->distinctClause, query);
  if (IsOneRow(query)) return FirstColumn(query);
  if (query->groupingSets != NIL || query->hasTargetSRFs) return NIL;
  if (query->groupClause != NIL) return ColumnsOfClauses(query->groupClause, query);
  return KeyOfJoin(query);
}

}  // namespace steward::refresh
