// The options of "advise prepared".
#pragma once

#include <boost/program_options.hpp>

#include "cli/arguments.hpp"

namespace steward::cli {

/// Throws UsageError. Decides too whether a server is asked at all.
void FillPrepared(const boost::program_options::variables_map& values, Arguments& arguments);

}  // namespace steward::cli
