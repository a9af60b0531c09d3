// A background worker's transaction around one piece of work, with errors returned instead of raised.
#pragma once

#include "pg/postgres.hpp"

namespace steward::pg {

/// Runs C-shaped `function(argument)` in a transaction of its own, with a snapshot and SPI open. On an ERROR the
/// transaction is rolled back and the error returned, allocated in the current memory context; nullptr means committed.
/// FATAL ends the process. Afterwards the process holds no transaction and no snapshot, and the current memory context
/// is as before.
ErrorData* RunInTransaction(void (*function)(void*), void* argument);

/// The same for a lambda without results.
template <typename F>
ErrorData* InTransaction(F&& f) {
  auto* self = &f;
  return RunInTransaction([](void* p) { (*static_cast<decltype(self)>(p))(); }, self);
}

}  // namespace steward::pg
