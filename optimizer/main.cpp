// pgsteward, the optimizer CLI of pg_steward. Everything is in cli/run.
#include <string>
#include <vector>

#include "cli/run.hpp"

int main(int argc, char** argv) {
  return steward::cli::Run(std::vector<std::string>(argv + 1, argv + argc));
}
