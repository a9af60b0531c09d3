// See predicate_draft.hpp.
#include "capture/predicate_draft.hpp"

#include "capture/clause_estimate.hpp"
#include "capture/literals.hpp"
#include "capture/plan_walk.hpp"
#include "pg/node_walk.hpp"

extern "C" {
#include "catalog/pg_class.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"
}

namespace steward::capture {

using store::PredicateKind;
using store::PredicateRecord;
using store::PredicateRole;

namespace {

const char* DeparseKey(const Side& key, Oid relid) {
  if (HoldsData(key.expression)) return nullptr;
  Node* copy = static_cast<Node*>(copyObjectImpl(key.expression));
  const char* relation = get_rel_name(relid);
  if (relation == nullptr) return nullptr;
  PointToFirst(copy);
  const char* text = deparse_expression(copy, deparse_context_for(relation, relid), false, false);
  return strlen(text) <= store::kMaxExpressionBytes ? text : nullptr;
}

bool SameText(const char* a, const char* b) {
  if (a == nullptr || b == nullptr) return a == b;
  return strcmp(a, b) == 0;
}

// filter and index conditions of one scan repeat each other (a lossy index condition is checked again by the filter).
bool SameRole(PredicateRole a, PredicateRole b) {
  const bool both_restrict = a <= PredicateRole::kIndex && b <= PredicateRole::kIndex;
  return a == b || both_restrict;
}

bool SamePredicate(const Draft& a, const Draft& b) {
  const PredicateRecord& x = a.record;
  const PredicateRecord& y = b.record;
  return SameKey(a, b) && SameRole(x.role, y.role) && x.kind == y.kind && x.opno == y.opno &&
         x.other_relid == y.other_relid && x.other_attnum == y.other_attnum && x.position == y.position &&
         x.flags == y.flags && x.test == y.test;
}

}  // namespace

bool SameKey(const Draft& a, const Draft& b) {
  return a.record.scan_no == b.record.scan_no && a.record.attnum == b.record.attnum && SameText(a.expression, b.expression);
}

Draft* AddDraft(DraftList* list, const Draft& draft) {
  for (int i = list->scope; i < list->count; i++)
    if (SamePredicate(list->items[i], draft)) return &list->items[i];
  if (list->count >= store::kMaxPredicates) return nullptr;
  list->items[list->count] = draft;
  return &list->items[list->count++];
}

Draft* AddKey(ClauseContext* context, const Side& key, PredicateRole role, PredicateKind kind, Oid opno, const Side* other) {
  const RangeTblEntry* rte = BaseRelation(context->plan, key.scan);
  if (rte == nullptr || !IsUserRelation(rte->relid)) return nullptr;
  Draft draft{};
  PredicateRecord& record = draft.record;
  record.relid = rte->relid;
  record.attnum = key.attnum;
  record.opno = opno;
  record.node = context->at->plan_node_id;
  record.scan_no = static_cast<uint16>(Min(key.scan, static_cast<Index>(UINT16_MAX)));
  record.role = role;
  record.kind = kind;
  record.flags = context->flags;
  record.test = context->test;
  record.position = context->position;
  record.estimated = -1;
  if (context->clause != nullptr && role <= PredicateRole::kIndex)
    record.estimated = static_cast<float>(EstimateClause(context->plan, context->clause, context->at, key.scan));
  const RangeTblEntry* partner = other != nullptr ? BaseRelation(context->plan, other->scan) : nullptr;
  if (partner != nullptr) {
    record.other_relid = partner->relid;
    record.other_attnum = other->attnum;
  }
  if (key.attnum == 0) {
    draft.expression = DeparseKey(key, rte->relid);
    if (draft.expression == nullptr) return nullptr;
    record.expression_length = static_cast<uint16>(strlen(draft.expression));
  }
  return AddDraft(context->out, draft);
}

char* SerializeFacts(const FactParts& parts, uint32* length) {
  const DraftList& list = *parts.list;
  const Size records = sizeof(PredicateRecord) * static_cast<Size>(list.count);
  const Size oids = sizeof(Oid) * (static_cast<Size>(parts.relation_count) + parts.index_count);
  Size total = sizeof(store::PlanFacts) + oids + records;
  for (int i = 0; i < list.count; i++) total += list.items[i].record.expression_length;
  char* blob = static_cast<char*>(palloc(total));
  char* next = blob;
  const auto put = [&next](const void* data, Size size) {
    if (size == 0) return;
    memcpy(next, data, size);
    next += size;
  };
  const store::PlanFacts facts{static_cast<uint32>(list.count), parts.relation_count, parts.index_count};
  put(&facts, sizeof facts);
  put(parts.relations, sizeof(Oid) * parts.relation_count);
  put(parts.indexes, sizeof(Oid) * parts.index_count);
  for (int i = 0; i < list.count; i++) put(&list.items[i].record, sizeof(PredicateRecord));
  for (int i = 0; i < list.count; i++) put(list.items[i].expression, list.items[i].record.expression_length);
  *length = static_cast<uint32>(total);
  return blob;
}

}  // namespace steward::capture
