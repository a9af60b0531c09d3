// What kind of comparison an operator makes, as far as it decides which index can serve it.
#pragma once

#include "pg/postgres.hpp"
#include "store/predicate_record.hpp"

extern "C" {
#include "nodes/nodes.h"
}

namespace steward::capture {

/// The kind of `column opno value`. `value` tells whether a pattern has a fixed beginning; a pattern that is not a constant
/// counts as having none.
[[nodiscard]] store::PredicateKind KindOfOperator(Oid opno, const Node* value);

}  // namespace steward::capture
