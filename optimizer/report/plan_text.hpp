// A plan in EXPLAIN's JSON as the lines that EXPLAIN would print.
#pragma once

#include <string>

namespace steward::report {

/// `plan` as steward.whatif shows it, each line led by `indent` spaces. Says so where it is no such document.
std::string PlanText(const std::string& plan, std::size_t indent);

}  // namespace steward::report
