// Takes the conditions of a plan node apart into predicates on single columns and expressions.
#pragma once

#include "capture/predicate_draft.hpp"

namespace steward::capture {

/// Adds the predicates of implicitly ANDed `clauses`, which stand at context->at, once for every branch of an Append beneath.
void AddClauses(ClauseContext* context, List* clauses);

}  // namespace steward::capture
