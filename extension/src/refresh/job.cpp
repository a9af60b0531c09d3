// See job.hpp. Three transactions: mark; refresh with its line of history, so that "ok" is there exactly when the data
// is; and after a failure its line of history.
#include "refresh/job.hpp"

#include "refresh/execute.hpp"
#include "pg/transaction.hpp"

extern "C" {
#include "common/pg_prng.h"
#include "pgstat.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"
}

namespace steward::refresh {

namespace {

Run Describe(const Job& job, const char* result) {
  return Run{job.relid,
             job.name,
             job.exists ? job.actual_owner : job.owner,
             job.slot,
             0,
             GetCurrentTimestamp(),
             result,
             job.due == job.slot ? "due" : "retry",
             nullptr,
             job.failures + 1,
             -1,
             -1,
             nullptr,
             nullptr};
}

// A schedule that cannot be followed ends here, with a line that says why.
void StopSchedule(const Job& job) {
  Run run = Describe(job, "skipped");
  if (!job.exists) {
    run.message = "the materialized view was dropped; its schedule was removed";
    DropSchedule(job.relid);
  } else {
    run.result = "failed";
    run.sqlstate = "42501";
    run.message =
        "the materialized view has got another owner; its schedule is disabled until steward.resume_refresh()";
    DisableSchedule(job.relid);
  }
  MarkStarted(job, run.finished_at, run.reason);
  MarkDone(job, job.slot, run.finished_at + core::kMinute, job.failures);
  WriteHistory(run);
}

// Someone else is refreshing the view: that serves this due time, too.
void SkipRun(const Job& job) {
  Run run = Describe(job, "skipped");
  run.message = "another session was refreshing the materialized view";
  const TimestampTz next = core::NextDue(job.slot, job.every, run.finished_at);
  MarkStarted(job, run.finished_at, run.reason);
  MarkDone(job, next, next, 0);
  WriteHistory(run);
}

void Refresh(const Job& job, const char* track, TimestampTz started_at) {
  const RefreshOutcome outcome = ExecuteRefresh({job.relid, job.owner, job.method, true, track});
  Run run = Describe(job, "ok");
  run.started_at = started_at;
  run.method = MethodName(outcome.method);
  run.exec_time_ms = static_cast<double>(run.finished_at - started_at) / 1000.0;
  run.wal_bytes = outcome.wal_bytes;
  run.message = outcome.note;
  const TimestampTz next = core::NextDue(job.slot, job.every, run.finished_at);
  MarkDone(job, next, next, 0);
  WriteHistory(run);
}

void Fail(const Job& job, TimestampTz started_at, const ErrorData* error) {
  Run run = Describe(job, "failed");
  run.started_at = started_at;
  run.exec_time_ms = static_cast<double>(run.finished_at - started_at) / 1000.0;
  run.sqlstate = unpack_sql_state(error->sqlerrcode);
  run.message = error->detail == nullptr ? error->message : psprintf("%s: %s", error->message, error->detail);
  const core::Failure failure{job.failures + 1, job.every, run.finished_at - started_at,
                              pg_prng_double(&pg_global_prng_state)};
  MarkDone(job, job.slot, core::RetryAt(failure, run.finished_at), failure.consecutive);
  WriteHistory(run);
}

// The timeout's handler asks for a cancel; one that comes too late must not hit what follows.
ErrorData* RefreshWithTimeout(const Job& job, const char* track, TimestampTz started_at) {
  const core::Micros ms = job.timeout / 1000;
  if (ms > 0 && ms < INT_MAX) enable_timeout_after(STATEMENT_TIMEOUT, static_cast<int>(ms));
  ErrorData* error = pg::InTransaction([&] { Refresh(job, track, started_at); });
  disable_timeout(STATEMENT_TIMEOUT, false);
  QueryCancelPending = false;
  return error;
}

}  // namespace

ErrorData* RunJob(const Job& job, const char* track) {
  if (!job.exists || job.actual_owner != job.owner) return pg::InTransaction([&] { StopSchedule(job); });
  bool locked = false;
  const TimestampTz started_at = GetCurrentTimestamp();
  pgstat_report_activity(STATE_RUNNING, psprintf("refresh of materialized view %s", job.name));
  ErrorData* error = pg::InTransaction([&] {
    locked = TryLockView(job.relid, true);
    if (locked)
      MarkStarted(job, started_at, job.due == job.slot ? "due" : "retry");
    else
      SkipRun(job);
  });
  if (error == nullptr && locked) {
    ErrorData* failed = RefreshWithTimeout(job, track, started_at);
    if (failed != nullptr) {
      ereport(WARNING, (errcode(failed->sqlerrcode),
                        errmsg("could not refresh materialized view \"%s\": %s", job.name, failed->message),
                        errdetail("Attempt %d in a row.", job.failures + 1)));
      error = pg::InTransaction([&] { Fail(job, started_at, failed); });
    }
  }
  if (locked) UnlockView(job.relid);
  pgstat_report_activity(STATE_IDLE, nullptr);
  return error;
}

}  // namespace steward::refresh
