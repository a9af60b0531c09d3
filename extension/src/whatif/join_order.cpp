// See join_order.hpp. Aliases tell tables apart within a query; where subqueries repeat them more is allowed than there
// is in the plan.
#include "whatif/join_order.hpp"

#include "pg/compat.hpp"
#include "pg/plan_tree.hpp"
#include "pg/role.hpp"

extern "C" {
#include "optimizer/pathnode.h"
#include "parser/parsetree.h"
}

namespace steward::whatif {

namespace {

struct JoinForm {
  Bitmapset* outer;
  Bitmapset* inner;
  NodeTag kind;
};

struct Kept {
  const RelOptInfo* join;
  List* paths;
  List* partial_paths;
};

int NumberOf(const JoinOrder& order, const char* alias) {
  for (int i = 0; i < list_length(order.aliases); ++i)
    if (strcmp(static_cast<const char*>(list_nth(order.aliases, i)), alias) == 0) return i;
  return -1;
}

struct Reading {
  const PlannedStmt* statement;
  JoinOrder* order;
  Bitmapset* below;
};

void AddAlias(Reading* reading, Index rti) {
  char* alias = rt_fetch(rti, reading->statement->rtable)->eref->aliasname;
  int number = NumberOf(*reading->order, alias);
  if (number < 0) {
    number = list_length(reading->order->aliases);
    reading->order->aliases = lappend(reading->order->aliases, alias);
  }
  reading->below = bms_add_member(reading->below, number);
}

// The tables that an Append stands for as a whole: a partitioned one, by its own alias.
const Bitmapset* Appended(const Plan* plan) {
  if (IsA(plan, Append)) return reinterpret_cast<const Append*>(plan)->apprelids;
  return IsA(plan, MergeAppend) ? reinterpret_cast<const MergeAppend*>(plan)->apprelids : nullptr;
}

void AddBelow(Plan* plan, void* context) {
  check_stack_depth();
  auto* reading = static_cast<Reading*>(context);
  const Index scanned = pg::ScanRelation(plan);
  if (scanned > 0) return AddAlias(reading, scanned);
  const Bitmapset* appended = Appended(plan);
  if (appended == nullptr) return pg::ForEachChild(plan, AddBelow, context);
  for (int rti = -1; (rti = bms_next_member(appended, rti)) >= 0;) AddAlias(reading, static_cast<Index>(rti));
}

Bitmapset* Below(const Reading& reading, Plan* plan) {
  Reading own{reading.statement, reading.order, nullptr};
  if (plan != nullptr) AddBelow(plan, &own);
  return own.below;
}

void AddJoins(Plan* plan, void* context) {
  check_stack_depth();
  auto* reading = static_cast<Reading*>(context);
  if (IsA(plan, NestLoop) || IsA(plan, MergeJoin) || IsA(plan, HashJoin)) {
    auto* form = static_cast<JoinForm*>(palloc(sizeof(JoinForm)));
    *form = {Below(*reading, plan->lefttree), Below(*reading, plan->righttree), nodeTag(plan)};
    reading->order->forms = lappend(reading->order->forms, form);
  }
  pg::ForEachChild(plan, AddJoins, context);
}

// False where the plan does not show one of them.
bool AliasesOf(const JoinOrder& order, const PlannerInfo* root, const RelOptInfo* rel, Bitmapset** aliases) {
  *aliases = nullptr;
  for (int rti = -1; (rti = bms_next_member(rel->relids, rti)) >= 0;) {
    const RangeTblEntry* entry = root->simple_rte_array[rti];
    if (entry->rtekind == RTE_JOIN) continue;
    const int number = NumberOf(order, entry->eref->aliasname);
    if (number < 0) return false;
    *aliases = bms_add_member(*aliases, number);
  }
  return true;
}

struct Allowed {
  bool nested;
  bool merge;
  bool hash;
};

Allowed AllowedOf(const JoinOrder& order, const Bitmapset* outer, const Bitmapset* inner) {
  Allowed allowed{};
  const ListCell* cell = nullptr;
  foreach (cell, order.forms) {
    const auto* form = static_cast<const JoinForm*>(lfirst(cell));
    if (!bms_equal(form->outer, outer) || !bms_equal(form->inner, inner)) continue;
    allowed.nested |= form->kind == T_NestLoop;
    allowed.merge |= form->kind == T_MergeJoin;
    allowed.hash |= form->kind == T_HashJoin;
  }
  return allowed;
}

// Those that are kept are copies, and made to be as good as before when they are added again.
void DiscourageAll(const List* paths) {
  const ListCell* cell = nullptr;
  foreach (cell, paths)
    if (!pg::IsDiscouraged(static_cast<const Path*>(lfirst(cell)))) pg::Discourage(static_cast<Path*>(lfirst(cell)));
}

Path* CopyOf(const Path* path) {
  Size size = 0;
  if (IsA(path, NestPath)) size = sizeof(NestPath);
  if (IsA(path, MergePath)) size = sizeof(MergePath);
  if (IsA(path, HashPath)) size = sizeof(HashPath);
  if (size == 0) return nullptr;
  auto* copy = static_cast<Path*>(palloc(size));
  memcpy(copy, path, size);
  return copy;
}

List* WithCopies(List* copies, const List* paths) {
  const ListCell* cell = nullptr;
  foreach (cell, paths) {
    Path* copy = CopyOf(static_cast<const Path*>(lfirst(cell)));
    if (copy != nullptr) copies = lappend(copies, copy);
  }
  return copies;
}

Kept* KeptOf(JoinOrder* order, const RelOptInfo* join) {
  const ListCell* cell = nullptr;
  foreach (cell, order->kept)
    if (static_cast<Kept*>(lfirst(cell))->join == join) return static_cast<Kept*>(lfirst(cell));
  auto* kept = static_cast<Kept*>(palloc0(sizeof(Kept)));
  kept->join = join;
  order->kept = lappend(order->kept, kept);
  return kept;
}

// Anew and by themselves: among all kinds of joins those that are allowed might not have survived.
void MakeAllowed(JoinOrder* order, const JoinCall& call, const Allowed& allowed, Kept* kept) {
  call.join->pathlist = call.join->partial_pathlist = NIL;
  const int level = NewGUCNestLevel();
  if (!allowed.nested) pg::SetForRole("enable_nestloop", "off");
  if (!allowed.merge) pg::SetForRole("enable_mergejoin", "off");
  if (!allowed.hash) pg::SetForRole("enable_hashjoin", "off");
  order->busy = true;
  add_paths_to_joinrel(call.root, call.join, call.outer, call.inner, call.type, call.extra->sjinfo,
                       call.extra->restrictlist);
  order->busy = false;
  AtEOXact_GUC(false, level);
  kept->paths = WithCopies(kept->paths, call.join->pathlist);
  kept->partial_paths = WithCopies(kept->partial_paths, call.join->partial_pathlist);
}

}  // namespace

JoinOrder* JoinsOf(const PlannedStmt* plan) {
  auto* order = static_cast<JoinOrder*>(palloc0(sizeof(JoinOrder)));
  Reading reading{plan, order, nullptr};
  AddJoins(plan->planTree, &reading);
  const ListCell* cell = nullptr;
  foreach (cell, plan->subplans)
    if (lfirst(cell) != nullptr) AddJoins(static_cast<Plan*>(lfirst(cell)), &reading);
  return order;
}

void HoldToOrder(JoinOrder* order, const JoinCall& call) {
  Bitmapset* outer = nullptr;
  Bitmapset* inner = nullptr;
  if (order->busy || !AliasesOf(*order, call.root, call.outer, &outer) ||
      !AliasesOf(*order, call.root, call.inner, &inner))
    return;
  Kept* kept = KeptOf(order, call.join);
  List* paths = call.join->pathlist;
  List* partial_paths = call.join->partial_pathlist;
  const Allowed allowed = AllowedOf(*order, outer, inner);
  if (allowed.nested || allowed.merge || allowed.hash) MakeAllowed(order, call, allowed, kept);
  DiscourageAll(paths);
  DiscourageAll(partial_paths);
  call.join->pathlist = paths;
  call.join->partial_pathlist = partial_paths;
  const ListCell* cell = nullptr;
  foreach (cell, kept->paths) add_path(call.join, CopyOf(static_cast<const Path*>(lfirst(cell))));
  foreach (cell, kept->partial_paths) add_partial_path(call.join, CopyOf(static_cast<const Path*>(lfirst(cell))));
}

}  // namespace steward::whatif
