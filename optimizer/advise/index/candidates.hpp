// Which indexes are worth costing: derived from the captured predicates, statement by statement and scan by scan.
// Owns nothing of costs or selection.
#pragma once

#include <cstddef>
#include <set>
#include <vector>

#include "model/workload.hpp"

namespace steward::advise {

struct CandidateOptions {
  int max_width = 3;              // most key columns
  std::size_t max_include = 4;    // most INCLUDE columns; 0: no covering indexes
  std::size_t max_per_scan = 80;  // most candidates from one scan of one statement
  std::size_t max_in_all = 5000;  // those of the first statements
  std::set<model::Oid> split;     // partitioned tables whose partitions get indexes one by one
  bool redundant = false;         // also those that an existing index covers or that extend a unique key: only to
                                  // compare with advisors that suggest them
};

struct Candidates {
  std::vector<model::IndexDefinition> definitions;  // none twice, none that an existing valid index covers, unless
                                                   // `redundant`; one on all rows covers a partial one that is not much
                                                   // smaller
  /// For each statement given, the candidates that could appear in its plan (positions, ascending).
  std::vector<std::vector<std::size_t>> relevant;
  /// Of these the ones all of whose columns one of its scans uses, the usually most worthy first. Any other serves the
  /// statement as the shorter index does whose keys it begins with.
  std::vector<std::vector<std::size_t>> own;
  bool cut = false;  // there were more than max_in_all
};

/// Candidates for `statements` (which must be in `workload`; the heaviest first). Rules, per scan of a relation:
/// each column or expression that is compared by equality, list, range, IS NULL or prefix pattern, joined, sorted or
/// grouped by is a one-column candidate; ordered pairs of those; all equality keys (most selective first) followed by
/// one range; equality keys followed by the ORDER BY or GROUP BY columns; the sort or group columns alone; and the
/// equality and range forms made covering by INCLUDE where the plan needs few further columns; for containment, full text
/// and patterns the one-column index of another kind that finds them (MethodFor). Where the scan tests columns in
/// the same way whenever it runs (RowConditions), the equality, range and order forms also on the rows that pass alone.
/// None has key columns after all those of an existing unique index, unless `redundant`. Those of a partition are on the
/// partitioned table, unless `split`.
Candidates GenerateCandidates(const model::Workload& workload, const std::vector<const model::Statement*>& statements,
                              const CandidateOptions& options);

}  // namespace steward::advise
