// See captured_load.hpp. What follows from what was captured is load/captured's.
#include "cli/captured_load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include "act/prepared_runs.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"
#include "cli/requirements.hpp"
#include "collect/pool_workload.hpp"
#include "collect/prepared_workload.hpp"
#include "db/connection.hpp"
#include "db/error.hpp"
#include "db/transaction.hpp"

namespace steward::cli {

namespace {

using Clock = std::chrono::steady_clock;

constexpr db::TransactionLimits kLimits{std::chrono::seconds{10}, std::chrono::milliseconds{500}};
constexpr std::chrono::seconds kAnswer{15};    // beyond the server's own limit
constexpr std::chrono::seconds kDeadline{60};  // for asking about statements
constexpr int kMostStatements = 20;            // of a role
constexpr int kDraws = 4;

// As poolers do to let users in: not to be written to a file, nor asked for by a load.
bool ReadsPasswords(const std::string& text) {
  return text.find("pg_authid") != std::string::npos || text.find("pg_shadow") != std::string::npos ||
         text.find("pg_user_mapping") != std::string::npos;
}

// In a transaction of its own: its locks are let go, and what fails ends no other question.
void Ask(db::Database& database, const model::PreparedStatement& statement, load::CapturedStatement& one) {
  try {
    const db::ReadOnlyTransaction transaction(database, kLimits);
    one.left_out = act::WhyNotRun(database, statement);
    if (!one.left_out.empty()) return;
    for (const act::ValueSet& values : act::ReadValues(database, statement, kDraws))
      one.texts.push_back(act::WithValues(statement.plannable, statement.parameter_types, values.texts));
    if (one.texts.empty()) one.left_out = "no values are known for its parameters";
  } catch (const db::ConnectionError&) {
    throw;
  } catch (const db::Interrupted&) {
    throw;
  } catch (const db::Error& error) {
    one.left_out = error.what();
  }
}

std::vector<model::PreparedStatement> ReadFacts(db::Database& database, load::CapturedLoad& captured) {
  const db::ReadOnlyTransaction transaction(database, kLimits);
  const model::PoolWorkload workload = collect::ReadPoolWorkload(database, {}).workload;
  captured.database = workload.server.database;
  captured.seconds = workload.seconds;
  std::set<std::string> roles;
  for (const model::PoolClass& one : workload.classes) {
    if (one.database != captured.database || one.role.empty()) continue;
    captured.classes.push_back({one.role, one.application, static_cast<double>(one.transactions),
                                static_cast<int>(one.max_sessions.value_or(0))});
    roles.insert(one.role);
  }
  std::vector<model::PreparedStatement> statements = collect::ReadPreparedWorkload(database).statements;
  std::erase_if(statements, [&](const model::PreparedStatement& one) { return roles.count(one.role) == 0; });
  std::stable_sort(statements.begin(), statements.end(), [](const auto& a, const auto& b) { return a.calls > b.calls; });
  return statements;
}

}  // namespace

load::CapturedPlan ReadCapturedPlan(db::Database& database) {
  RequireDirectConnection(database);
  RequireExtension(database);
  load::CapturedLoad captured;
  const std::vector<model::PreparedStatement> statements = WithAdviceOnRights([&] { return ReadFacts(database, captured); });
  Progress progress;
  const Clock::time_point end = Clock::now() + kDeadline;
  std::map<std::string, int> taken;
  for (const model::PreparedStatement& statement : statements) {
    progress.Say("asking for values", static_cast<double>(captured.statements.size()) / static_cast<double>(statements.size()));
    load::CapturedStatement one{statement.role, statement.query, static_cast<double>(statement.calls), {}, statement.not_plannable};
    if (one.left_out.empty() && ReadsPasswords(statement.plannable))
      one.left_out = "it reads where passwords are kept";
    else if (one.left_out.empty() && taken[statement.role] >= kMostStatements)
      one.left_out = fmt::format("beyond the {} most called", kMostStatements);
    else if (one.left_out.empty() && Clock::now() > end)
      one.left_out = "not asked for in time";
    else if (one.left_out.empty())
      Ask(database, statement, one);
    if (!one.texts.empty()) ++taken[statement.role];
    captured.statements.push_back(std::move(one));
  }
  progress.Clear();
  return load::PlanCaptured(captured);
}

std::vector<load::ClassSettings> ReadCapturedClasses(const LoadOptions& options) {
  db::ConnectOptions server;
  server.dbname = options.server;
  server.prompt = db::ConnectOptions::Password::kNever;
  db::Connection connection(server, db::PromptForPassword);
  connection.AnswerWithin(kAnswer);
  load::CapturedPlan plan = ReadCapturedPlan(connection);
  for (const load::LeftOut& left_out : plan.left_out) PrintWarning(load::ToText(left_out), "");
  if (plan.classes.empty())
    throw UsageError("nothing captured can be sent again",
                     "It takes statements that only read, are transactions of their own, and have values (ANALYZE), and the rights to "
                     "read them. Else describe the load with --load, or with --users and --sql.");
  return std::move(plan.classes);
}

std::vector<load::LoadClass> ToLoad(const std::vector<load::ClassSettings>& classes) {
  std::vector<load::LoadClass> driven;
  for (const load::ClassSettings& one : classes) driven.push_back(load::ReadClass(one.name, one.settings));
  load::CheckPlan(driven);
  return driven;
}

Outcome WriteLoad(const std::string& path, const std::vector<load::ClassSettings>& classes) {
  WriteOutput(path, load::ToIni(classes));
  return {path == "-" ? "" : fmt::format("classes written: {}; edit them, then: pgsteward pool verify --load {}\n", classes.size(), path),
          kExitOk};
}

}  // namespace steward::cli
