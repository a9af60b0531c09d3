// See refresh_graph.hpp.
#include "core/refresh_graph.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>
#include <utility>

namespace steward::core {

namespace {

using Lists = std::vector<std::vector<int>>;

// Kahn's algorithm, smallest number first among equals. What it cannot reach is on or below a cycle.
std::vector<int> TopologicalOrder(const Lists& parents, const Lists& children) {
  std::vector<std::size_t> missing(parents.size());
  std::vector<int> order;
  for (std::size_t v = 0; v < parents.size(); v++) {
    missing[v] = parents[v].size();
    if (missing[v] == 0) order.push_back(static_cast<int>(v));
  }
  for (std::size_t next = 0; next < order.size(); next++) {
    for (int child : children[static_cast<std::size_t>(order[next])]) {
      if (--missing[static_cast<std::size_t>(child)] == 0) order.push_back(child);
    }
  }
  return order;
}

// Everything reached from `from` along `edges`, `from` included.
std::vector<int> Reach(const Lists& edges, std::vector<int> from) {
  std::vector<char> seen(edges.size(), 0);
  for (int v : from) seen[static_cast<std::size_t>(v)] = 1;
  for (std::size_t next = 0; next < from.size(); next++) {
    for (int v : edges[static_cast<std::size_t>(from[next])]) {
      if (!std::exchange(seen[static_cast<std::size_t>(v)], 1)) from.push_back(v);
    }
  }
  return from;
}

void Deduplicate(std::vector<int>* list) {
  std::sort(list->begin(), list->end());
  list->erase(std::unique(list->begin(), list->end()), list->end());
}

// Sets that only grow together.
class Unions {
 public:
  explicit Unions(std::size_t count) : leader_(count) { std::iota(leader_.begin(), leader_.end(), 0); }

  int Leader(int v) {
    int& leader = leader_[static_cast<std::size_t>(v)];
    if (leader != v) leader = Leader(leader);
    return leader;
  }

  void Unite(const std::vector<int>& views) {
    if (views.empty()) return;
    int least = Leader(views[0]);
    for (int v : views) least = std::min(least, Leader(v));
    for (int v : views) leader_[static_cast<std::size_t>(Leader(v))] = least;
  }

 private:
  std::vector<int> leader_;
};

// Finds the diamonds below one x and unites what they need.
class Diamonds {
 public:
  Diamonds(const RefreshGraph& graph, Unions* unions)
      : graph_(graph), unions_(unions), position_(graph.parents.size(), -1), entry_(graph.parents.size(), -1) {
    for (std::size_t i = 0; i < graph.order.size(); i++) {
      position_[static_cast<std::size_t>(graph.order[i])] = static_cast<int>(i);
    }
  }

  // `top`: the view that is x, -1 for a root. `readers` are who reads it.
  void Below(int top, const std::vector<int>& readers) {
    std::vector<int> below = Reach(graph_.children, readers);
    std::erase_if(below, [&](int v) { return position_[static_cast<std::size_t>(v)] < 0; });
    std::sort(below.begin(), below.end(), [&](int a, int b) {
      return position_[static_cast<std::size_t>(a)] < position_[static_cast<std::size_t>(b)];
    });
    dominators_.assign(1, {-1, 0, -1});  // entry 0 is x
    for (int v : below) Visit(v, std::find(readers.begin(), readers.end(), v) != readers.end(), top);
    for (int v : below) entry_[static_cast<std::size_t>(v)] = -1;
  }

 private:
  struct Dominator {
    int view;
    int depth;
    int parent;  // the entry that every path from x to this one goes through last
  };

  int Common(int a, int b) const {
    while (a != b) {
      int& deeper =
          dominators_[static_cast<std::size_t>(a)].depth >= dominators_[static_cast<std::size_t>(b)].depth ? a : b;
      deeper = dominators_[static_cast<std::size_t>(deeper)].parent;
    }
    return a;
  }

  void Visit(int view, bool reads_top, int top) {
    int paths = reads_top ? 1 : 0;
    int parent = reads_top ? 0 : -1;
    for (int p : graph_.parents[static_cast<std::size_t>(view)]) {
      const int entry = entry_[static_cast<std::size_t>(p)];
      if (entry < 0) continue;
      paths++;
      parent = parent < 0 ? entry : Common(parent, entry);
    }
    if (paths >= 2 && parent == 0) UniteBetween(view, reads_top, top);
    entry_[static_cast<std::size_t>(view)] = static_cast<int>(dominators_.size());
    dominators_.push_back({view, dominators_[static_cast<std::size_t>(parent)].depth + 1, parent});
  }

  void UniteBetween(int view, bool reads_top, int top) {
    std::vector<int> members = Reach(graph_.parents, {view});
    // Those visited so far that are no part of x's progeny have no entry, and neither has the view itself.
    std::erase_if(members, [&](int v) { return entry_[static_cast<std::size_t>(v)] < 0; });
    if (reads_top) members.push_back(top >= 0 ? top : view);
    unions_->Unite(members);
  }

  const RefreshGraph& graph_;
  Unions* unions_;
  std::vector<int> position_;
  std::vector<int> entry_;
  std::vector<Dominator> dominators_;
};

// Links between groups, by leader; a member stands for its group.
struct GroupLinks {
  Lists parents, children;

  GroupLinks(const RefreshGraph& graph, Unions* unions)
      : parents(graph.parents.size()), children(graph.parents.size()) {
    for (int v : graph.order) {
      for (int p : graph.parents[static_cast<std::size_t>(v)]) {
        const int from = unions->Leader(p);
        const int to = unions->Leader(v);
        if (from == to) continue;
        parents[static_cast<std::size_t>(to)].push_back(from);
        children[static_cast<std::size_t>(from)].push_back(to);
      }
    }
    for (auto* lists : {&parents, &children}) {
      for (auto& list : *lists) Deduplicate(&list);
    }
  }
};

// A group that depends on another that depends on it can only be refreshed together with it.
void UniteMutual(const RefreshGraph& graph, Unions* unions) {
  const GroupLinks links(graph, unions);
  std::vector<int> size(graph.parents.size(), 0);
  for (int v : graph.order) size[static_cast<std::size_t>(unions->Leader(v))]++;
  for (int v : graph.order) {
    if (size[static_cast<std::size_t>(v)] < 2) continue;
    std::vector<int> down = Reach(links.children, {v});
    std::vector<int> up = Reach(links.parents, {v});
    std::sort(down.begin(), down.end());
    std::sort(up.begin(), up.end());
    std::vector<int> both;
    std::set_intersection(down.begin(), down.end(), up.begin(), up.end(), std::back_inserter(both));
    unions->Unite(both);
  }
}

void NumberGroups(RefreshGraph* graph, Unions* unions) {
  const GroupLinks links(*graph, unions);
  std::vector<int> number(graph->parents.size(), -1);
  for (int leader : TopologicalOrder(links.parents, links.children)) {
    if (unions->Leader(leader) != leader) continue;
    if (std::binary_search(graph->cyclic.begin(), graph->cyclic.end(), leader)) continue;
    number[static_cast<std::size_t>(leader)] = static_cast<int>(graph->group_parents.size());
    auto& parents = graph->group_parents.emplace_back();
    for (int p : links.parents[static_cast<std::size_t>(leader)]) {
      parents.push_back(number[static_cast<std::size_t>(p)]);
    }
  }
  graph->groups.resize(graph->group_parents.size());
  graph->group_children.resize(graph->group_parents.size());
  graph->group_of.assign(graph->parents.size(), -1);
  for (int v : graph->order) {
    const int group = number[static_cast<std::size_t>(unions->Leader(v))];
    graph->group_of[static_cast<std::size_t>(v)] = group;
    graph->groups[static_cast<std::size_t>(group)].push_back(v);
  }
  for (std::size_t g = 0; g < graph->group_parents.size(); g++) {
    for (int p : graph->group_parents[g])
      graph->group_children[static_cast<std::size_t>(p)].push_back(static_cast<int>(g));
  }
}

std::vector<int> Closure(const RefreshGraph& graph, const Lists& edges, int view) {
  std::vector<int> reached = Reach(edges, {view});
  std::sort(reached.begin(), reached.end());
  std::vector<int> result;
  for (int v : graph.order) {
    if (v != view && std::binary_search(reached.begin(), reached.end(), v)) result.push_back(v);
  }
  return result;
}

}  // namespace

RefreshGraph BuildGraph(const std::vector<ViewSources>& views) {
  RefreshGraph graph;
  const int count = static_cast<int>(views.size());
  graph.parents.resize(views.size());
  graph.children.resize(views.size());
  std::map<std::uint32_t, std::vector<int>> readers;
  for (int v = 0; v < count; v++) {
    auto& parents = graph.parents[static_cast<std::size_t>(v)];
    for (int p : views[static_cast<std::size_t>(v)].parents) {
      if (p >= 0 && p < count) parents.push_back(p);
    }
    Deduplicate(&parents);
    for (int p : parents) graph.children[static_cast<std::size_t>(p)].push_back(v);
    for (std::uint32_t root : views[static_cast<std::size_t>(v)].roots) readers[root].push_back(v);
  }
  graph.order = TopologicalOrder(graph.parents, graph.children);
  std::vector<int> ordered = graph.order;
  std::sort(ordered.begin(), ordered.end());
  for (int v = 0; v < count; v++) {
    if (!std::binary_search(ordered.begin(), ordered.end(), v)) graph.cyclic.push_back(v);
  }
  Unions unions(views.size());
  Diamonds diamonds(graph, &unions);
  for (auto& [root, list] : readers) {
    Deduplicate(&list);
    diamonds.Below(-1, list);
  }
  for (int v : graph.order) diamonds.Below(v, graph.children[static_cast<std::size_t>(v)]);
  UniteMutual(graph, &unions);
  NumberGroups(&graph, &unions);
  return graph;
}

std::vector<int> Ancestors(const RefreshGraph& graph, int view) {
  return Closure(graph, graph.parents, view);
}

std::vector<int> Descendants(const RefreshGraph& graph, int view) {
  return Closure(graph, graph.children, view);
}

std::vector<Micros> Promises(const RefreshGraph& graph, const std::vector<Micros>& own,
                             const std::vector<Micros>& cost) {
  std::vector<Micros> promises = own;
  for (std::size_t g = graph.groups.size(); g-- > 0;) {
    for (int child : graph.group_children[g]) {
      const auto c = static_cast<std::size_t>(child);
      if (promises[c] != kNever) promises[g] = std::min(promises[g], promises[c] - cost[c]);
    }
  }
  return promises;
}

}  // namespace steward::core
