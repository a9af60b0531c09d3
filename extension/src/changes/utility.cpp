// Notes what commands change that neither run a plan nor alter an object: COPY and REFRESH. And tells when a prepared
// transaction takes effect.
#include "changes/install.hpp"

#include "changes/collect.hpp"

extern "C" {
#include "access/xact.h"
#include "catalog/namespace.h"
#include "nodes/parsenodes.h"
#include "tcop/utility.h"
}

namespace steward::changes {

namespace {

ProcessUtility_hook_type previous_utility = nullptr;

// The name is looked up before the command, which can change what names mean, and once it holds the table.
void NoteNamed(const RangeVar* name) {
  if (name != nullptr) NoteChange(RangeVarGetRelid(name, NoLock, true));
}

// Somebody's own REFRESH: its snapshot is not older than the statement, unless the transaction keeps one. One that leaves no
// rows is not told of, so that the view is refreshed.
void NoteRefreshOf(const RefreshMatViewStmt* command) {
  if (command->skipData) return;
  const core::Micros not_before = IsolationUsesXactSnapshot() ? 0 : GetCurrentStatementStartTimestamp();
  NoteRefresh({RangeVarGetRelid(command->relation, NoLock, true), not_before, false, false});
}

void NoteCommand(const Node* command, bool done) {
  switch (nodeTag(command)) {
    case T_CopyStmt: {
      const auto* copy = reinterpret_cast<const CopyStmt*>(command);
      if (copy->is_from) NoteNamed(copy->relation);
      break;
    }
    case T_RefreshMatViewStmt:
      NoteNamed(reinterpret_cast<const RefreshMatViewStmt*>(command)->relation);
      if (done) NoteRefreshOf(reinterpret_cast<const RefreshMatViewStmt*>(command));
      break;
    case T_TransactionStmt:
      if (done && reinterpret_cast<const TransactionStmt*>(command)->kind == TRANS_STMT_COMMIT_PREPARED)
        NoteCommitPrepared();
      break;
    default:
      break;
  }
}

void OnUtility(PlannedStmt* statement, const char* query, bool read_only_tree, ProcessUtilityContext context,
               ParamListInfo params, QueryEnvironment* environment, DestReceiver* receiver,
               QueryCompletion* completion) {
  // The tree of a COMMIT or ROLLBACK may be gone afterwards.
  const NodeTag tag = nodeTag(statement->utilityStmt);
  const bool matters = tag == T_CopyStmt || tag == T_RefreshMatViewStmt ||
                       (tag == T_TransactionStmt &&
                        reinterpret_cast<TransactionStmt*>(statement->utilityStmt)->kind == TRANS_STMT_COMMIT_PREPARED);
  if (matters) NoteCommand(statement->utilityStmt, false);
  auto* next = previous_utility != nullptr ? previous_utility : standard_ProcessUtility;
  next(statement, query, read_only_tree, context, params, environment, receiver, completion);
  if (matters) NoteCommand(statement->utilityStmt, true);
}

}  // namespace

void InstallUtilityHook() {
  previous_utility = ProcessUtility_hook;
  ProcessUtility_hook = OnUtility;
}

}  // namespace steward::changes
