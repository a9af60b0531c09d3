// See session_features.hpp.
#include "capture/session_features.hpp"

extern "C" {
#include "catalog/pg_class.h"
#include "nodes/parsenodes.h"
#include "nodes/primnodes.h"
}

#include "core/transaction_classes.hpp"

namespace steward::capture {

namespace {

uint32 If(bool used, core::SessionFeature feature) { return used ? feature : 0U; }

// What poolers set anew for each client.
bool IsPassedOn(const char* setting) {
  static constexpr const char* kPassedOn[] = {"application_name", "client_encoding", "datestyle", "timezone",
                                              "intervalstyle", "standard_conforming_strings"};
  for (const char* name : kPassedOn)
    if (pg_strcasecmp(name, setting) == 0) return true;
  return false;
}

uint32 FeatureOfSet(const VariableSetStmt* set) {
  if (set->is_local || set->name == nullptr || set->kind == VAR_SET_DEFAULT || set->kind == VAR_RESET ||
      set->kind == VAR_RESET_ALL)
    return 0;
  if (strcmp(set->name, "role") == 0 || strcmp(set->name, "session_authorization") == 0) return core::kUsesSetRole;
  if (strcmp(set->name, "TRANSACTION") == 0 || strcmp(set->name, "TRANSACTION SNAPSHOT") == 0) return 0;
  return If(!IsPassedOn(set->name), core::kUsesSet);
}

uint32 FeatureOfTable(const RangeVar* table, OnCommitAction on_commit) {
  const bool temporary = table->relpersistence == RELPERSISTENCE_TEMP ||
                         (table->schemaname != nullptr && strcmp(table->schemaname, "pg_temp") == 0);
  return If(temporary && on_commit != ONCOMMIT_DROP, core::kUsesTempTable);
}

}  // namespace

uint32 FeatureOf(const Node* utility) {
  switch (nodeTag(utility)) {
    case T_VariableSetStmt:
      return FeatureOfSet(reinterpret_cast<const VariableSetStmt*>(utility));
    case T_ListenStmt:
      return core::kUsesListen;
    case T_PrepareStmt:
      return core::kUsesPrepare;
    case T_LoadStmt:
      return core::kUsesLoad;
    case T_DeclareCursorStmt:
      return If((reinterpret_cast<const DeclareCursorStmt*>(utility)->options & CURSOR_OPT_HOLD) != 0, core::kUsesHoldCursor);
    case T_CreateStmt: {
      const auto* create = reinterpret_cast<const CreateStmt*>(utility);
      return FeatureOfTable(create->relation, create->oncommit);
    }
    case T_CreateTableAsStmt: {
      const IntoClause* into = reinterpret_cast<const CreateTableAsStmt*>(utility)->into;
      return FeatureOfTable(into->rel, into->onCommit);
    }
    case T_CreateSeqStmt:
      return FeatureOfTable(reinterpret_cast<const CreateSeqStmt*>(utility)->sequence, ONCOMMIT_NOOP);
    case T_ViewStmt:
      return FeatureOfTable(reinterpret_cast<const ViewStmt*>(utility)->view, ONCOMMIT_NOOP);
    default:
      return 0;
  }
}

}  // namespace steward::capture
