// Entry point of the library: registers settings, shared memory, hooks and workers. Decides nothing.
#include "capture/hooks.hpp"
#include "capture/transactions.hpp"
#include "changes/install.hpp"
#include "pg/clock.hpp"
#include "pg/postgres.hpp"
#include "settings.hpp"
#include "store/shmem.hpp"
#include "transaction_end.hpp"
#include "worker/install.hpp"

// The server looks up the magic block by name, and on 15 the macro does not mark it as exported.
#pragma GCC visibility push(default)
extern "C" {
PG_MODULE_MAGIC;
}
#pragma GCC visibility pop

STEWARD_EXPORT void _PG_init(void);

void _PG_init(void) {
  // Outside preload the functions still exist; each says what to set (store::RequireReady).
  if (!process_shared_preload_libraries_in_progress) return;
  steward::pg::StartClock();
  steward::DefineSettings();
  steward::store::InstallShmemHooks();
  steward::capture::InstallHooks();
  steward::capture::InstallTransactionClasses();
  steward::changes::Install();
  steward::InstallTransactionCallback();
  steward::worker::Install();
}
