// Two windows of history compared, as text and JSON. Pure: the same difference gives the same bytes.
#pragma once

#include <cstddef>
#include <string>

#include "model/window.hpp"

namespace steward::report {

/// The `limit` largest changes.
std::string DiffText(const model::WindowDiff& diff, std::size_t limit);

/// {"schema_version": 1, "before": {...}, "after": {...}, "changes": [...]}, rates an hour, times in milliseconds.
std::string DiffJson(const model::WindowDiff& diff, std::size_t limit);

}  // namespace steward::report
