// See plannable_shape.hpp. Coarsening: shares of rows to powers of 1.4, positions to sixteenths, widths to two digits.
// That much is what planning needs (a range's width decides its cost) and little is learnt about the value.
#include "capture/plannable_shape.hpp"

#include <cmath>

#include "pg/column_statistics.hpp"

extern "C" {
#include "access/htup_details.h"
#include "catalog/pg_language.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"
#include "utils/syscache.h"
}

namespace steward::capture {

namespace {

using store::PlannableParam;
using store::ShapeKind;

constexpr int kMaxMeasuredElements = 100;

// The comparison `column op value` with the value fixed.
struct Comparator {
  FmgrInfo function;
  Oid collation;
  bool column_left;
  bool negated;
};

bool Holds(Comparator* c, Datum column_value, Datum value) {
  const Datum left = c->column_left ? column_value : value;
  const Datum right = c->column_left ? value : column_value;
  return DatumGetBool(FunctionCall2Coll(&c->function, c->collation, left, right)) != c->negated;
}

bool CallableLanguage(Oid function) {
  HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
  if (!HeapTupleIsValid(tuple)) return false;
  const auto* form = reinterpret_cast<const FormData_pg_proc*>(GETSTRUCT(tuple));
  const bool callable = (form->prolang == INTERNALlanguageId || form->prolang == ClanguageId) && form->proisstrict;
  ReleaseSysCache(tuple);
  return callable;
}

bool MakeComparator(const Site& site, bool negated, Comparator* out) {
  const RegProcedure function = get_opcode(site.opno);
  if (!OidIsValid(function) || !CallableLanguage(function)) return false;
  fmgr_info(function, &out->function);
  out->collation = site.collation;
  out->column_left = site.column_left;
  out->negated = negated;
  return true;
}

float RoundShare(double share) {
  if (share <= 1e-9) return 1e-9F;
  const double step = std::log(1.4);
  return static_cast<float>(Min(1.0, std::exp(std::round(std::log(share) / step) * step)));
}

float RoundPosition(double position) {
  constexpr double kStep = 1.0 / 16;
  if (position <= 0) return 0;
  if (position >= 1) return 1;
  if (position < kStep) return Min(RoundShare(position), static_cast<float>(kStep));
  if (position > 1 - kStep) return 1 - Min(RoundShare(1 - position), static_cast<float>(kStep));
  return static_cast<float>(std::round(position / kStep) * kStep);
}

float TwoDigits(double value) {
  if (value <= 1e-9) return 0;
  const double unit = std::pow(10.0, std::floor(std::log10(value)) - 1);
  return static_cast<float>(std::round(value / unit) * unit);
}

double EqualityShare(const pg::ColumnStatistics& column, Comparator* equals, Datum value) {
  for (int i = 0; i < column.nmcv; i++)
    if (Holds(equals, column.mcv[i], value)) return static_cast<double>(column.mcv_frequency[i]);
  const double rest = Max(0.0, 1 - column.null_fraction - column.mcv_share);
  double share = rest / Max(1.0, column.distinct - column.nmcv);
  if (column.nmcv > 0) share = Min(share, static_cast<double>(column.mcv_frequency[column.nmcv - 1]));
  return share;
}

// Where the bound lies in the histogram, 0..1. `below` tells whether rows satisfying the comparison lie below the
// bound.
double HistogramPosition(const pg::ColumnStatistics& column, Comparator* comparator, bool below, const Const* value) {
  int low = 0;
  int high = column.nhistogram;
  while (low < high) {
    const int middle = (low + high) / 2;
    if (Holds(comparator, column.histogram[middle], value->constvalue) == below)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == 0) return 0;
  if (low == column.nhistogram) return 1;
  double left, right, at;
  double part = 0.5;
  if (pg::ToScalar(column.histogram[low - 1], column.type, &left) &&
      pg::ToScalar(column.histogram[low], column.type, &right) &&
      pg::ToScalar(value->constvalue, value->consttype, &at) && right > left &&
      pg::SameScale(value->consttype, column.type))
    part = Min(1.0, Max(0.0, (at - left) / (right - left)));
  return (low - 1 + part) / (column.nhistogram - 1);
}

// The share of the column's rows (NULL aside) that lies on the lower side of the bound; negative: unknown.
double BoundPosition(const pg::ColumnStatistics& column, Comparator* comparator, bool below, const Const* value) {
  double under = 0;
  double total = column.mcv_share;
  for (int i = 0; i < column.nmcv; i++)
    if (Holds(comparator, column.mcv[i], value->constvalue) == below)
      under += static_cast<double>(column.mcv_frequency[i]);
  if (column.nhistogram >= 2) {
    const double rest = Max(0.0, 1 - column.null_fraction - column.mcv_share);
    under += rest * HistogramPosition(column, comparator, below, value);
    total += rest;
  }
  return total > 0 ? under / total : -1;
}

void MeasureList(const pg::ColumnStatistics* column, const Item& item, bool negated, PlannableParam* out) {
  const Oid element = get_element_type(item.type);
  if (!OidIsValid(element)) return;
  ArrayType* array = DatumGetArrayTypeP(item.value->constvalue);
  int16 length;
  bool by_value;
  char align;
  get_typlenbyvalalign(element, &length, &by_value, &align);
  Datum* values;
  bool* nulls;
  int count;
  deconstruct_array(array, element, length, by_value, align, &values, &nulls, &count);
  out->length = static_cast<uint16>(Min(count, PG_UINT16_MAX));
  Comparator equals;
  if (column == nullptr || count == 0 || !MakeComparator(item.site, negated, &equals)) return;
  const int measured = Min(count, kMaxMeasuredElements);
  double sum = 0;
  for (int i = 0; i < measured; i++)
    if (!nulls[i]) sum += EqualityShare(*column, &equals, values[i]);
  out->frequency = RoundShare(Min(1.0, sum * count / measured));
}

void DescribePattern(const Item& item, bool regex, PlannableParam* out) {
  if (item.type != TEXTOID && item.type != VARCHAROID && item.type != BPCHAROID) return;
  const char* pattern = TextDatumGetCString(item.value->constvalue);
  const Size size = strlen(pattern);
  int literal = 0;
  for (const char* p = pattern; *p != '\0'; p += pg_mblen(p)) {
    const bool special = regex ? strchr("^$.*+?()[]{}|\\", *p) != nullptr : (*p == '%' || *p == '_' || *p == '\\');
    if (!special) literal++;
  }
  out->length = static_cast<uint16>(Min(literal, PG_UINT16_MAX));
  if (regex) {
    out->pattern_leading = *pattern != '^';
    out->pattern_trailing = size == 0 || pattern[size - 1] != '$';
  } else {
    out->pattern_leading = *pattern == '%' || *pattern == '_';
    out->pattern_trailing = size > 0 && pattern[size - 1] == '%';
  }
}

double PatternShare(const pg::ColumnStatistics& column, Comparator* matches, Datum value) {
  double share = 0;
  for (int i = 0; i < column.nmcv; i++)
    if (Holds(matches, column.mcv[i], value)) share += static_cast<double>(column.mcv_frequency[i]);
  int hits = 0;
  for (int i = 0; i < column.nhistogram; i++) hits += Holds(matches, column.histogram[i], value) ? 1 : 0;
  if (column.nhistogram > 0) share += Max(0.0, 1 - column.null_fraction - column.mcv_share) * hits / column.nhistogram;
  return share;
}

// The planner's own estimator of an operator tells what kind of comparison it is.
ShapeKind KindOf(const Site& site, bool* negated, bool* regex) {
  *negated = *regex = false;
  switch (get_oprrest(site.opno)) {
    case F_NEQSEL:
      *negated = true;
      [[fallthrough]];
    case F_EQSEL:
      return ShapeKind::kEquality;
    case F_SCALARLTSEL:
    case F_SCALARLESEL:
      return site.column_left ? ShapeKind::kUpper : ShapeKind::kLower;
    case F_SCALARGTSEL:
    case F_SCALARGESEL:
      return site.column_left ? ShapeKind::kLower : ShapeKind::kUpper;
    case F_NLIKESEL:
    case F_ICNLIKESEL:
      *negated = true;
      [[fallthrough]];
    case F_LIKESEL:
    case F_ICLIKESEL:
    case F_PREFIXSEL:
      return ShapeKind::kPattern;
    case F_REGEXNESEL:
    case F_ICREGEXNESEL:
      *negated = true;
      [[fallthrough]];
    case F_REGEXEQSEL:
    case F_ICREGEXEQSEL:
      *regex = true;
      return ShapeKind::kPattern;
    default:
      return ShapeKind::kNone;
  }
}

void MeasureValue(const pg::ColumnStatistics* column, const Item& item, bool negated, PlannableParam* out,
                  double* exact) {
  Comparator comparator;
  if (column == nullptr || !MakeComparator(item.site, negated, &comparator)) return;
  const Datum value = item.value->constvalue;
  switch (out->kind) {
    case ShapeKind::kEquality:
      out->frequency = RoundShare(EqualityShare(*column, &comparator, value));
      break;
    case ShapeKind::kLower:
    case ShapeKind::kUpper:
      *exact = BoundPosition(*column, &comparator, out->kind == ShapeKind::kUpper, item.value);
      if (*exact >= 0) out->position = RoundPosition(*exact);
      break;
    case ShapeKind::kPattern:
      out->frequency = RoundShare(PatternShare(*column, &comparator, value));
      break;
    default:
      break;
  }
}

void Measure(const Item& item, PlannableParam* out, double* exact) {
  bool negated = false;
  bool regex = false;
  ShapeKind kind = item.site.kind;
  if (OidIsValid(item.site.opno)) {
    const ShapeKind by_operator = KindOf(item.site, &negated, &regex);
    if (kind == ShapeKind::kNone) kind = by_operator;
    if (kind == ShapeKind::kList && by_operator != ShapeKind::kEquality) kind = ShapeKind::kNone;
  }
  out->kind = kind;
  pg::ColumnStatistics statistics;
  const pg::ColumnStatistics* column = nullptr;
  if (OidIsValid(out->relid) && item.value != nullptr &&
      pg::ReadColumnStatistics(out->relid, out->attnum, out->inherited, &statistics))
    column = &statistics;
  if (item.value == nullptr) return;
  if (kind == ShapeKind::kList) MeasureList(column, item, negated, out);
  if (kind == ShapeKind::kPattern) DescribePattern(item, regex, out);
  MeasureValue(column, item, negated, out, exact);
}

bool SameRange(const Item& a, const Item& b) {
  const Column &x = a.site.column, &y = b.site.column;
  return OidIsValid(x.relid) && x.scope == y.scope && x.varno == y.varno && x.varattno == y.varattno;
}

// The lower bound that belongs to upper bound `j`: a free one on the same column of the same range-table entry if there
// is one, else one that is shared by equal constants. -1: none.
int LowerFor(const ParamList* list, const PlannableParam* out, int j) {
  int shared = -1;
  for (int i = 0; i < list->count; i++) {
    const PlannableParam& lower = out[list->items[i].final_id - 1];
    if (lower.kind != ShapeKind::kLower || !SameRange(list->items[i], list->items[j])) continue;
    if (lower.pair < 0) return i;
    shared = i;
  }
  return shared;
}

void FindPairs(const ParamList* list, PlannableParam* out, const double* exact) {
  for (int j = 0; j < list->count; j++) {
    PlannableParam& upper = out[list->items[j].final_id - 1];
    if (upper.kind != ShapeKind::kUpper) continue;
    const int i = LowerFor(list, out, j);
    if (i < 0) continue;
    PlannableParam& lower = out[list->items[i].final_id - 1];
    upper.pair = static_cast<int16>(list->items[i].final_id - 1);
    if (lower.pair < 0) lower.pair = static_cast<int16>(list->items[j].final_id - 1);
    if (exact[i] >= 0 && exact[j] >= exact[i]) upper.width = TwoDigits(exact[j] - exact[i]);
  }
}

// Numbers the different constants that are compared with one column, anywhere in the statement.
void TellApart(const ParamList* list, PlannableParam* out) {
  for (int j = 0; j < list->count; j++) {
    const Item& item = list->items[j];
    PlannableParam& param = out[item.final_id - 1];
    if (!OidIsValid(param.relid)) continue;
    uint16 next = 0;
    int equal = -1;
    for (int i = 0; i < j && equal < 0; i++) {
      const Item& other = list->items[i];
      const PlannableParam& earlier = out[other.final_id - 1];
      if (earlier.relid != param.relid || earlier.attnum != param.attnum) continue;
      next = Max(next, static_cast<uint16>(earlier.variant + 1));
      if (item.value != nullptr && other.value != nullptr && item.value_hash == other.value_hash &&
          item.type == other.type &&
          datumIsEqual(item.value->constvalue, other.value->constvalue, item.value->constbyval, item.value->constlen))
        equal = i;
    }
    param.variant = equal >= 0 ? out[list->items[equal].final_id - 1].variant : next;
  }
}

}  // namespace

void MeasureShapes(const ParamList* list, PlannableParam* out) {
  auto* exact = static_cast<double*>(palloc(sizeof(double) * static_cast<Size>(list->count + 1)));
  for (int i = 0; i < list->count; i++) {
    const Item& item = list->items[i];
    PlannableParam& param = out[item.final_id - 1];
    param = PlannableParam{};
    param.type = item.type;
    param.typmod = item.typmod;
    param.collation = item.param_collation;
    param.relid = item.site.column.relid;
    param.attnum = item.site.column.attnum;
    param.inherited = item.site.column.inherited;
    param.opno = item.site.opno;
    param.external = item.external_id > 0;
    param.external_id = static_cast<uint16>(item.external_id);
    param.pair = -1;
    param.frequency = param.position = param.width = -1;
    exact[i] = -1;
    Measure(item, &param, &exact[i]);
  }
  FindPairs(list, out, exact);
  TellApart(list, out);
}

}  // namespace steward::capture
