// Ctrl-C: the running query is cancelled on the server, and the program leaves through the ordinary error path.
#pragma once

#include <libpq-fe.h>

namespace steward::db {

/// Installs the SIGINT handler. Call once, after a connection stands: while connecting Ctrl-C keeps
/// its default meaning. A second Ctrl-C ends the process at once.
void InstallInterruptHandler();

/// Has SIGTERM and SIGHUP do what Ctrl-C does, for work that must be put back however it ends.
void InterruptOnTermination();

/// The query to cancel from now on; nullptr for none. The caller keeps the object alive until the next call.
void SetCancelTarget(PGcancel* cancel);

bool InterruptRequested();

/// Throws Interrupted after Ctrl-C. For loops that do not talk to the server.
void ThrowIfInterrupted();

}  // namespace steward::db
