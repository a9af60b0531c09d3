// The commands and the options of each, as data: what arguments.cpp parses by and what help is printed from.
#pragma once

#include <boost/program_options.hpp>
#include <cstddef>
#include <string>
#include <vector>

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
  bool opens_session = true;  // see Arguments
};

/// The command that `words` begin with; its name is one word or two. nullptr when there is none.
const CommandSpec* FindCommand(const std::vector<std::string>& words);

/// How many words its name has.
std::size_t WordsOf(const CommandSpec& spec);

/// The second words of the commands whose first is `family`; empty where that is no such word.
std::vector<std::string> SubcommandsOf(const std::string& family);

/// What one command takes, its words included.
boost::program_options::options_description OptionsOf(Command command);

/// Everything any command takes: enough to tell the command from the value of an option before it.
boost::program_options::options_description AllOptions();

/// The hint of errors in a command line.
std::string TryHelp(Command command);

}  // namespace steward::cli
