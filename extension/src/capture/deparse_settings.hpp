// What deparsed text must not depend on: it means the same in every session, and the same expression has the same text.
#pragma once

#include "pg/postgres.hpp"

namespace steward::capture {

/// Pins search_path, quoting and the formats of constants. Within a protected call, whose end puts the session's own back.
void PinDeparseSettings();

}  // namespace steward::capture
