// Schedules that follow a wall clock: cron expressions and blackout windows in a time zone. Owns the way between instants and
// local time; the rules are core's.
#pragma once

#include "pg/postgres.hpp"
#include "refresh/freshness.hpp"

namespace steward::refresh {

/// Raise on what cannot be understood.
void CheckCron(const char* cron);
void CheckBlackout(const char* blackout);

/// The first instant of `cron` after `after`; kNever where there is none.
[[nodiscard]] TimestampTz NextCron(const char* cron, const char* timezone, TimestampTz after);

/// Sets the view's period and the blackout window that contains `now`, or the next.
void ReadCalendar(core::Micros now, FreshView* view);

}  // namespace steward::refresh
