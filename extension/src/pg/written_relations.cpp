// See written_relations.hpp.
#include "pg/written_relations.hpp"

#include "pg/compat.hpp"

extern "C" {
#include "access/transam.h"
#include "access/xact.h"
#include "utils/pgstat_internal.h"
}

namespace steward::pg {

void VisitWrittenRelations(void (*visit)(Oid relid)) {
  // Nothing is written without an id.
  if (!pgstat_track_counts || !TransactionIdIsValid(GetTopTransactionIdIfAny())) return;
  const PgStat_SubXactStatus* top = pgstat_get_xact_stack_level(1);
  for (const PgStat_TableXactStatus* table = top->first; table != nullptr; table = table->next) {
    const Oid relid = RelationOf(table);
    if (relid >= FirstNormalObjectId) visit(relid);
  }
}

}  // namespace steward::pg
