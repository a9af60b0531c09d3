// The one way this code includes the server's headers: C linkage, and macros that collide with the C++ library undone.
// Files that need more headers add them inside their own extern "C" block after this one.
#pragma once

extern "C" {
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
}

// libintl's wrappers replace these names by macros, which breaks <cstdio> and <string>.
#undef snprintf
#undef sprintf
#undef printf
#undef fprintf
#undef vsnprintf
#undef vsprintf
#undef vprintf
#undef vfprintf
#undef strerror
#undef strerror_r
#undef gettext
#undef dgettext
#undef ngettext
#undef dngettext

/// Marks the definition of a symbol that the server looks up by name. We build with hidden visibility and PGDLLEXPORT is
/// empty on 15, so the attribute is spelled out.
#define STEWARD_EXPORT extern "C" __attribute__((visibility("default")))

/// Marks the declaration of a variable that is shared between our own files. Hidden visibility is the rule for definitions;
/// only this tells the compiler that an access needs no detour.
#define STEWARD_LOCAL __attribute__((visibility("hidden")))

/// Defines an SQL-callable C function: `STEWARD_FUNCTION(name) { ... }`, with `fcinfo` in scope.
#define STEWARD_FUNCTION(name)                                                                                \
  STEWARD_EXPORT const Pg_finfo_record* pg_finfo_##name(void);                                                \
  STEWARD_EXPORT const Pg_finfo_record* pg_finfo_##name(void) {                                               \
    static const Pg_finfo_record info = {1};                                                                  \
    return &info;                                                                                             \
  }                                                                                                           \
  STEWARD_EXPORT Datum name([[maybe_unused]] FunctionCallInfo fcinfo);                                        \
  STEWARD_EXPORT Datum name([[maybe_unused]] FunctionCallInfo fcinfo)
