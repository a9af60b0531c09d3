// See index_size_kinds.hpp.
#include "whatif/index_size_kinds.hpp"

#include <algorithm>
#include <cmath>

#include "core/index_size_kinds.hpp"
#include "whatif/column_statistics.hpp"
#include "whatif/key_sample.hpp"

extern "C" {
#include "access/brin_internal.h"
#include "access/gist_private.h"
#include "access/hash.h"
#include "catalog/pg_am.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"
}

namespace steward::whatif {

namespace {

constexpr double kGuessedGinRowsPerKey = 5;
constexpr double kGuessedKeyBytes = 8;

ColumnFacts FactsOf(Relation relation, const IndexOptInfo* info, int column, double table_rows) {
  if (info->indexkeys[column] != 0) return FactsOfColumn(relation, info->indexkeys[column], table_rows);
  int expression = 0;
  for (int i = 0; i < column; ++i) expression += info->indexkeys[i] == 0 ? 1 : 0;
  return FactsOfExpression(relation, static_cast<Node*>(list_nth(info->indexprs, expression)), table_rows);
}

double HashPages(Relation relation, const List* options, double table_rows, const HypotheticalIndex& part) {
  const ColumnFacts facts = FactsOf(relation, part.info, 0, table_rows);
  core::HashShape shape;
  shape.rows = part.rows * (1 - facts.stored.null_fraction);
  shape.table_rows = table_rows;
  shape.distinct = core::DistinctInSubset(facts.distinct, table_rows, part.rows);
  shape.fillfactor = IntegerOption(options, "fillfactor", HASH_DEFAULT_FILLFACTOR, HASH_MIN_FILLFACTOR, 100);
  return static_cast<double>(core::EstimateHashPages(shape));
}

// A Bloom filter for a tenth of the rows that a range can have, with the default rate of false positives
// (brin_bloom.c).
double BloomBytes(int pages_per_range) {
  const double values = std::max(16.0, 0.1 * MaxHeapTuplesPerPage * pages_per_range);
  return 16 + std::ceil(-values * std::log(0.01) / (8 * std::log(2.0) * std::log(2.0)));
}

// At most 32 values (brin_minmax_multi.c); fitted to built indexes, where ordered values leave fewer.
double MinMaxMultiBytes(double width, double correlation) {
  return 20 + (28 - 10 * correlation * correlation) * width;
}

// What is stored of a range for one column, by what its operator class says that it stores.
double SummaryBytes(Relation relation, const HypotheticalIndex& part, int column, double table_rows) {
  const IndexOptInfo* info = part.info;
  const Oid type = info->opcintype[column];
  const Oid describe = get_opfamily_proc(info->opfamily[column], type, type, BRIN_PROCNUM_OPCINFO);
  const ColumnFacts facts = FactsOf(relation, info, column, table_rows);
  const double width = facts.stored.average_width;
  if (!OidIsValid(describe)) return 2 * width;
  const Oid own = StoredType(relation, part, column);
  const auto* stored =
      reinterpret_cast<BrinOpcInfo*>(DatumGetPointer(OidFunctionCall1(describe, ObjectIdGetDatum(own))));
  double bytes = 0;
  for (int i = 0; i < stored->oi_nstored; ++i) {
    switch (stored->oi_typcache[i]->type_id) {
      case PG_BRIN_BLOOM_SUMMARYOID:
        bytes += BloomBytes(part.pages_per_range);
        break;
      case PG_BRIN_MINMAX_MULTI_SUMMARYOID:
        bytes += MinMaxMultiBytes(width, facts.correlation);
        break;
      case BOOLOID:
        bytes += 1;
        break;
      default:
        bytes = std::ceil(bytes / facts.stored.alignment) * facts.stored.alignment + width;
    }
  }
  return bytes;
}

double BrinPages(Relation relation, double table_rows, const HypotheticalIndex& part) {
  core::BrinShape shape;
  shape.table_pages = RelationGetNumberOfBlocks(relation);
  shape.pages_per_range = part.pages_per_range;
  shape.summary_bytes = 0;
  for (int i = 0; i < part.info->nkeycolumns; ++i) shape.summary_bytes += SummaryBytes(relation, part, i, table_rows);
  return static_cast<double>(core::EstimateBrinPages(shape));
}

double GinPages(Relation relation, bool may_sample, const HypotheticalIndex& part) {
  core::GinKeys groups[kMostKeyGroups];
  int count = may_sample ? SampleGinKeys(relation, part, groups) : 0;
  if (count == 0) {
    groups[0] = {part.rows, kGuessedGinRowsPerKey, kGuessedKeyBytes};
    count = 1;
  }
  return static_cast<double>(
      core::EstimateGinPages({groups, static_cast<size_t>(count)}, RelationGetNumberOfBlocks(relation)));
}

double GistPages(Relation relation, const List* options, double table_rows, bool may_sample,
                 const HypotheticalIndex& part) {
  core::GistShape shape;
  shape.rows = part.rows;
  shape.fillfactor = IntegerOption(options, "fillfactor", GIST_DEFAULT_FILLFACTOR, GIST_MIN_FILLFACTOR, 100);
  const double bytes = may_sample ? SampleGistBytes(relation, part) : -1;
  shape.key_bytes = bytes >= 0 ? bytes : kGuessedKeyBytes * part.info->ncolumns;
  shape.correlation = FactsOf(relation, part.info, 0, table_rows).correlation;
  return static_cast<double>(core::EstimateGistPages(shape));
}

}  // namespace

int IntegerOption(const List* options, const char* name, int absent, int least, int most) {
  const ListCell* cell = nullptr;
  foreach (cell, options) {
    auto* option = lfirst_node(DefElem, cell);
    if (strcmp(option->defname, name) == 0)
      return static_cast<int>(std::clamp<int64>(defGetInt64(option), least, most));
  }
  return absent;
}

void SizeOtherKind(Relation relation, List* options, double table_rows, bool may_sample, HypotheticalIndex* part) {
  double pages = 0;
  switch (part->info->relam) {
    case HASH_AM_OID:
      pages = HashPages(relation, options, table_rows, *part);
      break;
    case BRIN_AM_OID:
      pages = BrinPages(relation, table_rows, *part);
      break;
    case GIN_AM_OID:
      pages = GinPages(relation, may_sample, *part);
      break;
    default:
      pages = GistPages(relation, options, table_rows, may_sample, *part);
  }
  part->info->pages = static_cast<BlockNumber>(std::min(pages, static_cast<double>(MaxBlockNumber)));
}

}  // namespace steward::whatif
