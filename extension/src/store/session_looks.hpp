// Looks at all sessions, many times a second, so that a class is known by what its transactions spend their time on and how many
// of its sessions are busy at once. Owns one look; when to look is the launcher's business.
#pragma once

#include "pg/postgres.hpp"

namespace steward::store {

/// One look, counted in the table of classes. Takes store::Lock() exclusively, for as long as counting takes; the sessions are read
/// before. For one process at a time, with a status entry of its own.
void LookAtSessions();

}  // namespace steward::store
