// The predicates of one plan while they are being collected, and how they are turned into what is stored.
#pragma once

#include "capture/var_resolve.hpp"
#include "store/predicate_record.hpp"

namespace steward::capture {

/// A predicate and the deparsed text of its expression (null for a plain column).
struct Draft {
  store::PredicateRecord record;
  const char* expression;
};

/// Collected predicates without duplicates. Only those from `scope` on are compared when one is added.
struct DraftList {
  Draft items[store::kMaxPredicates];
  int count;
  int scope;
};

/// Where conditions are being read: the node they stand at and what they are to it.
struct ClauseContext {
  PlanContext* plan;
  DraftList* out;
  Plan* at;
  store::PredicateRole role;
  Node* clause;     // the condition being taken apart, for its selectivity; null for keys
  uint8 flags;      // PredicateFlags of what is added next
  uint16 position;  // and its position among sort or group keys
  store::ColumnTest test = store::ColumnTest::kNone;  // what the condition tests, of what is added next
};

/// Adds a predicate on `key` unless its relation is a system catalog or temporary, its expression is too long or holds a literal that may be
/// somebody's data, or it is there already.
/// Returns the draft, or null. `other` is the join partner or null.
Draft* AddKey(ClauseContext* context, const Side& key, store::PredicateRole role, store::PredicateKind kind, Oid opno,
              const Side* other);

/// Adds `draft` unless an equal one is in scope. Returns the one in the list, or null when the list is full.
Draft* AddDraft(DraftList* list, const Draft& draft);

/// True when both are about the same column or expression of the same scan.
[[nodiscard]] bool SameKey(const Draft& a, const Draft& b);

/// What the facts of a plan are made of.
struct FactParts {
  const DraftList* list;
  const Oid* relations;
  uint16 relation_count;
  const Oid* indexes;
  uint16 index_count;
};

/// Serialises facts (predicate_record.hpp) in the current memory context.
[[nodiscard]] char* SerializeFacts(const FactParts& parts, uint32* length);

}  // namespace steward::capture
