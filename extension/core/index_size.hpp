// How large a freshly built b-tree is and how high: a pure model of the server's bulk load (nbtsort.c), with
// deduplication, suffix truncation and the fill factors. Owns the formulas; where rows, widths and distinct counts come
// from is the caller's business.
#pragma once

#include <cstdint>
#include <span>

namespace steward::core {

/// One column of an index as the model sees it. Widths are bytes as stored in an index tuple.
struct IndexColumn {
  double average_width = 4;
  /// Standard deviation of the width; 0 for a fixed width. Decides how alignment rounds on average.
  double width_deviation = 0;
  /// 1, 2, 4 or 8. A variable-length value of up to 126 bytes is stored with a one-byte header and needs 1.
  int alignment = 4;
  /// Share of rows where the column is NULL, 0..1.
  double null_fraction = 0;
  /// Number of different values of the key's columns up to and including this one, NULL counted as a value; ignored for
  /// included columns.
  double prefix_distinct = 1;
};

struct BtreeShape {
  double rows = 0;
  /// Key columns, first to last; the last one's prefix_distinct is the number of different keys.
  std::span<const IndexColumn> keys;
  std::span<const IndexColumn> included;
  /// False for unique indexes, with INCLUDE, with deduplicate_items off, and where an operator class says that equal
  /// values need not have equal images (numeric, float8, char(n), nondeterministic collations).
  bool deduplicates = true;
  /// Leaf fill factor in percent.
  int fillfactor = 90;
};

struct BtreeSize {
  /// All pages of the file: metapage, inner and leaf pages.
  std::uint64_t pages = 1;
  /// Level of the root: 0 when it is a leaf. What the planner charges the descent with.
  int height = 0;
};

/// Pages and height after CREATE INDEX. Assumes pages of 8192 bytes and rows spread over keys as evenly as chance does.
[[nodiscard]] BtreeSize EstimateBtreeSize(const BtreeShape& shape);

/// How many of `distinct` values appear among `picked` of `rows` rows drawn at random. Yao's formula as approximated by
/// Cardenas (CACM 18(5), 1975); for partial indexes.
[[nodiscard]] double DistinctInSubset(double distinct, double rows, double picked);

}  // namespace steward::core
