// See trackable.hpp.
#include "refresh/trackable.hpp"

#include "refresh/tree_walk.hpp"

extern "C" {
#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_class.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_language.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/syscache.h"
}

namespace steward::refresh {

namespace {

// Built-in functions that are STABLE only because of pinned settings, in the order of strcmp. Input functions of dates and times
// are here although the words 'now' and 'today' read the clock: tree_walk looks for these in constants.
constexpr const char* kStableBySettings[] = {
    "anyarray_out",
    "anytextcat",
    "array_in",
    "array_out",
    "array_to_json",
    "array_to_string",
    "cash_in",
    "cash_out",
    "concat",
    "concat_ws",
    "convert",
    "convert_from",
    "convert_to",
    "date",
    "date_add",
    "date_cmp_timestamptz",
    "date_eq_timestamptz",
    "date_ge_timestamptz",
    "date_gt_timestamptz",
    "date_in",
    "date_le_timestamptz",
    "date_lt_timestamptz",
    "date_ne_timestamptz",
    "date_out",
    "date_part",
    "date_subtract",
    "date_trunc",
    "domain_in",
    "enum_first",
    "enum_in",
    "enum_last",
    "enum_out",
    "enum_range",
    "extract",
    "format",
    "generate_series",
    "get_current_ts_config",
    "in_range",
    "interval_in",
    "interval_out",
    "interval_pl_timestamptz",
    "json_agg",
    "json_agg_strict",
    "json_build_array",
    "json_build_object",
    "json_object_agg",
    "json_object_agg_strict",
    "json_object_agg_unique",
    "json_object_agg_unique_strict",
    "json_populate_record",
    "json_populate_recordset",
    "json_to_record",
    "json_to_recordset",
    "json_to_tsvector",
    "jsonb_agg",
    "jsonb_agg_strict",
    "jsonb_build_array",
    "jsonb_build_object",
    "jsonb_object_agg",
    "jsonb_object_agg_strict",
    "jsonb_object_agg_unique",
    "jsonb_object_agg_unique_strict",
    "jsonb_path_exists_tz",
    "jsonb_path_match_tz",
    "jsonb_path_query_array_tz",
    "jsonb_path_query_first_tz",
    "jsonb_path_query_tz",
    "jsonb_populate_record",
    "jsonb_populate_recordset",
    "jsonb_to_record",
    "jsonb_to_recordset",
    "jsonb_to_tsvector",
    "length",
    "make_timestamptz",
    "money",
    "multirange_in",
    "multirange_out",
    "numeric",
    "overlaps",
    "phraseto_tsquery",
    "plainto_tsquery",
    "quote_literal",
    "quote_nullable",
    "range_in",
    "range_out",
    "record_in",
    "record_out",
    "row_to_json",
    "textanycat",
    "time",
    "time_in",
    "timestamp",
    "timestamp_cmp_timestamptz",
    "timestamp_eq_timestamptz",
    "timestamp_ge_timestamptz",
    "timestamp_gt_timestamptz",
    "timestamp_in",
    "timestamp_le_timestamptz",
    "timestamp_lt_timestamptz",
    "timestamp_ne_timestamptz",
    "timestamp_out",
    "timestamptz",
    "timestamptz_cmp_date",
    "timestamptz_cmp_timestamp",
    "timestamptz_eq_date",
    "timestamptz_eq_timestamp",
    "timestamptz_ge_date",
    "timestamptz_ge_timestamp",
    "timestamptz_gt_date",
    "timestamptz_gt_timestamp",
    "timestamptz_in",
    "timestamptz_le_date",
    "timestamptz_le_timestamp",
    "timestamptz_lt_date",
    "timestamptz_lt_timestamp",
    "timestamptz_mi_interval",
    "timestamptz_ne_date",
    "timestamptz_ne_timestamp",
    "timestamptz_out",
    "timestamptz_pl_interval",
    "timetz",
    "timezone",
    "to_char",
    "to_date",
    "to_json",
    "to_jsonb",
    "to_number",
    "to_timestamp",
    "to_tsquery",
    "to_tsvector",
    "ts_headline",
    "ts_match_tq",
    "ts_match_tt",
    "websearch_to_tsquery",
    "xml",
    "xml_in",
    "xml_is_well_formed",
};

constexpr const char* kClock[] = {"age",       "clock_timestamp",       "now",    "statement_timestamp",
                                  "timeofday", "transaction_timestamp", "timetz", "timetz_in",
                                  "timezone"};
constexpr const char* kRandom[] = {"gen_random_uuid", "random", "random_normal", "setseed", "uuidv4", "uuidv7"};
constexpr const char* kSequence[] = {"currval", "lastval", "nextval", "setval"};
constexpr const char* kSetting[] = {"current_setting", "set_config"};

int CompareNames(const void* a, const void* b) {
  return strcmp(*static_cast<const char* const*>(a), *static_cast<const char* const*>(b));
}

template <size_t N>
bool IsIn(const char* const (&names)[N], const char* name) {
  for (const char* one : names)
    if (strcmp(one, name) == 0) return true;
  return false;
}

// Of a time of day a zone by name depends on the day that it is.
bool TakesTimeOfDay(const FormData_pg_proc* form) {
  for (int i = 0; i < form->pronargs; i++) {
    const Oid type = form->proargtypes.values[i];
    if (type == TIMEOID || type == TIMETZOID) return true;
  }
  return false;
}

bool IsStableBySettings(const FormData_pg_proc* form) {
  const char* name = NameStr(form->proname);
  if (form->provolatile != PROVOLATILE_STABLE || form->pronamespace != PG_CATALOG_NAMESPACE) return false;
  if (bsearch(&name, kStableBySettings, lengthof(kStableBySettings), sizeof name, CompareNames) == nullptr) return false;
  return (strcmp(name, "timetz") != 0 && strcmp(name, "timezone") != 0) || !TakesTimeOfDay(form);
}

bool JudgeBuiltIn(Reading* reading, const FormData_pg_proc* form) {
  const char* name = NameStr(form->proname);
  if (form->provolatile == PROVOLATILE_IMMUTABLE) return false;
  if (IsStableBySettings(form)) return true;
  if (IsIn(kClock, name) && !(form->pronargs == 1 && form->proargtypes.values[0] == XIDOID))
    NoteReason(reading, "reads the clock: %s()", name);
  else if (IsIn(kRandom, name))
    NoteReason(reading, "random: %s()", name);
  else if (IsIn(kSequence, name))
    NoteReason(reading, "sequence: %s()", name);
  else if (IsIn(kSetting, name))
    NoteReason(reading, "reads settings: %s()", name);
  else
    NoteReason(reading, "calls %s(), whose result may change by itself", name);
  return false;
}

// CREATE AGGREGATE has every aggregate immutable, whatever its parts are.
void JudgeAggregate(Reading* reading, Oid function) {
  HeapTuple tuple = SearchSysCache1(AGGFNOID, ObjectIdGetDatum(function));
  if (!HeapTupleIsValid(tuple)) return;
  const auto* row = reinterpret_cast<const FormData_pg_aggregate*>(GETSTRUCT(tuple));
  MixRow(&reading->definition, function, tuple);
  const Oid parts[] = {row->aggtransfn,  row->aggfinalfn,   row->aggcombinefn,   row->aggserialfn,
                       row->aggdeserialfn, row->aggmtransfn, row->aggminvtransfn, row->aggmfinalfn};
  ReleaseSysCache(tuple);
  for (const Oid part : parts)
    // Parts with the pseudo-type internal are built in and belong to built-in aggregates only.
    if (OidIsValid(part) && part >= FirstNormalObjectId) (void)JudgeFunction(reading, part);
}

Node* StoredTree(HeapTuple tuple, AttrNumber column) {
  bool is_null = true;
  const Datum value = SysCacheGetAttr(PROCOID, tuple, column, &is_null);
  return is_null ? nullptr : static_cast<Node*>(stringToNode(TextDatumGetCString(value)));
}

void JudgeOwn(Reading* reading, HeapTuple tuple) {
  const auto* form = reinterpret_cast<const FormData_pg_proc*>(GETSTRUCT(tuple));
  MixRow(&reading->definition, form->oid, tuple);
  if (form->prokind == PROKIND_AGGREGATE) return JudgeAggregate(reading, form->oid);
  Node* body = StoredTree(tuple, Anum_pg_proc_prosqlbody);
  if (body != nullptr) return WalkBody(reading, body, format_procedure_qualified(form->oid));
  if (form->provolatile == PROVOLATILE_IMMUTABLE) return;
  const bool is_compiled = form->prolang == INTERNALlanguageId || form->prolang == ClanguageId;
  NoteReason(reading, "calls %s, %s", format_procedure_qualified(form->oid),
             is_compiled ? "which is not immutable" : "whose body is text");
}

// From the catalog: the type cache would lock the relation.
void JudgeRow(Reading* reading, Oid type) {
  const Oid relation = get_typ_typrelid(type);
  HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
  if (!HeapTupleIsValid(tuple)) return;
  const int columns = reinterpret_cast<const FormData_pg_class*>(GETSTRUCT(tuple))->relnatts;
  ReleaseSysCache(tuple);
  for (int i = 1; i <= columns; ++i) JudgeType(reading, get_atttype(relation, static_cast<AttrNumber>(i)));
}

void MixEnum(Reading* reading, Oid type) {
  CatCList* labels = SearchSysCacheList1(ENUMTYPOIDNAME, ObjectIdGetDatum(type));
  uint64 sum = 0;  // of no order
  for (int i = 0; i < labels->n_members; i++) {
    const auto* row = reinterpret_cast<const FormData_pg_enum*>(GETSTRUCT(&labels->members[i]->tuple));
    uint64 one = row->oid;
    MixText(&one, NameStr(row->enumlabel));
    sum += one;
  }
  ReleaseSysCacheList(labels);
  Mix(&reading->definition, sum);
}

void JudgeBase(Reading* reading, Oid type) {
  HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
  if (!HeapTupleIsValid(tuple)) return;
  const auto* form = reinterpret_cast<const FormData_pg_type*>(GETSTRUCT(tuple));
  const Oid input = form->typinput;
  const Oid output = form->typoutput;
  ReleaseSysCache(tuple);
  (void)JudgeFunction(reading, input);
  (void)JudgeFunction(reading, output);
}

void JudgeDomain(Reading* reading, Oid type) {
  HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
  if (!HeapTupleIsValid(tuple)) return;
  MixRow(&reading->definition, type, tuple);
  ReleaseSysCache(tuple);
  WalkDomainChecks(reading, type);
  JudgeType(reading, getBaseType(type));
}

}  // namespace

bool JudgeFunction(Reading* reading, Oid function) {
  if (list_member_oid(reading->functions, function)) return false;
  HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
  if (!HeapTupleIsValid(tuple)) {
    NoteReason(reading, "calls a function that is gone");
    return false;
  }
  bool by_settings = false;
  if (function < FirstNormalObjectId) {
    by_settings = JudgeBuiltIn(reading, reinterpret_cast<const FormData_pg_proc*>(GETSTRUCT(tuple)));
  } else {
    reading->functions = lappend_oid(reading->functions, function);
    JudgeOwn(reading, tuple);
  }
  ReleaseSysCache(tuple);
  return by_settings;
}

void JudgeType(Reading* reading, Oid type) {
  check_stack_depth();
  if (!OidIsValid(type) || list_member_oid(reading->types, type)) return;
  reading->types = lappend_oid(reading->types, type);
  if (const Oid element = get_element_type(type); OidIsValid(element)) return JudgeType(reading, element);
  switch (get_typtype(type)) {
    case TYPTYPE_DOMAIN:
      return JudgeDomain(reading, type);
    case TYPTYPE_RANGE:
      return JudgeType(reading, get_range_subtype(type));
    case TYPTYPE_MULTIRANGE:
      return JudgeType(reading, get_multirange_range(type));
    case TYPTYPE_COMPOSITE:
      return JudgeRow(reading, type);
    case TYPTYPE_ENUM:
      return MixEnum(reading, type);
    case TYPTYPE_BASE:
      return JudgeBase(reading, type);
    default:
      return;
  }
}

}  // namespace steward::refresh
