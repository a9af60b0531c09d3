// The bulk load of a b-tree in expected values. See index_size.hpp. Constants are those of nbtree on 8 kB pages.
#include "core/index_size.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace steward::core {

namespace {

constexpr double kPage = 8192;
constexpr double kUsable = 8192 - 24 - 16;  // without the page header and the b-tree's special space
constexpr double kLinePointer = 4;
constexpr double kTid = 6;
constexpr double kTupleHeader = 8;
constexpr double kNullBitmap = 8;          // as aligned
constexpr double kMaxPosting = 808;        // the largest multiple of 8 that _bt_dedup_save_htid accepts
constexpr double kInnerFreeTarget = 2457;  // 30 % of a page
constexpr double kMinItemsPerPage = 2;
constexpr double kSimulatedItems = 20000;  // tuples after which the mean of a page is settled

double AlignUp(double bytes, double to) {
  return std::ceil(bytes / to - 1e-9) * to;
}

// Average size after rounding up to 8: exact for a fixed size, else over a uniform spread of whole-byte sizes.
double AverageAligned(double bytes, double deviation) {
  const double reach = std::sqrt(3.0) * deviation;
  if (reach < 0.5) return AlignUp(bytes, 8);
  const double low = std::max(kTupleHeader, std::round(bytes - reach));
  const double high = std::round(bytes + reach);
  double sum = 0;
  int steps = 0;
  for (double size = low; size <= high && steps < 64; size += 1, ++steps) sum += AlignUp(size, 8);
  return steps == 0 ? AlignUp(bytes, 8) : sum / steps + (bytes - (low + low + steps - 1) / 2);
}

// A tuple of these columns where each column is present with probability 1 - null_fraction.
class TupleWidth {
 public:
  explicit TupleWidth(double header) : bytes_(header) {}

  void Add(const IndexColumn& column) {
    const double present = 1 - column.null_fraction;
    const double aligned = column.alignment > 1 ? AlignUp(bytes_, column.alignment) : bytes_;
    bytes_ += present * (aligned - bytes_ + column.average_width);
    variance_ += present * column.width_deviation * column.width_deviation +
                 present * column.null_fraction * column.average_width * column.average_width;
  }

  [[nodiscard]] double Average() const { return AverageAligned(bytes_, std::sqrt(variance_)); }

 private:
  double bytes_;
  double variance_ = 0;
};

double AnyNull(const BtreeShape& shape) {
  double none = 1;
  for (const IndexColumn& column : shape.keys) none *= 1 - column.null_fraction;
  for (const IndexColumn& column : shape.included) none *= 1 - column.null_fraction;
  return 1 - none;
}

bool FixedSize(const BtreeShape& shape) {
  const auto fixed = [](const IndexColumn& c) { return c.width_deviation < 0.1 && c.null_fraction <= 0; };
  return std::all_of(shape.keys.begin(), shape.keys.end(), fixed) &&
         std::all_of(shape.included.begin(), shape.included.end(), fixed);
}

double AverageTuple(const BtreeShape& shape, std::size_t key_columns, bool with_included) {
  TupleWidth plain(kTupleHeader);
  TupleWidth with_nulls(kTupleHeader + kNullBitmap);
  const double nulls = AnyNull(shape);
  const auto add = [&](const IndexColumn& column) {
    IndexColumn present = column;
    present.null_fraction = 0;
    plain.Add(present);
    IndexColumn beside_nulls = column;
    beside_nulls.null_fraction = nulls > 0 ? std::min(1.0, column.null_fraction / nulls) : 0;
    with_nulls.Add(beside_nulls);
  };
  for (std::size_t i = 0; i < key_columns; ++i) add(shape.keys[i]);
  if (with_included) std::for_each(shape.included.begin(), shape.included.end(), add);
  return (1 - nulls) * plain.Average() + (nulls > 0 ? nulls * with_nulls.Average() : 0);
}

// The leaf level of the bulk load, page by page as _bt_buildadd fills it.
class LeafLoad {
 public:
  explicit LeafLoad(double free_target) : free_target_(free_target) {}

  /// Adds a tuple of `size` bytes of which the last `posting` are a posting list.
  void Add(double size, double posting) {
    const double space = free_ - kLinePointer;
    if (space < size + 8 || (space + last_posting_ < free_target_ && on_page_ >= kMinItemsPerPage)) {
      // The last tuple moves on to the new page; its key stays behind as high key.
      pages_ += 1;
      free_ = kEmptyLeaf - (last_size_ + kLinePointer);
      on_page_ = 1;
    }
    free_ -= size + kLinePointer;
    on_page_ += 1;
    items_ += 1;
    last_size_ = size;
    last_posting_ = posting;
  }

  /// Pages so far, the one being filled counted by its share.
  [[nodiscard]] double Pages() const { return pages_ + (kEmptyLeaf - free_) / (kEmptyLeaf - free_target_); }
  [[nodiscard]] double items() const { return items_; }

 private:
  static constexpr double kEmptyLeaf = kUsable - kLinePointer;  // the high key's line pointer is always there
  double free_target_;
  double free_ = kEmptyLeaf;
  double last_size_ = 0;
  double last_posting_ = 0;
  double on_page_ = 0;
  double pages_ = 0;
  double items_ = 0;
};

struct Leaf {
  double pages = 0;
  double items = 0;
};

// Tuples without posting lists: how many stay on a page follows from the fill target alone.
Leaf PlainLeaf(double rows, double tuple, bool constant, double free_target) {
  const double threshold = std::max(tuple + 8, free_target);
  const double fit = (kUsable - 2 * kLinePointer - threshold) / (tuple + kLinePointer);
  const double per_page = std::max(kMinItemsPerPage, constant ? std::floor(fit) : fit - 0.5);
  return {rows / per_page, rows};
}

// Lengths of runs of equal keys: Poisson-distributed with at least one row, by its normal limit when the mean is large.
class RunLengths {
 public:
  explicit RunLengths(double mean) : mean_(mean) {
    if (mean > kLargeMean) return;
    // The parameter whose zero-truncated Poisson distribution has this mean.
    double lambda = mean;
    for (int i = 0; i < 60; ++i) lambda = mean * (1 - std::exp(-lambda));
    lambda = std::max(lambda, 1e-9);
    double k = 1;
    double term = std::exp(std::log(lambda) - lambda);
    double sum = term;
    const double total = 1 - std::exp(-lambda);
    for (int i = 0; i < kQuantiles; ++i) {
      while (sum < total * (i + 0.5) / kQuantiles && k < 4 * kLargeMean) {
        k += 1;
        term *= lambda / k;
        sum += term;
      }
      quantile_[static_cast<std::size_t>(i)] = k;
    }
  }

  /// The length of run `i`; neighbours are as unlike as the distribution allows.
  [[nodiscard]] double At(int i) const {
    const double position = i * 0.6180339887498949;
    const double fraction = position - std::floor(position);
    if (mean_ <= kLargeMean) return quantile_[static_cast<std::size_t>(fraction * kQuantiles)];
    const double normal = std::log((fraction + 1e-3) / (1 - fraction + 1e-3)) / 1.702;  // logistic approximation
    return std::max(1.0, std::round(mean_ + std::sqrt(mean_) * normal));
  }

 private:
  static constexpr int kQuantiles = 512;
  static constexpr double kLargeMean = 100;
  double mean_;
  std::array<double, kQuantiles> quantile_{};
};

// Adds a run of equal keys: full posting lists, then one for the rest. Returns the rows added.
double AddRun(LeafLoad& load, double rows, double key, double per_posting, double most_items) {
  double added = 0;
  while (rows - added >= 1 && load.items() < most_items) {
    const double tids = std::min(per_posting, std::floor(rows - added));
    load.Add(tids < 2 ? key : AlignUp(key + kTid * tids, 8), tids < 2 ? 0 : AlignUp(kTid * tids, 8));
    added += tids;
  }
  return added;
}

// Posting lists: loads runs one by one, up to a number of tuples that settles the average, and scales up.
Leaf DeduplicatedLeaf(double rows, double distinct, double key, double free_target) {
  const double per_posting = std::floor((kMaxPosting - key) / kTid);
  if (rows < 1 || rows / distinct < 1.0001 || per_posting < 2) return PlainLeaf(rows, key, true, free_target);
  const RunLengths runs(rows / distinct);
  LeafLoad load(free_target);
  double loaded = 0;
  for (int i = 0; rows - loaded >= 1 && load.items() < kSimulatedItems; ++i)
    loaded += AddRun(load, std::min(runs.At(i), rows - loaded), key, per_posting, kSimulatedItems);
  const double scale = rows / std::max(1.0, loaded);
  return {load.Pages() * scale, load.items() * scale};
}

Leaf LoadLeaf(const BtreeShape& shape) {
  const double free_target = std::floor(kPage * (100 - shape.fillfactor) / 100);
  const double tuple = AverageTuple(shape, shape.keys.size(), true);
  if (!shape.deduplicates) return PlainLeaf(shape.rows, tuple, FixedSize(shape), free_target);
  const double distinct = std::clamp(shape.keys.back().prefix_distinct, 1.0, shape.rows);
  const double null_rows = shape.keys.size() == 1 ? shape.rows * shape.keys[0].null_fraction : 0;
  if (null_rows < 1) return DeduplicatedLeaf(shape.rows, distinct, tuple, free_target);
  // All NULLs of a lone column are one run of tuples without data.
  IndexColumn present = shape.keys[0];
  present.null_fraction = 0;
  BtreeShape others = shape;
  others.keys = {&present, 1};
  const double rest = shape.rows - null_rows;
  const Leaf values = DeduplicatedLeaf(rest, std::clamp(distinct - 1, 1.0, std::max(1.0, rest)),
                                       AverageTuple(others, 1, false), free_target);
  const Leaf nulls = DeduplicatedLeaf(null_rows, 1, kTupleHeader + kNullBitmap, free_target);
  return {values.pages + nulls.pages, values.items + nulls.items};
}

// Mean size of a pivot tuple: a key cut after the first column that tells neighbours apart, or, between equal keys, the
// whole key and a tuple identifier.
double PivotSize(const BtreeShape& shape, double items) {
  double size = 0;
  double equal = 1;  // probability that the neighbours at a page boundary agree so far
  for (std::size_t i = 0; i < shape.keys.size(); ++i) {
    const double still = 1 - std::min(1.0, std::max(1.0, shape.keys[i].prefix_distinct) / std::max(1.0, items));
    const double differ = std::max(0.0, equal - std::min(equal, still));
    size += differ * AverageTuple(shape, i + 1, false);
    equal = std::min(equal, still);
  }
  return size + equal * (AverageTuple(shape, shape.keys.size(), false) + 8);
}

double InnerItemsPerPage(double pivot) {
  const double fit = (kUsable - 2 * kLinePointer - kInnerFreeTarget) / (pivot + kLinePointer);
  return std::max(kMinItemsPerPage, std::floor(fit));
}

}  // namespace

BtreeSize EstimateBtreeSize(const BtreeShape& shape) {
  BtreeSize size;
  if (shape.rows < 1 || shape.keys.empty()) return size;
  const Leaf leaf = LoadLeaf(shape);
  double level = std::max(1.0, std::ceil(leaf.pages - 1e-6));
  double pages = level;
  const double fanout = InnerItemsPerPage(PivotSize(shape, leaf.items));
  while (level > 1) {
    level = std::ceil(level / fanout);
    pages += level;
    ++size.height;
  }
  size.pages = 1 + static_cast<std::uint64_t>(pages);
  return size;
}

double DistinctInSubset(double distinct, double rows, double picked) {
  if (distinct <= 0 || rows <= 0 || picked <= 0) return 0;
  const double share = std::min(1.0, picked / rows);
  if (share >= 1) return distinct;
  const double per_value = std::max(1.0, rows / distinct);
  return std::min(picked, distinct * (1 - std::pow(1 - share, per_value)));
}

}  // namespace steward::core
