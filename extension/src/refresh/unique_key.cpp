// See unique_key.hpp.
#include "refresh/unique_key.hpp"

#include "pg/protected_call.hpp"
#include "refresh/query_key.hpp"
#include "refresh/reading.hpp"
#include "refresh/unique_indexes.hpp"

extern "C" {
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "mb/pg_wchar.h"
#include "utils/lsyscache.h"
}

namespace steward::refresh {

namespace {

struct Call {
  Oid view;
  UniqueKey* out;
  MemoryContext results;
};

// Every type that is compared for grouping is, but for some that only have hashes.
bool CanBeIndexed(Oid view, const List* columns) {
  ListCell* cell = nullptr;
  foreach (cell, columns) {
    const Oid type = get_atttype(view, static_cast<AttrNumber>(lfirst_int(cell)));
    if (!OidIsValid(type) || !OidIsValid(GetDefaultOpClass(type, BTREE_AM_OID))) return false;
  }
  return columns != NIL && list_length(columns) <= INDEX_MAX_KEYS;
}

char* Ddl(Oid view, const List* columns) {
  const Oid schema = get_rel_namespace(view);
  const char* name = get_rel_name(view);
  StringInfoData quoted;
  StringInfoData plain;
  initStringInfo(&quoted);
  initStringInfo(&plain);
  ListCell* cell = nullptr;
  foreach (cell, columns) {
    const char* column = get_attname(view, static_cast<AttrNumber>(lfirst_int(cell)), false);
    const bool is_first = foreach_current_index(cell) == 0;
    appendStringInfo(&quoted, "%s%s", is_first ? "" : ", ", quote_identifier(column));
    appendStringInfo(&plain, "%s%s", is_first ? "" : "_", column);
  }
  char* label = plain.data;
  label[pg_mbcliplen(label, plain.len, NAMEDATALEN - 1)] = '\0';
  const char* index = ChooseRelationName(name, label, "key", schema, false);
  return psprintf("CREATE UNIQUE INDEX CONCURRENTLY %s ON %s (%s);", quote_identifier(index), QualifiedName(schema, name),
                  quoted.data);
}

void Read(void* argument) {
  const auto* call = static_cast<const Call*>(argument);
  call->out->usable = UniqueIndexesOf(call->view) != NIL;
  if (call->out->usable) return;
  uint64 unused = 0;
  const Query* query = ReadRule(call->view, &unused);
  if (query == nullptr) return;
  const List* columns = KeyOfQuery(query);
  if (!CanBeIndexed(call->view, columns)) return;
  const char* ddl = Ddl(call->view, columns);
  MemoryContextSwitchTo(call->results);
  call->out->ddl = pstrdup(ddl);
}

}  // namespace

bool ReadUniqueKey(Oid view, UniqueKey* out) {
  *out = UniqueKey{false, nullptr};
  if (get_rel_relkind(view) != RELKIND_MATVIEW) return false;
  Call call = {view, out, CurrentMemoryContext};
  if (!pg::RunProtected(Read, &call)) *out = UniqueKey{false, nullptr};
  return true;
}

}  // namespace steward::refresh
