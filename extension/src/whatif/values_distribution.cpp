// See values_distribution.hpp. Between two histogram bounds rows are taken as evenly spread, as the planner does.
#include "whatif/values_distribution.hpp"

#include <algorithm>
#include <cmath>

extern "C" {
#include "fmgr.h"
#include "utils/typcache.h"
}

namespace steward::whatif {

namespace {

struct Order {
  FmgrInfo* compare;
  Oid collation;
};

int Compare(const void* a, const void* b, void* argument) {
  const auto* order = static_cast<const Order*>(argument);
  const auto* x = static_cast<const Point*>(a);
  const auto* y = static_cast<const Point*>(b);
  return DatumGetInt32(FunctionCall2Coll(order->compare, order->collation, x->value, y->value));
}

// Marks a histogram bound until the shares are known.
constexpr double kBound = -1;

void AddPoints(const pg::ColumnStatistics& column, Distribution* out) {
  const int bounds = column.nhistogram >= 2 ? column.nhistogram : 0;
  out->points = static_cast<Point*>(palloc0(sizeof(Point) * static_cast<Size>(column.nmcv + bounds + 1)));
  for (int i = 0; i < column.nmcv; i++)
    out->points[out->count++] = Point{column.mcv[i], 0, static_cast<double>(column.mcv_frequency[i]), 0, 0};
  for (int i = 0; i < bounds; i++) out->points[out->count++] = Point{column.histogram[i], 0, kBound, 0, 0};
}

// How far through the histogram each point lies, 0..1, left in `below` for the time being.
void SpreadOverBins(Distribution* d, int bounds) {
  int seen = 0;
  for (int i = 0; i < d->count; i++) {
    Point& point = d->points[i];
    if (point.frequency < 0) {  // NOLINT: kBound
      point.below = static_cast<double>(seen++) / (bounds - 1);
      continue;
    }
    if (seen == 0 || seen >= bounds) {
      point.below = seen == 0 ? 0 : 1;
      continue;
    }
    int left = i, right = i;
    while (d->points[left].frequency >= 0) left--;
    while (d->points[right].frequency >= 0) right++;
    const double low = d->points[left].number, high = d->points[right].number;
    const double part = d->scalar && high > low ? (point.number - low) / (high - low) : 0.5;
    point.below = (seen - 1 + part) / (bounds - 1);
  }
}

void AddShares(const pg::ColumnStatistics& column, Distribution* d) {
  const int bounds = column.nhistogram >= 2 ? column.nhistogram : 0;
  const double rest = bounds > 0 ? std::max(0.0, 1 - column.null_fraction - column.mcv_share) : 0;
  const double total = column.mcv_share + rest;
  if (bounds > 0) SpreadOverBins(d, bounds);
  double common = 0;
  for (int i = 0; i < d->count; i++) {
    Point& point = d->points[i];
    point.frequency = std::max(0.0, point.frequency);
    const double spread = rest * point.below;
    point.below = (common + spread) / total;
    common += point.frequency;
    point.through = (common + spread) / total;
  }
}

}  // namespace

bool MakeDistribution(const pg::ColumnStatistics& column, Distribution* out) {
  *out = Distribution{column.type, true, 0, nullptr};
  const TypeCacheEntry* type = lookup_type_cache(column.type, TYPECACHE_CMP_PROC_FINFO);
  if (!OidIsValid(type->cmp_proc)) return false;
  AddPoints(column, out);
  if (out->count == 0 || column.mcv_share + (column.nhistogram >= 2 ? 1 : 0) <= 0) return false;
  Order order{const_cast<FmgrInfo*>(&type->cmp_proc_finfo),
              OidIsValid(column.collation) ? column.collation : type->typcollation};
  qsort_arg(out->points, static_cast<size_t>(out->count), sizeof(Point), Compare, &order);
  for (int i = 0; i < out->count && out->scalar; i++)
    out->scalar = pg::ToScalar(out->points[i].value, column.type, &out->points[i].number);
  AddShares(column, out);
  return true;
}

Datum ValueAt(const Distribution& d, double position, bool inclusive) {
  const auto share = [&](const Point& p) { return inclusive ? p.through : p.below; };
  int best = 0;
  for (int i = 1; i < d.count; i++)
    if (std::fabs(share(d.points[i]) - position) < std::fabs(share(d.points[best]) - position)) best = i;
  if (!d.scalar || std::fabs(share(d.points[best]) - position) < 1e-6) return d.points[best].value;
  for (int i = 0; i + 1 < d.count; i++) {
    const Point &left = d.points[i], &right = d.points[i + 1];
    if (position <= left.through || position >= right.below) continue;
    const double part = (position - left.through) / (right.below - left.through);
    Datum between;
    if (pg::FromScalar(left.number + part * (right.number - left.number), d.type, &between)) return between;
  }
  return d.points[best].value;
}

}  // namespace steward::whatif
