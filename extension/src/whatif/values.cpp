// See values.hpp.
#include "whatif/values.hpp"

#include <algorithm>

#include "whatif/values_draw.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/lsyscache.h"
}

namespace steward::whatif {

namespace {

using store::ParamSample;
using store::PlannableParam;
using store::ShapeKind;

// Widths and shares taken where nothing was captured: what the planner assumes itself (DEFAULT_INEQ_SEL,
// DEFAULT_RANGE_INEQ_SEL).
constexpr double kDefaultShare = 1.0 / 3;
constexpr double kDefaultWidth = 0.005;

struct Draws {
  const DrawInput* input;
  ParamSample* samples;
  int nsamples;
  double* position;  // of bounds drawn so far, by parameter; negative: none
  ParamListInfo out;
};

void Bind(const Draws& draws, int index, Datum value, bool isnull) {
  ParamExternData& bound = draws.out->params[index];
  bound.value = value;
  bound.isnull = isnull;
  bound.pflags = PARAM_FLAG_CONST;
  bound.ptype = draws.input->params[index].type;
}

void DecodeSamples(Draws* draws) {
  const DrawInput& input = *draws->input;
  const uint32 signature = store::ParamSignature(input.params, input.nparams);
  draws->samples = static_cast<ParamSample*>(palloc0(sizeof(ParamSample) * static_cast<Size>(input.nsamples + 1)));
  for (int i = 0; i < input.nsamples; i++)
    if (store::DecodeSample(input.samples[i], input.sample_lengths[i], signature, &draws->samples[draws->nsamples]))
      draws->nsamples++;
}

// The draw's own sample if it knows the value, else the next that does: literals and the client's parameters are seen
// at different times.
bool BindSample(const Draws& draws, int index) {
  for (int k = 0; k < draws.nsamples; k++) {
    const ParamSample& sample = draws.samples[(draws.input->draw + k) % draws.nsamples];
    if (!sample.known[index]) continue;
    if (sample.value[index] == nullptr) {
      Bind(draws, index, Datum{0}, true);
      return true;
    }
    Oid input, io_parameter;
    getTypeInputInfo(draws.input->params[index].type, &input, &io_parameter);
    Bind(draws, index, OidInputFunctionCall(input, const_cast<char*>(sample.value[index]), io_parameter, -1), false);
    return true;
  }
  return false;
}

// Where to put a bound: at the captured position; the upper end of a range at its width from the lower end.
double PositionOf(const Draws& draws, int index) {
  const PlannableParam& param = draws.input->params[index];
  const int draw = draws.input->draw;
  const bool upper = param.kind == ShapeKind::kUpper;
  const bool paired = param.pair >= 0 && param.pair < draws.input->nparams;
  if (upper && paired && draws.position[param.pair] >= 0) {
    const double width = param.width >= 0 ? static_cast<double>(param.width) : kDefaultWidth;
    if (param.width >= 0 || param.position < 0) return std::min(1.0, draws.position[param.pair] + width);
  }
  // Within the rounding step of the captured position, further draws move about.
  if (param.position >= 0) return static_cast<double>(param.position) + (draw == 0 ? 0 : (Spread(draw) - 0.5) / 16);
  if (paired) return std::max(0.0, Spread(draw) - kDefaultWidth / 2);
  const double share = draw == 0 ? kDefaultShare : Spread(draw);
  return upper ? share : 1 - share;
}

Drawn DrawOne(const Draws& draws, int index, const Ground& ground) {
  const PlannableParam& param = draws.input->params[index];
  // Different constants stay different, equal ones equal.
  const int draw = draws.input->draw + param.variant;
  switch (param.kind) {
    case ShapeKind::kEquality:
      return DrawEquality(param, ground, draw);
    case ShapeKind::kLower:
    case ShapeKind::kUpper:
      draws.position[index] = std::clamp(PositionOf(draws, index), 0.0, 1.0);
      return DrawBound(param, ground, draws.position[index]);
    case ShapeKind::kList:
      return DrawList(param, ground, draw);
    case ShapeKind::kPattern:
      return DrawPattern(param, ground, draw);
    default:
      break;
  }
  if (param.kind == ShapeKind::kNone && ground.column != nullptr && ground.column->type == param.type)
    return DrawEquality(param, ground, draw);
  return param.kind == ShapeKind::kInput ? Drawn{Datum{0}, false} : AnyValue(param.type);
}

// Inserted, assigned or put out, by itself or through a function: the plan's cost does not depend on it.
bool IsStored(const PlannableParam& param) {
  return param.kind == ShapeKind::kValue || param.kind == ShapeKind::kInput;
}

bool HasShape(const PlannableParam& param) {
  return param.frequency >= 0 || param.position >= 0 || param.width >= 0;
}

// A comparison with no column has no statistics, and the planner's estimate does not look at the constant.
ValueSource SourceOf(const PlannableParam& param, const Ground& ground) {
  if (IsStored(param)) return ValueSource::kParameters;
  if (!OidIsValid(param.relid) && !param.external) return ValueSource::kShapes;
  if (HasShape(param) && ground.column != nullptr) return ValueSource::kShapes;
  return ValueSource::kStatistics;
}

// A text handed to a function that may take only some texts: to_date('..', 'YYYY-MM-DD').
bool FormatUnknown(const PlannableParam& param) {
  return param.kind == ShapeKind::kNone && !OidIsValid(param.opno) && !param.external && param.type == TEXTOID;
}

void DrawParam(const Draws& draws, int index, ValueSource* source) {
  const PlannableParam& param = draws.input->params[index];
  if (BindSample(draws, index)) return;
  pg::ColumnStatistics column;
  Distribution distribution;
  Ground ground{nullptr, nullptr};
  if (pg::ReadColumnStatistics(param.relid, param.attnum, param.inherited, &column)) {
    ground.column = &column;
    if (MakeDistribution(column, &distribution)) ground.distribution = &distribution;
  }
  const Drawn drawn = DrawOne(draws, index, ground);
  if (drawn.known && !FormatUnknown(param)) {
    Bind(draws, index, drawn.value, false);
    *source = std::max(*source, SourceOf(param, ground));
    return;
  }
  Bind(draws, index, Datum{0}, true);
  if (!IsStored(param)) *source = ValueSource::kGeneric;
}

// Lower ends first: upper ends of ranges are placed relative to them.
bool IsPairedUpper(const PlannableParam& param) {
  return param.kind == ShapeKind::kUpper && param.pair >= 0;
}

}  // namespace

const char* ValueSourceName(ValueSource source) {
  static const char* const kNames[] = {"parameters", "shapes", "statistics", "generic"};
  return kNames[static_cast<int>(source)];
}

ParamListInfo DrawValues(const DrawInput& input, ValueSource* source) {
  *source = ValueSource::kParameters;
  if (input.nparams == 0) return nullptr;
  Draws draws{&input, nullptr, 0, nullptr, makeParamList(input.nparams)};
  draws.position = static_cast<double*>(palloc(sizeof(double) * static_cast<Size>(input.nparams)));
  std::fill(draws.position, draws.position + input.nparams, -1.0);
  DecodeSamples(&draws);
  for (int i = 0; i < input.nparams; i++)
    if (!IsPairedUpper(input.params[i])) DrawParam(draws, i, source);
  for (int i = 0; i < input.nparams; i++)
    if (IsPairedUpper(input.params[i])) DrawParam(draws, i, source);
  return draws.out;
}

}  // namespace steward::whatif
