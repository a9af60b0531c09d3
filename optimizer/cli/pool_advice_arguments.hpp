// The options of "advise pool" and "snapshot pool".
#pragma once

#include <boost/program_options.hpp>

#include "cli/arguments.hpp"

namespace steward::cli {

/// Throws UsageError. Decides too whether a server is asked at all.
void FillPoolAdvice(const boost::program_options::variables_map& values, Arguments& arguments);

}  // namespace steward::cli
