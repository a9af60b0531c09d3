// Measures the index advisor where pgsteward has no option for it: under another tool's sizes, the time of the selection
// alone, and the rate of what-if evaluations. Prints lines "NAME VALUE" for bench/index.sh, which knows what they should
// be. The server has bench/index_selection.sql where HypoPG is asked for.
#include <algorithm>
#include <boost/program_options.hpp>
#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "advise/index/advise_indexes.hpp"
#include "advise/index/plan_model.hpp"
#include "collect/read_workload.hpp"
#include "db/connection.hpp"
#include "db/transaction.hpp"
#include "whatif/server_oracle.hpp"

namespace {

using namespace steward;

struct Options {
  std::string dbname;
  bool hypopg = false;
  int repeat = 1;
  advise::IndexOptions advise;
  std::vector<std::string> evaluate;  // files, a statement each
  std::vector<std::string> pace;      // the same
};

double Seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

/// The server, with candidates as large as HypoPG says: a stand-in between the oracle and the connection, so that what is
/// measured is the product's own oracle. It asks for sizes once and passes them on with what it has planned.
class HypoPgSizes : public db::Database {
 public:
  explicit HypoPgSizes(db::Database& server) : server_(server) {}

  db::Result Query(std::string_view sql, const db::Parameters& parameters) override {
    if (sql.find("steward.whatif_index_size(") == std::string_view::npos) return server_.Query(sql, parameters);
    return server_.Query("SELECT * FROM bench.hypopg_index_size($1::text[])", parameters);
  }
  void Execute(std::string_view script) override { server_.Execute(script); }
  const db::Endpoint& endpoint() const override { return server_.endpoint(); }
  int announced_backend_pid() const override { return server_.announced_backend_pid(); }

 private:
  db::Database& server_;
};

model::Workload ReadWorkload(db::Database& database) {
  const db::ReadOnlyTransaction transaction(database);
  return collect::ReadWorkload(database);
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// How fast this machine plans: the least seconds that EXPLAIN takes over this connection, statement by statement.
class Pace {
 public:
  explicit Pace(const std::vector<std::string>& files) {
    for (const std::string& file : files) scripts_.push_back("EXPLAIN (FORMAT JSON) " + ReadFile(file));
    least_.assign(scripts_.size(), 1e9);
  }

  void Measure(db::Database& database) {
    for (int round = 0; round < 10; round++)
      for (std::size_t i = 0; i < scripts_.size(); i++) {
        const double began = Seconds();
        database.Query(scripts_[i]);
        least_[i] = std::min(least_[i], Seconds() - began);
      }
  }

  [[nodiscard]] double Sum() const { return std::accumulate(least_.begin(), least_.end(), 0.0); }

 private:
  std::vector<std::string> scripts_;
  std::vector<double> least_;
};

void Select(db::Database& database, const Options& options) {
  const model::Workload workload = ReadWorkload(database);
  model::IndexAdvice advice;
  Pace pace(options.pace);
  for (int run = 0; run < options.repeat; run++) {
    pace.Measure(database);
    whatif::ServerOracle oracle(database);
    const double began = Seconds();
    advice = advise::AdviseIndexes(workload, oracle, options.advise);
    std::cout << "seconds " << Seconds() - began << '\n';
  }
  std::cout << "pace " << pace.Sum() << '\n';
  std::cout << "calls " << advice.planner_calls << "\ncandidates " << advice.candidates << "\nsize " << advice.size
            << "\nratio " << advice.cost_after / advice.cost_before << '\n';
  for (const model::IndexSuggestion& suggestion : advice.suggestions)
    std::cout << "index " << model::CreateSql(suggestion.definition, "", false) << '\n';
}

// ---- evaluations a second -------------------------------------------------------------------------------------------
constexpr int kRounds = 7;
constexpr std::size_t kSets = 200;
constexpr std::size_t kMembers = 8;
constexpr std::size_t kLearned = 30;  // of the sets, before estimates are made

/// One statement and random sets of its candidates, the same in every run.
class Evaluation {
 public:
  Evaluation(db::Database& database, const model::Workload& workload, std::string text)
      : database_(database), text_(std::move(text)) {
    advise::CandidateOptions options;
    options.max_include = 0;
    statements_ = {&Find(workload)};
    candidates_ = advise::GenerateCandidates(workload, statements_, options);
    std::mt19937 random(1);
    const std::size_t count = candidates_.definitions.size();
    for (std::size_t i = 0; i < kSets; i++) {
      std::set<std::size_t> set;
      while (set.size() < std::min(kMembers, count)) set.insert(random() % count);
      sets_.emplace_back(set.begin(), set.end());
    }
  }

  void Print(const std::string& name) {
    whatif::ServerOracle oracle(database_);
    const auto model = oracle.Prepare(statements_, candidates_.definitions);
    const advise::PlanModel estimates = Learn(*model);
    std::map<std::string, std::vector<double>> rates;
    for (int round = 0; round < kRounds; round++) {
      rates["explain"].push_back(ExplainRate());
      rates["plan"].push_back(PlanRate(*model, false));
      rates["template"].push_back(PlanRate(*model, true));
      rates["estimate"].push_back(EstimateRate(estimates));
    }
    for (const auto& [way, list] : rates)
      std::cout << "rate " << name << ' ' << way << ' ' << Median(list) << ' '
                << *std::min_element(list.begin(), list.end()) << ' ' << *std::max_element(list.begin(), list.end())
                << '\n';
    PrintErrors(name, *model, estimates);
  }

 private:
  const model::Statement& Find(const model::Workload& workload) {
    const db::Result result = database_.Query("EXPLAIN (VERBOSE) " + text_);
    const std::string marker = "Query Identifier: ";
    for (const db::Row row : result) {
      const std::string& line = row.Text("QUERY PLAN");
      if (line.rfind(marker, 0) != 0) continue;
      const std::int64_t queryid = std::stoll(line.substr(marker.size()));
      for (const model::Statement& statement : workload.statements)
        if (statement.queryid == queryid && statement.costable) return statement;
    }
    throw std::runtime_error("a statement to evaluate was not captured");
  }

  // What a search learns before it estimates: one planning with all probes, and plans with some of the sets.
  advise::PlanModel Learn(model::CostModel& model) const {
    advise::PlanModel estimates(1, candidates_.definitions.size());
    std::vector<model::CostRequest> requests = {{0, {}, {}, true, true}};
    for (std::size_t c = 0; c < candidates_.definitions.size(); c++) requests[0].probes.push_back(c);
    for (std::size_t i = 0; i < kLearned; i++) requests.push_back({0, sets_[i], {}, true, true});
    const std::vector<model::Cost> costs = model.CostAll(requests);
    for (std::size_t i = 0; i < costs.size(); i++) {
      if (!costs[i].error.empty()) throw std::runtime_error(costs[i].error);
      estimates.Learn(0, costs[i]);
    }
    return estimates;
  }

  // The sets' indexes are made outside the time.
  double ExplainRate() {
    double spent = 0;
    for (const model::Configuration& set : sets_) {
      std::vector<std::string> sql;
      for (const std::size_t c : set) sql.push_back(model::CreateSql(candidates_.definitions[c], "", false));
      database_.Query("SELECT public.hypopg_create_index(sql) FROM unnest($1::text[]) AS u (sql)",
                      {db::ArrayLiteral(sql)});
      const double began = Seconds();
      database_.Query("EXPLAIN (FORMAT JSON) " + text_);
      spent += Seconds() - began;
      database_.Query("SELECT public.hypopg_reset()");
    }
    return static_cast<double>(sets_.size()) / spent;
  }

  double PlanRate(model::CostModel& model, bool templates) const {
    std::vector<model::CostRequest> requests;
    for (const model::Configuration& set : sets_) requests.push_back({0, set, {}, templates, true});
    const double began = Seconds();
    (void)model.CostAll(requests);
    return static_cast<double>(sets_.size()) / (Seconds() - began);
  }

  double EstimateRate(const advise::PlanModel& estimates) const {
    constexpr int kTimes = 200;
    volatile double sum = 0;  // so that nothing is left out
    const double began = Seconds();
    for (int i = 0; i < kTimes; i++)
      for (const model::Configuration& set : sets_) sum = sum + estimates.Total(0, set);
    return static_cast<double>(sets_.size()) * kTimes / (Seconds() - began);
  }

  // How far estimates are off, of the sets that were not learned from and make the statement cheaper.
  void PrintErrors(const std::string& name, model::CostModel& model, const advise::PlanModel& estimates) const {
    std::vector<model::CostRequest> requests = {{0, {}, {}, false, true}};
    for (std::size_t i = kLearned; i < sets_.size(); i++) requests.push_back({0, sets_[i], {}, false, true});
    const std::vector<model::Cost> costs = model.CostAll(requests);
    std::vector<double> errors;
    for (std::size_t i = 1; i < costs.size(); i++)
      if (costs[i].total < 0.999 * costs[0].total)
        errors.push_back(100 * std::abs(estimates.Total(0, requests[i].candidates) / costs[i].total - 1));
    if (errors.empty()) return;
    std::cout << "error " << name << ' ' << Median(errors) << ' ' << *std::max_element(errors.begin(), errors.end())
              << ' ' << errors.size() << '\n';
  }

  db::Database& database_;
  std::string text_;
  std::vector<const model::Statement*> statements_;
  advise::Candidates candidates_;
  std::vector<model::Configuration> sets_;
};

void Evaluate(db::Database& database, const Options& options) {
  const model::Workload workload = ReadWorkload(database);
  for (const std::string& path : options.evaluate) {
    const std::size_t slash = path.rfind('/') + 1;
    Evaluation(database, workload, ReadFile(path)).Print(path.substr(slash, path.rfind('.') - slash));
  }
}

Options Parse(int argc, char** argv) {
  namespace po = boost::program_options;
  Options options;
  double share = 0.0005;
  po::options_description description("options");
  auto add = description.add_options();
  add("dbname,d", po::value(&options.dbname)->required(), "database; else as psql");
  add("hypopg", po::bool_switch(&options.hypopg), "sizes as HypoPG says, and no tree height");
  add("budget", po::value(&options.advise.budget)->default_value(0), "bytes for new indexes");
  add("quick", po::bool_switch(&options.advise.quick), "as pgsteward advise indexes --quick");
  add("min-share", po::value(&share)->default_value(share), "of the cost that an index must save");
  add("redundant", po::bool_switch(&options.advise.candidates.redundant), "with candidates that existing indexes cover");
  add("width", po::value(&options.advise.candidates.max_width)->default_value(3), "most key columns");
  add("include", po::value(&options.advise.candidates.max_include)->default_value(0), "most INCLUDE columns");
  add("repeat", po::value(&options.repeat)->default_value(1), "times to select");
  add("evaluate", po::value(&options.evaluate)->multitoken(), "files with a statement: evaluations a second instead");
  add("pace", po::value(&options.pace)->multitoken(), "files with a statement: also how soon EXPLAIN answers for them");
  po::variables_map values;
  po::store(po::parse_command_line(argc, argv, description), values);
  po::notify(values);
  options.advise.min_share = share;
  options.advise.weight = advise::Weight::kCalls;
  return options;
}

}  // namespace

int main(int argc, char** argv) try {
  const Options options = Parse(argc, argv);
  db::ConnectOptions connect;
  connect.dbname = options.dbname;
  connect.prompt = db::ConnectOptions::Password::kNever;
  db::Connection server(connect, [](const std::string&) { return std::string(); });
  HypoPgSizes sizes(server);
  db::Database& database = options.hypopg ? static_cast<db::Database&>(sizes) : server;
  if (options.evaluate.empty())
    Select(database, options);
  else
    Evaluate(database, options);
  return 0;
} catch (const std::exception& error) {
  std::cerr << "index_selection: " << error.what() << '\n';
  return 1;
}
