// The findings of `pool lint` as text and JSON. Finding them is pgbouncer/rules.
#pragma once

#include <string>

#include "model/lint_report.hpp"

namespace steward::report {

/// What was read, each finding with its evidence and its fix, what was not checked and why, and a closing count.
std::string LintText(const model::LintReport& report);

/// {"schema_version": 1, "sources": {...}, "notes": [...], "findings": [{rule, name, severity (error, warn or info), object,
/// message, evidence, fix}], "not_checked": [{rule, name, needs}], "counts": {...}}
std::string LintJson(const model::LintReport& report);

/// Whether a finding is an error.
bool AnyError(const model::LintReport& report);

}  // namespace steward::report
