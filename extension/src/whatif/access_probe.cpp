// See access_probe.hpp.
#include "whatif/access_probe.hpp"

#include "whatif/inject.hpp"
#include "whatif/path_order.hpp"

extern "C" {
#include "catalog/pg_class.h"
#include "optimizer/cost.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
}

namespace steward::whatif {

namespace {

template <typename Node>
const Node* As(const Path* path) {
  return reinterpret_cast<const Node*>(path);
}

List* WithIndex(List* numbers, Oid index, const Candidate* candidates, int ncandidates) {
  for (int i = 0; i < ncandidates; ++i)
    if (candidates[i].index == index) return list_append_unique_int(numbers, i + 1);
  return numbers;
}

List* WithBitmap(List* numbers, const Path* path, const Candidate* candidates, int ncandidates) {
  const List* parts = NIL;
  if (IsA(path, IndexPath))
    return WithIndex(numbers, As<IndexPath>(path)->indexinfo->indexoid, candidates, ncandidates);
  if (IsA(path, BitmapAndPath)) parts = As<BitmapAndPath>(path)->bitmapquals;
  if (IsA(path, BitmapOrPath)) parts = As<BitmapOrPath>(path)->bitmapquals;
  const ListCell* cell = nullptr;
  foreach (cell, parts) numbers = WithBitmap(numbers, static_cast<const Path*>(lfirst(cell)), candidates, ncandidates);
  return numbers;
}

// Everything that `wanted` asks for, at no higher cost.
bool IsAsGood(const Access& access, const Access& wanted) {
  return access.startup <= wanted.startup && access.total <= wanted.total && access.workers == wanted.workers &&
         IsOrderPrefix(wanted.order, access.order) && bms_equal(access.outer, wanted.outer);
}

bool IsDominated(const List* accesses, const Access& access) {
  const ListCell* cell = nullptr;
  foreach (cell, accesses)
    if (IsAsGood(*static_cast<const Access*>(lfirst(cell)), access)) return true;
  return false;
}

List* WithoutDominated(List* accesses, const Access& by) {
  ListCell* cell = nullptr;
  foreach (cell, accesses) {
    if (IsAsGood(by, *static_cast<const Access*>(lfirst(cell)))) accesses = foreach_delete_current(accesses, cell);
  }
  return accesses;
}

// What is known of one relation. An access through candidates is of use only where it beats all that need none.
struct Accesses {
  PlannerInfo* root;
  RelOptInfo* rel;
  List* without;  // candidates
  List* others;
};

bool IsTableScan(const Path* path) {
  return IsA(path, IndexPath) || IsA(path, BitmapHeapPath) || path->pathtype == T_SeqScan;
}

Access Describe(const Accesses& accesses, const Path* path, List* candidates) {
  Access access{};
  access.outer = PATH_REQ_OUTER(path);
  access.order = OrderOfPath(accesses.root, path, list_length(path->pathkeys));
  access.workers = path->parallel_workers;
  access.startup = path->startup_cost;
  access.total = path->total_cost;
  access.candidates = candidates;
  return access;
}

List* WithAccess(List* accesses, const Access& access) {
  if (IsDominated(accesses, access)) return accesses;
  accesses = WithoutDominated(accesses, access);
  auto* copy = static_cast<Access*>(palloc(sizeof(Access)));
  *copy = access;
  return lappend(accesses, copy);
}

// The paths that the planner has found; where candidates are in force some may need these.
void AddPresent(Accesses* accesses, const List* paths, const Probe& probe) {
  const ListCell* cell = nullptr;
  foreach (cell, paths) {
    const auto* path = static_cast<const Path*>(lfirst(cell));
    if (!IsTableScan(path)) continue;
    const Access access = Describe(*accesses, path, CandidatesOfPath(path, probe.candidates, probe.ncandidates));
    if (access.candidates == NIL)
      accesses->without = WithAccess(accesses->without, access);
    else
      accesses->others = list_concat(accesses->others, WithAccess(NIL, access));
  }
}

// Anew, for the planner has dropped them where something was better.
void AddSequentialScans(Accesses* accesses) {
  RelOptInfo* rel = accesses->rel;
  const Path* scan = create_seqscan_path(accesses->root, rel, rel->lateral_relids, 0);
  accesses->without = WithAccess(accesses->without, Describe(*accesses, scan, NIL));
  if (!rel->consider_parallel || rel->lateral_relids != nullptr) return;
  const int workers = compute_parallel_worker(rel, rel->pages, -1, max_parallel_workers_per_gather);
  if (workers <= 0) return;
  scan = create_seqscan_path(accesses->root, rel, nullptr, workers);
  accesses->without = WithAccess(accesses->without, Describe(*accesses, scan, NIL));
}

List* WithPaths(List* own, const Accesses& accesses, const List* paths, List* candidates) {
  const ListCell* cell = nullptr;
  foreach (cell, paths) {
    const Access access = Describe(accesses, static_cast<const Path*>(lfirst(cell)), candidates);
    if (!IsDominated(accesses.without, access)) own = WithAccess(own, access);
  }
  return own;
}

void MakePaths(const Accesses& accesses, List* indexes) {
  accesses.rel->indexlist = indexes;
  accesses.rel->pathlist = NIL;
  accesses.rel->partial_pathlist = NIL;
  create_index_paths(accesses.root, accesses.rel);
}

// Those paths that combine the bitmaps of several indexes, one of them of candidate `number`.
List* WithCombinations(List* own, const Accesses& accesses, const List* paths, int number, const Probe& probe) {
  const ListCell* cell = nullptr;
  foreach (cell, paths) {
    auto* path = static_cast<Path*>(lfirst(cell));
    if (!IsA(path, BitmapHeapPath) || IsA(As<BitmapHeapPath>(path)->bitmapqual, IndexPath)) continue;
    List* candidates = CandidatesOfPath(path, probe.candidates, probe.ncandidates);
    if (list_member_int(candidates, number)) own = WithPaths(own, accesses, list_make1(path), candidates);
  }
  return own;
}

// The paths through `index` as if there were no other, and where it is combined with those that there are.
List* OwnAccesses(const Accesses& accesses, IndexOptInfo* index, int number, const Probe& probe) {
  const RelOptInfo* rel = accesses.rel;
  List* present = rel->indexlist;
  List* candidates = list_make1_int(number);
  MakePaths(accesses, list_make1(index));
  List* own = WithPaths(NIL, accesses, rel->pathlist, candidates);
  own = WithPaths(own, accesses, rel->partial_pathlist, candidates);
  if (present != NIL) {
    MakePaths(accesses, lcons(index, list_copy(present)));
    own = WithCombinations(own, accesses, rel->pathlist, number, probe);
    own = WithCombinations(own, accesses, rel->partial_pathlist, number, probe);
  }
  accesses.rel->indexlist = present;
  return own;
}

struct ProbedIndexes {
  List* indexes;  // of IndexOptInfo
  List* numbers;  // of the candidates they are of
};

ProbedIndexes IndexesOn(RelOptInfo* rel, Oid relid, const Probe& probe) {
  ProbedIndexes probed{NIL, NIL};
  for (int i = 0; i < probe.nchosen; ++i) {
    const Candidate& candidate = probe.candidates[probe.chosen[i]];
    for (int p = 0; p < candidate.nparts; ++p) {
      if (candidate.parts[p].relid != relid) continue;
      probed.indexes = lappend(probed.indexes, MakeIndexInfo(candidate.parts[p], rel));
      probed.numbers = lappend_int(probed.numbers, probe.chosen[i] + 1);
    }
  }
  return probed;
}

void AddProbed(Accesses* accesses, const ProbedIndexes& probed, const Probe& probe) {
  RelOptInfo* rel = accesses->rel;
  List* indexes = rel->indexlist;
  List* paths = rel->pathlist;
  List* partial_paths = rel->partial_pathlist;
  rel->indexlist = probed.indexes;
  check_index_predicates(accesses->root, rel);
  rel->indexlist = indexes;
  const ListCell* index = nullptr;
  const ListCell* number = nullptr;
  forboth(index, probed.indexes, number, probed.numbers) {
    CHECK_FOR_INTERRUPTS();
    accesses->others = list_concat(accesses->others,
                                   OwnAccesses(*accesses, lfirst_node(IndexOptInfo, index), lfirst_int(number), probe));
  }
  rel->pathlist = paths;
  rel->partial_pathlist = partial_paths;
}

List* WithCosts(List* costs, const List* paths) {
  const ListCell* cell = nullptr;
  foreach (cell, paths) {
    const auto* path = static_cast<const Path*>(lfirst(cell));
    auto* entry = static_cast<PathCosts*>(palloc(sizeof(PathCosts)));
    *entry = {path, path->startup_cost, path->total_cost};
    costs = lappend(costs, entry);
  }
  return costs;
}

}  // namespace

bool HasPlainPaths(RelOptInfo* rel, const RangeTblEntry* entry) {
  return !entry->inh && entry->tablesample == nullptr && entry->relkind != RELKIND_FOREIGN_TABLE && !IS_DUMMY_REL(rel);
}

List* CostsOfPaths(const RelOptInfo* rel) {
  return WithCosts(WithCosts(NIL, rel->pathlist), rel->partial_pathlist);
}

List* ProbeAccesses(PlannerInfo* root, RelOptInfo* rel, Oid relid, const Probe& probe) {
  if (probe.nchosen == 0) return NIL;
  Accesses accesses{root, rel, NIL, NIL};
  AddPresent(&accesses, rel->pathlist, probe);
  AddPresent(&accesses, rel->partial_pathlist, probe);
  AddSequentialScans(&accesses);
  const ProbedIndexes probed = IndexesOn(rel, relid, probe);
  if (probed.indexes != NIL) AddProbed(&accesses, probed, probe);
  return list_concat(accesses.without, accesses.others);
}

List* CandidatesOfPath(const Path* path, const Candidate* candidates, int ncandidates) {
  if (IsA(path, BitmapHeapPath)) path = As<BitmapHeapPath>(path)->bitmapqual;
  List* numbers = WithBitmap(NIL, path, candidates, ncandidates);
  list_sort(numbers, list_int_cmp);
  return numbers;
}

}  // namespace steward::whatif
