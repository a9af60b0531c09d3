// One run of one scheduled view by the worker, with everything around it: the mark, the view's lock, the refresh,
// history and what is next. Leaves picking jobs to worker.cpp and the refresh itself to execute.hpp.
#pragma once

#include "pg/postgres.hpp"
#include "refresh/tables.hpp"

namespace steward::refresh {

/// Runs a due job. A failing refresh is recorded, not returned: the error returned (nullptr: none) means that its
/// outcome could not be written. Uses transactions of its own; the caller has none.
/// `track` is pg_steward.track for the refresh's own query; the bookkeeping around it is not captured.
ErrorData* RunJob(const Job& job, const char* track);

}  // namespace steward::refresh
