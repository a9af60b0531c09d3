// Candidate indexes: from the text of a CREATE INDEX to what the planner would know of the index if it existed. Owns
// parsing, the checks CREATE INDEX makes and the trust rule below; sizes come from index_statistics, injection into the
// planner is inject's.
//
// Trust. Planning evaluates functions, also those in a candidate's expressions and predicate, as the role of the
// statement that is planned. So every function there must belong to a superuser or to the owner of the table: code that
// anyone who queries the table trusts already. Nothing of a candidate ever runs as the caller.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "access/htup.h"
#include "nodes/parsenodes.h"
#include "nodes/pathnodes.h"
#include "utils/rel.h"
}

namespace steward::whatif {

/// A candidate on one relation that holds rows: the table named, or a partition of it.
struct HypotheticalIndex {
  Oid relid;
  /// Template: expressions refer to varno 1; `rel`, `tuples` and `indextlist` are set when it is handed to the planner.
  IndexOptInfo* info;
  /// Share of the table's rows that the predicate lets in; 1 without a predicate.
  double row_fraction;
  /// Rows in the index.
  double rows;
  /// Operator classes of the key columns; not of those with a b-tree's default.
  Oid* opclasses;
  /// Of a BRIN index; 0 for others.
  int pages_per_range;
  /// What is known of its expressions (expression_statistics.hpp); null: nothing.
  HeapTuple* statistics;
};

/// What the caller knows of an index: neither is then estimated.
struct KnownSize {
  static constexpr int64 kNoPages = PG_INT64_MIN;   // not known
  static constexpr int32 kNoHeight = PG_INT32_MIN;  // not known; -1 is the planner's "no height"
  static constexpr int32 kMostHeight = 32;          // of pages with two children each: there are 2^32 pages at most
  int64 pages = kNoPages;
  int32 tree_height = kNoHeight;
};

/// Texts of CREATE INDEX. `pages` and `tree_heights` (null: nothing is known) have a KnownSize's meaning.
struct CandidateTexts {
  const char* const* texts;
  int count;
  const int64* pages;
  const int32* tree_heights;
};

struct Candidate {
  Oid table;
  Oid index;  // stands for the index in plans; no relation has this OID
  HypotheticalIndex* parts;
  int nparts;
  uint64 pages;      // of all parts
  int tree_height;   // of the highest part; -1 where the access method has none
  ErrorData* error;  // set: the candidate cannot be costed, nothing else is
};

/// Makes candidates of CREATE INDEX texts; errors end in the candidate's `error`. A text names its table with schema,
/// and everything else is looked up in pg_catalog alone. A predicate asks for the current user's right to read its
/// columns. The tables stay locked (AccessShareLock) until the transaction ends. Each table, and each partition, is
/// read as its owner. Known pages of an index on a partitioned table are split over the partitions by their rows; a
/// known height is that of each.
Candidate* ParseCandidates(const CandidateTexts& input);

/// Sets the planner's view of an index on `relation`, without size, and its operator classes. `statement` is changed.
/// Runs as the table's owner.
void MakeIndexTemplate(Relation relation, IndexStmt* statement, Oid index, HypotheticalIndex* part);

}  // namespace steward::whatif
