// pgsteward pool verify: a load through the pooler, and whether the promises are kept under it.
#include <fmt/format.h>

#include <algorithm>

#include "cli/captured_load.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/load_session.hpp"
#include "cli/pool_calibrate.hpp"
#include "load/script.hpp"
#include "report/load_report.hpp"
#include "report/terminal_text.hpp"

namespace steward::cli {

namespace {

void AddNotes(model::LoadResult& result, const LoadSession& session) {
  const auto note = [&](const std::string& text) { result.notes.push_back(text); };
  if (result.interrupted) note("interrupted: this is what was measured until then");
  if (session.pooler == nullptr && session.sampler == nullptr)
    note(
        "how busy the pool is was not measured: there is no --server, and PgBouncer's console could not be asked "
        "(--console-user): " +
        session.console_problem);
  if (session.pooler != nullptr && !session.pooler->problem().empty())
    note("the pool's size was not asked of PgBouncer: " + session.pooler->problem());
  if (session.pools != nullptr && session.pools->broken())
    note("the connection to PgBouncer's console broke: the pool was not watched to the end");
  if (session.sampler != nullptr && session.sampler->broken())
    note("the direct connection to the server broke: it was not watched to the end");
  if (session.pooler != nullptr && !result.interrupted)
    for (const model::LoadClassResult& one : result.classes)
      if (!one.pool) note(fmt::format("how busy the pool of class \"{}\" is was not seen: it was not judged", report::Printable(one.name)));
  if (session.sampler != nullptr && session.sampler->blind())
    note("what the server is doing was not seen: the role of --server needs pg_read_all_stats");
  if (result.driver_cpu > 0.9 || result.lateness_p99_ms > 10)
    note(fmt::format(
        "this driver was at its limit ({:.2f} cores, requests started up to {:.3g} ms late): times are longer than "
        "clients on other machines would see",
        result.driver_cpu, result.lateness_p99_ms));
}

// By then each request has ended in one way or another.
double LongestRequest(const std::vector<load::LoadClass>& classes) {
  double longest = 0;
  for (const load::LoadClass& one : classes) longest = std::max(longest, one.acquire_timeout_s + one.timeout_s);
  return longest;
}

Outcome Verify(const Arguments& arguments, std::vector<load::LoadClass> classes) {
  const std::unique_ptr<LoadSession> session = OpenLoadSession(arguments, std::move(classes));
  session->driver->Connect();
  model::LoadResult result =
      session->driver->Run(arguments.load.warmup_s, arguments.load.duration_s, LongestRequest(session->classes));
  result.host = session->endpoint.host;
  result.port = session->endpoint.port;
  AddNotes(result, *session);
  const auto missed = [](const model::LoadClassResult& one) { return !one.missed.empty() || !one.undecided.empty(); };
  const int exit_code = result.interrupted                                                  ? kExitFailure
                        : std::any_of(result.classes.begin(), result.classes.end(), missed) ? kExitFinding
                                                                                            : kExitOk;
  return {arguments.format == Format::kJson ? report::LoadJson(result) : report::LoadText(result), exit_code};
}

}  // namespace

Outcome RunPoolVerify(const Arguments& arguments) {
  WarnOfPassword(arguments.connect);
  db::ConnectOptions server;
  if (!arguments.load.server.empty()) server.dbname = arguments.load.server;
  WarnOfPassword(server);
  std::vector<load::ClassSettings> captured;
  if (arguments.load.captured) captured = ReadCapturedClasses(arguments.load);
  if (!arguments.load.write_load.empty()) return WriteLoad(arguments.load.write_load, captured);
  try {
    std::vector<load::LoadClass> classes = arguments.load.captured ? ToLoad(captured) : ReadClasses(arguments.load);
    return arguments.load.calibrate ? RunPoolCalibrate(arguments, std::move(classes))
                                    : Verify(arguments, std::move(classes));
  } catch (const load::PlanError& error) {
    throw UsageError(error.what(), error.hint());
  }
}

}  // namespace steward::cli
