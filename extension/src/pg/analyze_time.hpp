// When a relation was last analyzed, without leaving a trace in what the user's transaction sees of the statistics.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "datatype/timestamp.h"
}

namespace steward::pg {

/// End of the last ANALYZE of the relation, by hand or by autovacuum; 0 where this server has seen none.
[[nodiscard]] TimestampTz LastAnalyzed(Oid relid);

}  // namespace steward::pg
