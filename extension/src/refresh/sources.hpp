// What the scheduled views read, remembered while the worker is in the database. Owns that memory; the catalog is read by
// dependencies.
#pragma once

#include "pg/postgres.hpp"
#include "refresh/freshness.hpp"

namespace steward::refresh {

/// Looks the view's sources up in the catalog, unless they are remembered and nothing in the catalog has changed that they
/// could depend on. Needs a transaction. To be watched next.
void ReadSources(FreshView* view);

/// Brings views into an order in which parents come before those that read them, and numbers the parents.
void OrderViews(FreshView* views, int count);

}  // namespace steward::refresh
