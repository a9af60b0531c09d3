// See manual_table.hpp.
#include "refresh/manual_table.hpp"

#include "pg/spi.hpp"
#include "refresh/view_table.hpp"

namespace steward::refresh {

// A row that a transaction which is open has deleted, or inserted, is left to that.
void KeepManual(Oid relid, const Holds& holds) {
  pg::SpiArgs view;
  view.AddOid(relid);
  pg::SpiRun(R"(
DELETE FROM steward.refresh_manual
 WHERE ctid = ANY (ARRAY(SELECT ctid FROM steward.refresh_manual WHERE relid = $1 FOR UPDATE SKIP LOCKED)))",
             view);
  pg::SpiArgs args;
  args.AddOid(relid);
  AddHolds(holds, &args);
  pg::SpiRun(R"(
INSERT INTO steward.refresh_manual (relid, reflects, seen_change, seen_boot, seen_definition, seen_counters, seen_reads)
VALUES ($1, $2, $3, $4, $5, $6, $7))",
             args);
}

bool AnyManual() {
  return pg::SpiRun("SELECT FROM steward.refresh_manual LIMIT 1") > 0;
}

void TakeManual() {
  pg::SpiRun(R"(
WITH taken AS (DELETE FROM steward.refresh_manual
                WHERE ctid = ANY (ARRAY(SELECT ctid FROM steward.refresh_manual FOR UPDATE SKIP LOCKED)) RETURNING *),
     newest AS (SELECT DISTINCT ON (relid) * FROM taken ORDER BY relid, reflects DESC)
UPDATE steward.refresh_state st
   SET reflects = n.reflects, seen_change = n.seen_change, seen_boot = n.seen_boot, seen_definition = n.seen_definition,
       seen_counters = n.seen_counters, seen_reads = n.seen_reads, next_due = st.slot, consecutive_failures = 0,
       lock_timeouts = 0, failing_since = NULL, late_since = NULL
  FROM newest n
 WHERE st.relid = n.relid AND (st.seen_boot = n.seen_boot AND st.seen_change < n.seen_change OR st.seen_boot IS DISTINCT FROM n.seen_boot))");
}

}  // namespace steward::refresh
