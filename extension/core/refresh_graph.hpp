// Which materialized views depend on which: order, closures, promises that dependents impose, and groups of views that
// must be refreshed from one snapshot so that a view that reads several of them never mixes states. Pure. What a view
// reads is found elsewhere (refresh/dependencies).
#pragma once

#include <cstdint>
#include <vector>

#include "core/schedule.hpp"

namespace steward::core {

/// What a view reads, directly or through plain views.
struct ViewSources {
  std::vector<int> parents;          // other views of the graph, by number; one out of range is ignored
  std::vector<std::uint32_t> roots;  // everything else, by any identity: two views share a root where these are equal
};

/// Views 0..n-1 in order. A group is a set of views that are refreshed in one REPEATABLE READ transaction; most groups
/// have one member.
///
/// Where a view V sees x (a root or a view) along two paths that have only their ends in common, all views strictly
/// between x and V are of one group: each of them must be made from the same state of x. Where V reads x itself, too, x
/// is of that group if it is a view (then what is stored of x and of the others always agrees), else V is (a root
/// changes at any time, so V must read it in the snapshot in which the others did). Neither x nor V is otherwise
/// needed: the members read one stored x in one snapshot, and V finds members that were replaced together. Groups that
/// share a member are one, and so are groups that depend on each other both ways.
///
/// Within its transaction a member is refreshed when it is dirty, judged after the transaction's snapshot is taken.
struct RefreshGraph {
  std::vector<std::vector<int>> parents;   // of each view, without repeats
  std::vector<std::vector<int>> children;  // of each view
  std::vector<int> order;                  // parents before children
  std::vector<int> cyclic;                 // on or below a cycle: not in `order`, in no group, never planned
  std::vector<std::vector<int>> groups;    // members in `order`; a group after all groups that it depends on
  std::vector<int> group_of;               // of each view; -1: cyclic

  /// The same, between groups.
  std::vector<std::vector<int>> group_parents;
  std::vector<std::vector<int>> group_children;
};

/// Takes time in proportion to the views and, for each view and root, those that depend on it.
[[nodiscard]] RefreshGraph BuildGraph(const std::vector<ViewSources>& views);

/// All views that `view` depends on, or that depend on it, itself left out, in `order`.
[[nodiscard]] std::vector<int> Ancestors(const RefreshGraph& graph, int view);
[[nodiscard]] std::vector<int> Descendants(const RefreshGraph& graph, int view);

/// How stale each group may become: the least of its own promise and, for each group that reads it, that one's promise
/// less that one's cost. `own` is kNever for a group that promises nothing itself ("downstream"); so is the result
/// where no dependent promises anything. May be negative where the costs leave no room. Both arguments are by group.
[[nodiscard]] std::vector<Micros> Promises(const RefreshGraph& graph, const std::vector<Micros>& own,
                                           const std::vector<Micros>& cost);

}  // namespace steward::core
