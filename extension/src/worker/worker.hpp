// The worker that visits one database: has the work done that is due there, waits shortly for the next, leaves. Its
// start is the launcher's (launcher.hpp); what the work is, history/'s and refresh/'s.
#pragma once

#include "pg/postgres.hpp"

namespace steward::worker {

/// The name of the worker's entry point in this library; its argument is the database's OID.
inline constexpr const char* kWorkerMain = "steward_worker_main";

}  // namespace steward::worker
