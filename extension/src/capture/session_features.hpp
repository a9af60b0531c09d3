// Which statements leave something behind in their session that a pooler in transaction mode would hand to somebody else.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "nodes/nodes.h"
}

namespace steward::capture {

/// The core::SessionFeature that a utility statement uses, 0 for none. What functions do (set_config) is not seen.
[[nodiscard]] uint32 FeatureOf(const Node* utility);

}  // namespace steward::capture
