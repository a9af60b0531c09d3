// See row_sample.hpp.
#include "whatif/row_sample.hpp"

#include <algorithm>

extern "C" {
#include "access/tableam.h"
#include "storage/bufmgr.h"
#include "utils/snapmgr.h"
}

namespace steward::whatif {

namespace {

constexpr uint32 kPages = 3000;

ItemPointerData RowPointer(BlockNumber page, OffsetNumber offset) {
  ItemPointerData pointer;
  pointer.ip_blkid = {static_cast<uint16>(page >> 16), static_cast<uint16>(page & 0xFFFF)};
  pointer.ip_posid = offset;
  return pointer;
}

struct Sample {
  TableScanDesc scan;
  TupleTableSlot* slot;
  int visited;
};

void StartPage(const Sample& sample, BlockNumber page) {
  ItemPointerData first = RowPointer(page, FirstOffsetNumber);
  ItemPointerData last = RowPointer(page, MaxOffsetNumber);
  table_rescan_tidrange(sample.scan, &first, &last);
}

// At most `most` rows of a page, spread over it. False when the visitor has had enough.
bool SamplePage(Sample* sample, BlockNumber page, int most, RowVisitor visit, void* state) {
  int rows = 0;
  StartPage(*sample, page);
  while (table_scan_getnextslot_tidrange(sample->scan, ForwardScanDirection, sample->slot)) ++rows;
  const int taken = std::min(rows, most);
  StartPage(*sample, page);
  for (int i = 0, row = 0; i < taken; ++row) {
    if (!table_scan_getnextslot_tidrange(sample->scan, ForwardScanDirection, sample->slot)) break;
    if (row != i * rows / taken) continue;
    ++i;
    ++sample->visited;
    if (!visit(sample->slot, state)) return false;
  }
  return true;
}

}  // namespace

int SampleRows(Relation relation, int most, RowVisitor visit, void* state) {
  const BlockNumber pages = RelationGetNumberOfBlocks(relation);
  if (pages == 0 || relation->rd_tableam->scan_set_tidrange == nullptr) return 0;
  ItemPointerData start = RowPointer(0, FirstOffsetNumber);
  const uint32 sampled = std::min<uint32>(pages, kPages);
  const int per_page = std::max(1, most / static_cast<int>(sampled));
  Sample sample{table_beginscan_tidrange(relation, GetActiveSnapshot(), &start, &start),
                table_slot_create(relation, nullptr), 0};
  bool more = true;
  for (uint32 i = 0; i < sampled && more; ++i) {
    CHECK_FOR_INTERRUPTS();
    const auto page = static_cast<BlockNumber>(static_cast<uint64>(i) * pages / sampled);
    more = SamplePage(&sample, page, per_page, visit, state);
  }
  ExecDropSingleTupleTableSlot(sample.slot);
  table_endscan(sample.scan);
  return sample.visited;
}

}  // namespace steward::whatif
