// From the columns that plan nodes speak of (outer, inner, index columns, parameters of an enclosing node) down to columns of
// base relations. Owns the plan-wide table of executor parameters; judges no operator.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "nodes/params.h"
#include "nodes/plannodes.h"
#include "nodes/primnodes.h"
struct PlannerInfo;
}

namespace steward::capture {

/// Where an executor parameter gets its value: an expression as it stands at a plan node. Null when nothing is known.
struct ParamSource {
  Node* expression;
  Plan* plan;
};

/// A plan and what is needed to resolve its expressions. `branch` selects the child of every Append passed on the way down;
/// `branches` becomes the largest number of children met, so that a caller can go through all of them.
struct PlanContext {
  PlannedStmt* statement;
  ParamSource* params;
  int param_count;
  int branch;
  int branches;
  int depth;
  int nodes;      // resolved so far of the expression at hand
  int all_nodes;  // and of the whole plan
  ParamListInfo bound_parameters;  // of the client; may be null
  int estimates;           // made so far, see clause_estimate
  PlannerInfo** roots;     // by range-table index, made on demand there
};

/// Collects the parameters of nested loops and correlated subplans. Allocates in the current memory context.
[[nodiscard]] PlanContext MakePlanContext(PlannedStmt* statement, ParamListInfo bound_parameters);

/// One side of a comparison.
enum class SideKind : uint8 {
  kValue,  // no column of a base relation: constant, parameter, function call, subquery result
  kKey,    // a column or an expression over one relation
  kMixed,  // several relations, or something that cannot be traced to columns
};

struct Side {
  SideKind kind;
  Index scan;           // range-table index of the relation of a key
  AttrNumber attnum;    // 0: `expression` is not a plain column
  Node* expression;     // resolved to base columns
  Bitmapset* relations;  // range-table indexes of every base relation it mentions, correlated subplans included
};

/// Resolves `expression`, which stands at `plan`, and says what it is.
[[nodiscard]] Side ClassifySide(PlanContext* context, Node* expression, Plan* plan);

/// A copy of `expression` with every reference replaced by base columns where that is possible.
[[nodiscard]] Node* ResolveToBase(PlanContext* context, Node* expression, Plan* plan);

/// True when every column in `expression` (standing at `plan`) belongs to relation `scan`.
[[nodiscard]] bool IsOnlyAbout(PlanContext* context, Node* expression, Plan* plan, Index scan);

/// The plain base columns in a resolved expression, as a list of Var; those inside aggregates, window functions and what a
/// correlated subplan is given are left out.
[[nodiscard]] List* BaseColumns(const PlanContext* context, Node* resolved);

/// The range-table entry of a base relation, or null when `scan` is none.
[[nodiscard]] RangeTblEntry* BaseRelation(const PlanContext* context, Index scan);

/// The child that OUTER_VAR and INNER_VAR references of `plan` speak of; null when there is none.
[[nodiscard]] Plan* OuterInput(PlanContext* context, Plan* plan);
[[nodiscard]] Plan* InnerInput(Plan* plan);

/// Makes the columns in `expression`, a copy the caller owns, those of range-table entry 1.
void PointToFirst(Node* expression);

/// Takes away the binary-compatible casts at the top of an expression.
[[nodiscard]] Node* StripRelabel(Node* expression);

}  // namespace steward::capture
