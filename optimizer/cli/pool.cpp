// The commands "pool ...": which function runs which.
#include "cli/arguments.hpp"
#include "cli/commands.hpp"

namespace steward::cli {

Outcome RunPool(const Arguments& arguments) {
  switch (arguments.command) {
    case Command::kPoolConfig:
      return RunPoolConfig(arguments);
    case Command::kPoolLint:
      return RunPoolLint(arguments);
    case Command::kPoolVerify:
      return RunPoolVerify(arguments);
    case Command::kAdvisePool:
      return RunAdvisePool(arguments);
    case Command::kAdvisePrepared:
      return RunAdvisePrepared(arguments);
    default:
      throw UsageError("no pool command given", "");
  }
}

}  // namespace steward::cli
