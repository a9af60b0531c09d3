// The refreshing half of a worker's visit to a database. Owns what it does in each step; when the worker comes, waits
// and leaves is worker/worker.cpp's.
#pragma once

#include "core/schedule.hpp"
#include "pg/postgres.hpp"

namespace steward::refresh {

/// What a visit carries from step to step. Start with zeroes and `track`.
struct Visit {
  const char* track;  // pg_steward.track as configured, for the refreshes' own queries
  core::Micros next_prune;
  int jobs;  // refreshes so far
};

/// Ends what a worker that died left behind. `present` tells whether this database has the extension's tables. Returns
/// an error that kept it from doing so. The caller has no transaction.
ErrorData* BeginVisit(bool* present);

/// Does the refresh that is due, if one is, and says when the next will be. Errors and transactions as above; a refresh
/// that fails is not an error.
ErrorData* DoDue(Visit* visit, core::WorkStep* step);

/// Whether this process has refreshed enough for one worker.
[[nodiscard]] bool HasDoneEnough(const Visit& visit);

}  // namespace steward::refresh
