// The part of a worker's visit to a database that writes history. Owns when, and what is said when it cannot be
// written; when the worker comes, waits and leaves is worker/worker.cpp's.
#pragma once

#include "core/schedule.hpp"
#include "pg/postgres.hpp"

namespace steward::history {

/// Writes the interval that is due, if one is, and trims history; says when the next will be: never in a database
/// without the extension's tables, or with pg_steward.history_interval = 0. What cannot be written is logged once and
/// tried again. The caller has no transaction, and holds no snapshot afterwards (RELIABILITY W12).
void DoDue(core::WorkStep* step);

}  // namespace steward::history
