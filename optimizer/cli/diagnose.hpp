// Judges the facts about a server: what works, what is missing, and the line that mends it. Pure.
#pragma once

#include <string>
#include <vector>

#include "collect/server_facts.hpp"
#include "report/doctor_report.hpp"

namespace steward::cli {

std::vector<report::Check> Diagnose(const collect::ServerFacts& facts);

}  // namespace steward::cli
