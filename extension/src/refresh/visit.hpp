// The refreshing half of a worker's visit to a database. Owns what it does in each step; when the worker comes, waits
// and leaves is worker/worker.cpp's.
#pragma once

#include "core/schedule.hpp"
#include "pg/postgres.hpp"

namespace steward::refresh {

/// What a visit carries from step to step. Start with zeroes and `track`.
struct Visit {
  const char* track;  // pg_steward.track as configured, for the refreshes' own queries
  bool begun;
  bool looked;
  core::Micros looked_at;   // when the step began
  core::Micros next_prune;
  core::Micros next_net;  // when changes are looked for that leave no mark
  int jobs;  // refreshes so far
};

/// Does what is due for a tenth of a second, at least one thing: refreshes views, those together that must agree, or notes which
/// lack nothing. Says when it wants to be asked again: never in a database without the extension's
/// tables. In the first step also ends what a worker that died left behind. Returns an error that kept it from doing
/// so; a refresh that fails is none. The caller has no transaction.
ErrorData* DoDue(Visit* visit, core::WorkStep* step);

/// The worker leaves: changes wake the launcher from now on.
void Leave();

/// Whether this process has refreshed enough for one worker.
[[nodiscard]] bool HasDoneEnough(const Visit& visit);

}  // namespace steward::refresh
