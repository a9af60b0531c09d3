// Notes the circumstances of a plan when it is first seen: what core/plan_sight keeps of them.
#pragma once

#include "core/plan_sight.hpp"
#include "pg/postgres.hpp"

extern "C" {
#include "nodes/params.h"
#include "nodes/plannodes.h"
}

namespace steward::capture {

/// What a sight is of.
struct SightSource {
  PlannedStmt* statement;
  ParamListInfo parameters;  // of the execution at hand, may be null
  const Oid* relations;      // that the plan reads or writes; locked by the execution
  int relation_count;
  const Oid* indexes;  // that it uses
  int index_count;
};

/// Writes the sight into `buffer`, which has kMaxSightBytes. Returns its length. May raise: for a protected call.
[[nodiscard]] uint32 WriteSight(const SightSource& source, char* buffer);

}  // namespace steward::capture
