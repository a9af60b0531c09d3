// Why an index was suggested, and why others were not: what was considered for a statement or a table, held against the
// suggestions of a saved run. Pure; asks only the oracle.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "advise/index/advise_indexes.hpp"
#include "advise/index/partitions.hpp"
#include "model/explanation.hpp"

namespace steward::advise {

struct ExplainOptions {
  std::set<std::string> chosen;  // ids of the run's index suggestions
  std::int64_t budget = 0;       // of the run; 0: none
  double min_share = 0.005;
  Weight weight = Weight::kTime;
  bool plans = false;  // whether plans are wanted
};

class Explainer {
 public:
  /// Plans every costable statement (the 2000 heaviest) without candidates and with the chosen ones. `workload` must
  /// outlive this.
  Explainer(const model::Workload& workload, model::CostOracle& oracle, ExplainOptions options);

  /// One account a role that ran it; empty: no such statement.
  [[nodiscard]] std::vector<model::StatementAccount> OfStatement(std::int64_t queryid);
  /// The statement of one role, without candidates but `id` where the workload still leads to that one.
  [[nodiscard]] model::StatementAccount OfSuggestion(const std::string& id, const model::Statement& statement);
  [[nodiscard]] model::TableAccount OfTable(const model::Table& table);
  /// Chosen ones that are no candidates now: built meanwhile, or the workload no longer leads to them.
  [[nodiscard]] std::size_t Missing() const { return options_.chosen.size() - chosen_.size(); }

 private:
  using Pair = std::pair<std::size_t, model::Configuration>;  // statement, set

  const model::Cost& CostOf(std::size_t statement, const model::Configuration& set);
  void Fetch(const std::vector<Pair>& pairs, bool explain);
  [[nodiscard]] model::Configuration ChosenFor(std::size_t statement) const;
  [[nodiscard]] model::Configuration With(std::size_t statement, std::size_t candidate) const;
  [[nodiscard]] std::vector<std::size_t> UsersOf(std::size_t candidate) const;
  [[nodiscard]] model::StatementAccount Account(const model::Statement& statement, std::size_t position,
                                                const std::vector<std::size_t>& candidates);
  [[nodiscard]] model::CandidateAccount Describe(std::size_t candidate) const;
  [[nodiscard]] std::string CoveredBy(std::size_t candidate) const;
  /// A candidate being judged, and the chosen ones that already save as much for a statement.
  struct Judged {
    std::size_t candidate;
    model::CandidateAccount account;
    std::string served_by;
  };
  [[nodiscard]] std::vector<model::CandidateAccount> Reasons(std::vector<Judged> judged);
  [[nodiscard]] std::string Reason(const Judged& judged, int& looked_at);
  [[nodiscard]] std::string ReasonOfGain(std::size_t candidate);
  [[nodiscard]] std::string WhyNothing(const model::TableAccount& account) const;
  void AddUses(model::TableAccount& account) const;
  [[nodiscard]] std::string Named(const std::string& plan) const;

  const model::Workload& workload_;
  ExplainOptions options_;
  Partitions partitions_;
  std::vector<const model::Statement*> statements_;
  Candidates candidates_;
  std::unique_ptr<model::CostModel> model_;
  std::vector<std::string> ids_;  // per candidate
  model::Configuration chosen_;
  std::vector<double> weights_;  // per statement
  double whole_ = 0;             // the objective without candidates
  double unit_value_ = 0;        // of a planner unit in the objective
  std::map<Pair, model::Cost> costs_;
};

}  // namespace steward::advise
