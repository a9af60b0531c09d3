// See hypopg_oracle.hpp.
#include "whatif/hypopg_oracle.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <tuple>
#include <utility>

#include "db/error.hpp"
#include "whatif/explained_plan.hpp"
#include "whatif/hypopg_sizes.hpp"

namespace steward::whatif {

namespace {

constexpr double kSeconds = 1;  // that a transaction lasts: it keeps the locks that planning takes
constexpr std::size_t kSizesAtOnce = 100;
constexpr db::TransactionLimits kLimits{std::chrono::seconds{30}, std::chrono::milliseconds{500}};

// A transaction that has failed is of no use any more, one that lost its connection or was interrupted no reason to go on.
template <typename Work, typename Failed>
void Try(std::optional<db::PlanningTransaction>& transaction, Work work, Failed failed) {
  try {
    work();
  } catch (const db::ConnectionError&) {
    throw;
  } catch (const db::Interrupted&) {
    throw;
  } catch (const db::Error& error) {
    transaction.reset();
    failed(error);
  }
}

std::string Reason(const db::Error& error) {
  if (error.sqlstate() == "55P03" || error.sqlstate() == "40P01") return "another session holds a lock on one of its tables";
  return error.what();
}

class HypopgCostModel : public model::CostModel {
 public:
  HypopgCostModel(db::Database& database, std::string schema, const model::Workload& workload, db::PlanningFacts& facts,
                  HypopgOracle::Clock clock, const std::vector<const model::Statement*>& statements,
                  const std::vector<model::IndexDefinition>& candidates)
      : database_(database), schema_(std::move(schema)), facts_(facts), clock_(std::move(clock)), statements_(statements) {
    for (const model::Table& table : workload.tables) schemas_[table.relid] = table.schema;
    for (const model::ExistingIndex& index : workload.indexes)
      existing_[{schemas_[index.definition.relid], index.name}] = index.indexrelid;
    for (const model::IndexDefinition& candidate : candidates) sql_.push_back(model::CreateSql(candidate, "", false));
    ReadSizes(candidates);
    CorrectSizes(database_, workload, candidates, sizes_);
  }

  const std::vector<model::CandidateSize>& Sizes() const override { return sizes_; }
  std::int64_t PlannerCalls() const override { return planner_calls_; }

  // Those with the same indexes one after the other.
  std::vector<model::Cost> CostAll(const std::vector<model::CostRequest>& requests) override {
    std::vector<std::size_t> order(requests.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return std::tie(requests[a].candidates, requests[a].statement) < std::tie(requests[b].candidates, requests[b].statement);
    });
    std::vector<model::Cost> costs(requests.size());
    std::optional<db::PlanningTransaction> transaction;
    for (const std::size_t i : order)
      Try(
          transaction, [&] { costs[i] = Ask(Open(transaction), requests[i]); },
          [&](const db::Error& error) { costs[i].error = Reason(error); });
    planner_calls_ += static_cast<std::int64_t>(requests.size());
    return costs;
  }

 private:
  // A transaction that goes on, or a new one where there is none or it has gone on for long enough.
  db::PlanningTransaction& Open(std::optional<db::PlanningTransaction>& transaction) {
    if (transaction && clock_() - begun_ < kSeconds) return *transaction;
    transaction.reset();
    made_.clear();
    present_.clear();
    transaction.emplace(database_, facts_, kLimits);
    begun_ = clock_();
    return *transaction;
  }

  void ReadSizes(const std::vector<model::IndexDefinition>& candidates) {
    sizes_.resize(candidates.size());
    std::optional<db::PlanningTransaction> transaction;
    std::vector<std::size_t> open;
    for (std::size_t c = 0; c < candidates.size(); ++c) {
      const std::string& method = candidates[c].method;
      if (method == "btree" || method == "brin" || method == "hash")
        open.push_back(c);
      else
        sizes_[c].error = "HypoPG does not know " + method + " indexes";
    }
    for (std::size_t begin = 0; begin < open.size(); begin += kSizesAtOnce) {
      const auto end = open.begin() + static_cast<std::ptrdiff_t>(std::min(begin + kSizesAtOnce, open.size()));
      const model::Configuration part(open.begin() + static_cast<std::ptrdiff_t>(begin), end);
      // One that the server refuses takes those beside it along.
      Try(
          transaction, [&] { ReadSizesOf(Open(transaction), part); },
          [&](const db::Error&) {
            for (const std::size_t c : part)
              Try(
                  transaction, [&] { ReadSizesOf(Open(transaction), {c}); },
                  [&](const db::Error& error) { sizes_[c].error = Reason(error); });
          });
    }
  }

  void ReadSizesOf(db::PlanningTransaction& transaction, const model::Configuration& candidates) {
    Make(transaction, candidates);
    std::vector<std::int64_t> oids;
    for (const auto& [name, made] : made_) oids.push_back(made.oid);
    const db::Result result =
        database_.Query("SELECT o::bigint AS oid, " + schema_ + ".hypopg_relation_size(o) AS size FROM unnest($1::oid[]) o",
                        {db::ArrayLiteral(oids)});
    std::map<std::int64_t, std::int64_t> sizes;
    for (const db::Row row : result) sizes[row.Int("oid")] = row.Int("size");
    for (const auto& [name, made] : made_) sizes_[made.candidate].bytes = sizes[made.oid];
  }

  // Takes back what was made up, and makes up these. Under our own search_path: an expression means the server's own
  // functions or nothing.
  void Make(db::PlanningTransaction& transaction, const model::Configuration& candidates) {
    if (candidates == present_) return;
    transaction.UseOwnPath();
    database_.Query("SELECT " + schema_ + ".hypopg_reset()");
    made_.clear();
    present_ = candidates;
    if (candidates.empty()) return;
    std::vector<std::string> sql;
    for (const std::size_t c : candidates) sql.push_back(sql_[c]);
    const db::Result result = database_.Query(
        "SELECT s.place, i.indexrelid::bigint AS oid, i.indexname AS name FROM unnest($1::text[]) WITH ORDINALITY s(sql, place)"
        " CROSS JOIN LATERAL " + schema_ + ".hypopg_create_index(s.sql) i",
        {db::ArrayLiteral(sql)});
    for (const db::Row row : result)
      made_[row.Text("name")] = {candidates.at(static_cast<std::size_t>(row.Int("place") - 1)), row.Int("oid")};
  }

  model::Cost Ask(db::PlanningTransaction& transaction, const model::CostRequest& request) {
    Make(transaction, request.candidates);
    const model::Statement& statement = *statements_[request.statement];
    std::string text = transaction.Explain(statement.plannable.empty() ? statement.query : statement.plannable, statement.userid);
    const ExplainedPlan plan = ReadExplained(text);
    model::Cost cost;
    cost.total = plan.total_cost;
    cost.workers = plan.workers;
    if (!std::isfinite(cost.total)) cost.error = "the cost of its plan is out of range";
    for (const auto& [schema, name] : plan.indexes) {
      if (const auto made = made_.find(name); made != made_.end())
        cost.used.push_back(made->second.candidate);
      else if (const auto existing = existing_.find({schema, name}); existing != existing_.end())
        cost.existing_used.push_back(existing->second);
    }
    std::sort(cost.used.begin(), cost.used.end());
    if (request.explain) cost.explained = std::move(text);
    return cost;
  }

  struct Made {
    std::size_t candidate = 0;
    std::int64_t oid = 0;
  };

  db::Database& database_;
  std::string schema_;
  db::PlanningFacts& facts_;
  HypopgOracle::Clock clock_;
  double begun_ = 0;
  std::vector<const model::Statement*> statements_;
  std::vector<std::string> sql_;
  std::map<model::Oid, std::string> schemas_;                               // by table
  std::map<std::pair<std::string, std::string>, model::Oid> existing_;  // by schema and name
  std::vector<model::CandidateSize> sizes_;
  model::Configuration present_;       // what is made up in the transaction that is open
  std::map<std::string, Made> made_;  // by HypoPG's name
  std::int64_t planner_calls_ = 0;
};

}  // namespace

HypopgOracle::HypopgOracle(db::Database& database, std::string schema, const model::Workload& workload,
                           db::PlanningFacts& facts, Clock clock)
    : database_(database), schema_(std::move(schema)), workload_(workload), facts_(facts), clock_(std::move(clock)) {}

std::unique_ptr<model::CostModel> HypopgOracle::Prepare(const std::vector<const model::Statement*>& statements,
                                                        const std::vector<model::IndexDefinition>& candidates) {
  return std::make_unique<HypopgCostModel>(database_, schema_, workload_, facts_, clock_, statements, candidates);
}

}  // namespace steward::whatif
