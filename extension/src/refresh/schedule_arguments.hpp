// The arguments of steward.schedule_refresh() and what is wrong with them. Owns the checks and the errors; who may call it
// is functions.cpp's.
#pragma once

#include "pg/postgres.hpp"
#include "refresh/schedule_table.hpp"

namespace steward::refresh {

/// Reads arguments 1 on: max_staleness, every, cron, timezone, blackout, downstream, priority, method, timeout. NULL leaves
/// out. Raises on what cannot be followed; `relid` and `owner` are left to the caller.
ScheduleRequest ReadScheduleArguments(FunctionCallInfo fcinfo);

/// nullptr for NULL; raises on an unknown method.
const char* MethodArgument(FunctionCallInfo fcinfo, int argument);

}  // namespace steward::refresh
