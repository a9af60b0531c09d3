// See analyze_time.hpp.
#include "pg/analyze_time.hpp"

extern "C" {
#include "fmgr.h"
#include "pgstat.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"
}

namespace steward::pg {

namespace {

TimestampTz Ask(PGFunction function, Oid relid) {
  LOCAL_FCINFO(call, 1);
  InitFunctionCallInfoData(*call, nullptr, 1, InvalidOid, nullptr, nullptr);
  call->args[0].value = ObjectIdGetDatum(relid);
  call->args[0].isnull = false;
  const Datum time = function(call);
  return call->isnull ? 0 : DatumGetTimestampTz(time);
}

}  // namespace

// What is read consistently stays in a cache for the rest of the transaction, where the user's own look would find it. The
// variable is set, not the setting: the setting's own hook would have the user's snapshot thrown away.
TimestampTz LastAnalyzed(Oid relid) {
  const int before = pgstat_fetch_consistency;
  volatile TimestampTz last = 0;
  pgstat_fetch_consistency = PGSTAT_FETCH_CONSISTENCY_NONE;
  PG_TRY();
  {
    const TimestampTz by_hand = Ask(pg_stat_get_last_analyze_time, relid);
    const TimestampTz by_itself = Ask(pg_stat_get_last_autoanalyze_time, relid);
    last = Max(by_hand, by_itself);
  }
  PG_FINALLY();
  {
    pgstat_fetch_consistency = before;
  }
  PG_END_TRY();
  return last;
}

}  // namespace steward::pg
