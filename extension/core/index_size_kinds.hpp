// How large freshly built indexes of the access methods other than b-tree are: pure models of hash, BRIN, GIN and GiST
// builds on pages of 8192 bytes. Owns the formulas; index_size has the b-tree's. Where the figures come from is the
// caller's business. Where a build depends on the order of rows or on an operator class' way to split, constants were
// fitted to built indexes: good for about a fifth.
#pragma once

#include <cstdint>
#include <span>

namespace steward::core {

struct HashShape {
  double rows = 0;        // that are not NULL, in the index
  double table_rows = 0;  // of the whole table: what the build makes buckets for, also for a partial index
  double distinct = 1;    // values among `rows`
  int fillfactor = 75;    // percent
};
/// All pages of the file: metapage, buckets, overflow and bitmap.
[[nodiscard]] std::uint64_t EstimateHashPages(const HashShape& shape);

struct BrinShape {
  double table_pages = 0;
  int pages_per_range = 128;
  double summary_bytes = 8;  // stored values of one range, all columns
};
/// All pages of the file: metapage, range map and summaries.
[[nodiscard]] std::uint64_t EstimateBrinPages(const BrinShape& shape);

/// Keys that occur about equally often.
struct GinKeys {
  double keys = 0;
  double rows_per_key = 1;
  double key_bytes = 4;  // as stored, the column's number included where there are several
};
/// All pages of the file: metapage, entry tree and posting trees. The rows of a key are spread over the table as chance
/// does.
[[nodiscard]] std::uint64_t EstimateGinPages(std::span<const GinKeys> groups, double table_pages);

struct GistShape {
  double rows = 0;
  double key_bytes = 8;    // of all columns, as the operator classes store them
  double correlation = 0;  // of the first column with the order of rows, -1..1: an ordered load leaves pages half full
  int fillfactor = 90;     // percent
};
/// All pages of the file.
[[nodiscard]] std::uint64_t EstimateGistPages(const GistShape& shape);

}  // namespace steward::core
