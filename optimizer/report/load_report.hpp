// What the load driver measured, as text for people and JSON for programs. Pure.
#pragma once

#include <string>

#include "model/load_result.hpp"

namespace steward::report {

std::string LoadText(const model::LoadResult& result);
std::string LoadJson(const model::LoadResult& result);

}  // namespace steward::report
