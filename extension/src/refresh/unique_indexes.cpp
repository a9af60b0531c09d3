// See unique_indexes.hpp.
#include "refresh/unique_indexes.hpp"

extern "C" {
#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_index.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
}

namespace steward::refresh {

namespace {

const oidvector* Vector(HeapTuple tuple, AttrNumber column, TupleDesc descriptor) {
  bool is_null = true;
  const Datum value = heap_getattr(tuple, column, descriptor, &is_null);
  return is_null ? nullptr : reinterpret_cast<const oidvector*>(DatumGetPointer(value));
}

UniqueIndex* Describe(HeapTuple tuple, TupleDesc descriptor) {
  const auto* row = reinterpret_cast<const FormData_pg_index*>(GETSTRUCT(tuple));
  if (!row->indisunique || !row->indimmediate || !row->indisvalid || !row->indislive) return nullptr;
  if (!heap_attisnull(tuple, Anum_pg_index_indpred, descriptor)) return nullptr;
  const oidvector* classes = Vector(tuple, Anum_pg_index_indclass, descriptor);
  const oidvector* collations = Vector(tuple, Anum_pg_index_indcollation, descriptor);
  if (classes == nullptr || collations == nullptr) return nullptr;
  auto* index = static_cast<UniqueIndex*>(palloc0(sizeof(UniqueIndex)));
  index->primary = row->indisprimary;
  index->columns = row->indnkeyatts;
  for (int i = 0; i < index->columns; i++) {
    if (row->indkey.values[i] <= 0) return nullptr;
    index->column[i] = row->indkey.values[i];
    index->family[i] = get_opclass_family(classes->values[i]);
    index->collation[i] = collations->values[i];
  }
  return index;
}

}  // namespace

List* UniqueIndexesOf(Oid relid) {
  List* indexes = NIL;
  Relation catalog = table_open(IndexRelationId, AccessShareLock);
  ScanKeyData key;
  ScanKeyInit(&key, Anum_pg_index_indrelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relid));
  SysScanDesc scan = systable_beginscan(catalog, IndexIndrelidIndexId, true, nullptr, 1, &key);
  HeapTuple tuple = nullptr;
  while (HeapTupleIsValid(tuple = systable_getnext(scan))) {
    UniqueIndex* index = Describe(tuple, RelationGetDescr(catalog));
    if (index != nullptr) indexes = lappend(indexes, index);
  }
  systable_endscan(scan);
  table_close(catalog, AccessShareLock);
  return indexes;
}

}  // namespace steward::refresh
