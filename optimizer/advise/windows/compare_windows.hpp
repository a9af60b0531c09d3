// Compares two windows of history, statement by statement. Pure.
#pragma once

#include "model/window.hpp"

namespace steward::advise {

/// The changes between two windows, each with `seconds` > 0, as rates an hour. A difference of total time is split into what
/// the number of calls and what the mean duration did: dt = dc * m_before + c_after * dm. Order: the largest change first,
/// then by query id, user and level.
std::vector<model::StatementChange> CompareWindows(const model::Window& before, const model::Window& after);

}  // namespace steward::advise
