// See values_draw.hpp. A draw that matches a shape looks for the value whose frequency or position is nearest to what
// was captured; without a shape it takes a typical row's value, and ranges as wide as the planner assumes when it knows
// nothing.
#include "whatif/values_draw.hpp"

#include <algorithm>
#include <cmath>

extern "C" {
#include "access/stratnum.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
}

namespace steward::whatif {

namespace {

using store::PlannableParam;

constexpr int kMaxListLength = 10000;

Drawn Of(const Ground& ground, Datum value, Oid type) {
  return {Convert(value, ground.column->type, type), true};
}

// A value that is none of the common ones: an inner histogram bound.
bool RareValue(const Ground& ground, int draw, Datum* out) {
  const pg::ColumnStatistics& column = *ground.column;
  if (column.nhistogram == 0) return false;
  const int last = column.nhistogram - 1;
  const int index = static_cast<int>(std::lround(Spread(draw) * last));
  *out = column.histogram[std::clamp(index, 0, last)];
  return true;
}

double Distance(double frequency, double wanted) {
  return std::fabs(std::log(frequency / wanted));
}

// The common value whose frequency is nearest to `wanted`, the draw-th one among equally near; -1: none is near.
int NearestCommon(const pg::ColumnStatistics& column, double wanted, const bool* taken, int draw) {
  int best = -1;
  for (int i = 0; i < column.nmcv; i++) {
    if (taken != nullptr && taken[i]) continue;
    const double distance = Distance(static_cast<double>(column.mcv_frequency[i]), wanted);
    if (best < 0 || distance < Distance(static_cast<double>(column.mcv_frequency[best]), wanted)) best = i;
  }
  if (best < 0) return -1;
  const auto rarest = static_cast<double>(column.mcv_frequency[column.nmcv - 1]);
  // Nearer to what is left for the values that are not common: the captured one was none of them.
  const double rest =
      std::max(0.0, 1 - column.null_fraction - column.mcv_share) / std::max(1.0, column.distinct - column.nmcv);
  if (wanted < rarest && column.nhistogram > 0 &&
      (rest <= 0 || Distance(std::max(rest, 1e-9), wanted) <= Distance(rarest, wanted)))
    return -1;
  if (taken != nullptr || draw == 0) return best;
  int ties[8];
  int count = 0;
  const double nearest = Distance(static_cast<double>(column.mcv_frequency[best]), wanted);
  for (int i = 0; i < column.nmcv && count < 8; i++)
    if (Distance(static_cast<double>(column.mcv_frequency[i]), wanted) <= nearest + 0.17) ties[count++] = i;
  return ties[draw % count];
}

// The value of a typical row: row-weighted, the most frequent values first.
bool TypicalValue(const Ground& ground, int draw, Datum* out) {
  const pg::ColumnStatistics& column = *ground.column;
  const double at = Spread(draw) * std::max(1e-9, 1 - column.null_fraction);
  double sum = 0;
  for (int i = 0; i < column.nmcv; i++) {
    sum += static_cast<double>(column.mcv_frequency[i]);
    if (sum >= at) {
      *out = column.mcv[i];
      return true;
    }
  }
  if (RareValue(ground, draw, out)) return true;
  if (column.nmcv == 0) return false;
  *out = column.mcv[column.nmcv - 1];
  return true;
}

bool ScalarValue(const Ground& ground, double frequency, const bool* taken, int draw, int* common, Datum* out) {
  *common = -1;
  if (frequency < 0) return TypicalValue(ground, draw, out);
  *common = NearestCommon(*ground.column, frequency, taken, draw);
  if (*common >= 0) {
    *out = ground.column->mcv[*common];
    return true;
  }
  return RareValue(ground, draw, out);
}

Drawn MakeArray(Oid element, Datum* values, int count) {
  int16 length;
  bool by_value;
  char align;
  get_typlenbyvalalign(element, &length, &by_value, &align);
  return {PointerGetDatum(construct_array(values, count, element, length, by_value, align)), true};
}

bool Inclusive(Oid opno) {
  const RegProcedure estimator = get_oprrest(opno);
  return estimator == F_SCALARLESEL || estimator == F_SCALARGTSEL;
}

}  // namespace

double Spread(int draw) {
  double value = 0;
  double unit = 0.5;
  for (auto n = static_cast<unsigned>(draw) + 1; n != 0; n >>= 1, unit /= 2)
    if ((n & 1U) != 0) value += unit;
  return value;
}

Drawn DrawEquality(const PlannableParam& param, const Ground& ground, int draw) {
  int common;
  Datum value;
  if (ground.column == nullptr ||
      !ScalarValue(ground, static_cast<double>(param.frequency), nullptr, draw, &common, &value))
    return AnyValue(param.type);
  return Of(ground, value, param.type);
}

Drawn DrawBound(const PlannableParam& param, const Ground& ground, double position) {
  if (ground.distribution == nullptr) return AnyValue(param.type);
  // Rows on the lower side of `>= x` are those below x, of `> x` those through x.
  const bool inclusive = Inclusive(param.opno);
  return Of(ground, ValueAt(*ground.distribution, std::clamp(position, 0.0, 1.0), inclusive), param.type);
}

Drawn DrawList(const PlannableParam& param, const Ground& ground, int draw) {
  const Oid element = get_element_type(getBaseType(param.type));
  if (!OidIsValid(element)) return AnyValue(param.type);
  const int count = param.external && param.length == 0 ? 5 : std::min<int>(param.length, kMaxListLength);
  auto* values = static_cast<Datum*>(palloc0(sizeof(Datum) * static_cast<Size>(count + 1)));
  auto* taken = static_cast<bool*>(palloc0(static_cast<Size>(ground.column == nullptr ? 1 : ground.column->nmcv + 1)));
  auto left = static_cast<double>(param.frequency);
  for (int i = 0; i < count; i++) {
    int common = -1;
    Datum value;
    const double wanted = param.frequency < 0 ? -1 : std::max(1e-9, left / (count - i));
    if (ground.column != nullptr && ScalarValue(ground, wanted, taken, draw + i, &common, &value)) {
      values[i] = Convert(value, ground.column->type, element);
      if (common >= 0) {
        taken[common] = true;
        left -= static_cast<double>(ground.column->mcv_frequency[common]);
      } else if (wanted > 0) {
        left -= wanted;
      }
      continue;
    }
    const Drawn any = AnyValue(element);
    if (!any.known) return any;
    values[i] = any.value;
  }
  return MakeArray(element, values, count);
}

}  // namespace steward::whatif
