// What one request of a class sends: statements, and the parameters that are drawn anew for each request.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "load/random.hpp"

namespace steward::load {

/// A load that cannot be run as it is described; the text names the class and the setting.
class PlanError : public std::runtime_error {
 public:
  PlanError(const std::string& message, std::string hint) : std::runtime_error(message), hint_(std::move(hint)) {}
  const std::string& hint() const { return hint_; }

 private:
  std::string hint_;
};

/// One statement, cut at its parameters: pieces.size() == values.size() + 1.
struct ScriptStatement {
  std::vector<std::string> pieces;
  std::vector<std::size_t> values;  // which of the request's values stands behind each piece
  std::string parameterized;        // with $1, $2, ... in the parameters' places
  double pause_s = 0;               // not sent: the application holds its connection for so long
};

/// The statements of a request, in order, and the ranges its values are drawn from.
struct Script {
  std::vector<ScriptStatement> statements;
  std::vector<std::pair<std::int64_t, std::int64_t>> ranges;
  double weight = 1;
};

/// Reads statements separated by semicolons. `:random(1,100)` draws an integer; `:random(1,100,id)` names what it drew,
/// so that `:id` in the same script repeats it. Several statements become one transaction unless they begin one
/// themselves. `\sleep 300ms` is a pause
/// between two statements. Text within quotes, dollar quotes and comments is left alone. Throws PlanError.
Script ParseScript(std::string_view text);

std::vector<std::int64_t> DrawValues(const Script& script, Random& random);

/// The statement with its values as literals.
std::string Render(const ScriptStatement& statement, const std::vector<std::int64_t>& values);

}  // namespace steward::load
