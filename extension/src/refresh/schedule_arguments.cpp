// See schedule_arguments.hpp.
#include "refresh/schedule_arguments.hpp"

#include "core/schedule.hpp"
#include "refresh/calendar.hpp"
#include "refresh/execute.hpp"

extern "C" {
#include "pgtime.h"
#include "utils/timestamp.h"
}

namespace steward::refresh {

namespace {

const Interval* GetPeriod(FunctionCallInfo fcinfo, int argument, const char* name) {
  if (PG_ARGISNULL(argument)) return nullptr;
  const Interval* period = PG_GETARG_INTERVAL_P(argument);
  const core::Micros length = core::IntervalLength({period->month, period->day, period->time});
  switch (core::CheckPeriod(length)) {
    case core::PeriodFault::kNone:
      return period;
    case core::PeriodFault::kNotPositive:
      ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must be greater than zero", name),
                      errhint("For example: %s => '5 min'.", name)));
    case core::PeriodFault::kTooShort:
      ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must be at least one second", name)));
    case core::PeriodFault::kTooLong:
      ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must be at most 366 days", name),
                      errhint("A month counts as 30 days.")));
  }
  return nullptr;
}

const Interval* GetTimeout(FunctionCallInfo fcinfo, int argument) {
  if (PG_ARGISNULL(argument)) return nullptr;
  const Interval* timeout = PG_GETARG_INTERVAL_P(argument);
  const core::Micros length = core::IntervalLength({timeout->month, timeout->day, timeout->time});
  if (length < core::kSecond / 1000 || length > core::kLongestPeriod)
    ereport(ERROR,
            (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("timeout must be between 1 millisecond and 366 days"),
             errhint("Leave it out for the default of ten periods, at least one hour.")));
  return timeout;
}

const char* GetText(FunctionCallInfo fcinfo, int argument) {
  return PG_ARGISNULL(argument) ? nullptr : text_to_cstring(PG_GETARG_TEXT_PP(argument));
}

void CheckTimeZone(const char* name) {
  if (name != nullptr && pg_tzset(name) == nullptr)
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("time zone \"%s\" not recognized", name),
                    errhint("pg_timezone_names lists the time zones, for example 'Europe/Berlin'.")));
}

// The one that is given; there can be only one.
const char* ModeOf(FunctionCallInfo fcinfo, const ScheduleRequest& request) {
  const bool downstream = !PG_ARGISNULL(6) && PG_GETARG_BOOL(6);
  const char* mode = nullptr;
  int given = 0;
  const struct {
    const char* name;
    bool is_given;
  } modes[] = {{"max_staleness", request.max_staleness != nullptr},
               {"every", request.every != nullptr},
               {"cron", request.cron != nullptr},
               {"downstream", downstream}};
  for (const auto& candidate : modes) {
    if (!candidate.is_given) continue;
    mode = candidate.name;
    given++;
  }
  if (given > 1)
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("only one of max_staleness, every, cron and downstream can be given"),
                    errhint("max_staleness promises freshness, every and cron follow the clock, downstream serves the "
                            "views that read this one.")));
  return mode;
}

}  // namespace

const char* MethodArgument(FunctionCallInfo fcinfo, int argument) {
  const char* method = GetText(fcinfo, argument);
  if (method != nullptr) (void)ParseMethod(method);
  return method;
}

ScheduleRequest ReadScheduleArguments(FunctionCallInfo fcinfo) {
  ScheduleRequest request{};
  request.max_staleness = GetPeriod(fcinfo, 1, "max_staleness");
  request.every = GetPeriod(fcinfo, 2, "every");
  request.cron = GetText(fcinfo, 3);
  request.timezone = GetText(fcinfo, 4);
  request.blackout = GetText(fcinfo, 5);
  if (!PG_ARGISNULL(7)) {
    auto* priority = static_cast<int32*>(palloc(sizeof(int32)));
    *priority = PG_GETARG_INT32(7);
    request.priority = priority;
  }
  request.method = MethodArgument(fcinfo, 8);
  request.timeout = GetTimeout(fcinfo, 9);
  request.mode = ModeOf(fcinfo, request);
  CheckTimeZone(request.timezone);
  if (request.cron != nullptr) CheckCron(request.cron);
  if (request.blackout != nullptr) CheckBlackout(request.blackout);
  return request;
}

}  // namespace steward::refresh
