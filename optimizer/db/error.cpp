// Which SQLSTATE becomes which exception. See error.hpp.
#include "db/error.hpp"

#include <string_view>
#include <utility>

namespace steward::db {

Error::Error(Diagnostics diagnostics) : std::runtime_error(diagnostics.message), diagnostics_(std::move(diagnostics)) {}

void Throw(Diagnostics diagnostics) {
  const std::string_view state = diagnostics.sqlstate;
  if (state.starts_with("08") || state == "57P01" || state == "57P02" || state == "57P03")
    throw ConnectionError(std::move(diagnostics));
  if (state == "42501") throw InsufficientPrivilege(std::move(diagnostics));
  if (state == "42P01" || state == "42883" || state == "42703" || state == "3F000")
    throw UndefinedObject(std::move(diagnostics));
  if (state == "55000") throw PrerequisiteMissing(std::move(diagnostics));
  if (state == "25006") throw ReadOnlyServer(std::move(diagnostics));
  throw Error(std::move(diagnostics));
}

}  // namespace steward::db
