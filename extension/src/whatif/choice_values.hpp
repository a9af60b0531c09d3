// Which values a statement's plans are compared with: extremes of the columns it compares, then captured samples, then
// what what-if draws. Owns that choice; making the plans is choose_plan's.
#pragma once

#include "pg/postgres.hpp"
#include "whatif/enter_statement.hpp"

namespace steward::whatif {

enum class ChoiceKind : uint8 { kCommon, kRare, kWide, kNarrow, kSample, kDrawn, kNone };

/// "common", "rare", ...
const char* ChoiceKindName(ChoiceKind kind);

struct ValueChoice {
  ChoiceKind kind;
  ParamListInfo values;  // null: no parameters, or some value is not known
  ValueSource source;
  double frequency;  // share of rows that the value or range selects; negative: not known
};

inline constexpr int kMaxChoices = 16;

struct ValueChoices {
  ValueChoice choice[kMaxChoices];
  int count;  // 1 or more
};

/// Up to `wanted` (1 to kMaxChoices) sets of values; the same for the same statistics and samples. Call it as the role
/// that the statement is planned as. Memory comes from the current context. May raise, as DrawValues.
ValueChoices ChooseValues(const Statement& statement, int wanted);

/// Leaves the captured samples out unless the current user may read them. Of a statement that was just loaded.
void HideSamples(Statement* statement);

/// Whether `caller` may read the columns that the values come from.
bool MayReadColumns(const Statement& statement, Oid caller);

/// Raises unless `caller` may read the columns that the values come from.
void RequireValueReader(const Statement& statement, Oid caller);

}  // namespace steward::whatif
