// See prepared_runs.hpp.
#include "act/prepared_runs.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <numeric>
#include <optional>

#include "act/median.hpp"
#include "core/sql_lexer.hpp"
#include "db/error.hpp"
#include "db/interrupt.hpp"
#include "db/transaction.hpp"

namespace steward::act {

namespace {

using model::PreparedRuns;
using model::PreparedWay;
using Clock = std::chrono::steady_clock;

constexpr const char* kCustomName = "pgsteward_custom";
constexpr const char* kGenericName = "pgsteward_generic";
constexpr std::size_t kMostRounds = 400;
constexpr int kDraws = 16;  // of values, as plan_choice had
constexpr std::chrono::milliseconds kPatience{500};
constexpr std::chrono::milliseconds kBlock{10};   // that one way runs in a round, or each value once
constexpr std::chrono::milliseconds kWarmUp{1};   // before it, not counted
constexpr int kMostPasses = 15;
constexpr const char* kTimedOut = "57014";

std::string Literal(const std::string& value, const std::string& type) {
  std::string text = value.find('\\') == std::string::npos ? "'" : "E'";
  for (const char c : value) text += c == '\'' || c == '\\' ? std::string(2, c) : std::string(1, c);
  return text + "'::" + type;
}

std::string PrepareSql(const model::PreparedStatement& statement, const char* name) {
  std::string types;
  for (const std::string& type : statement.parameter_types) types += (types.empty() ? " (" : ", ") + type;
  return std::string("PREPARE ") + name + types + (types.empty() ? "" : ")") + " AS " + statement.plannable;
}

// query_to_xml and its like run what their argument says.
bool RunsText(const std::string& text) {
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower.find("_to_xml") != std::string::npos;
}

// What can be refused is: see the contract.
std::string Refusal(db::Database& database, const model::PreparedStatement& statement) {
  RequireMeasuringRole(database);
  const db::Result caller = database.Query(
      "SELECT oid OPERATOR(pg_catalog.=) $1::pg_catalog.oid AS same FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) current_user",
      {std::to_string(statement.userid)});
  if (!caller.Only().Bool("same") && RunsText(statement.plannable)) return "it is of another role, and calls a function that runs its argument as SQL";
  return WhyNotRun(database, statement);
}

class Runner {
 public:
  Runner(db::Database& database, db::RunTimer& timer, const model::PreparedStatement& statement,
         std::vector<ValueSet> values, Clock::time_point end)
      : database_(database), timer_(timer), statement_(statement), values_(std::move(values)), end_(end) {
    for (const ValueSet& set : values_) texts_.push_back(WithValues(statement.plannable, statement.parameter_types, set.texts));
  }

  // A round that is not finished in time is dropped, whichever side notices.
  void Run(PreparedRuns& runs) {
    database_.Execute("SET LOCAL pg_steward.track = none");  // what runs is measured, not counted
    for (const char* name : {kCustomName, kGenericName}) database_.Execute(PrepareSql(statement_, name));
    runs.values = static_cast<int>(values_.size());
    for (const ValueSet& set : values_) runs.kinds.push_back(set.kind);
    try {
      PreparedRuns::Round warm;
      if (!RunRound(0, warm)) return;
      passes_ = PassesIn(warm);
      for (int first = 0; runs.rounds.size() < kMostRounds; ++first) {
        PreparedRuns::Round round;
        if (!RunRound(first, round)) return;
        runs.rounds.push_back(std::move(round));
      }
    } catch (const db::Interrupted&) {
      throw;
    } catch (const db::Error& error) {
      if (error.sqlstate() != kTimedOut) throw;
    }
  }

 private:
  bool RunRound(int first, PreparedRuns::Round& round) {
    for (int i = 0; i < model::kPreparedWays; ++i)
      if (!RunWay((first + i) % model::kPreparedWays, round)) return false;
    return true;
  }

  // As many of all ways: of fewer runs the first ones, with colder caches, would weigh more. Odd, for a median that is none of two.
  static int PassesIn(const PreparedRuns::Round& round) {
    double longest = 0;
    for (const std::vector<double>& times : round.times) longest = std::max(longest, std::accumulate(times.begin(), times.end(), 0.0));
    const double fit = std::chrono::duration<double, std::milli>(kBlock).count() / std::max(longest, 1e-3);
    return static_cast<int>(std::min(fit, kMostPasses - 1.0)) | 1;
  }

  // False where the time is over before all have run.
  bool RunWay(int way, PreparedRuns::Round& round) {
    db::ThrowIfInterrupted();
    const auto kind = static_cast<PreparedWay>(way);
    database_.Execute(kind == PreparedWay::kGeneric ? "SET LOCAL plan_cache_mode = force_generic_plan"
                                                    : "SET LOCAL plan_cache_mode = force_custom_plan");
    // Several times in a row, as a session that does little else: the first ones find the caches as the other way left them.
    const auto end = Clock::now() + kWarmUp;
    for (std::size_t i = 0; i < values_.size() && Clock::now() < end; ++i)
      if (!RunOne(kind, i)) return false;
    std::vector<std::vector<double>> times(values_.size());
    for (int pass = 0; pass < passes_; ++pass)
      for (std::size_t i = 0; i < values_.size(); ++i) {
        const std::optional<double> time = RunOne(kind, i);
        if (!time) return false;
        times[i].push_back(*time);
      }
    for (std::vector<double>& of_value : times) round.times[way].push_back(Median(of_value));
    return true;
  }

  std::optional<double> RunOne(PreparedWay way, std::size_t value) {
    if (!HasTime()) return std::nullopt;
    if (way == PreparedWay::kSimple) return timer_.TimeText(texts_[value]);
    return timer_.TimePrepared(way == PreparedWay::kCustom ? kCustomName : kGenericName, values_[value].texts);
  }

  // Before each run; the server cuts off one that takes longer than what is left. It is told anew after a while only, for that takes
  // as long as a short run.
  bool HasTime() {
    const auto now = Clock::now();
    if (now >= end_) return false;
    if (now < told_ + kBlock) return true;
    told_ = now;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end_ - now);
    database_.Execute("SET LOCAL statement_timeout = " + std::to_string(left.count()));
    return true;
  }

  db::Database& database_;
  db::RunTimer& timer_;
  const model::PreparedStatement& statement_;
  std::vector<ValueSet> values_;
  std::vector<std::string> texts_;
  Clock::time_point end_;
  Clock::time_point told_{};
  int passes_ = 1;
};

void RunIn(db::Database& database, db::RunTimer& timer, const model::PreparedStatement& statement, double seconds, PreparedRuns& runs) {
  const auto limit = std::chrono::milliseconds(static_cast<std::int64_t>(1000 * seconds));
  const auto end = Clock::now() + limit;
  const db::ReadOnlyTransaction transaction(database, {limit, kPatience});
  runs.error = Refusal(database, statement);
  if (!runs.error.empty()) return;
  std::vector<ValueSet> values = ReadValues(database, statement, kDraws);
  if (values.empty()) {
    runs.error = "there are no values to run it with";
    return;
  }
  Runner(database, timer, statement, std::move(values), end).Run(runs);
}

}  // namespace

void RequireMeasuringRole(db::Database& database) {
  const db::Result result = database.Query(
      "SELECT r.rolsuper AS super, EXISTS (SELECT FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_roles AS o"
      "   ON o.oid OPERATOR(pg_catalog.=) p.proowner WHERE NOT o.rolsuper AND o.oid OPERATOR(pg_catalog.<>) r.oid) AS others,"
      " pg_catalog.has_parameter_privilege('pg_steward.track', 'SET') AS untracked, pg_catalog.quote_ident(r.rolname) AS role"
      " FROM pg_catalog.pg_roles AS r WHERE r.rolname OPERATOR(pg_catalog.=) current_user");
  const db::Row row = result.Only();
  if (row.Bool("super"))
    throw db::InsufficientPrivilege({"a superuser does not measure captured statements: they would run with all rights", "",
                                     "Measure as an ordinary role that owns the tables.", "42501"});
  if (row.Bool("others"))
    throw db::InsufficientPrivilege({"captured statements are not measured where other ordinary roles own functions: these would run with this role's rights",
                                     "", "Measure as the role that owns them.", "42501"});
  if (!row.Bool("untracked"))
    throw db::InsufficientPrivilege({"what is measured would be captured as workload: this role may not set pg_steward.track", "",
                                     "As a superuser: GRANT SET ON PARAMETER pg_steward.track TO " + row.Text("role") + ";", "42501"});
}

std::string WithValues(const std::string& text, const std::vector<std::string>& types, const std::vector<std::string>& values) {
  const core::SqlText sql{text.data(), static_cast<int>(text.size()), false};
  std::string out;
  for (int at = 0; at < sql.length;) {
    const core::Token token = core::NextToken(sql, at);
    if (token.kind == core::TokenKind::kEnd || token.end <= at) break;
    const std::string piece = text.substr(static_cast<std::size_t>(token.start), static_cast<std::size_t>(token.end - token.start));
    std::size_t number = 0;
    if (token.kind == core::TokenKind::kParameter) std::from_chars(piece.data() + 1, piece.data() + piece.size(), number);
    out += number >= 1 && number <= values.size() && number <= types.size() ? Literal(values[number - 1], types[number - 1]) : piece;
    at = token.end;
  }
  return out;
}

std::string WhyNotRun(db::Database& database, const model::PreparedStatement& statement) {
  const db::Result measure = database.Query(
      "SELECT error FROM steward.measure($1::pg_catalog.oid, $2::pg_catalog.int8, execute => false)",
      {std::to_string(statement.userid), std::to_string(statement.queryid)});
  return measure.empty() ? "" : measure[0].Text("error");
}

std::vector<ValueSet> ReadValues(db::Database& database, const model::PreparedStatement& statement, int draws) {
  std::vector<ValueSet> sets;
  const db::Result result = database.Query(
      "SELECT v.kind, v.values AS texts FROM steward.plan_choice_values($1::oid, $2::bigint, $3::int) AS v"
      " WHERE array_position(v.values, NULL) IS NULL ORDER BY v.value",
      {std::to_string(statement.userid), std::to_string(statement.queryid), std::to_string(draws)});
  for (const db::Row row : result) {
    ValueSet set{row.Text("kind"), row.IsNull("texts") ? std::vector<std::string>{} : row.TextArray("texts")};
    if (set.texts.size() == statement.parameter_types.size()) sets.push_back(std::move(set));
  }
  if (sets.empty() && statement.parameter_types.empty()) sets.push_back({"none", {}});
  return sets;
}

PreparedRuns RunPrepared(db::Database& database, db::RunTimer& timer, const model::PreparedStatement& statement, double seconds) {
  PreparedRuns runs;
  try {
    RunIn(database, timer, statement, seconds, runs);
  } catch (const db::ConnectionError&) {
    throw;
  } catch (const db::Interrupted&) {
    throw;
  } catch (const db::Error& error) {
    runs.error = error.what();
  }
  database.Execute("DEALLOCATE ALL");  // prepared statements do not end with the transaction, and in an aborted one this cannot be done
  return runs;
}

}  // namespace steward::act
