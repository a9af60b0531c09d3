// Which class belongs to which pool: main, read or admin.
#pragma once

#include <string>
#include <vector>

#include "model/pool_suggestion.hpp"

namespace steward::advise::pool {

/// The classes of one pool, by their place in the workload.
struct PoolGroup {
  std::string name;
  std::vector<std::size_t> classes;
};

/// Whether a role or application is meant by a pattern, in which * stands for any text.
bool Matches(const std::string& pattern, const std::string& name);

/// By name where the demand names them; else admin is a tenth of the transactions at most and holds a connection 20 times as
/// long as the median transaction's class (lint rule 19) and 5 ms, and read never writes where another class does. Classes of other databases, and those that hold next to
/// nothing, are left out. Main first; it is never empty where there is a class at all.
std::vector<PoolGroup> GroupClasses(const model::PoolWorkload& workload, const model::PoolDemand& demand);

}  // namespace steward::advise::pool
