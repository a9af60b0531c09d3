// pgsteward doctor: read the facts, judge them, print.
#include "cli/commands.hpp"
#include "cli/diagnose.hpp"
#include "cli/exit_code.hpp"
#include "collect/server_facts.hpp"
#include "report/doctor_report.hpp"

namespace steward::cli {

Outcome RunDoctor(db::Database& database, const Arguments& arguments) {
  const std::vector<report::Check> checks = Diagnose(collect::ReadServerFacts(database));
  const std::string text = arguments.format == Format::kJson ? report::DoctorJson(checks) : report::DoctorText(checks);
  return {text, report::AnyFailed(checks) ? kExitFinding : kExitOk};
}

}  // namespace steward::cli
