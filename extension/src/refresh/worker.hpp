// The worker that visits one database: does the refreshes that are due, waits shortly for the next, leaves. Its start
// is the launcher's (launcher.hpp); what a refresh is, execute.hpp.
#pragma once

#include "pg/postgres.hpp"

namespace steward::refresh {

/// The name of the worker's entry point in this library; its argument is the database's OID.
inline constexpr const char* kWorkerMain = "steward_refresh_worker_main";

}  // namespace steward::refresh
