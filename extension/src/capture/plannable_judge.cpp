// Judge: which statements are given up before any work is done on them. See plannable_walk.hpp.
#include "capture/plannable_walk.hpp"
#include "pg/query_walk.hpp"

extern "C" {
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "utils/lsyscache.h"
}

namespace steward::capture {

namespace {

using store::NotCostable;

struct Verdict {
  NotCostable reason;
  bool relation;
  bool select;  // the query being looked at is a SELECT
};

bool Refuse(Verdict* verdict, NotCostable reason) {
  verdict->reason = reason;
  return true;
}

bool JudgeEntry(const RangeTblEntry* entry, Verdict* verdict) {
  switch (entry->rtekind) {
    case RTE_RELATION:
      verdict->relation = true;
      if (get_rel_persistence(entry->relid) == RELPERSISTENCE_TEMP) return Refuse(verdict, NotCostable::kTemporary);
      return false;
    case RTE_NAMEDTUPLESTORE:
      return Refuse(verdict, NotCostable::kTransition);
    case RTE_VALUES:
      if (entry->values_lists != NIL &&
          list_length(entry->values_lists) * list_length(static_cast<List*>(linitial(entry->values_lists))) >
              kMaxParams)
        return Refuse(verdict, NotCostable::kTooManyParameters);
      // VALUES rows without a column cannot be written down.
      if (entry->values_lists != NIL && linitial(entry->values_lists) == NIL)
        return Refuse(verdict, NotCostable::kNotDeparsed);
      return false;
    default:
      return false;
  }
}

// The deparser writes the marks of CYCLE .. TO .. DEFAULT with a cast, which the grammar does not take there.
bool HasUnwritableCycle(const Query* query) {
  ListCell* cell;
  foreach (cell, query->cteList) {
    const auto* clause = lfirst_node(CommonTableExpr, cell)->cycle_clause;
    if (clause != nullptr && clause->cycle_mark_type != BOOLOID && clause->cycle_mark_type != INT4OID) return true;
  }
  return false;
}

bool Visit(Node* node, void* context) {
  if (node == nullptr) return false;
  auto* verdict = static_cast<Verdict*>(context);
  switch (nodeTag(node)) {
    case T_Query: {
      auto* query = castNode(Query, node);
      if (HasUnwritableCycle(query)) return Refuse(verdict, NotCostable::kNotDeparsed);
      const bool before = verdict->select;
      verdict->select = query->commandType == CMD_SELECT;
      const bool stop = pg::WalkQueryTree(query, Visit, context, QTW_EXAMINE_RTES_BEFORE);
      verdict->select = before;
      return stop;
    }
    case T_RangeTblEntry:
      return JudgeEntry(castNode(RangeTblEntry, node), verdict);
    case T_CurrentOfExpr:
      return Refuse(verdict, NotCostable::kCurrentOf);
    case T_FieldStore:
      if (verdict->select) return Refuse(verdict, NotCostable::kNotDeparsed);
      break;
    case T_SubscriptingRef:
      // PL/pgSQL's x[1] := .. is a SELECT that assigns.
      if (verdict->select && castNode(SubscriptingRef, node)->refassgnexpr != nullptr)
        return Refuse(verdict, NotCostable::kNotDeparsed);
      break;
    default:
      break;
  }
  return pg::WalkChildren(node, Visit, context);
}

}  // namespace

NotCostable Judge(Query* query) {
  Verdict verdict{NotCostable::kCostable, false, false};
  Visit(reinterpret_cast<Node*>(query), &verdict);
  if (verdict.reason != NotCostable::kCostable) return verdict.reason;
  return verdict.relation ? NotCostable::kCostable : NotCostable::kNoRelation;
}

}  // namespace steward::capture
