// The commands and the options of each, as data: what arguments.cpp parses by and what help is printed from.
#pragma once

#include <boost/program_options.hpp>
#include <string>

#include "cli/arguments.hpp"

namespace steward::cli {

/// A command, as help shows it.
struct CommandSpec {
  Command command;
  const char* name;
  const char* usage;
  const char* summary;  // in the program's help
  const char* purpose;  // first line of its own help
  const char* notes;    // printed after the options
};

/// nullptr when there is none of that name.
const CommandSpec* FindCommand(const std::string& name);

/// What one command takes, its words included.
boost::program_options::options_description OptionsOf(Command command);

/// Everything any command takes: enough to tell the command from the value of an option before it.
boost::program_options::options_description AllOptions();

/// The hint of errors in a command line.
std::string TryHelp(Command command);

}  // namespace steward::cli
