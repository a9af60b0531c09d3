// Takes the constants out of deparsed SQL and of EXPLAIN's JSON, lexically: it knows tokens, no grammar. What is redacted and
// what is allowed to stay is decided here; who asks for it, elsewhere.
#pragma once

#include <cstddef>

namespace steward::core {

/// Replaces each literal (string, number, bit string, dollar-quoted string) of an SQL expression by a question mark, in place.
/// Identifiers, quoted ones too, parameters ($1), and the numbers of SubPlan and InitPlan stay. Returns the new length, which
/// is never more than `length`. An unterminated literal is redacted to the end.
std::size_t RedactSql(char* text, std::size_t length);

/// The same within EXPLAIN (FORMAT JSON): every string value is redacted but those of keys that hold names and node properties
/// only. Valid JSON stays valid JSON.
std::size_t RedactPlanJson(char* json, std::size_t length);

}  // namespace steward::core
