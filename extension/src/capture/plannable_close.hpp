// The last pass over a plannable text: no literal that may be somebody's data stays, wherever it stands. What the
// passes before left alone, because the plan does not depend on it or nobody can tell, becomes a parameter here.
#pragma once

#include "capture/plannable_params.hpp"

namespace steward::capture {

/// Gives the literals of INSERT .. SELECT the types of the columns they are stored in; analysis leaves them without
/// one.
void TypeStoredLiterals(Query* query);

/// Replaces every literal of `query` (a copy the caller owns) that IsData and does not say how. False when one stands
/// where the deparser or the parser takes only a literal.
[[nodiscard]] bool CloseLiterals(Query* query, ParamList* params);

}  // namespace steward::capture
