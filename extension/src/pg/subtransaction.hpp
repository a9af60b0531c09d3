// Running work whose errors end in a value instead of ending the statement, by way of an internal subtransaction. For
// SQL functions of our own only: inside other people's statements use protected_call.hpp.
#pragma once

#include "pg/postgres.hpp"

namespace steward::pg {

/// Calls C-shaped `function(argument)` in an internal subtransaction. Returns nullptr when it succeeded, else its
/// ERROR, copied to the caller's memory context, with the context (in the sense of an error's) of `function` alone;
/// user, settings and locks are then as before. Cancels and shutdowns are among them: hand what is returned to
/// LetTravelOn, once what the work has left behind is put in order. `keep` tells what becomes of a success: true keeps
/// the locks taken until the end of the transaction, false rolls back, which gives them up. Needs no transaction id as
/// long as `function` writes nothing, so it works on standbys.
[[nodiscard]] ErrorData* RunInSubtransaction(void (*function)(void*), void* argument, bool keep);

/// Raises `error` again if it is a cancel or a shutdown by the server, not one that a function only calls so; may be null.
void LetTravelOn(ErrorData* error);

}  // namespace steward::pg
