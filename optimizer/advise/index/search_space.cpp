// See search_space.hpp.
#include "advise/index/search_space.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <numeric>

#include "advise/index/show_plans.hpp"

namespace steward::advise {

using model::Configuration;

namespace {

constexpr std::size_t kPairsAtOnce = 512;  // between two reports of progress

// What a covering index must save on a statement beyond its plain form. Some heap fetches a call, mostly from cache,
// are no reason to keep columns twice, and less so where HOT updates of them would be lost, or beside an index that
// exists. Measured against the plain form only, so that the answer is the same before and after that one is built.
constexpr double kCoveringUnits = 100;  // planner units a call: 25 random pages at the default cost
constexpr double kCoveringSaves = 0.3;  // in those cases: of the statement's cost with the plain form

Configuration With(Configuration set, std::size_t candidate) {
  set.insert(std::lower_bound(set.begin(), set.end(), candidate), candidate);
  return set;
}

bool IsLead(const model::IndexDefinition& lead, const model::IndexDefinition& index) {
  return lead.keys.size() == 1 && lead.include.empty() && lead.relid == index.relid && Covers(index, lead);
}

}  // namespace

SearchSpace::SearchSpace(const SelectionInput& input)
    : in_(input),
      users_(input.candidates.definitions.size()),
      lead_(users_.size()),
      single_(users_.size(), 0.0),
      banned_(users_.size(), false) {
  for (std::size_t s = 0; s < Statements(); s++)
    for (const std::size_t candidate : in_.book.Relevant(s)) users_[candidate].push_back(s);
  std::vector<std::size_t> leads;
  for (std::size_t c = 0; c < Candidates(); c++)
    if (IsLead(Definition(c), Definition(c))) leads.push_back(c);
  for (std::size_t c = 0; c < Candidates(); c++) {
    const auto lead =
        std::find_if(leads.begin(), leads.end(), [&](std::size_t l) { return IsLead(Definition(l), Definition(c)); });
    lead_[c] = lead == leads.end() ? c : *lead;
  }
}

bool SearchSpace::Allowed(std::size_t candidate) const {
  return !banned_[candidate] && in_.sizes[candidate].error.empty() &&
         (in_.budget == 0 || in_.sizes[candidate].bytes <= in_.budget);
}

double SearchSpace::Bytes(std::size_t candidate) const {
  return static_cast<double>(std::max<std::int64_t>(in_.sizes[candidate].bytes, 8192));
}

bool SearchSpace::Fits(const Configuration& set) const {
  if (in_.budget == 0) return true;
  const auto sum = std::accumulate(set.begin(), set.end(), std::int64_t{0},
                                   [&](std::int64_t total, std::size_t c) { return total + in_.sizes[c].bytes; });
  return sum <= in_.budget;
}

double SearchSpace::Room(const Configuration& set) const {
  if (in_.budget == 0) return std::numeric_limits<double>::infinity();
  std::int64_t sum = 0;
  std::int64_t largest = 0;
  for (const std::size_t c : set) {
    sum += in_.sizes[c].bytes;
    largest = std::max(largest, in_.sizes[c].bytes);
  }
  return static_cast<double>(in_.budget - sum + largest);
}

double SearchSpace::SizeShare(const Configuration& set) const {
  if (in_.budget == 0) return 0.5;
  double sum = 0;
  for (const std::size_t c : set) sum += static_cast<double>(in_.sizes[c].bytes);
  return sum / static_cast<double>(in_.budget);
}

Configuration SearchSpace::Extended(const Configuration& set, std::size_t candidate) const {
  for (const std::size_t member : set)
    if (in_.book.Covers(member, candidate)) return {};
  Configuration result;
  result.reserve(set.size() + 1);
  for (const std::size_t member : set)
    if (!in_.book.Covers(candidate, member)) result.push_back(member);
  return With(std::move(result), candidate);
}

std::vector<std::size_t> SearchSpace::Touched(const Configuration& from, const Configuration& to) const {
  Configuration changed;
  std::set_symmetric_difference(from.begin(), from.end(), to.begin(), to.end(), std::back_inserter(changed));
  std::vector<std::size_t> touched;
  for (const std::size_t candidate : changed)
    touched.insert(touched.end(), users_[candidate].begin(), users_[candidate].end());
  if (changed.size() == 1) return touched;
  std::sort(touched.begin(), touched.end());
  touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
  return touched;
}

void SearchSpace::AllowShare(double share) {
  in_.book.LimitTo(static_cast<std::int64_t>(static_cast<double>(in_.max_planner_calls) * share));
}

void SearchSpace::Report(const std::string& phase, double share) const {
  if (in_.progress) in_.progress(phase, share);
}

double SearchSpace::Objective(const Configuration& set) {
  FetchAll(set);
  double sum = 0;
  for (std::size_t s = 0; s < Statements(); s++) sum += Weight(s) * CostOf(s, set);
  for (const std::size_t c : set) sum += Upkeep(c);
  return sum;
}

void SearchSpace::FetchAll(const Configuration& set) {
  if (!Plans()) return;
  CostBook::Wanted wanted;
  for (std::size_t s = 0; s < Statements(); s++) wanted.emplace_back(s, in_.book.Project(s, set));
  in_.book.Fetch(wanted);
}

double SearchSpace::Gain(const Configuration& from, const Configuration& to) const {
  double gain = 0;
  const std::vector<std::size_t> touched = Touched(from, to);
  work_ += static_cast<std::int64_t>(touched.size());
  for (const std::size_t c : from) gain += Upkeep(c);
  for (const std::size_t c : to) gain -= Upkeep(c);
  for (const std::size_t s : touched) gain += Weight(s) * (CostOf(s, from) - CostOf(s, to));
  return gain;
}

double SearchSpace::Price(const Configuration& set) const {
  constexpr double kForBytes = 0.2;
  constexpr double kForColumn = 0.1;
  double price = 0;
  for (const std::size_t c : set) {
    const auto columns = static_cast<double>(Definition(c).keys.size() + Definition(c).include.size());
    price += 1 + kForColumn * (columns - 1) + kForBytes * (Bytes(c) / Bytes(lead_[c]) - 1);
  }
  return price * MinGain();
}

void SearchSpace::FetchMoves(const Configuration& from, const std::vector<Configuration>& sets) {
  if (!Plans()) return;
  CostBook::Wanted wanted;
  for (const Configuration& to : sets)
    for (const std::size_t s : Touched(from, to)) {
      wanted.emplace_back(s, in_.book.Project(s, from));
      wanted.emplace_back(s, in_.book.Project(s, to));
    }
  in_.book.Fetch(wanted);
}

void SearchSpace::PlanFor(const Configuration& set) {
  CostBook::Wanted wanted;
  for (const std::size_t s : Touched({}, set)) wanted.emplace_back(s, in_.book.Project(s, set));
  in_.book.FetchPlans(wanted);
}

bool SearchSpace::Estimates() const {
  for (std::size_t s = 0; s < Statements(); s++)
    if (in_.book.Plans().Knows(s)) return true;
  return false;
}

void SearchSpace::ShowPlans(double share, std::size_t per_statement) {
  std::vector<bool> allowed(Candidates());
  for (std::size_t c = 0; c < Candidates(); c++) allowed[c] = Allowed(c);
  std::vector<std::size_t> heaviest(Statements());
  std::iota(heaviest.begin(), heaviest.end(), std::size_t{0});
  const auto cost = [&](std::size_t s) { return Weight(s) * CostOf(s, {}); };
  std::stable_sort(heaviest.begin(), heaviest.end(), [&](std::size_t a, std::size_t b) { return cost(a) > cost(b); });
  const double enough = share * Objective({});
  double sum = 0;
  std::size_t count = 0;
  while (count < heaviest.size() && (share >= 1 || sum < enough)) sum += cost(heaviest[count++]);
  heaviest.resize(count);
  AllowShare(1);
  const auto third = static_cast<std::size_t>(in_.max_planner_calls / 3);
  per_statement = std::clamp(third / std::max<std::size_t>(count, 1), std::size_t{1}, per_statement);
  advise::ShowPlans(in_.book, heaviest, allowed, per_statement);
}

std::vector<std::size_t> SearchSpace::Needed(std::size_t statement, const Configuration& set) const {
  std::vector<std::size_t> needed;
  const Configuration used = in_.book.Used(statement, set);
  if (used.empty()) return needed;
  for (std::size_t i = 0; i < set.size(); i++)
    if (std::any_of(used.begin(), used.end(),
                    [&](std::size_t u) { return u == set[i] || in_.book.Covers(set[i], u); }))
      needed.push_back(i);
  return needed;
}

bool SearchSpace::LeadGains(const Pair& pair) const {
  const std::size_t lead = lead_[pair.candidate];
  return lead == pair.candidate || !Allowed(lead) || CostOf(pair.statement, {lead}) < CostOf(pair.statement, {});
}

// One-column candidates, and all others.
std::vector<std::vector<SearchSpace::Pair>> SearchSpace::OwnPairs() const {
  std::vector<std::vector<Pair>> pairs(2);
  for (std::size_t s = 0; s < Statements(); s++) {
    const double stake = Weight(s) * CostOf(s, {});
    double rank = 1;
    for (const std::size_t c : in_.candidates.own[s])
      if (Allowed(c)) pairs[lead_[c] == c ? 0 : 1].push_back({s, c, stake / rank++});
  }
  return pairs;
}

std::vector<SearchSpace::Pair> SearchSpace::ForeignPairs() const {
  std::vector<Pair> pairs;
  for (std::size_t s = 0; s < Statements(); s++) {
    Configuration own = in_.candidates.own[s];
    std::sort(own.begin(), own.end());
    for (const std::size_t c : in_.book.Relevant(s))
      if (Allowed(c) && !std::binary_search(own.begin(), own.end(), c)) pairs.push_back({s, c, 0});
  }
  return pairs;
}

void SearchSpace::CostPairs(const std::vector<Pair>& pairs, double share_before, double share_after) {
  for (std::size_t begin = 0; begin < pairs.size() && !OutOfCalls(); begin += kPairsAtOnce) {
    const std::size_t end = std::min(begin + kPairsAtOnce, pairs.size());
    CostBook::Wanted wanted;
    for (std::size_t i = begin; i < end; i++)
      wanted.emplace_back(pairs[i].statement, Configuration{pairs[i].candidate});
    in_.book.Fetch(wanted);
    const double done = static_cast<double>(end) / static_cast<double>(pairs.size());
    Report("costing candidates", share_before + (share_after - share_before) * done);
  }
}

void SearchSpace::CostSingles() {
  auto pairs = OwnPairs();
  const auto order = [](const Pair& a, const Pair& b) { return a.stake > b.stake; };
  std::stable_sort(pairs[0].begin(), pairs[0].end(), order);
  CostPairs(pairs[0], 0, 0.1);
  std::stable_sort(pairs[1].begin(), pairs[1].end(), order);
  std::stable_partition(pairs[1].begin(), pairs[1].end(), [&](const Pair& pair) { return LeadGains(pair); });
  CostPairs(pairs[1], 0.1, 0.6);
  const std::vector<Pair> foreign = ForeignPairs();
  if (in_.book.PlannerCalls() + static_cast<std::int64_t>(foreign.size()) <= in_.book.Limit())
    CostPairs(foreign, 0.6, 1);
  UpdateSingles();
}

void SearchSpace::UpdateSingles() {
  for (std::size_t c = 0; c < Candidates(); c++)
    if (Allowed(c)) single_[c] = Gain({}, {c});
}

bool SearchSpace::WorthCovering(std::size_t plain, std::size_t covering) const {
  const Configuration before = plain == covering ? Configuration{} : Configuration{plain};
  const bool strict = Updated(covering) || before.empty();
  double gain = 0;
  for (const std::size_t s : users_[covering]) {
    const double cost = CostOf(s, before);
    const double saved = cost - CostOf(s, {covering});
    if (saved > kCoveringUnits && (!strict || saved > kCoveringSaves * cost)) gain += Weight(s) * saved;
  }
  return gain > MinGain();
}

void SearchSpace::BanCoverings() {
  std::map<std::string, std::size_t> plain;  // by SQL
  for (std::size_t c = 0; c < Candidates(); c++)
    if (Definition(c).include.empty() && Allowed(c)) plain.emplace(CreateSql(Definition(c), "", false), c);
  for (std::size_t c = 0; c < Candidates(); c++) {
    if (Definition(c).include.empty() || !Allowed(c)) continue;
    model::IndexDefinition without = Definition(c);
    without.include.clear();
    const auto form = plain.find(CreateSql(without, "", false));
    if (!WorthCovering(form == plain.end() ? c : form->second, c)) Ban(c);
  }
}

Configuration SearchSpace::Promising(std::size_t statement, std::size_t most) const {
  Configuration found = in_.book.Relevant(statement);
  found.erase(std::remove_if(found.begin(), found.end(), [&](std::size_t c) { return !Allowed(c); }), found.end());
  if (found.size() <= most) return found;
  const Configuration& own = in_.candidates.own[statement];
  const auto owned = [&](std::size_t c) {
    return in_.book.Stopped() && std::find(own.begin(), own.end(), c) != own.end();
  };
  std::vector<std::pair<bool, double>> rank(Candidates());
  for (const std::size_t c : found) rank[c] = {owned(c), single_[c]};
  std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(most), found.end(),
                    [&](std::size_t a, std::size_t b) { return rank[a] > rank[b]; });
  found.resize(most);
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace steward::advise
