// The SQL functions over schedules: who may do what, and the errors. Each checks rights as the caller, then writes the
// tables as their owner; the tables themselves grant no DML (RELIABILITY S6, S7).
#include "pg/postgres.hpp"
#include "pg/role.hpp"
#include "pg/spi.hpp"
#include "refresh/open_tables.hpp"
#include "refresh/refresh_now.hpp"
#include "refresh/schedule_arguments.hpp"
#include "refresh/schedule_table.hpp"
#include "refresh/view_table.hpp"
#include "store/posts.hpp"
#include "store/visit_board.hpp"
#include "store/shmem.hpp"

extern "C" {
#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
}

namespace steward::refresh {

namespace {

struct View {
  Oid relid;
  Oid owner;  // InvalidOid: dropped
  char name[NAMEDATALEN];
};

void RequireRights(const View& view) {
  if (has_privs_of_role(GetUserId(), view.owner)) return;
  ereport(ERROR,
          (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("must be owner of materialized view \"%s\"", view.name),
           errhint("Its refreshes run as its owner, so only its owner, members of that role and superusers may "
                   "schedule them.")));
}

void RequireMatview(const View& view, char relkind) {
  if (relkind == RELKIND_MATVIEW) return;
  ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("\"%s\" is not a materialized view", view.name),
                  errhint("steward.matviews lists the materialized views of this database.")));
}

// The view of argument 0, existing and the caller's. With `dropped_ok` a superuser may name one that is gone.
View GetView(FunctionCallInfo fcinfo, bool dropped_ok) {
  store::RequireReady();
  if (PG_ARGISNULL(0)) ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("view must not be null")));
  View view = {PG_GETARG_OID(0), InvalidOid, ""};
  HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(view.relid));
  if (!HeapTupleIsValid(tuple)) {
    if (dropped_ok && superuser()) return view;
    ereport(ERROR,
            (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("materialized view with OID %u does not exist", view.relid)));
  }
  const auto* row = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple));
  view.owner = row->relowner;
  strlcpy(view.name, NameStr(row->relname), sizeof view.name);
  const char relkind = row->relkind;
  ReleaseSysCache(tuple);
  RequireMatview(view, relkind);
  RequireRights(view);
  return view;
}

void PostChange() {
  if (!store::PostAtCommit())
    ereport(ERROR, (errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
                    errmsg("pg_steward refreshes materialized views in at most %d databases", store::kBoardDatabases)));
}

void NotScheduled(const View& view) {
  ereport(ERROR,
          (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("materialized view \"%s\" has no refresh schedule", view.name),
           errhint("Create one with steward.schedule_refresh('%s', max_staleness => '5 min').", view.name)));
}

void SetEnabled(FunctionCallInfo fcinfo, bool enabled) {
  const View view = GetView(fcinfo, false);
  const pg::RoleSwitch before = OpenTables();
  const bool found = EnableSchedule(view.relid, view.owner, enabled);
  CloseTables(before);
  if (!found) NotScheduled(view);
  PostChange();
}

// Before each row that goes into our own table: elsewhere there may be no row, or no column "enabled".
bool IsRestoring(const TriggerData* trigger) {
  const TriggerEvent event = trigger->tg_event;
  return TRIGGER_FIRED_BEFORE(event) && TRIGGER_FIRED_FOR_ROW(event) && TRIGGER_FIRED_BY_INSERT(event) &&
         RelationGetRelid(trigger->tg_relation) ==
             get_relname_relid("refresh_schedule", get_namespace_oid("steward", true));
}

constexpr int kBoardColumns = 6;

void PutBoardRow(ReturnSetInfo* result, const store::BoardRow& row) {
  Datum values[kBoardColumns] = {
      ObjectIdGetDatum(row.dbid),        Int32GetDatum(row.pid),
      TimestampTzGetDatum(row.load.due), TimestampTzGetDatum(row.load.visited),
      BoolGetDatum(row.load.held),       Int32GetDatum(static_cast<int32>(row.failed_launches))};
  bool nulls[kBoardColumns] = {false, row.pid == 0, row.load.due == core::kNever, row.load.visited == 0, false, false};
  // Zero stands for "at once".
  if (row.load.due == 0) values[2] = TimestampTzGetDatum(GetCurrentTimestamp());
  tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

}  // namespace

}  // namespace steward::refresh

using namespace steward;           // NOLINT: SQL entry points only below
using namespace steward::refresh;  // NOLINT

STEWARD_FUNCTION(steward_schedule_refresh) {
  const View view = GetView(fcinfo, false);
  ScheduleRequest request = ReadScheduleArguments(fcinfo);
  request.relid = view.relid;
  request.owner = view.owner;
  const pg::RoleSwitch before = OpenTables();
  const bool known = PutSchedule(request);
  CloseTables(before);
  if (!known)
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("a new schedule needs one of max_staleness, every, cron and downstream"),
                    errhint("For example: steward.schedule_refresh(view, max_staleness => '5 min').")));
  PostChange();
  PG_RETURN_VOID();
}

STEWARD_FUNCTION(steward_unschedule_refresh) {
  const View view = GetView(fcinfo, true);
  const pg::RoleSwitch before = OpenTables();
  const bool found = RemoveSchedule(view.relid);
  CloseTables(before);
  if (!found) NotScheduled(view);
  PostChange();
  PG_RETURN_VOID();
}

STEWARD_FUNCTION(steward_pause_refresh) {
  SetEnabled(fcinfo, false);
  PG_RETURN_VOID();
}

STEWARD_FUNCTION(steward_resume_refresh) {
  SetEnabled(fcinfo, true);
  PG_RETURN_VOID();
}

STEWARD_FUNCTION(steward_refresh_now) {
  const View view = GetView(fcinfo, false);
  const char* method = MethodArgument(fcinfo, 1);
  PreventCommandIfReadOnly("steward.refresh_now()");
  const bool done = RefreshNow({view.relid, view.owner, view.name, method});
  PG_RETURN_TEXT_P(cstring_to_text(done ? "ok" : "skipped"));
}

STEWARD_FUNCTION(steward_refresh_schedule_restored) {
  if (!CALLED_AS_TRIGGER(fcinfo) || !IsRestoring(reinterpret_cast<TriggerData*>(fcinfo->context)))
    ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
                    errmsg("must be called before a row is inserted into steward.refresh_schedule"),
                    errhint("This function belongs to the trigger on that table and serves no other purpose.")));
  const auto* trigger = reinterpret_cast<TriggerData*>(fcinfo->context);
  HeapTuple tuple = trigger->tg_trigtuple;
  // Our own functions write under a changed user id; a restore does not.
  if (InLocalUserIdChange()) return PointerGetDatum(tuple);
  int column = SPI_fnumber(trigger->tg_relation->rd_att, "enabled");
  Datum value = BoolGetDatum(false);
  bool is_null = false;
  return PointerGetDatum(heap_modify_tuple_by_cols(tuple, trigger->tg_relation->rd_att, 1, &column, &value, &is_null));
}

STEWARD_FUNCTION(steward_refresh_databases) {
  store::RequireReady();
  InitMaterializedSRF(fcinfo, 0);
  auto* rows = static_cast<store::BoardRow*>(palloc(sizeof(store::BoardRow) * store::kBoardDatabases));
  const int count = store::BoardCopy(rows, store::kBoardDatabases);
  for (int i = 0; i < count; i++) PutBoardRow(reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo), rows[i]);
  return 0;
}
