// AnyValue and Convert: values of a type made up, or carried over from another type. See values_draw.hpp.
#include "whatif/values_draw.hpp"

extern "C" {
#include "access/htup_details.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
}

namespace steward::whatif {

namespace {

struct Example {
  Oid type;
  const char* text;
};

const Example kExamples[] = {
    {BITOID, "0"},
    {BOOLOID, "true"},
    {BYTEAOID, "x"},
    {CIDROID, "10.0.0.0/8"},
    {INETOID, "10.0.0.1"},
    {JSONBOID, "{}"},
    {JSONOID, "{}"},
    {JSONPATHOID, "$"},
    {MACADDROID, "08:00:2b:01:02:03"},
    {MONEYOID, "10"},
    {POINTOID, "(0,0)"},
    {TSQUERYOID, "x"},
    {TSVECTOROID, "x"},
    {UUIDOID, "00000000-0000-4000-8000-000000000000"},
    {VARBITOID, "0"},
    {XMLOID, "<x/>"},
    {INTERVALOID, "1 day"},
    {OIDOID, "1"},
    {TIDOID, "(0,1)"},
    {PG_LSNOID, "0/0"},
};

const char* ExampleOf(Oid type) {
  for (const Example& example : kExamples)
    if (example.type == type) return example.text;
  if (get_typtype(type) == TYPTYPE_RANGE) return "empty";
  if (get_typtype(type) == TYPTYPE_MULTIRANGE) return "{}";
  char category;
  bool preferred;
  get_type_category_preferred(type, &category, &preferred);
  switch (category) {
    case TYPCATEGORY_NUMERIC:
      return "10";
    case TYPCATEGORY_STRING:
      return "x";
    case TYPCATEGORY_DATETIME:
      return type == TIMEOID || type == TIMETZOID ? "12:00" : "2020-01-01";
    case TYPCATEGORY_ARRAY:
      return "{}";
    default:
      return nullptr;
  }
}

Datum FromText(const char* text, Oid type) {
  Oid input, io_parameter;
  getTypeInputInfo(type, &input, &io_parameter);
  return OidInputFunctionCall(input, const_cast<char*>(text), io_parameter, -1);
}

Drawn AnyLabel(Oid type) {
  Drawn drawn{Datum{0}, false};
  CatCList* labels = SearchSysCacheList1(ENUMTYPOIDNAME, ObjectIdGetDatum(type));
  if (labels->n_members > 0) {
    const auto* form = reinterpret_cast<const FormData_pg_enum*>(GETSTRUCT(&labels->members[0]->tuple));
    drawn = Drawn{ObjectIdGetDatum(form->oid), true};
  }
  ReleaseCatCacheList(labels);
  return drawn;
}

bool SameBytes(Oid from, Oid to) {
  const auto text = [](Oid type) { return type == TEXTOID || type == VARCHAROID; };
  return from == to || (text(from) && text(to));
}

}  // namespace

Drawn AnyValue(Oid type) {
  const Oid base = getBaseType(type);
  if (get_typtype(base) == TYPTYPE_ENUM) return AnyLabel(base);
  const char* text = ExampleOf(base);
  if (text == nullptr) return Drawn{Datum{0}, false};
  return Drawn{FromText(text, base), true};
}

Datum Convert(Datum value, Oid from, Oid to) {
  if (SameBytes(from, to)) return value;
  double number;
  Datum converted;
  if (pg::SameScale(from, to) && pg::ToScalar(value, from, &number) && pg::FromScalar(number, to, &converted))
    return converted;
  Oid output;
  bool varlena;
  getTypeOutputInfo(from, &output, &varlena);
  return FromText(OidOutputFunctionCall(output, value), to);
}

}  // namespace steward::whatif
