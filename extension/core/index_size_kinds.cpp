// See index_size_kinds.hpp. Constants are those of the access methods on 8 kB pages.
#include "core/index_size_kinds.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace steward::core {

namespace {

constexpr double kLinePointer = 4;
constexpr double kTupleHeader = 8;

double AlignUp(double bytes, double to) {
  return std::ceil(bytes / to - 1e-9) * to;
}

std::uint64_t Pages(double pages) {
  return static_cast<std::uint64_t>(std::ceil(pages - 1e-6));
}

// ---- hash
// ------------------------------------------------------------------------------------------------------------

constexpr double kHashTuple = 20;     // header, hash code and line pointer
constexpr double kHashPerPage = 407;  // of 8152 bytes

// _hash_init() asks for buckets for all rows; _hash_get_totalbuckets() rounds up: to a power of two, and from 512 on to
// a quarter of one.
double HashBuckets(const HashShape& shape) {
  const double per_bucket = std::max(10.0, std::floor(std::floor(8192.0 * shape.fillfactor / 100) / kHashTuple));
  const double wanted = std::floor(shape.table_rows / per_bucket);
  if (wanted <= 2) return 2;
  const double bounded = std::min(wanted, 1073741824.0);
  const double power = static_cast<double>(std::bit_ceil(static_cast<std::uint64_t>(bounded)));
  if (power <= 512) return power;
  return power / 2 + AlignUp(bounded - power / 2, power / 8);
}

double OverflowPages(double rows) {
  return std::max(0.0, std::ceil(rows / kHashPerPage) - 1);
}

// Mean over a bucket with `values` values of `rows_each` rows; how many rows a value has varies as chance has it.
double MeanOverflow(double values, double rows_each) {
  constexpr std::array<double, 7> kQuantiles = {-1.465, -0.792, -0.366, 0, 0.366, 0.792, 1.465};
  const double mean = values * rows_each;
  double sum = 0;
  for (const double q : kQuantiles) sum += OverflowPages(std::max(0.0, mean + q * std::sqrt(mean)));
  return sum / static_cast<double>(kQuantiles.size());
}

// Overflow pages of a bucket that gets `share` of the values. Their number is Poisson-distributed; far from the mean
// nothing is left to add.
double BucketOverflow(const HashShape& shape, double share) {
  if (shape.rows < 1) return 0;
  const double distinct = std::clamp(shape.distinct, 1.0, shape.rows);
  const double values = distinct * share;
  const double low = std::max(0.0, std::floor(values - 8 * std::sqrt(values)));
  const double high = std::ceil(values + 8 * std::sqrt(values)) + 8;
  double overflow = 0;
  for (double k = low; k <= high; k += 1) {
    const double probability = std::exp(k * std::log(values) - values - std::lgamma(k + 1));
    overflow += probability * MeanOverflow(k, shape.rows / distinct);
  }
  return overflow;
}

}  // namespace

std::uint64_t EstimateHashPages(const HashShape& shape) {
  const double buckets = HashBuckets(shape);
  const double power = static_cast<double>(std::bit_ceil(static_cast<std::uint64_t>(buckets)));
  // Buckets that are not split yet get the values of two.
  const double unsplit = power - buckets;
  const double overflow =
      (buckets - unsplit) * BucketOverflow(shape, 1 / power) + unsplit * BucketOverflow(shape, 2 / power);
  return Pages(2 + buckets + overflow + std::floor(overflow / 32768));
}

// ---- BRIN
// ------------------------------------------------------------------------------------------------------------

std::uint64_t EstimateBrinPages(const BrinShape& shape) {
  constexpr double kUsable = 8192 - 24 - 8;
  constexpr double kRangesPerMapPage = 1360;
  const double ranges = std::max(1.0, std::ceil(shape.table_pages / shape.pages_per_range));
  const double tuple = AlignUp(kTupleHeader + shape.summary_bytes, 8) + kLinePointer;
  const double per_page = std::max(1.0, std::floor(kUsable / tuple));
  return 1 + Pages(ranges / kRangesPerMapPage) + Pages(ranges / per_page);
}

// ---- GIN
// -------------------------------------------------------------------------------------------------------------

namespace {

constexpr double kGinUsable = 8192 - 24 - 8;
constexpr double kGinEntryFill = 0.6;      // keys arrive in order, and a full page is split in two halves
constexpr double kGinLargestEntry = 2712;  // beyond it the rows of a key get a tree of their own
constexpr double kGinPostingHeader = 8;    // first row and length
constexpr double kGinSegment = 256;        // of a posting tree's page; each has a header

// Bytes of a row identifier, stored as the distance from the one before in groups of seven bits. A page has 2,048
// numbers and few rows: one byte reaches the rows of the same page, two those of the next seven pages.
double DistanceBytes(double rows_per_key, double table_pages) {
  const double on_page = rows_per_key / std::max(1.0, table_pages);
  const double same_page = on_page < 1e-6 ? 0 : 1 - (1 - std::exp(-on_page)) / on_page;
  double beyond = 2;
  for (double pages = 8; pages < 1e9; pages *= 128) beyond += std::exp(-pages * on_page);
  return same_page + (1 - same_page) * beyond;
}

}  // namespace

std::uint64_t EstimateGinPages(std::span<const GinKeys> groups, double table_pages) {
  double entry_bytes = 0;
  double entries = 0;
  double posting_pages = 0;
  for (const GinKeys& group : groups) {
    const double distance = DistanceBytes(group.rows_per_key, table_pages);
    const double list = std::max(0.0, group.rows_per_key - 1) * distance;
    double entry = AlignUp(AlignUp(kTupleHeader + group.key_bytes, 2) + kGinPostingHeader + list, 8);
    if (entry > kGinLargestEntry) {
      entry = AlignUp(kTupleHeader + group.key_bytes, 8);
      const double leaves = std::max(1.0, list * (1 + (kGinPostingHeader - distance) / kGinSegment) / kGinUsable);
      posting_pages += group.keys * (leaves > 1 ? std::ceil(leaves) + 1 : 1);
    }
    entry_bytes += group.keys * (entry + kLinePointer);
    entries += group.keys;
  }
  double level = std::max(1.0, std::ceil(entry_bytes / (kGinUsable * kGinEntryFill)));
  double entry_pages = level;
  const double fanout = std::max(2.0, kGinUsable * kGinEntryFill / (entry_bytes / std::max(1.0, entries)));
  const double inner = std::max(fanout, 100.0);  // inner tuples have keys without rows
  while (level > 1) entry_pages += level = std::ceil(level / inner);
  return 1 + Pages(entry_pages + posting_pages);
}

// ---- GiST
// ------------------------------------------------------------------------------------------------------------

std::uint64_t EstimateGistPages(const GistShape& shape) {
  constexpr double kUsable = 8192 - 24 - 16;
  constexpr double kFill = 0.73;         // of what the fill factor allows, after splits of rows in no order
  constexpr double kOrderedLoss = 0.22;  // an ordered load leaves each page at half
  const double fill = shape.fillfactor / 100.0 * (kFill - kOrderedLoss * shape.correlation * shape.correlation);
  const double tuple = AlignUp(kTupleHeader + shape.key_bytes, 8) + kLinePointer;
  const double per_page = std::max(2.0, kUsable * fill / tuple);
  double level = std::max(1.0, std::ceil(shape.rows / per_page));
  double pages = level;
  while (level > 1) pages += level = std::ceil(level / per_page);
  return Pages(pages);
}

}  // namespace steward::core
