// See show_plans.hpp.
#include "advise/index/show_plans.hpp"

#include <algorithm>
#include <set>

namespace steward::advise {

using model::Configuration;

namespace {

constexpr std::size_t kPresent = 12;  // candidates in one planning: the planner weighs combinations of them

struct Statement {
  std::size_t number;
  std::vector<std::size_t> ranked;
  std::set<Configuration> without;      // sets of candidates that a planning left out
  std::vector<Configuration> frontier;  // of these, the last ones
  std::size_t left;                     // plannings
};

// The best candidates but for those in `without`.
Configuration Present(const Statement& statement, const Configuration& without) {
  Configuration present;
  for (const std::size_t candidate : statement.ranked)
    if (present.size() < kPresent && !std::binary_search(without.begin(), without.end(), candidate))
      present.push_back(candidate);
  std::sort(present.begin(), present.end());
  return present;
}

// Leaves out, one at a time, what the last plannings used.
void Advance(const CostBook& book, Statement& statement) {
  std::vector<Configuration> next;
  for (const Configuration& without : statement.frontier)
    for (const std::size_t used : book.Used(statement.number, Present(statement, without))) {
      Configuration more = without;
      more.insert(std::lower_bound(more.begin(), more.end(), used), used);
      if (next.size() < statement.left && statement.without.insert(more).second) next.push_back(std::move(more));
    }
  statement.frontier = std::move(next);
  statement.left -= statement.frontier.size();
}

void PlanFrontiers(CostBook& book, const std::vector<Statement>& statements) {
  CostBook::Wanted wanted;
  for (const Statement& statement : statements)
    for (const Configuration& without : statement.frontier)
      if (Configuration present = Present(statement, without); !present.empty())
        wanted.emplace_back(statement.number, std::move(present));
  book.FetchPlans(wanted);
}

}  // namespace

void ShowPlans(CostBook& book, const std::vector<std::size_t>& chosen, const std::vector<bool>& allowed,
               std::size_t per_statement) {
  std::vector<Statement> statements;
  CostBook::Wanted singles;
  for (const std::size_t s : chosen) {
    Statement statement{s, book.Plans().Ranked(s, allowed), {}, {{}}, per_statement - 1};
    if (statement.ranked.empty()) continue;
    const std::size_t alone = std::min(book.Plans().Ways(s, allowed), statement.left / 2);
    for (std::size_t i = 0; i < alone; i++) singles.emplace_back(s, Configuration{statement.ranked[i]});
    statement.left -= alone;
    statements.push_back(std::move(statement));
  }
  book.FetchPlans(singles);
  const auto open = [](const Statement& statement) { return !statement.frontier.empty(); };
  while (std::any_of(statements.begin(), statements.end(), open)) {
    PlanFrontiers(book, statements);
    for (Statement& statement : statements) Advance(book, statement);
  }
}

}  // namespace steward::advise
