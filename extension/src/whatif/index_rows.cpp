// See index_rows.hpp.
#include "whatif/index_rows.hpp"

#include "whatif/row_sample.hpp"

extern "C" {
#include "executor/executor.h"
#include "utils/memutils.h"
}

namespace steward::whatif {

namespace {

struct Evaluation {
  const IndexOptInfo* info;
  EState* estate;
  ExprContext* context;
  ExprState* predicate;
  List* expressions;  // of ExprState
  IndexRowVisitor visit;
  void* state;
  int visited;
};

bool VisitRow(TupleTableSlot* slot, void* argument) {
  auto* evaluation = static_cast<Evaluation*>(argument);
  const IndexOptInfo* info = evaluation->info;
  ExprContext* context = evaluation->context;
  ResetExprContext(context);
  context->ecxt_scantuple = slot;
  if (evaluation->predicate != nullptr && !ExecQual(evaluation->predicate, context)) return true;
  Datum values[INDEX_MAX_KEYS];
  bool nulls[INDEX_MAX_KEYS];
  const ListCell* expression = list_head(evaluation->expressions);
  for (int i = 0; i < info->ncolumns; ++i) {
    if (info->indexkeys[i] != 0) {
      values[i] = slot_getattr(slot, info->indexkeys[i], &nulls[i]);
      continue;
    }
    values[i] = ExecEvalExprSwitchContext(static_cast<ExprState*>(lfirst(expression)), context, &nulls[i]);
    expression = lnext(evaluation->expressions, expression);
  }
  ++evaluation->visited;
  const MemoryContext before = MemoryContextSwitchTo(context->ecxt_per_tuple_memory);
  const bool more = evaluation->visit(values, nulls, evaluation->state);
  MemoryContextSwitchTo(before);
  return more;
}

}  // namespace

int SampleIndexRows(Relation relation, const IndexOptInfo* info, int most, IndexRowVisitor visit, void* state) {
  Evaluation evaluation{};
  evaluation.info = info;
  evaluation.visit = visit;
  evaluation.state = state;
  evaluation.estate = CreateExecutorState();
  evaluation.context = GetPerTupleExprContext(evaluation.estate);
  if (info->indpred != NIL) evaluation.predicate = ExecPrepareQual(info->indpred, evaluation.estate);
  evaluation.expressions = ExecPrepareExprList(info->indexprs, evaluation.estate);
  SampleRows(relation, most, VisitRow, &evaluation);
  FreeExecutorState(evaluation.estate);
  return evaluation.visited;
}

}  // namespace steward::whatif
