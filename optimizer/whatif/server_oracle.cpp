// See server_oracle.hpp. Positions count from 0 here and from 1 in SQL.
#include "whatif/server_oracle.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "db/error.hpp"

namespace steward::whatif {

namespace {

// One round trip plans this many at most, so that Ctrl-C and the statement timeout have something to bite on.
constexpr std::size_t kBatch = 400;

model::CostMethod ParseMethod(const std::string& word) {
  constexpr std::array<std::string_view, 3> kWords = {"parameters", "shapes", "statistics"};
  const auto found = std::find(kWords.begin(), kWords.end(), word);
  return static_cast<model::CostMethod>(found - kWords.begin());  // one past the end is kGeneric
}

/// The arguments of one call of steward.whatif, naming only the statements and candidates that it needs.
struct Call {
  std::vector<std::size_t> statements;  // positions in the model, by position in the call
  std::vector<std::size_t> candidates;
  std::vector<std::int64_t> request_statements;
  std::vector<std::string> request_indexes;

  static std::size_t Place(std::vector<std::size_t>& list, std::map<std::size_t, std::size_t>& places,
                           std::size_t item) {
    const auto [entry, fresh] = places.try_emplace(item, list.size());
    if (fresh) list.push_back(item);
    return entry->second + 1;
  }

  explicit Call(const std::vector<model::CostRequest>& requests, std::size_t begin, std::size_t end) {
    std::map<std::size_t, std::size_t> statement_places;
    std::map<std::size_t, std::size_t> candidate_places;
    for (std::size_t i = begin; i < end; ++i) {
      request_statements.push_back(
          static_cast<std::int64_t>(Place(statements, statement_places, requests[i].statement)));
      std::string indexes;
      for (const std::size_t candidate : requests[i].candidates) {
        if (!indexes.empty()) indexes += ' ';
        indexes += std::to_string(Place(candidates, candidate_places, candidate));
      }
      request_indexes.push_back(std::move(indexes));
    }
  }
};

class ServerCostModel : public model::CostModel {
 public:
  ServerCostModel(db::Database& database, const std::vector<const model::Statement*>& statements,
                  const std::vector<model::IndexDefinition>& candidates)
      : database_(database) {
    for (const model::Statement* statement : statements) {
      userids_.push_back(statement->userid);
      queryids_.push_back(statement->queryid);
    }
    for (const model::IndexDefinition& candidate : candidates) sql_.push_back(model::CreateSql(candidate, "", false));
    ReadSizes();
  }

  const std::vector<model::CandidateSize>& Sizes() const override { return sizes_; }
  std::int64_t PlannerCalls() const override { return planner_calls_; }

  std::vector<model::Cost> CostAll(const std::vector<model::CostRequest>& requests) override {
    std::vector<model::Cost> costs(requests.size());
    for (std::size_t begin = 0; begin < requests.size(); begin += kBatch)
      Ask(requests, begin, std::min(begin + kBatch, requests.size()), costs);
    return costs;
  }

 private:
  void ReadSizes() {
    sizes_.resize(sql_.size());
    if (sql_.empty()) return;
    for (model::CandidateSize& size : sizes_) size.error = "the server did not answer for this candidate";
    const db::Result result = database_.Query(
        "SELECT candidate, index_size, error FROM steward.whatif_index_size($1::text[])", {db::ArrayLiteral(sql_)});
    for (const db::Row row : result) {
      const auto candidate = static_cast<std::size_t>(row.Int("candidate") - 1);
      if (candidate < sizes_.size()) sizes_[candidate] = {row.OptionalInt("index_size").value_or(0), row.Text("error")};
    }
  }

  void Ask(const std::vector<model::CostRequest>& requests, std::size_t begin, std::size_t end,
           std::vector<model::Cost>& costs) {
    const Call call(requests, begin, end);
    std::vector<std::int64_t> userids;
    std::vector<std::int64_t> queryids;
    std::vector<std::string> candidates;
    for (const std::size_t statement : call.statements) {
      userids.push_back(userids_[statement]);
      queryids.push_back(queryids_[statement]);
    }
    for (const std::size_t candidate : call.candidates) candidates.push_back(sql_[candidate]);
    const db::Result result = database_.Query(
        "SELECT request, total_cost, candidates_used, existing_used, method, error"
        " FROM steward.whatif($1::oid[], $2::bigint[], $3::text[], $4::int[], $5::text[])",
        {db::ArrayLiteral(userids), db::ArrayLiteral(queryids), db::ArrayLiteral(candidates),
         db::ArrayLiteral(call.request_statements), db::ArrayLiteral(call.request_indexes)});
    planner_calls_ += static_cast<std::int64_t>(end - begin);
    for (std::size_t i = begin; i < end; ++i) costs[i].error = "the server did not answer for this statement";
    for (const db::Row row : result) {
      const auto request = static_cast<std::size_t>(row.Int("request") - 1);
      if (request < end - begin) costs[begin + request] = ReadCost(row, call.candidates);
    }
  }

  static model::Cost ReadCost(const db::Row& row, const std::vector<std::size_t>& candidates) {
    model::Cost cost;
    cost.error = row.Text("error");
    if (!row.IsNull("error") || row.IsNull("total_cost")) {
      if (cost.error.empty()) cost.error = "could not be planned";
      return cost;
    }
    cost.total = row.Double("total_cost");
    cost.method = ParseMethod(row.Text("method"));
    for (const std::int64_t used : row.IntArray("candidates_used")) {
      if (used < 1 || static_cast<std::size_t>(used) > candidates.size())
        db::Throw({"the server named an index that was not asked for", "", "", ""});
      cost.used.push_back(candidates[static_cast<std::size_t>(used - 1)]);
    }
    std::sort(cost.used.begin(), cost.used.end());
    for (const std::int64_t used : row.IntArray("existing_used"))
      cost.existing_used.push_back(static_cast<model::Oid>(used));
    return cost;
  }

  db::Database& database_;
  std::vector<std::int64_t> userids_;
  std::vector<std::int64_t> queryids_;
  std::vector<std::string> sql_;
  std::vector<model::CandidateSize> sizes_;
  std::int64_t planner_calls_ = 0;
};

}  // namespace

std::unique_ptr<model::CostModel> ServerOracle::Prepare(const std::vector<const model::Statement*>& statements,
                                                        const std::vector<model::IndexDefinition>& candidates) {
  return std::make_unique<ServerCostModel>(database_, statements, candidates);
}

}  // namespace steward::whatif
