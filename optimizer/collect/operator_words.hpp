// What an operator in a plan's text says of the column before it. By name: the server's own operators have these meanings,
// and other types' operators of these names have them by convention.
#pragma once

#include <optional>
#include <string>

#include "model/workload.hpp"

namespace steward::collect {

/// `value`: the string compared with, where it is a constant; of a pattern that is none nothing is known.
[[nodiscard]] model::PredicateKind KindOfOperator(const std::string& op, const std::optional<std::string>& value);

/// The operator that says the same with its sides exchanged; empty: there is none.
[[nodiscard]] std::string CommutedOperator(const std::string& op);

/// What two arms of an OR say together of one column.
[[nodiscard]] model::PredicateKind Either(model::PredicateKind a, model::PredicateKind b);

}  // namespace steward::collect
