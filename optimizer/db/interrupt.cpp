// The signal handler; everything it touches is async-signal-safe (PQcancel is, by its documentation).
#include "db/interrupt.hpp"

#include <atomic>
#include <csignal>

#include "db/error.hpp"

namespace steward::db {

namespace {

std::atomic<PGcancel*> cancel_target{nullptr};
std::atomic<bool> interrupted{false};

extern "C" void HandleInterrupt(int) {
  if (interrupted.exchange(true)) {
    std::signal(SIGINT, SIG_DFL);
    std::raise(SIGINT);
    return;
  }
  char message[256];
  PGcancel* target = cancel_target.load();
  if (target != nullptr) PQcancel(target, message, sizeof(message));
}

extern "C" void HandleTermination(int) {
  interrupted.store(true);
}

}  // namespace

void InstallInterruptHandler() {
  struct sigaction action = {};
  action.sa_handler = HandleInterrupt;
  // Not held back while the first one waits for the server to take the cancel request.
  action.sa_flags = SA_RESTART | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
}

void InterruptOnTermination() {
  struct sigaction action = {};
  action.sa_handler = HandleTermination;
  sigemptyset(&action.sa_mask);
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGHUP, &action, nullptr);
}

void SetCancelTarget(PGcancel* cancel) {
  cancel_target.store(cancel);
}

bool InterruptRequested() {
  return interrupted.load();
}

void ThrowIfInterrupted() {
  if (InterruptRequested()) throw Interrupted({"canceled by the user", "", "", ""});
}

}  // namespace steward::db
