// See verify.hpp.
#include "cli/verify.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <set>

#include "act/trial_indexes.hpp"
#include "advise/index/verify.hpp"
#include "db/error.hpp"
#include "db/interrupt.hpp"
#include "report/instants.hpp"
#include "report/terminal_text.hpp"

namespace steward::cli {

namespace {

using Statements = std::vector<const model::Statement*>;

// Where some did not stand the test, others are tried in their place, as long as building has taken no more than this in all.
constexpr int kMostTrials = 6;
constexpr double kQuickBuild = 600;  // seconds

std::string Question(const model::IndexAdvice& advice, std::size_t statements) {
  std::set<std::string> tables;
  for (const model::IndexSuggestion& suggestion : advice.suggestions) tables.insert(suggestion.definition.table_sql);
  std::string names;
  for (const std::string& table : tables) names += (names.empty() ? "" : ", ") + report::Printable(table);
  return fmt::format(
      "Build {} index{} ({}) in a transaction that is rolled back at the end, and run up to {} statements that only read, "
      "several times each? Meanwhile writes to {} wait, and VACUUM takes nothing away that is younger; tables where older "
      "versions of rows are in the way are vacuumed first. [y/N] ",
      advice.suggestions.size(), advice.suggestions.size() == 1 ? "" : "es", report::Size(advice.size), statements, names);
}

bool Agreed(const std::string& question) {
  std::fputs(question.c_str(), stderr);
  std::fflush(stderr);
  std::string answer;
  std::getline(std::cin, answer);
  db::ThrowIfInterrupted();
  return answer == "y" || answer == "Y" || answer == "yes";
}

std::map<std::pair<model::Oid, std::int64_t>, std::size_t> Places(const Statements& statements) {
  std::map<std::pair<model::Oid, std::int64_t>, std::size_t> places;
  for (std::size_t s = 0; s < statements.size(); ++s)
    places[{statements[s]->userid, statements[s]->queryid}] = s;
  return places;
}

std::vector<std::vector<std::size_t>> Helped(const model::IndexAdvice& advice, const Statements& statements) {
  const auto places = Places(statements);
  std::vector<std::vector<std::size_t>> helps;
  for (const model::IndexSuggestion& suggestion : advice.suggestions) {
    helps.emplace_back();
    for (const model::StatementEffect& effect : suggestion.helped)
      if (const auto found = places.find({effect.userid, effect.queryid}); found != places.end())
        helps.back().push_back(found->second);
  }
  return helps;
}

std::string ReasonOf(const advise::Rejection& rejection, const Statements& statements) {
  if (rejection.slowdown > 0)
    return fmt::format("slows statement {} of {} down {:.2f}x", statements[rejection.statement]->queryid,
                       statements[rejection.statement]->role, rejection.slowdown);
  if (rejection.time_without <= 0) return "no plan of a measured statement uses it once it is built";
  return fmt::format("saves {:.1f} % of the time of the statements that use it",
                     std::max(0.0, 100 * (1 - rejection.time_with / rejection.time_without)));
}

// Milliseconds a call, over the statements that use index `position`.
void AddTimes(const advise::VerifyResult& result, const Statements& statements, std::size_t position,
              model::IndexSuggestion& suggestion) {
  double calls = 0;
  double before = 0;
  double after = 0;
  for (std::size_t s = 0; s < statements.size(); ++s) {
    const advise::StatementVerdict& verdict = result.statements[s];
    if (!std::binary_search(verdict.used.begin(), verdict.used.end(), position)) continue;
    const auto weight = static_cast<double>(statements[s]->calls);
    calls += weight;
    before += weight * verdict.time_before;
    after += weight * verdict.time_after;
  }
  if (calls <= 0) return;
  suggestion.verified_before_time = before / calls;
  suggestion.verified_after_time = after / calls;
}

void AddStatements(const advise::VerifyResult& result, const Statements& statements, const model::IndexAdvice& advice,
                   model::Verification& verification) {
  for (std::size_t s = 0; s < statements.size(); ++s) {
    const advise::StatementVerdict& verdict = result.statements[s];
    if (!verdict.error.empty()) {
      ++verification.not_measured[verdict.error];
    } else if (!verdict.affected) {
      ++verification.unaffected;
    } else {
      const model::Statement& statement = *statements[s];
      model::MeasuredStatement measured{statement.userid,    statement.queryid,        statement.role,
                                        statement.query,     statement.calls,          verdict.cost_before,
                                        verdict.cost_after,  verdict.time_before,      verdict.time_after,
                                        verdict.before_timed_out, verdict.after_timed_out, {}};
      for (const std::size_t i : verdict.used) measured.suggestions.push_back(advice.suggestions[i].id);
      verification.statements.push_back(std::move(measured));
    }
  }
  std::stable_sort(verification.statements.begin(), verification.statements.end(), [](const auto& a, const auto& b) {
    return static_cast<double>(a.calls) * a.time_before > static_cast<double>(b.calls) * b.time_before;
  });
}

void Conclude(const advise::VerifyResult& result, const act::TrialIndexes& trial, const Statements& statements,
              model::IndexAdvice& advice) {
  model::Verification verification;
  verification.build_seconds = trial.build_seconds();
  AddStatements(result, statements, advice, verification);
  for (std::size_t i = 0; i < advice.suggestions.size(); ++i) {
    const act::TrialIndexes::Built& built = trial.built()[i];
    if (built.error.empty()) {
      verification.built_size += built.size;
      const model::IndexSuggestion& suggestion = advice.suggestions[i];  // built in one schema, where it is for several
      verification.predicted_size += suggestion.tenants.empty() ? suggestion.size : suggestion.tenants.front().size;
    } else {
      advice.suggestions[i].caveats.push_back("not measured: " + built.error);
    }
  }
  for (const advise::Rejection& rejection : result.rejected) {
    advice.suggestions[rejection.index].status = "rejected";
    advice.suggestions[rejection.index].rejected_because = ReasonOf(rejection, statements);
  }
  std::vector<model::IndexSuggestion> staying;
  for (std::size_t i = 0; i < advice.suggestions.size(); ++i) {
    model::IndexSuggestion& suggestion = advice.suggestions[i];
    if (trial.built()[i].error.empty()) suggestion.built_size = trial.built()[i].size;
    AddTimes(result, statements, i, suggestion);
    if (suggestion.verified_after_time) suggestion.status = "verified";
    if (suggestion.status == "rejected") advice.size -= suggestion.size;
    (suggestion.status == "rejected" ? advice.rejected : staying).push_back(std::move(suggestion));
  }
  advice.suggestions = std::move(staying);
  advice.verification = std::move(verification);
}

// Builds, measures, concludes.
void TryOut(db::Database& database, const Statements& statements, Progress& progress, model::IndexAdvice& advice) {
  act::TrialIndexes trial(database, advice.suggestions, statements, [&](std::size_t done) {
    db::ThrowIfInterrupted();
    progress.Say("building indexes", static_cast<double>(done) / static_cast<double>(advice.suggestions.size()));
  });
  advise::VerifyInput input{trial, {}, Helped(advice, statements), {}, [&](const std::string& phase, double share) {
                              db::ThrowIfInterrupted();
                              progress.Say(phase, share);
                            }};
  for (const model::Statement* statement : statements) input.calls.push_back(static_cast<double>(statement->calls));
  for (const act::TrialIndexes::Built& built : trial.built()) input.built.push_back(built.error.empty());
  Conclude(advise::VerifyIndexes(input), trial, statements, advice);
}

std::set<std::string> Ids(const std::vector<model::IndexSuggestion>& suggestions) {
  std::set<std::string> ids;
  for (const model::IndexSuggestion& suggestion : suggestions) ids.insert(suggestion.id);
  return ids;
}

bool HasOthers(const model::IndexAdvice& advice, const model::IndexAdvice& tried) {
  const std::set<std::string> known = Ids(tried.suggestions);
  return std::any_of(advice.suggestions.begin(), advice.suggestions.end(),
                     [&](const model::IndexSuggestion& suggestion) { return known.count(suggestion.id) == 0; });
}

}  // namespace

void RequireVerifiable(db::Database& database, const Arguments& arguments) {
  if (!arguments.verify) return;
  if (!arguments.yes && isatty(STDIN_FILENO) == 0)
    throw UsageError("--verify asks before it builds, and there is no terminal to ask on",
                     "Give --yes to have it done without a question.");
  if (database.Query("SELECT pg_is_in_recovery() AS standby").Only().Bool("standby"))
    throw db::SettingsError({"--verify builds indexes, which a standby cannot", "",
                             "Connect to the primary, or to a copy that accepts writes.", ""});
}

void Verify(db::Database& database, const Arguments& arguments, const model::Workload& workload, Progress& progress,
            const AdviseWithout& advise_again, model::IndexAdvice& advice) {
  if (!arguments.verify || advice.suggestions.empty()) return;
  Statements statements;
  for (const model::Statement& statement : workload.statements)
    if (statement.costable) statements.push_back(&statement);
  progress.Clear();
  if (!arguments.yes && !Agreed(Question(advice, statements.size()))) {
    advice.warnings.emplace_back("not verified: the question was not answered with y");
    return;
  }
  TryOut(database, statements, progress, advice);
  std::set<std::string> excluded = Ids(advice.rejected);
  double building = advice.verification->build_seconds;
  for (int trial = 1; trial < kMostTrials && building < kQuickBuild; ++trial) {
    model::IndexAdvice other = advise_again(excluded);
    if (!HasOthers(other, advice)) return;
    TryOut(database, statements, progress, other);
    building += other.verification->build_seconds;
    const std::set<std::string> rejected = Ids(other.rejected);
    advice = advise::BetterVerified(std::move(advice), std::move(other));
    if (rejected.empty()) return;
    excluded.insert(rejected.begin(), rejected.end());
  }
}

}  // namespace steward::cli
