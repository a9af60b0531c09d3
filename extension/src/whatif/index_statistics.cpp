// See index_statistics.hpp.
#include "whatif/index_statistics.hpp"

#include <algorithm>
#include <cmath>

#include "core/index_size.hpp"
#include "pg/compat.hpp"
#include "whatif/column_statistics.hpp"
#include "whatif/distinct_sample.hpp"
#include "whatif/index_size_kinds.hpp"

extern "C" {
#include "access/brin.h"
#include "access/nbtree.h"
#include "access/reloptions.h"
#include "catalog/pg_am.h"
#include "commands/defrem.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/plancat.h"
#include "parser/parse_relation.h"
#include "utils/lsyscache.h"
}

namespace steward::whatif {

namespace {

constexpr int kMostPagesPerRange = 131072;

struct Columns {
  core::IndexColumn keys[INDEX_MAX_KEYS];
  core::IndexColumn included[INDEX_MAX_KEYS];
};

double TableRows(Relation relation) {
  BlockNumber pages = 0;
  double rows = 0;
  double all_visible = 0;
  estimate_rel_size(relation, nullptr, &pages, &rows, &all_visible);
  return rows;
}

// Selectivity of the predicate as the planner would estimate it in a query on this table alone.
double PredicateSelectivity(Relation relation, List* predicate) {
  if (predicate == NIL) return 1;
  ParseState* state = make_parsestate(nullptr);
  const ParseNamespaceItem* item =
      addRangeTableEntryForRelation(state, relation, AccessShareLock, nullptr, false, false);
  auto* query = makeNode(Query);
  query->commandType = CMD_SELECT;
  query->rtable = list_make1(item->p_rte);
  pg::OwnPermissions(query, item->p_rte, nullptr);
  auto* root = makeNode(PlannerInfo);
  root->glob = makeNode(PlannerGlobal);
  root->parse = query;
  root->query_level = 1;
  root->planner_cxt = CurrentMemoryContext;
  setup_simple_rel_arrays(root);
  build_simple_rel(root, 1, nullptr);
  return clauselist_selectivity(root, static_cast<List*>(copyObjectImpl(predicate)), 0, JOIN_INNER, nullptr);
}

// Whether equal keys may share one key in a posting list: every operator class must promise that equal means identical.
bool EqualMeansIdentical(const IndexOptInfo* info) {
  if (info->ncolumns != info->nkeycolumns) return false;
  for (int i = 0; i < info->nkeycolumns; ++i) {
    const Oid type = info->opcintype[i];
    const Oid procedure = get_opfamily_proc(info->opfamily[i], type, type, BTEQUALIMAGE_PROC);
    if (!OidIsValid(procedure)) return false;
    if (!DatumGetBool(OidFunctionCall1Coll(procedure, info->indexcollations[i], ObjectIdGetDatum(type)))) return false;
  }
  return true;
}

bool Deduplicates(const IndexOptInfo* info, List* options) {
  if (info->unique || !EqualMeansIdentical(info)) return false;
  ListCell* cell = nullptr;
  foreach (cell, options) {
    auto* option = lfirst_node(DefElem, cell);
    if (strcmp(option->defname, "deduplicate_items") == 0) return defGetBoolean(option);
  }
  return true;
}

// Whether columns are likely to repeat together more often than independence says, and repetition matters: there are
// several, all plain, and neither one of them nor their product settles the number.
bool WorthSampling(const IndexOptInfo* info, int count, double largest, double product, double rows) {
  if (count < 2 || largest > 0.5 * rows || product < 0.02 * rows) return false;
  for (int i = 0; i < count; ++i)
    if (info->indexkeys[i] == 0) return false;
  return true;
}

// Different combinations of the leading `count` key columns: from extended statistics, else from a sample where the
// number decides on a size, else as if the columns were independent.
double PrefixDistinct(Relation relation, const IndexOptInfo* info, int count, double product, bool sample,
                      double rows) {
  const double known = ExtendedDistinct(relation, info->indexkeys, count, rows);
  if (known > 0) return known;
  const double sampled = sample ? SampledDistinct(relation, info->indexkeys, count, rows) : -1;
  return std::min(sampled > 0 ? sampled : product, rows);
}

// Whether a sample shows that what was assumed of expressions and predicates is wrong: what they were made of is known
// better from statistics than the sample tells.
bool Contradicts(double sampled, double assumed) {
  constexpr double kDoubt = 1.25;
  return sampled * kDoubt < assumed || sampled > assumed * kDoubt;
}

struct BtreeInput {
  Relation relation;
  List* options;
  double table_rows;
  bool may_sample;
};

void ReadColumns(const BtreeInput& input, const HypotheticalIndex& part, bool deduplicates, Columns* columns) {
  const IndexOptInfo* info = part.info;
  // Statistics are of columns and of all rows.
  double own_distinct[INDEX_MAX_KEYS];
  const bool is_sampled = deduplicates && input.may_sample && (info->indexprs != NIL || info->indpred != NIL) &&
                          SampleKeyDistinct(input.relation, info, part.rows, own_distinct);
  const ListCell* expression = list_head(info->indexprs);
  double product = 1;
  double largest = 1;
  for (int i = 0; i < info->ncolumns; ++i) {
    ColumnFacts facts{};
    if (info->indexkeys[i] != 0) {
      facts = FactsOfColumn(input.relation, info->indexkeys[i], input.table_rows);
    } else {
      facts = FactsOfExpression(input.relation, static_cast<Node*>(lfirst(expression)), input.table_rows);
      expression = lnext(info->indexprs, expression);
    }
    if (i >= info->nkeycolumns) {
      columns->included[i - info->nkeycolumns] = facts.stored;
      continue;
    }
    // NULL is one more value.
    product *= facts.distinct + (facts.stored.null_fraction > 0 ? 1 : 0);
    largest = std::max(largest, facts.distinct);
    const bool sample = deduplicates && WorthSampling(info, i + 1, largest, product, input.table_rows);
    double distinct = PrefixDistinct(input.relation, info, i + 1, product, sample, input.table_rows);
    distinct = core::DistinctInSubset(distinct, input.table_rows, part.rows);
    if (is_sampled && Contradicts(own_distinct[i], distinct)) distinct = own_distinct[i];
    facts.stored.prefix_distinct = std::max(1.0, distinct);
    columns->keys[i] = facts.stored;
  }
}

void SizeBtree(const BtreeInput& input, HypotheticalIndex* part) {
  IndexOptInfo* info = part->info;
  Columns columns;
  const bool deduplicates = Deduplicates(info, input.options);
  ReadColumns(input, *part, deduplicates, &columns);
  core::BtreeShape shape;
  shape.rows = part->rows;
  shape.keys = {columns.keys, static_cast<size_t>(info->nkeycolumns)};
  shape.included = {columns.included, static_cast<size_t>(info->ncolumns - info->nkeycolumns)};
  shape.deduplicates = deduplicates;
  shape.fillfactor = IntegerOption(input.options, "fillfactor", BTREE_DEFAULT_FILLFACTOR, BTREE_MIN_FILLFACTOR, 100);
  const core::BtreeSize size = core::EstimateBtreeSize(shape);
  info->pages = static_cast<BlockNumber>(std::min<uint64>(size.pages, MaxBlockNumber));
  info->tree_height = size.height;
}

}  // namespace

void SetIndexSize(Relation relation, List* options, const KnownSize& known, bool may_sample, HypotheticalIndex* part) {
  IndexOptInfo* info = part->info;
  const double rows = TableRows(relation);
  part->row_fraction = PredicateSelectivity(relation, info->indpred);
  part->rows = std::round(rows * part->row_fraction);
  if (info->relam == BRIN_AM_OID)
    part->pages_per_range =
        IntegerOption(options, "pages_per_range", BRIN_DEFAULT_PAGES_PER_RANGE, 1, kMostPagesPerRange);
  if (info->relam == BTREE_AM_OID) {
    if (known.pages == KnownSize::kNoPages || known.tree_height == KnownSize::kNoHeight)
      SizeBtree({relation, options, rows, may_sample}, part);
    if (known.tree_height != KnownSize::kNoHeight) info->tree_height = known.tree_height;
  } else if (known.pages == KnownSize::kNoPages) {
    SizeOtherKind(relation, options, rows, may_sample, part);
  }
}

}  // namespace steward::whatif
