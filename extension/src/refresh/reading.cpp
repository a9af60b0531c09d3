// See reading.hpp.
#include "refresh/reading.hpp"

extern "C" {
#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/catalog.h"
#include "catalog/pg_class.h"
#include "catalog/pg_rewrite.h"
#include "common/hashfn.h"
#include "nodes/nodes.h"
#include "rewrite/rewriteSupport.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
}

namespace steward::refresh {

void Mix(uint64* hash, uint64 value) { *hash = hash_combine64(*hash, value); }

void MixText(uint64* hash, const char* text) {
  *hash = hash_bytes_extended(reinterpret_cast<const unsigned char*>(text), static_cast<int>(strlen(text)), *hash);
}

void MixRow(uint64* hash, Oid id, HeapTuple tuple) {
  // Raw: freezing a row does not change it.
  Mix(hash, (static_cast<uint64>(id) << 32) | HeapTupleHeaderGetRawXmin(tuple->t_data));
}

void NoteReason(Reading* reading, const char* format, ...) {
  if (reading->reason != nullptr) return;
  StringInfoData text;
  initStringInfo(&text);
  for (;;) {
    va_list arguments;
    va_start(arguments, format);
    const int missing = appendStringInfoVA(&text, format, arguments);
    va_end(arguments);
    if (missing == 0) break;
    enlargeStringInfo(&text, missing);
  }
  reading->reason = text.data;
}

char* QualifiedName(Oid schema, const char* name) {
  const char* schema_name = get_namespace_name(schema);
  return quote_qualified_identifier(schema_name != nullptr ? schema_name : "?", name);
}

char* RelationName(Oid relid) {
  const char* name = get_rel_name(relid);
  if (name == nullptr) return psprintf("%u", relid);
  return QualifiedName(get_rel_namespace(relid), name);
}

SeenRelation* NoteRelation(Reading* reading, Oid relid, Reach reach, bool* is_new) {
  bool found = false;
  auto* entry = static_cast<SeenRelation*>(hash_search(reading->seen, &relid, HASH_FIND, &found));
  *is_new = false;
  if (found) return entry;
  HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
  if (!HeapTupleIsValid(tuple)) return nullptr;
  const auto* row = reinterpret_cast<const FormData_pg_class*>(GETSTRUCT(tuple));
  entry = static_cast<SeenRelation*>(hash_search(reading->seen, &relid, HASH_ENTER, nullptr));
  entry->inherit = false;
  entry->is_partition = row->relispartition;
  entry->has_children = row->relhassubclass;
  entry->facts = DependencyRelation{relid, row->relfilenode, reach, row->relkind, reading->via};
  ReleaseSysCache(tuple);
  reading->relations = lappend(reading->relations, entry);
  *is_new = true;
  return entry;
}

Query* ReadRule(Oid relid, uint64* hash) {
  HeapTuple tuple = SearchSysCache2(RULERELNAME, ObjectIdGetDatum(relid), CStringGetDatum(ViewSelectRuleName));
  if (!HeapTupleIsValid(tuple)) return nullptr;
  bool is_null = true;
  const Datum action = SysCacheGetAttr(RULERELNAME, tuple, Anum_pg_rewrite_ev_action, &is_null);
  char* stored = is_null ? nullptr : TextDatumGetCString(action);
  ReleaseSysCache(tuple);
  if (stored == nullptr) return nullptr;
  MixText(hash, stored);
  auto* tree = static_cast<Node*>(stringToNode(stored));
  pfree(stored);
  if (tree == nullptr || !IsA(tree, List) || list_length(castNode(List, tree)) != 1) return nullptr;
  auto* query = static_cast<Node*>(linitial(castNode(List, tree)));
  return IsA(query, Query) ? castNode(Query, query) : nullptr;
}

}  // namespace steward::refresh
