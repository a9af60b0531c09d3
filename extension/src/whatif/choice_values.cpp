// See choice_values.hpp. Extremes are of one parameter each, or of the two ends of one range; the other parameters of
// the statement have drawn values then.
#include "whatif/choice_values.hpp"

#include <algorithm>

#include "core/value_choice.hpp"
#include "store/visibility.hpp"
#include "whatif/values_draw.hpp"

extern "C" {
#include "catalog/pg_class.h"
#include "utils/acl.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rls.h"
#include "utils/typcache.h"
}

namespace steward::whatif {

namespace {

using store::PlannableParam;
using store::ShapeKind;

// What can be done with one parameter, or with both ends of a range.
struct Handle {
  int lower;  // parameters, from 0; -1: none
  int upper;
  int equal;
  double skew;
};

struct Chooser {
  const Statement* statement;
  ValueChoices* out;
  Handle* handles;
  int nhandles;
  int focus;  // the parameter whose frequency is told of typical values; -1: none
};

struct ColumnView {
  pg::ColumnStatistics column;
  Distribution distribution;
  Ground ground;
};

// False where nothing is known of the column.
bool ViewColumn(const PlannableParam& param, ColumnView* view) {
  view->ground = {nullptr, nullptr};
  if (!pg::ReadColumnStatistics(param.relid, param.attnum, param.inherited, &view->column)) return false;
  view->ground.column = &view->column;
  if (MakeDistribution(view->column, &view->distribution)) view->ground.distribution = &view->distribution;
  return true;
}

double CommonShare(const pg::ColumnStatistics& column) {
  return column.nmcv > 0 ? static_cast<double>(column.mcv_frequency[0]) : 0;
}

// Of a value that is none of the common ones, or the rarest of these where they are all.
double RareShare(const pg::ColumnStatistics& column) {
  if (column.nhistogram == 0) return column.nmcv > 0 ? static_cast<double>(column.mcv_frequency[column.nmcv - 1]) : 0;
  const double rest = std::max(0.0, 1 - column.null_fraction - column.mcv_share);
  return rest / std::max(1.0, column.distinct - column.nmcv);
}

Datum RareOf(const pg::ColumnStatistics& column) {
  return column.nhistogram > 0 ? column.histogram[column.nhistogram / 2] : column.mcv[column.nmcv - 1];
}

bool IsEquality(const PlannableParam& param) {
  return (param.kind == ShapeKind::kEquality || param.kind == ShapeKind::kNone) && OidIsValid(param.opno) &&
         get_oprrest(param.opno) == F_EQSEL;
}

bool IsRangeEnd(const PlannableParam& param) {
  return param.kind == ShapeKind::kLower || param.kind == ShapeKind::kUpper;
}

bool HandleOf(const store::PlannableRecord& record, int index, Handle* handle) {
  const PlannableParam& param = record.params[index];
  ColumnView view;
  *handle = {-1, -1, -1, 1};
  if (!OidIsValid(param.relid) || (!IsEquality(param) && !IsRangeEnd(param)) || !ViewColumn(param, &view)) return false;
  if (IsEquality(param)) {
    handle->equal = index;
    handle->skew = core::Skew(CommonShare(view.column), RareShare(view.column));
    return view.column.nmcv > 0;
  }
  const bool paired = param.pair >= 0 && param.pair < record.nparams;
  if (view.ground.distribution == nullptr || (paired && param.kind == ShapeKind::kUpper)) return false;
  handle->lower = param.kind == ShapeKind::kLower ? index : -1;
  handle->upper = param.kind == ShapeKind::kUpper ? index : paired ? param.pair : -1;
  return true;
}

// Equalities by falling skew and ranges as they stand, in turns.
void FindHandles(Chooser* chooser) {
  const store::PlannableRecord& record = chooser->statement->record;
  const Size size = sizeof(Handle) * static_cast<Size>(record.nparams + 1);
  auto* equalities = static_cast<Handle*>(palloc(size));
  auto* ranges = static_cast<Handle*>(palloc(size));
  int nequalities = 0;
  int nranges = 0;
  for (int i = 0; i < record.nparams; ++i) {
    Handle handle;
    if (!HandleOf(record, i, &handle)) continue;
    if (handle.equal >= 0)
      equalities[nequalities++] = handle;
    else
      ranges[nranges++] = handle;
  }
  std::stable_sort(equalities, equalities + nequalities,
                   [](const Handle& a, const Handle& b) { return a.skew > b.skew; });
  chooser->handles = static_cast<Handle*>(palloc(size));
  for (int i = 0; i < std::max(nequalities, nranges); ++i) {
    if (i < nequalities) chooser->handles[chooser->nhandles++] = equalities[i];
    if (i < nranges) chooser->handles[chooser->nhandles++] = ranges[i];
  }
  chooser->focus = nequalities > 0 ? equalities[0].equal : -1;
}

ParamListInfo Draw(const Statement& statement, int draw, bool samples, ValueSource* source) {
  DrawInput input{};
  input.params = statement.record.params;
  input.nparams = statement.record.nparams;
  input.samples = statement.samples;
  input.sample_lengths = statement.sample_lengths;
  input.nsamples = samples ? statement.nsamples : 0;
  input.draw = draw;
  ParamListInfo values = DrawValues(input, source);
  return *source == ValueSource::kGeneric ? nullptr : values;
}

void Put(ParamListInfo values, int index, const Drawn& drawn) {
  if (!drawn.known) return;
  values->params[index].value = drawn.value;
  values->params[index].isnull = false;
}

void PutEnd(const Chooser& chooser, ParamListInfo values, int index, double position) {
  if (index < 0) return;
  const PlannableParam& param = chooser.statement->record.params[index];
  ColumnView view;
  if (ViewColumn(param, &view)) Put(values, index, DrawBound(param, view.ground, position));
}

double PutEqual(const Chooser& chooser, ParamListInfo values, int index, bool most) {
  const PlannableParam& param = chooser.statement->record.params[index];
  ColumnView view;
  if (!ViewColumn(param, &view)) return -1;
  const Datum value = most ? view.column.mcv[0] : RareOf(view.column);
  Put(values, index, {Convert(value, view.column.type, param.type), true});
  return most ? CommonShare(view.column) : RareShare(view.column);
}

// `most`: the most common value, or a wide range.
void AddExtreme(Chooser* chooser, const Handle& handle, bool most) {
  ValueChoice choice{ChoiceKind::kDrawn, nullptr, ValueSource::kStatistics, -1};
  choice.values = Draw(*chooser->statement, 0, true, &choice.source);
  if (choice.values == nullptr) return;
  if (handle.equal >= 0) {
    choice.kind = most ? ChoiceKind::kCommon : ChoiceKind::kRare;
    choice.frequency = PutEqual(*chooser, choice.values, handle.equal, most);
  } else {
    const core::RangeEnds ends = core::EndsOfRange(most, handle.lower >= 0, handle.upper >= 0);
    choice.kind = most ? ChoiceKind::kWide : ChoiceKind::kNarrow;
    choice.frequency = ends.share;
    PutEnd(*chooser, choice.values, handle.lower, ends.lower);
    PutEnd(*chooser, choice.values, handle.upper, ends.upper);
  }
  choice.source = std::max(choice.source, ValueSource::kStatistics);
  chooser->out->choice[chooser->out->count++] = choice;
}

double FrequencyOf(const Chooser& chooser, ParamListInfo values) {
  if (chooser.focus < 0 || values == nullptr || values->params[chooser.focus].isnull) return -1;
  const PlannableParam& param = chooser.statement->record.params[chooser.focus];
  const TypeCacheEntry* type = lookup_type_cache(param.type, TYPECACHE_EQ_OPR_FINFO);
  ColumnView view;
  if (!OidIsValid(type->eq_opr) || !ViewColumn(param, &view)) return -1;
  for (int i = 0; i < view.column.nmcv; ++i) {
    const Datum common = Convert(view.column.mcv[i], view.column.type, param.type);
    if (DatumGetBool(FunctionCall2Coll(const_cast<FmgrInfo*>(&type->eq_opr_finfo), view.column.collation, common,
                                       values->params[chooser.focus].value)))
      return static_cast<double>(view.column.mcv_frequency[i]);
  }
  return RareShare(view.column);
}

// False where no further draw would differ.
bool AddTypical(Chooser* chooser, int draw, bool sample) {
  ValueChoice choice{sample ? ChoiceKind::kSample : ChoiceKind::kDrawn, nullptr, ValueSource::kGeneric, -1};
  choice.values = Draw(*chooser->statement, draw, sample, &choice.source);
  choice.frequency = FrequencyOf(*chooser, choice.values);
  chooser->out->choice[chooser->out->count++] = choice;
  return choice.values != nullptr && (sample || choice.source != ValueSource::kParameters);
}

bool MayRead(Oid relid, AttrNumber column, Oid caller) {
  if (!OidIsValid(relid)) return true;
  if (get_rel_relkind(relid) == '\0' || get_attname(relid, column, true) == nullptr) return false;
  if (check_enable_rls(relid, caller, true) == RLS_ENABLED) return false;
  return pg_class_aclcheck(relid, caller, ACL_SELECT) == ACLCHECK_OK ||
         pg_attribute_aclcheck(relid, column, caller, ACL_SELECT) == ACLCHECK_OK;
}

// A parameter whose column is not the caller's to read; -1: none.
int Unreadable(const Statement& statement, Oid caller) {
  for (int i = 0; i < statement.record.nparams; ++i)
    if (!MayRead(statement.record.params[i].relid, statement.record.params[i].attnum, caller)) return i;
  return -1;
}

}  // namespace

const char* ChoiceKindName(ChoiceKind kind) {
  static const char* const kNames[] = {"common", "rare", "wide", "narrow", "sample", "drawn", "none"};
  return kNames[static_cast<int>(kind)];
}

ValueChoices ChooseValues(const Statement& statement, int wanted) {
  ValueChoices out{};
  if (statement.record.nparams == 0) {
    out.choice[out.count++] = {ChoiceKind::kNone, nullptr, ValueSource::kParameters, -1};
    return out;
  }
  Chooser chooser{&statement, &out, nullptr, 0, -1};
  FindHandles(&chooser);
  const int extremes = core::ExtremesAmong(wanted, 2 * chooser.nhandles);
  for (int i = 0; i < extremes; ++i) AddExtreme(&chooser, chooser.handles[i / 2], i % 2 == 0);
  for (int i = 0; i < statement.nsamples && out.count < wanted; ++i) AddTypical(&chooser, i, true);
  for (int i = 0; out.count < wanted; ++i)
    if (!AddTypical(&chooser, i, false)) break;
  return out;
}

void HideSamples(Statement* statement) {
  if (!store::ReadsAllStats()) statement->nsamples = 0;
}

bool MayReadColumns(const Statement& statement, Oid caller) {
  return Unreadable(statement, caller) < 0;
}

void RequireValueReader(const Statement& statement, Oid caller) {
  const int parameter = Unreadable(statement, caller);
  if (parameter < 0) return;
  if (get_rel_relkind(statement.record.params[parameter].relid) == '\0')
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
                    errmsg("the relation that parameter %d is compared with no longer exists", parameter + 1)));
  ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                  errmsg("permission denied for the column that parameter %d is compared with", parameter + 1),
                  errhint("Grant the caller SELECT on it, or ask as a member of pg_read_all_data.")));
}

}  // namespace steward::whatif
