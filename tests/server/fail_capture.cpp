// For tests only: linked into a copy of the library with the linker's --wrap for each function below, it makes one of the
// library's own calls into the server raise an error. Owns the failing; what runs meanwhile is the test's business.
//   fail_capture(n)    the n-th wrapped call from now on raises, once (0 is the next one); negative: none
//   calls_made()       wrapped calls since then
//   calls_locked()     those of them, in this session, that were made while store::Lock() was held
//   failed_start(sql)  the executor's start of that statement fails, which is swallowed without a subtransaction, as extensions
//                      should not and some do; then another statement, one that is not tracked, runs in the same QueryDesc
//   kill_capture(n)    the process is killed (SIGKILL) when the library gives store::Lock() up for the n-th time from now on
#include "pg/postgres.hpp"

#include <csignal>

extern "C" {
#include "executor/executor.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "tcop/tcopprot.h"
#include "utils/lsyscache.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
}

#include "pg/compat.hpp"

namespace {

int64 left = -1;
int64 made = 0;
int64 locked = 0;
int64 left_until_death = -1;

bool Fails() {
  made++;
  if (LWLockHeldByMe(&GetNamedLWLockTranche("pg_steward")->lock)) locked++;
  return left >= 0 && left-- == 0;
}

void Call() {
  if (!Fails()) return;
  ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("failed on purpose")));
}

}  // namespace

// Not every version has each of them.
#define WEAK __attribute__((weak))

#define WRAP(result, name, parameters, arguments)  \
  extern "C" WEAK result __real_##name parameters; \
  extern "C" result __wrap_##name parameters;      \
  extern "C" result __wrap_##name parameters {     \
    Call();                                        \
    return __real_##name arguments;                \
  }

WRAP(void*, palloc, (Size size), (size))
WRAP(void*, palloc0, (Size size), (size))
WRAP(void*, repalloc, (void* old, Size size), (old, size))
WRAP(char*, pstrdup, (const char* text), (text))
WRAP(char*, pnstrdup, (const char* text, Size length), (text, length))
WRAP(void*, MemoryContextAlloc, (MemoryContext context, Size size), (context, size))
WRAP(void*, MemoryContextAllocZero, (MemoryContext context, Size size), (context, size))
WRAP(void*, MemoryContextAllocZeroAligned, (MemoryContext context, Size size), (context, size))
WRAP(char*, MemoryContextStrdup, (MemoryContext context, const char* text), (context, text))
WRAP(MemoryContext, AllocSetContextCreateInternal,
     (MemoryContext parent, const char* name, Size least, Size first, Size most), (parent, name, least, first, most))
WRAP(ResourceOwner, ResourceOwnerCreate, (ResourceOwner parent, const char* name), (parent, name))
WRAP(HeapTuple, SearchSysCache1, (int cache, Datum key), (cache, key))
WRAP(HeapTuple, SearchSysCache2, (int cache, Datum key1, Datum key2), (cache, key1, key2))
WRAP(HeapTuple, SearchSysCache3, (int cache, Datum key1, Datum key2, Datum key3), (cache, key1, key2, key3))
WRAP(void*, copyObjectImpl, (const void* node), (node))
WRAP(void, initStringInfo, (StringInfo string), (string))
WRAP(List*, lappend, (List * list, void* item), (list, item))
WRAP(char*, pg_get_querydef, (Query * query, bool pretty), (query, pretty))
WRAP(char*, OidOutputFunctionCall, (Oid function, Datum value), (function, value))
WRAP(char, get_typtype, (Oid type), (type))
WRAP(char*, get_rel_name, (Oid relation), (relation))
WRAP(RegProcedure, get_opcode, (Oid op), (op))
WRAP(void, check_stack_depth, (void), ())

// This one may be told not to raise.
extern "C" void* __real_palloc_extended(Size size, int flags);
extern "C" void* __wrap_palloc_extended(Size size, int flags);
extern "C" void* __wrap_palloc_extended(Size size, int flags) {
  if ((flags & MCXT_ALLOC_NO_OOM) != 0 && Fails()) return nullptr;
  if ((flags & MCXT_ALLOC_NO_OOM) == 0) Call();
  return __real_palloc_extended(size, flags);
}

// The work under the lock is done, the lock is held.
extern "C" void __real_LWLockRelease(LWLock* lock);
extern "C" void __wrap_LWLockRelease(LWLock* lock);
extern "C" void __wrap_LWLockRelease(LWLock* lock) {
  const bool ours = lock == &GetNamedLWLockTranche("pg_steward")->lock;
  if (ours && left_until_death >= 0 && left_until_death-- == 0) (void)raise(SIGKILL);
  __real_LWLockRelease(lock);
}

STEWARD_FUNCTION(kill_capture) {
  left_until_death = PG_GETARG_INT64(0);
  PG_RETURN_BOOL(true);
}

STEWARD_FUNCTION(fail_capture) {
  left = PG_GETARG_INT64(0);
  made = 0;
  PG_RETURN_BOOL(true);
}

STEWARD_FUNCTION(calls_made) { PG_RETURN_INT64(made); }

STEWARD_FUNCTION(calls_locked) { PG_RETURN_INT64(locked); }

namespace {

QueryDesc* Describe(const char* sql) {
  const auto raw = static_cast<RawStmt*>(linitial(pg_parse_query(sql)));
  const auto query = static_cast<Query*>(linitial(pg_analyze_and_rewrite_fixedparams(raw, sql, nullptr, 0, nullptr)));
  PlannedStmt* plan = pg_plan_query(query, sql, CURSOR_OPT_PARALLEL_OK, nullptr);
  return CreateQueryDesc(plan, sql, GetActiveSnapshot(), InvalidSnapshot, None_Receiver, nullptr, nullptr, 0);
}

bool StartFails(QueryDesc* desc) {
  const MemoryContext here = CurrentMemoryContext;
  volatile bool failed = false;
  PG_TRY();
  {
    ExecutorStart(desc, 0);
  }
  PG_CATCH();
  {
    MemoryContextSwitchTo(here);
    FlushErrorState();
    failed = true;
  }
  PG_END_TRY();
  return failed;
}

}  // namespace

STEWARD_FUNCTION(failed_start) {
  QueryDesc* desc = Describe(text_to_cstring(PG_GETARG_TEXT_PP(0)));
  if (!StartFails(desc)) PG_RETURN_BOOL(false);
  *desc = *Describe("SELECT 1");
  desc->plannedstmt->queryId = 0;
  ExecutorStart(desc, 0);
  STEWARD_EXECUTOR_RUN_TO_END(desc);
  ExecutorFinish(desc);
  ExecutorEnd(desc);
  PG_RETURN_BOOL(true);
}
