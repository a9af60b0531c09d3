// See brin_cost.hpp.
#include "whatif/brin_cost.hpp"

#include <algorithm>
#include <cmath>

extern "C" {
#include "access/brin.h"
#include "access/brin_page.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "utils/index_selfuncs.h"
#include "utils/spccache.h"
}

namespace steward::whatif {

namespace {

// The server's estimate, made to see as many ranges as there are by giving the table so many pages meanwhile. It takes
// the range map for one page more than brinGetStats() tells of an index that exists, and charges for the bitmap by the
// default width of a range: both are made up for.
void CostEstimate(PlannerInfo* root, IndexPath* path, double loop_count, Cost* startup, Cost* total,
                  Selectivity* selectivity, double* correlation, double* pages) {
  const auto* index = reinterpret_cast<InjectedIndex*>(path->indexinfo);
  RelOptInfo* rel = index->info.rel;
  const BlockNumber table_pages = rel->pages;
  const double ranges = std::max(1.0, std::ceil(static_cast<double>(table_pages) / index->pages_per_range));
  const double most = MaxBlockNumber / BRIN_DEFAULT_PAGES_PER_RANGE;
  rel->pages = static_cast<BlockNumber>(std::min(ranges, most)) * BRIN_DEFAULT_PAGES_PER_RANGE;
  brincostestimate(root, path, loop_count, startup, total, selectivity, correlation, pages);
  rel->pages = table_pages;

  double random_page = 0;
  double sequential_page = 0;
  get_tablespace_page_costs(index->info.reltablespace, &random_page, &sequential_page);
  const double assumed = std::floor(ranges / REVMAP_PAGE_MAXITEMS) + 1;
  const double told = std::max(1.0, std::ceil(ranges / REVMAP_PAGE_MAXITEMS)) - 1;
  *startup += sequential_page * (told - assumed) * loop_count;
  *total += (sequential_page - random_page) * (told - assumed) * loop_count;
  *total += 0.1 * cpu_operator_cost * *selectivity * ranges * (index->pages_per_range - BRIN_DEFAULT_PAGES_PER_RANGE);
}

}  // namespace

void HonourPagesPerRange(InjectedIndex* index) {
  // Until 15 the field has no prototype.
  index->info.amcostestimate = reinterpret_cast<decltype(index->info.amcostestimate)>(CostEstimate);
}

}  // namespace steward::whatif
