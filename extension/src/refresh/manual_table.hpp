// steward.refresh_manual: what views hold after steward.refresh_now(), until the worker takes it over. Apart from refresh_state,
// so that an open transaction of a user's locks nothing that the worker writes. SPI is open and the caller may write the
// tables.
#pragma once

#include "pg/postgres.hpp"
#include "refresh/view_table.hpp"

namespace steward::refresh {

void KeepManual(Oid relid, const Holds& holds);

[[nodiscard]] bool AnyManual();

/// Moves all that is committed to refresh_state, where that does not tell of a later refresh already.
void TakeManual();

}  // namespace steward::refresh
