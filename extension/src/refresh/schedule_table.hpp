// steward.refresh_schedule: what users want. Every statement on it but for reading (view_table.hpp). Owns no transactions and
// no roles: SPI is open and the caller may write the table.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "datatype/timestamp.h"
}

namespace steward::refresh {

/// A schedule as the user asks for it; what is nullptr stays as it is, or takes its default.
struct ScheduleRequest {
  Oid relid;
  Oid owner;
  const char* mode;  // max_staleness, every, cron or downstream: takes the place of another
  const Interval* max_staleness;
  const Interval* every;
  const char* cron;
  const char* timezone;
  const char* blackout;  // "": none
  const int32* priority;
  const char* method;
  const Interval* timeout;
};

/// With a mode, or for a new owner, also keeps the session's settings that a view's result can depend on. False when there is no schedule yet and the
/// request has no mode.
bool PutSchedule(const ScheduleRequest& request);

/// Both return false when the view has no schedule.
bool RemoveSchedule(Oid relid);
bool EnableSchedule(Oid relid, Oid owner, bool enabled);

/// Takes a schedule away, or stops following it. Does nothing to a row that another session has locked.
void DropSchedule(Oid relid);
void DisableSchedule(Oid relid);

}  // namespace steward::refresh
