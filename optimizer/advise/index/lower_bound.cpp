// See lower_bound.hpp.
#include "advise/index/lower_bound.hpp"

#include <algorithm>

namespace steward::advise {

std::optional<std::vector<double>> LowerBounds(CostBook& book, const std::vector<bool>& affordable,
                                               const std::vector<model::Cost>& before,
                                               const std::vector<model::Cost>& after) {
  CostBook::Wanted wanted;
  for (std::size_t s = 0; s < book.Statements(); s++) {
    model::Configuration all;
    for (const std::size_t candidate : book.Relevant(s))
      if (affordable[candidate]) all.push_back(candidate);
    if (all.size() > kMostPresent) return std::nullopt;
    wanted.emplace_back(s, std::move(all));
  }
  book.FetchExact(wanted);
  std::vector<double> bounds;
  for (const auto& [s, all] : wanted) {
    const model::Cost& with_all = book.Exact(s, all);
    if (before[s].error.empty() && !with_all.error.empty()) return std::nullopt;
    bounds.push_back(std::min({before[s].total, after[s].total, with_all.total}));
  }
  return bounds;
}

}  // namespace steward::advise
