// steward.refresh_now(): a view and what it needs, refreshed in the caller's transaction. Leaves rights and arguments to
// functions.cpp, the single refresh to execute.hpp.
#pragma once

#include "pg/postgres.hpp"

namespace steward::refresh {

struct NowRequest {
  Oid relid;
  Oid owner;
  const char* name;
  const char* method;  // nullptr: as scheduled, or auto
};

/// Refreshes the view from one snapshot with the scheduled views above it that lack changes, and with those that must agree with
/// any of them, each as it is scheduled: owner, settings, method. Those of owners whose privileges the caller lacks are left alone, with a
/// notice. Writes history, and what the views hold for the worker to
/// take over when the transaction commits. False, with a notice and a line of history: another session is
/// refreshing one of them.
bool RefreshNow(const NowRequest& request);

}  // namespace steward::refresh
