// Entry point of the library: registers settings, shared memory, hooks and workers. Decides nothing.
#include "pg/postgres.hpp"
#include "settings.hpp"
#include "store/shmem.hpp"

extern "C" {
PG_MODULE_MAGIC;
}

STEWARD_EXPORT void _PG_init(void);

void _PG_init(void) {
  // Outside preload the functions still exist; each says what to set (store::RequireReady).
  if (!process_shared_preload_libraries_in_progress) return;
  steward::DefineSettings();
  steward::store::InstallShmemHooks();
}
