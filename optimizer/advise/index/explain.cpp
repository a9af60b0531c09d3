// See explain.hpp.
#include "advise/index/explain.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "advise/index/set_moves.hpp"
#include "advise/index/upkeep.hpp"

namespace steward::advise {

namespace {

constexpr std::size_t kMostStatements = 2000;
constexpr std::size_t kMostUsers = 200;     // statements over which one candidate's gain is summed up
constexpr std::size_t kMostOfTable = 40;    // candidates of a table that are looked at
constexpr std::size_t kMostPairs = 2000;    // of these and a statement
constexpr int kMostJudged = 10;             // candidates whose gain over all statements is asked for
constexpr double kSlack = 1.01;             // the planner's fuzzy comparison
constexpr std::int64_t kTiny = 64 * 1024;   // bytes of a table that is read as quickly as any index

std::vector<const model::Statement*> Heaviest(const model::Workload& workload) {
  std::vector<const model::Statement*> statements;
  for (const model::Statement& statement : workload.statements)
    if (statement.costable) statements.push_back(&statement);
  std::stable_sort(statements.begin(), statements.end(),
                   [](const auto* a, const auto* b) { return a->total_exec_time > b->total_exec_time; });
  if (statements.size() > kMostStatements) statements.resize(kMostStatements);
  return statements;
}

std::string Percent(double share) {
  std::string text = std::to_string(share * 100);
  return text.substr(0, text.find('.') + 3) + " %";
}

bool Known(const model::Cost& cost) {
  return cost.error.empty() && cost.total > 0;
}

std::string Ids(const std::vector<model::CandidateAccount>& candidates) {
  std::string text;
  for (const model::CandidateAccount& candidate : candidates) text += (text.empty() ? "" : ", ") + candidate.id;
  return text;
}

}  // namespace

Explainer::Explainer(const model::Workload& workload, model::CostOracle& oracle, ExplainOptions options)
    : workload_(workload), options_(std::move(options)), partitions_(workload), statements_(Heaviest(workload)),
      candidates_(GenerateCandidates(workload, statements_, {})),
      model_(oracle.Prepare(statements_, candidates_.definitions)) {
  for (std::size_t c = 0; c < candidates_.definitions.size(); c++) {
    ids_.push_back(model::SuggestionId("index", workload.server.database, candidates_.definitions[c]));
    if (options_.chosen.count(ids_.back()) > 0 && model_->Sizes()[c].error.empty()) chosen_.push_back(c);
  }
  std::vector<Pair> pairs;
  for (std::size_t s = 0; s < statements_.size(); s++) {
    pairs.emplace_back(s, model::Configuration{});
    pairs.emplace_back(s, ChosenFor(s));
  }
  Fetch(pairs, false);
  double time = 0;
  double units = 0;
  for (std::size_t s = 0; s < statements_.size(); s++) {
    const model::Cost& base = CostOf(s, {});
    const auto calls = static_cast<double>(statements_[s]->calls);
    const double value = options_.weight == Weight::kCalls ? calls : statements_[s]->total_exec_time / base.total;
    weights_.push_back(Known(base) ? value : 0);
    if (!Known(base)) continue;
    whole_ += weights_.back() * base.total;
    time += statements_[s]->total_exec_time;
    units += calls * base.total;
  }
  unit_value_ = options_.weight == Weight::kCalls ? 1 : units > 0 ? time / units : 0;
}

void Explainer::Fetch(const std::vector<Pair>& pairs, bool explain) {
  std::vector<model::CostRequest> requests;
  std::vector<Pair> asked;
  std::set<Pair> distinct;
  for (const Pair& pair : pairs) {
    const auto known = costs_.find(pair);
    if (known != costs_.end() && (!explain || !known->second.explained.empty())) continue;
    if (!distinct.insert(pair).second) continue;
    model::CostRequest request;
    request.statement = pair.first;
    request.candidates = pair.second;
    request.explain = explain;
    requests.push_back(std::move(request));
    asked.push_back(pair);
  }
  std::vector<model::Cost> costs = model_->CostAll(requests);
  for (std::size_t i = 0; i < asked.size(); i++) costs_[asked[i]] = std::move(costs[i]);
}

const model::Cost& Explainer::CostOf(std::size_t statement, const model::Configuration& set) {
  const Pair pair{statement, set};
  if (costs_.count(pair) == 0) Fetch({pair}, false);
  return costs_.at(pair);
}

model::Configuration Explainer::ChosenFor(std::size_t statement) const {
  const std::vector<std::size_t>& relevant = candidates_.relevant[statement];
  model::Configuration set;
  std::set_intersection(chosen_.begin(), chosen_.end(), relevant.begin(), relevant.end(), std::back_inserter(set));
  return set;
}

model::Configuration Explainer::With(std::size_t statement, std::size_t candidate) const {
  model::Configuration set = ChosenFor(statement);
  if (!Contains(set, candidate)) set.insert(std::lower_bound(set.begin(), set.end(), candidate), candidate);
  return set;
}

std::vector<std::size_t> Explainer::UsersOf(std::size_t candidate) const {
  std::vector<std::size_t> users;
  for (std::size_t s = 0; s < statements_.size() && users.size() < kMostUsers; s++)
    if (Contains(candidates_.relevant[s], candidate)) users.push_back(s);
  return users;
}

// Indexes that do not exist by their names, in a plan.
std::string Explainer::Named(const std::string& plan) const {
  const std::string mark = "\"Index Name\": \"candidate ";
  std::string text = plan;
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
    const std::size_t number = at + mark.size();
    const std::size_t end = text.find('"', number);
    if (end == std::string::npos || end == number || end - number > 9) continue;
    const std::string digits = text.substr(number, end - number);
    if (!std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; })) continue;
    const auto position = static_cast<std::size_t>(std::stoul(digits));
    if (position >= candidates_.definitions.size()) continue;
    const std::string name = MakeIndexName(candidates_.definitions[position], {}) + " (hypothetical)";
    const nlohmann::json quoted = name;
    const std::size_t value = number - std::string("\"candidate ").size();
    text.replace(value, end + 1 - value, quoted.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  return text;
}

model::CandidateAccount Explainer::Describe(std::size_t candidate) const {
  model::CandidateAccount account;
  account.definition = candidates_.definitions[candidate];
  account.id = ids_[candidate];
  account.size = std::max<std::int64_t>(model_->Sizes()[candidate].bytes - partitions_.BytesThere(account.definition), 0);
  account.chosen = Contains(chosen_, candidate);
  return account;
}

std::string Explainer::CoveredBy(std::size_t candidate) const {
  for (const std::size_t other : chosen_)
    if (other != candidate && Covers(candidates_.definitions[other], candidates_.definitions[candidate])) return ids_[other];
  return "";
}

// Of a candidate that would still save something beside the chosen ones: whether it saves enough, over all statements.
std::string Explainer::ReasonOfGain(std::size_t candidate) {
  const std::vector<std::size_t> users = UsersOf(candidate);
  std::vector<Pair> pairs;
  for (const std::size_t s : users) pairs.emplace_back(s, With(s, candidate));
  Fetch(pairs, false);
  double gain = 0;
  for (const std::size_t s : users) {
    const model::Cost& now = CostOf(s, ChosenFor(s));
    const model::Cost& with = CostOf(s, With(s, candidate));
    if (Known(now) && Known(with)) gain += weights_[s] * (now.total - with.total);
  }
  const model::CandidateAccount account = Describe(candidate);
  const double upkeep = Upkeep(workload_.server, partitions_, account.definition) * unit_value_;
  const double share = whole_ > 0 ? gain / whole_ : 0;
  if (gain <= 0) return "adds nothing to what is suggested";
  if (gain <= upkeep) return "upkeep exceeds the gain: keeping it up to date costs more than the " + Percent(share) + " it saves";
  if (share - (whole_ > 0 ? upkeep / whole_ : 0) < options_.min_share)
    return "below --min-gain: beside what is suggested it saves " + Percent(share) + " of the whole, " +
           Percent(options_.min_share) + " is asked for";
  std::int64_t taken = account.size;
  for (const std::size_t other : chosen_) taken += Describe(other).size;
  if (options_.budget > 0 && taken > options_.budget) return "does not fit the budget beside what is suggested";
  return "not in the best set that the search found, though it would save " + Percent(share) +
         " of the whole beside it: what it earns for its size and columns is too little, or the run saw another workload";
}

std::string Explainer::Reason(const Judged& judged, int& looked_at) {
  const std::size_t candidate = judged.candidate;
  const std::string& error = model_->Sizes()[candidate].error;
  if (!error.empty()) return "the server refuses it: " + error;
  if (Contains(chosen_, candidate)) return "suggested";
  if (judged.account.gain <= 0) return "does not help: no plan is cheaper with it";
  if (options_.budget > 0 && judged.account.size > options_.budget) return "over the budget by itself";
  if (const std::string covered = CoveredBy(candidate); !covered.empty()) return "covered by the suggested " + covered;
  if (!judged.served_by.empty()) return "what is suggested (" + judged.served_by + ") already saves as much";
  if (++looked_at > kMostJudged) return "saves less than those above; not looked at any closer";
  return ReasonOfGain(candidate);
}

// What saves most first, each with its reason.
std::vector<model::CandidateAccount> Explainer::Reasons(std::vector<Judged> judged) {
  std::stable_sort(judged.begin(), judged.end(),
                   [](const Judged& a, const Judged& b) { return a.account.gain > b.account.gain; });
  int looked_at = 0;
  std::vector<model::CandidateAccount> accounts;
  for (Judged& one : judged) {
    one.account.reason = Reason(one, looked_at);
    accounts.push_back(std::move(one.account));
  }
  return accounts;
}

model::StatementAccount Explainer::Account(const model::Statement& statement, std::size_t position,
                                           const std::vector<std::size_t>& candidates) {
  model::StatementAccount account;
  account.statement = statement;
  const model::Cost now = CostOf(position, {});
  const model::Cost with = CostOf(position, ChosenFor(position));
  account.not_costed = now.error.empty() ? with.error : now.error;
  if (!account.not_costed.empty()) return account;
  account.cost_now = now.total;
  account.cost_with = with.total;
  for (const std::size_t used : with.used) account.uses.push_back(Describe(used));
  std::vector<Pair> pairs;
  for (const std::size_t c : candidates)
    if (model_->Sizes()[c].error.empty()) pairs.emplace_back(position, model::Configuration{c});
  if (options_.plans) pairs.insert(pairs.end(), {{position, {}}, {position, ChosenFor(position)}});
  Fetch(pairs, options_.plans);
  if (options_.plans) {
    account.plan_now = Named(CostOf(position, {}).explained);
    account.plan_with = Named(CostOf(position, ChosenFor(position)).explained);
  }
  std::vector<Judged> judged;
  for (const std::size_t c : candidates) {
    Judged& one = judged.emplace_back(Judged{c, Describe(c), ""});
    model::CandidateAccount& considered = one.account;
    if (model_->Sizes()[c].error.empty()) {
      const model::Cost alone = CostOf(position, {c});
      considered.cost_alone = alone.error.empty() ? alone.total : now.total;
      considered.plan_alone = Named(alone.explained);
      if (considered.cost_alone < now.total / kSlack) considered.gain = now.total - considered.cost_alone;
      const model::Cost beside = considered.gain > 0 && !considered.chosen ? CostOf(position, With(position, c)) : with;
      if (considered.gain > 0 && beside.total > with.total / kSlack) one.served_by = Ids(account.uses);
    }
  }
  account.candidates = Reasons(std::move(judged));
  return account;
}

std::vector<model::StatementAccount> Explainer::OfStatement(std::int64_t queryid) {
  std::vector<model::StatementAccount> accounts;
  for (const model::Statement& statement : workload_.statements) {
    if (statement.queryid != queryid) continue;
    const auto found = std::find(statements_.begin(), statements_.end(), &statement);
    if (found == statements_.end()) {
      accounts.emplace_back().statement = statement;
      accounts.back().not_costed = statement.costable ? "not among the heaviest statements" : statement.not_costable;
      continue;
    }
    const auto position = static_cast<std::size_t>(found - statements_.begin());
    accounts.push_back(Account(statement, position, candidates_.own[position]));
  }
  return accounts;
}

model::StatementAccount Explainer::OfSuggestion(const std::string& id, const model::Statement& statement) {
  const auto found = std::find(statements_.begin(), statements_.end(), &statement);
  if (found == statements_.end()) {
    model::StatementAccount account;
    account.statement = statement;
    account.not_costed = statement.costable ? "not among the heaviest statements" : statement.not_costable;
    return account;
  }
  std::vector<std::size_t> candidates;
  const auto candidate = std::find(ids_.begin(), ids_.end(), id);
  if (candidate != ids_.end()) candidates.push_back(static_cast<std::size_t>(candidate - ids_.begin()));
  return Account(statement, static_cast<std::size_t>(found - statements_.begin()), candidates);
}

model::TableAccount Explainer::OfTable(const model::Table& table) {
  model::TableAccount account;
  account.table = table;
  const model::Table& root = partitions_.Root(table);
  for (const model::ExistingIndex& index : workload_.indexes)
    if (index.definition.relid == table.relid) account.indexes.push_back(index);
  AddUses(account);
  std::vector<Pair> pairs;
  std::set<std::size_t> considered;
  for (std::size_t s = 0; s < statements_.size() && pairs.size() < kMostPairs; s++)
    for (const std::size_t c : candidates_.own[s])
      if (candidates_.definitions[c].relid == root.relid && model_->Sizes()[c].error.empty() &&
          (considered.size() < kMostOfTable || Contains(chosen_, c)))
        considered.insert(c), pairs.emplace_back(s, model::Configuration{c});
  Fetch(pairs, false);
  std::map<std::size_t, double> saved;  // per candidate, share of the whole
  for (const auto& [s, set] : pairs) {
    const model::Cost& now = CostOf(s, {});
    const model::Cost& alone = CostOf(s, set);
    if (Known(now) && Known(alone) && alone.total < now.total / kSlack && whole_ > 0)
      saved[set.front()] += weights_[s] * (now.total - alone.total) / whole_;
  }
  std::vector<Judged> judged;
  for (const std::size_t c : considered) {
    Judged& one = judged.emplace_back(Judged{c, Describe(c), ""});
    one.account.gain = saved[c];
    if (one.account.chosen) account.suggestions.push_back(one.account.id);
  }
  account.candidates = Reasons(std::move(judged));
  if (account.suggestions.empty()) account.why_nothing = WhyNothing(account);
  return account;
}

void Explainer::AddUses(model::TableAccount& account) const {
  static const char* const kRoles[] = {"filter", "filter", "join", "sort", "group", "output"};
  static const char* const kKinds[] = {"", "=", "range", "IN", "LIKE 'x%'", "LIKE '%x%'", "IS NULL", "<>", "containment", "other"};
  using Statement = std::pair<model::Oid, std::int64_t>;
  std::map<std::pair<std::string, std::pair<std::string, std::string>>, std::pair<model::ColumnUse, std::set<Statement>>> uses;
  std::set<Statement> readers;
  for (const model::Predicate& predicate : workload_.predicates) {
    const model::Table* table = partitions_.Find(predicate.relid);
    const bool below = table != nullptr && &partitions_.Root(*table) == &partitions_.Root(account.table);
    if ((predicate.relid != account.table.relid && !below) || predicate.role == model::PredicateRole::kOutput) continue;
    const model::Column* column = model::FindColumn(*table, predicate.attnum);
    const std::string name = column != nullptr ? column->name : predicate.expression;
    const std::string role = kRoles[static_cast<int>(predicate.role)];
    const std::string kind = kKinds[static_cast<int>(predicate.kind)];
    auto& [use, statements] = uses[{name, {role, kind}}];
    use.column = name;
    use.role = role;
    use.comparison = kind;
    if (predicate.estimated_selectivity && (!use.selectivity || *predicate.estimated_selectivity < *use.selectivity))
      use.selectivity = predicate.estimated_selectivity;
    statements.insert({predicate.userid, predicate.queryid});
    readers.insert({predicate.userid, predicate.queryid});
  }
  for (auto& [key, use] : uses) {
    use.first.statements = static_cast<std::int64_t>(use.second.size());
    account.uses.push_back(use.first);
  }
  std::stable_sort(account.uses.begin(), account.uses.end(),
                   [](const auto& a, const auto& b) { return a.statements > b.statements; });
  for (const model::Statement& statement : workload_.statements) {
    if (readers.count({statement.userid, statement.queryid}) == 0) continue;
    account.statements++;
    account.statements_costed += statement.costable ? 1 : 0;
    account.total_exec_time += statement.total_exec_time;
  }
}

std::string Explainer::WhyNothing(const model::TableAccount& account) const {
  if (account.table.catalog) return "tables of this schema are not advised on";
  if (account.table.locked) return "another session locks it (ACCESS EXCLUSIVE)";
  if (account.statements == 0) return "no captured statement compares, joins, sorts or groups by its columns";
  if (account.statements_costed == 0) return "none of the statements that read it can be planned again";
  std::int64_t size = 0;
  for (const model::Table* leaf : partitions_.Leaves(account.table)) size += leaf->size;
  if (size <= kTiny) return "the table is tiny: reading it whole is as quick as any index";
  if (account.candidates.empty()) return "existing indexes serve every condition that plans were seen to have on it";
  if (account.candidates.front().gain <= 0) return "no candidate makes a plan cheaper";
  return "no candidate earns its place; each says why";
}

}  // namespace steward::advise
