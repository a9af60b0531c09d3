// One scan of one relation by one statement, as the candidate generator sees it: which keys are compared how.
#pragma once

#include <vector>

#include "advise/index/partitions.hpp"
#include "advise/index/row_conditions.hpp"
#include "advise/index/search_method.hpp"

namespace steward::advise {

/// A key that another index than a plain b-tree finds.
struct SearchedKey {
  model::IndexKey key;  // with operator class
  std::string method;

  friend bool operator==(const SearchedKey&, const SearchedKey&) = default;
};

struct ScanShape {
  const model::Table* table = nullptr;
  std::vector<model::IndexKey> equality;  // =, IN, IS NULL, joins; the most selective first
  std::vector<model::IndexKey> range;     // <, >, BETWEEN, prefix patterns
  std::vector<model::IndexKey> sort;      // ORDER BY in order, with direction
  std::vector<model::IndexKey> group;     // GROUP BY in order
  std::vector<SearchedKey> searched;    // containment, full text, patterns, ranges in the order of the rows
  std::vector<RowTest> tests;           // what it asks of columns whenever it runs
  std::vector<model::IndexKey> output;    // every column that the plan fetches
  bool output_known = false;

  friend bool operator==(const ScanShape&, const ScanShape&) = default;
};

/// The scans behind `predicates`, one per (plan, range-table slot) with different content. Scans of partitions are
/// scans of the partitioned table. Relations that are never advised on (catalogs, unknown, locked, not tables) are left
/// out.
std::vector<ScanShape> ScanShapes(const model::ServerInfo& server, const Partitions& partitions,
                                  const std::vector<const model::Predicate*>& predicates);

}  // namespace steward::advise
