// See server_oracle.hpp. Positions count from 0 here and from 1 in SQL.
#include "whatif/server_oracle.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "db/error.hpp"
#include "db/transaction.hpp"
#include "whatif/batch_size.hpp"
#include "whatif/plan_json.hpp"

namespace steward::whatif {

namespace {

// How long a request waits for a lock, try by try. Short at first: while it waits it holds other locks, and giving up
// before the server looks for deadlocks (deadlock_timeout, 1 s) leaves whoever waits for those alone.
constexpr std::chrono::milliseconds kPatience[] = {std::chrono::milliseconds{100}, std::chrono::milliseconds{500},
                                                   std::chrono::milliseconds{2000}};

constexpr int kDrawings = 4;
constexpr double kMostCost = 1e100;  // times calls, and summed up, it stays a number

bool SomebodyElsesLock(const std::string& sqlstate) {
  return sqlstate == "55P03" || sqlstate == "40P01";  // lock_not_available, deadlock_detected
}

model::CostMethod ParseMethod(const std::string& word) {
  constexpr std::array<std::string_view, 3> kWords = {"parameters", "shapes", "statistics"};
  const auto found = std::find(kWords.begin(), kWords.end(), word);
  return static_cast<model::CostMethod>(found - kWords.begin());  // one past the end is kGeneric
}

/// What the server said of a candidate's size, to be told again: it need not estimate it at each call.
struct KnownSize {
  std::optional<std::int64_t> pages;
  std::optional<std::int64_t> tree_height;  // nothing where the access method has none
};

std::string NumbersLiteral(const std::vector<std::optional<std::int64_t>>& numbers) {
  std::string text = "{";
  for (const std::optional<std::int64_t>& number : numbers) {
    if (text.size() > 1) text += ',';
    text += number ? std::to_string(*number) : "NULL";
  }
  return text + '}';
}

/// The arguments of one call of steward.whatif, naming only the statements and candidates that it needs.
struct Call {
  std::vector<std::size_t> statements;  // positions in the model, by position in the call
  std::vector<std::size_t> candidates;
  std::vector<std::int64_t> request_statements;
  std::vector<std::string> request_indexes;
  std::vector<std::string> request_probes;
  bool templates = false;
  bool explain = false;
  bool one_drawing = true;

  static std::size_t Place(std::vector<std::size_t>& list, std::map<std::size_t, std::size_t>& places,
                           std::size_t item) {
    const auto [entry, fresh] = places.try_emplace(item, list.size());
    if (fresh) list.push_back(item);
    return entry->second + 1;
  }

  // Drawn once where all are content with that: what is drawn more often serves the others as well.
  explicit Call(const std::vector<const model::CostRequest*>& requests) {
    std::map<std::size_t, std::size_t> statement_places;
    std::map<std::size_t, std::size_t> candidate_places;
    const auto numbers = [&](const model::Configuration& set) {
      std::string list;
      for (const std::size_t candidate : set) {
        if (!list.empty()) list += ' ';
        list += std::to_string(Place(candidates, candidate_places, candidate));
      }
      return list;
    };
    for (const model::CostRequest* request : requests) {
      request_statements.push_back(static_cast<std::int64_t>(Place(statements, statement_places, request->statement)));
      request_indexes.push_back(numbers(request->candidates));
      request_probes.push_back(numbers(request->probes));
      templates |= request->templates;
      explain |= request->explain;
      one_drawing &= request->one_drawing;
    }
  }
};

class ServerCostModel : public model::CostModel {
 public:
  ServerCostModel(db::Database& database, ServerOracle::Clock clock,
                  const std::vector<const model::Statement*>& statements,
                  const std::vector<model::IndexDefinition>& candidates)
      : database_(database), clock_(std::move(clock)) {
    for (const model::Statement* statement : statements) {
      userids_.push_back(statement->userid);
      queryids_.push_back(statement->queryid);
      samples_.push_back(statement->samples);
    }
    for (const model::IndexDefinition& candidate : candidates) sql_.push_back(model::CreateSql(candidate, "", false));
    ReadSizes();
  }

  const std::vector<model::CandidateSize>& Sizes() const override { return sizes_; }
  std::int64_t PlannerCalls() const override { return planner_calls_; }

  std::vector<model::Cost> CostAll(const std::vector<model::CostRequest>& requests) override {
    std::vector<model::Cost> costs(requests.size());
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < requests.size(); ++i) open.push_back(i);
    for (const std::chrono::milliseconds patience : kPatience) open = AskFor(requests, open, patience, costs);
    planner_calls_ += static_cast<std::int64_t>(requests.size());
    return costs;
  }

 private:
  static constexpr db::TransactionLimits Limits(std::chrono::milliseconds patience) {
    return {std::chrono::minutes{10}, patience};
  }

  // Runs `ask(begin, end)` over `count` items, each time in a transaction of its own.
  template <typename Ask>
  void InBatches(std::size_t count, BatchSize& size, std::chrono::milliseconds patience, Ask ask) {
    for (std::size_t begin = 0; begin < count;) {
      const std::size_t end = std::min(begin + size.Next(), count);
      const double start = clock_();
      {
        const db::ReadOnlyTransaction transaction(database_, Limits(patience));
        ask(begin, end);
      }
      size.Took(end - begin, clock_() - start);
      begin = end;
    }
  }

  void ReadSizes() {
    sizes_.resize(sql_.size());
    known_sizes_.resize(sql_.size());
    for (model::CandidateSize& size : sizes_) size.error = "the server did not answer for this candidate";
    BatchSize size;
    InBatches(sql_.size(), size, kPatience[1], [&](std::size_t begin, std::size_t end) {
      const std::vector<std::string> part(sql_.begin() + static_cast<std::ptrdiff_t>(begin),
                                          sql_.begin() + static_cast<std::ptrdiff_t>(end));
      const db::Result result = database_.Query(
          "SELECT candidate, pages, tree_height, index_size, error FROM steward.whatif_index_size($1::text[])",
          {db::ArrayLiteral(part)});
      for (const db::Row row : result) {
        const auto candidate = static_cast<std::size_t>(row.Int("candidate") - 1);
        if (candidate >= part.size()) continue;
        sizes_[begin + candidate] = {row.OptionalInt("index_size").value_or(0), row.Text("error")};
        known_sizes_[begin + candidate] = {row.OptionalInt("pages"), row.OptionalInt("tree_height")};
      }
    });
  }

  // Asks for the requests at `positions`; returns those that somebody else's lock kept from being answered.
  std::vector<std::size_t> AskFor(const std::vector<model::CostRequest>& requests,
                                  const std::vector<std::size_t>& positions, std::chrono::milliseconds patience,
                                  std::vector<model::Cost>& costs) {
    std::vector<std::size_t> locked;
    InBatches(positions.size(), batch_, patience, [&](std::size_t begin, std::size_t end) {
      std::vector<const model::CostRequest*> part;
      for (std::size_t i = begin; i < end; ++i) part.push_back(&requests[positions[i]]);
      const Call call(part);
      for (std::size_t i = begin; i < end; ++i)
        costs[positions[i]].error = "the server did not answer for this statement";
      for (const db::Row row : Ask(call)) {
        const auto request = static_cast<std::size_t>(row.Int("request") - 1);
        if (request >= part.size()) continue;
        model::Cost& cost = costs[positions[begin + request]];
        cost = ReadCost(row, call.candidates);
        cost.redrawn = call.one_drawing && Redrawn(cost.method, samples_[part[request]->statement]);
        if (SomebodyElsesLock(row.Text("sqlstate"))) locked.push_back(positions[begin + request]);
      }
    });
    return locked;
  }

  db::Result Ask(const Call& call) {
    std::vector<std::int64_t> userids;
    std::vector<std::int64_t> queryids;
    std::vector<std::string> candidates;
    std::vector<std::optional<std::int64_t>> pages;
    std::vector<std::optional<std::int64_t>> tree_heights;
    for (const std::size_t statement : call.statements) {
      userids.push_back(userids_[statement]);
      queryids.push_back(queryids_[statement]);
    }
    for (const std::size_t candidate : call.candidates) {
      candidates.push_back(sql_[candidate]);
      pages.push_back(known_sizes_[candidate].pages);
      tree_heights.push_back(known_sizes_[candidate].tree_height);
    }
    return database_.Query(
        "SELECT request, total_cost, candidates_used, existing_used, method, sqlstate, error, plan_template, accesses, workers, plan"
        " FROM steward.whatif($1::oid[], $2::bigint[], $3::text[], $4::int[], $5::text[], draws => $6::int,"
        " request_probes => $7::text[], templates => $8::boolean, candidate_pages => $9::bigint[],"
        " candidate_heights => $10::int[], plans => $11::boolean)",
        {db::ArrayLiteral(userids), db::ArrayLiteral(queryids), db::ArrayLiteral(candidates),
         db::ArrayLiteral(call.request_statements), db::ArrayLiteral(call.request_indexes),
         std::to_string(call.one_drawing ? 1 : kDrawings), db::ArrayLiteral(call.request_probes),
         std::string(call.templates ? "t" : "f"), NumbersLiteral(pages), NumbersLiteral(tree_heights),
         std::string(call.explain ? "t" : "f")});
  }

  // Whether another drawing would be of other values.
  static bool Redrawn(model::CostMethod method, int samples) {
    if (method == model::CostMethod::kParameters) return samples > 1;
    return method != model::CostMethod::kGeneric;
  }

  static model::Cost ReadCost(const db::Row& row, const std::vector<std::size_t>& candidates) {
    model::Cost cost;
    cost.error = row.Text("error");
    if (!row.IsNull("error") || row.IsNull("total_cost")) {
      if (SomebodyElsesLock(row.Text("sqlstate"))) cost.error = "another session holds a lock on one of its tables";
      if (cost.error.empty()) cost.error = "could not be planned";
      return cost;
    }
    cost.total = row.Double("total_cost");
    if (!(std::fabs(cost.total) < kMostCost)) {
      cost.error = "the cost of its plan is out of range";
      return cost;
    }
    cost.workers = static_cast<int>(row.OptionalInt("workers").value_or(0));
    if (!row.IsNull("plan")) cost.explained = RenumberCandidates(row.Text("plan"), candidates);
    cost.method = ParseMethod(row.Text("method"));
    cost.used = NumberedCandidates(row.IntArray("candidates_used"), candidates);
    if (!row.IsNull("plan_template")) cost.plan = ParsePlanTemplate(row.Text("plan_template"), candidates);
    if (!row.IsNull("accesses")) cost.accesses = ParseAccesses(row.Text("accesses"), candidates);
    for (const std::int64_t used : row.IntArray("existing_used"))
      cost.existing_used.push_back(static_cast<model::Oid>(used));
    return cost;
  }

  db::Database& database_;
  ServerOracle::Clock clock_;
  BatchSize batch_;
  std::vector<std::int64_t> userids_;
  std::vector<std::int64_t> queryids_;
  std::vector<int> samples_;
  std::vector<std::string> sql_;
  std::vector<model::CandidateSize> sizes_;
  std::vector<KnownSize> known_sizes_;
  std::int64_t planner_calls_ = 0;
};

}  // namespace

std::unique_ptr<model::CostModel> ServerOracle::Prepare(const std::vector<const model::Statement*>& statements,
                                                        const std::vector<model::IndexDefinition>& candidates) {
  return std::make_unique<ServerCostModel>(database_, clock_, statements, candidates);
}

double ServerOracle::SteadySeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace steward::whatif
