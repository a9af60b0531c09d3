// See query_text.hpp.
#include "capture/query_text.hpp"

#include <algorithm>

extern "C" {
#include "access/xact.h"
#include "mb/pg_wchar.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "tcop/utility.h"
#include "utils/timestamp.h"
}

#include "capture/plannable.hpp"
#include "capture/samples.hpp"
#include "core/sql_lexer.hpp"
#include "settings.hpp"
#include "store/texts.hpp"

namespace steward::capture {

namespace {

using store::NotCostable;
using store::TextKey;

constexpr uint32 kPlannableOneOf = 64;

// Cut before anything is copied, and not within a character.
core::SqlText Capped(const char* text, int length) {
  const int limit = settings.max_query_length_bytes;
  if (length > limit) length = pg_encoding_mbcliplen(GetDatabaseEncoding(), text, length, limit);
  return core::SqlText{text, length, !standard_conforming_strings};
}

core::TextOutput Allocate() {
  const int capacity = settings.max_query_length_bytes;
  auto* data = static_cast<char*>(palloc_extended(static_cast<Size>(capacity), MCXT_ALLOC_NO_OOM));
  return core::TextOutput{data, data == nullptr ? 0 : capacity, 0};
}

// Cuts a half character off that the output's end may have left.
uint32 WholeCharacters(const core::TextOutput& out) {
  if (out.length < out.capacity) return static_cast<uint32>(out.length);
  return static_cast<uint32>(pg_encoding_mbcliplen(GetDatabaseEncoding(), out.data, out.length, out.length));
}

void PutPlannable(uint64 queryid, const core::TextOutput& display, const Plannable& plannable) {
  const TextKey key{MyDatabaseId, queryid};
  const bool stored = store::PutText(key, display.data, WholeCharacters(display), plannable.record,
                                     plannable.record_length, plannable.reason);
  if (stored && plannable.sample != nullptr) store::PutSample(key, plannable.sample, plannable.sample_length);
}

void PutRedacted(uint64 queryid, const StatementSource& source, const Plannable& plannable) {
  core::TextOutput out = Allocate();
  if (out.data == nullptr) return;
  const char* text = nullptr;
  int length = 0;
  pg::StatementText(source.text, source.location, source.length, &text, &length);
  core::RedactConstants(Capped(text, length), &out);
  PutPlannable(queryid, out, plannable);
  pfree(out.data);
}

// Places of the constants, counted from the statement's beginning, ascending. Null when there is no memory.
core::ConstantPlace* Constants(const JumbleState* jumble, int moved, int* count) {
  *count = 0;
  const auto most = static_cast<Size>(jumble->clocations_count);
  auto* at = static_cast<core::ConstantPlace*>(
      palloc_extended(sizeof(core::ConstantPlace) * (most + 1), MCXT_ALLOC_NO_OOM | MCXT_ALLOC_HUGE));
  if (at == nullptr) return nullptr;
  for (int i = 0; i < jumble->clocations_count; i++) {
    core::ConstantPlace* place = &at[*count];
    if (!pg::PlaceOfConstant(jumble, i, &place->offset, &place->list_length)) continue;
    place->offset -= moved;
    ++*count;
  }
  std::sort(at, at + *count, [](const auto& a, const auto& b) { return a.offset < b.offset; });
  return at;
}

// Settings of modules and applications have a dot in their names. What the server's own hold is no secret.
bool IsCustomSetting(Node* node) {
  if (!IsA(node, VariableSetStmt)) return false;
  const auto* set = castNode(VariableSetStmt, node);
  return set->kind == VAR_SET_VALUE && strchr(set->name, '.') != nullptr;
}

bool HasCustomSetting(const List* options) {
  const ListCell* cell = nullptr;
  foreach (cell, options) {
    const auto* option = lfirst_node(DefElem, cell);
    if (option->arg != nullptr && IsCustomSetting(option->arg)) return true;
  }
  return false;
}

// Statements in which a secret may stand as a bare word or a part of a name: of others the literals are replaced.
bool MayCarrySecrets(Node* utility) {
  switch (nodeTag(utility)) {
    case T_VariableSetStmt:
      return IsCustomSetting(utility);
    case T_CreateFunctionStmt:
      return HasCustomSetting(castNode(CreateFunctionStmt, utility)->options);
    case T_AlterFunctionStmt:
      return HasCustomSetting(castNode(AlterFunctionStmt, utility)->actions);
    case T_AlterDatabaseSetStmt:
    case T_CreateRoleStmt:
    case T_AlterRoleStmt:
    case T_AlterRoleSetStmt:
    case T_CreateForeignServerStmt:
    case T_AlterForeignServerStmt:
    case T_CreateFdwStmt:
    case T_AlterFdwStmt:
    case T_CreateUserMappingStmt:
    case T_AlterUserMappingStmt:
    case T_CreateSubscriptionStmt:
    case T_AlterSubscriptionStmt:
    case T_AlterSystemStmt:
      return true;
    default:
      return false;
  }
}

// Making a plannable text takes as long as a short statement. Where statements come and go faster than their texts can be
// kept it is made at one of some sights, and the others are kept as they are displayed: what is executed often gets its
// plannable text soon.
bool MayMakePlannable() {
  static uint32 sights = 0;
  return !store::TextsCrowded(GetCurrentStatementStartTimestamp()) || ++sights % kPlannableOneOf == 0;
}

}  // namespace

void RememberQuery(uint64 queryid, const StatementSource& source, const Query* query, const JumbleState* jumble) {
  if (source.text == nullptr) return;
  if (store::TextKnown(TextKey{MyDatabaseId, queryid}, true)) return SampleConstants(queryid, query, source.text);
  const bool make = MayMakePlannable();
  if (!make && store::TextKnown(TextKey{MyDatabaseId, queryid}, false)) return;
  if (jumble == nullptr) return PutRedacted(queryid, source, MakePlannable(query, source.text));
  const char* text = nullptr;
  int length = 0;
  const int moved = pg::StatementText(source.text, source.location, source.length, &text, &length);
  int count = 0;
  core::ConstantPlace* at = Constants(jumble, moved, &count);
  core::TextOutput out = Allocate();
  if (at != nullptr && out.data != nullptr) {
    core::ReplaceConstants(Capped(text, length), at, count, pg::FirstConstantNumber(jumble), &out);
    PutPlannable(queryid, out, make ? MakePlannable(query, source.text) : Plannable{});
  }
  if (at != nullptr) pfree(at);
  if (out.data != nullptr) pfree(out.data);
}

void RememberSource(uint64 queryid, const StatementSource& source, ParamListInfo values) {
  if (source.text == nullptr || store::TextKnown(TextKey{MyDatabaseId, queryid}, false)) return;
  PutRedacted(queryid, source, MakePlannableFromSource(source.text, source.location, source.length, values));
}

void RememberUtility(uint64 queryid, const StatementSource& source, Node* utility) {
  const TextKey key{MyDatabaseId, queryid};
  if (source.text == nullptr || store::TextKnown(key, false)) return;
  if (!MayCarrySecrets(utility)) return PutRedacted(queryid, source, MakePlannableUtility(utility, source.text));
  char text[128];
  const int length = snprintf(text, sizeof text, "%s <redacted utility>", CreateCommandName(utility));
  store::PutText(key, text, static_cast<uint32>(length), nullptr, 0, NotCostable::kUtility);
}

}  // namespace steward::capture
