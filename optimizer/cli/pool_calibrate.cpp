// See pool_calibrate.hpp. What to probe and what follows from it is load/calibration's.
#include "cli/pool_calibrate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "cli/exit_code.hpp"
#include "cli/load_session.hpp"
#include "db/error.hpp"
#include "db/interrupt.hpp"
#include "load/calibration.hpp"
#include "load/pool_size.hpp"
#include "load/slo.hpp"
#include "report/calibration_report.hpp"

namespace steward::cli {

namespace {

constexpr double kMostSettleS = 1;     // after a change of size, at most as long as a probe
constexpr double kForeignCores = 0.2;  // of other processes: above it a probe does not count
constexpr double kShift = 0.1;         // of the arrivals from the rate that was asked for
constexpr double kErrors = 0.1;        // of the requests: above it the search stops

// Of users without think time a pool is always full: that is no finding.
void ForgiveFullPools(std::vector<load::LoadClass>& classes) {
  for (load::LoadClass& load_class : classes)
    if (load_class.users > 0 && load_class.think_time_s <= 0) load_class.slo.utilization = 1e9;
}

int PoolsOf(const std::vector<load::LoadClass>& classes) {
  std::set<std::pair<std::string, std::string>> pools;
  for (const load::LoadClass& load_class : classes) pools.emplace(load_class.database, load_class.user);
  return static_cast<int>(pools.size());
}

std::vector<std::string> DatabasesOf(const std::vector<load::LoadClass>& classes) {
  std::set<std::string> databases;
  for (const load::LoadClass& load_class : classes) databases.insert(load_class.database);
  return {databases.begin(), databases.end()};
}

bool Disturbed(const model::LoadResult& result, int size) {
  if (result.foreign_cpu.value_or(0) > kForeignCores) return true;
  return std::any_of(result.classes.begin(), result.classes.end(), [&](const model::LoadClassResult& one) {
    const bool shifted = one.rate > 0 && std::fabs(one.offered / one.rate - 1) > kShift;
    // Still shrinking: a connection closes only as its transaction ends.
    const bool larger =
        one.pool && one.pool->size && *one.pool->size > 0 && one.pool->connections > std::max(*one.pool->size, size);
    return shifted || larger;
  });
}

load::Probe Summarize(const model::LoadResult& result, int size) {
  load::Probe probe;
  probe.size = size;
  probe.slo_kept = true;
  double worst = -1;
  double requests = 0;
  double timeouts = 0;
  for (const model::LoadClassResult& one : result.classes) {
    if (one.error_ratio() > kErrors)
      throw db::Error({fmt::format("{:.0f} % of the requests of class \"{}\" failed with a pool of {}",
                                   100 * one.error_ratio(), one.name, size),
                       one.errors.empty() ? "" : "The first one: " + one.errors.front().message,
                       "See what pool verify says of this load without --calibrate.", ""});
    probe.throughput += one.throughput;
    requests += static_cast<double>(one.requests);
    timeouts += static_cast<double>(one.acquire_timeouts + one.query_timeouts);
    probe.slo_kept = probe.slo_kept && one.missed.empty() && one.undecided.empty();
    if (const double share = one.response.p95_ms / one.slo.p95_ms; share > worst) {
      worst = share;
      probe.p95_ms = one.response.p95_ms;
    }
  }
  probe.timeout_ratio = requests > 0 ? timeouts / requests : 0;
  probe.disturbed = Disturbed(result, size);
  return probe;
}

model::CalibrationResult Search(LoadSession& session, load::PoolSize& pool_size,
                                const load::CalibrationOptions& options, double probe_s) {
  load::Calibration calibration(options);
  while (const std::optional<int> size = calibration.Next()) {
    pool_size.Set(*size);
    const model::LoadResult result = session.driver->Run(std::min(kMostSettleS, probe_s), probe_s, probe_s);
    db::ThrowIfInterrupted();
    if (!session.pooler->problem().empty()) throw db::ConnectionError({session.pooler->problem(), "", "", ""});
    calibration.Add(Summarize(result, *size));
  }
  return calibration.Result();
}

// What was set is put back before anything is said; where that fails, the reader has to.
void RestoreOrSay(load::PoolSize& pool_size) {
  try {
    pool_size.Restore();
  } catch (const db::Error& error) {
    PrintError(fmt::format("default_pool_size could not be put back: {}", error.what()), "",
               fmt::format("Set it on PgBouncer's console: SET default_pool_size={}", pool_size.original()));
  }
}

load::CalibrationOptions OptionsOf(const LoadSession& session, const LoadOptions& options, int original) {
  load::CalibrationOptions calibration;
  calibration.original = original;
  calibration.rounds = options.rounds;
  calibration.seed = session.seed;
  const int pools = PoolsOf(session.classes);
  const int fit = session.budget / pools;
  calibration.most = std::min(options.largest > 0 ? options.largest : fit, fit);
  calibration.most = std::min(calibration.most, std::max(load::TotalConnections(session.classes), 1));
  if (fit < 1)
    throw db::Error({"the server has no connection to spare", "", "Raise max_connections, or end other sessions.", ""});
  return calibration;
}

}  // namespace

Outcome RunPoolCalibrate(const Arguments& arguments, std::vector<load::LoadClass> classes) {
  ForgiveFullPools(classes);
  const std::unique_ptr<LoadSession> session = OpenLoadSession(arguments, std::move(classes));
  db::InterruptOnTermination();
  if (session->console == nullptr)
    throw db::ConnectionError(
        {"PgBouncer's console is needed to change the pool's size: " + session->console_problem, "",
         "Name one of admin_users with --console-user; give its password with PGPASSWORD or a password file.", ""});
  session->driver->Connect();
  load::PoolSize pool_size([&](const std::string& command) { return session->console->Query(command); },
                           DatabasesOf(session->classes));
  const load::CalibrationOptions options = OptionsOf(*session, arguments.load, pool_size.original());
  model::CalibrationResult result;
  try {
    result = Search(*session, pool_size, options, arguments.load.probe_s);
  } catch (...) {
    RestoreOrSay(pool_size);
    throw;
  }
  RestoreOrSay(pool_size);
  const report::CalibrationContext context{session->endpoint.host, session->endpoint.port, options.most,
                                           arguments.load.probe_s, session->seed};
  return {arguments.format == Format::kJson ? report::CalibrationJson(result, context)
                                            : report::CalibrationText(result, context),
          result.slo_feasible ? kExitOk : kExitFinding};
}

}  // namespace steward::cli
