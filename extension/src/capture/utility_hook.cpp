// The hook into utility statements: measures and counts them, but for those that handle prepared statements.
#include "capture/hooks.hpp"

#include "pg/postgres.hpp"

extern "C" {
#include "access/xact.h"
#include "tcop/utility.h"
}

#include "capture/frames.hpp"
#include "capture/plan_capture.hpp"
#include "capture/query_text.hpp"
#include "capture/tracking.hpp"
#include "capture/transactions.hpp"
#include "pg/compat.hpp"
#include "store/slot_writer.hpp"

namespace steward::capture {

namespace {

ProcessUtility_hook_type previous_utility = nullptr;

void CallUtility(PlannedStmt* statement, const char* source, bool read_only_tree, ProcessUtilityContext context,
                 ParamListInfo parameters, QueryEnvironment* environment, DestReceiver* receiver, QueryCompletion* qc) {
  if (previous_utility != nullptr)
    previous_utility(statement, source, read_only_tree, context, parameters, environment, receiver, qc);
  else
    standard_ProcessUtility(statement, source, read_only_tree, context, parameters, environment, receiver, qc);
}

// Rows of the commands that return or move rows; the others' are not rows of a table.
uint64 UtilityRows(const QueryCompletion* qc) {
  if (qc == nullptr) return 0;
  switch (qc->commandTag) {
    case CMDTAG_COPY:
    case CMDTAG_FETCH:
    case CMDTAG_SELECT:
    case CMDTAG_REFRESH_MATERIALIZED_VIEW:
      return qc->nprocessed;
    default:
      return 0;
  }
}

// After the call neither the statement nor the parse tree may be touched: ROLLBACK frees them.
void CountUtility(Frame* frame, const QueryCompletion* qc) {
  store::Execution* execution = &frame->execution;
  execution->key = KeyOf(execution->key.queryid);
  execution->rows = UtilityRows(qc);
  uint32 hint = 0;
  store::RecordExecution(execution, &hint, nullptr);
  UtilityDone(ExecutionEnd{execution->key, 0, execution->exec_ns, 0, execution->rows, &execution->usage, 0, false});
}

void ProcessUtility(PlannedStmt* statement, const char* source, bool read_only_tree, ProcessUtilityContext context,
                    ParamListInfo parameters, QueryEnvironment* environment, DestReceiver* receiver,
                    QueryCompletion* qc) {
  Node* utility = statement->utilityStmt;
  NoteUtility(utility);
  if (!settings.track_utility || !Tracked() || HandlesPrepared(utility))
    return CallUtility(statement, source, read_only_tree, context, parameters, environment, receiver, qc);

  auto queryid = static_cast<uint64>(statement->queryId);
  // pg_stat_statements, where it comes first, clears the id so that the executor hooks ignore what runs inside. The parts
  // that the server makes of a command, as a key's index, never have one: the command stands for them.
  if (queryid == 0 && context != PROCESS_UTILITY_SUBCOMMAND) queryid = pg::UtilityQueryId(statement, source);
  // In a failed transaction only its end is allowed. It runs nothing, and when it fails no abort follows that would tidy up.
  const bool aborted = IsAbortedTransactionBlockState();
  Frame last{};
  Frame* frame = nullptr;
  if (queryid != 0) {
    RememberUtility(queryid, StatementSource{source, statement->stmt_location, statement->stmt_len}, utility);
    last.execution.key = KeyOf(queryid);
    pg::StartUsage(&last.execution.usage);
    frame = aborted ? &last : PushFrame(FrameKind::kUtility, nullptr, GetUserId(), queryid);
  }
  const uint64 before = SaveNesting();
  if (!aborted) nesting.exec++;
  if (frame != nullptr) {
    frame->execution.origin = pg::OriginOf(statement);
    StartMeter(frame);
    frame->began_ns = frame->started_ns;
  }
  CallUtility(statement, source, read_only_tree, context, parameters, environment, receiver, qc);
  if (frame != nullptr) StopMeter(frame);
  RestoreNesting(before);
  if (unlikely(last_planning.planned != nullptr)) CountLastPlanning();  // of EXPLAIN, of a cursor
  if (frame == nullptr) return;
  CountUtility(frame, qc);
  if (!aborted) PopFrame(frame);
}

}  // namespace

void InstallUtilityHook() {
  previous_utility = ProcessUtility_hook;
  ProcessUtility_hook = ProcessUtility;
}

}  // namespace steward::capture
