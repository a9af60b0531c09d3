// The options of the commands, in the groups that their help shows.
#pragma once

#include <boost/program_options.hpp>
#include <string>
#include <vector>

#include "cli/arguments.hpp"

namespace steward::cli {

struct OptionGroup {
  std::string title;
  boost::program_options::options_description options;
};

/// What one command takes, in the order of its help; kNone: what the program takes alone.
std::vector<OptionGroup> GroupsOf(Command command);

}  // namespace steward::cli
