// pgsteward pool lint: reads what it was given, lets the rules judge, prints.
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/pool_facts.hpp"
#include "pgbouncer/rules.hpp"
#include "report/lint_report.hpp"

namespace steward::cli {

Outcome RunPoolLint(const Arguments& arguments) {
  const PoolSources sources = ReadPoolSources(arguments);
  model::LintReport report = pgbouncer::CheckAll(sources.facts);
  report.sources = sources.names;
  report.warnings = sources.warnings;
  const std::string text = arguments.format == Format::kJson ? report::LintJson(report) : report::LintText(report);
  return {text, report::AnyError(report) ? kExitFinding : kExitOk};
}

}  // namespace steward::cli
