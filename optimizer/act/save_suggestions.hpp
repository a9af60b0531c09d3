// Saves an advisor's run in the database, in a short transaction of its own after the read-only analysis.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "db/database.hpp"

namespace steward::act {

/// What came of saving: a run id, or why there is none ("this is a standby", "permission denied for ...").
struct Saved {
  std::optional<std::int64_t> run_id;
  std::string reason;
};

/// `run` is the document that steward.save_suggestions(jsonb) takes. A refusal by the server is an answer, not an
/// error; only a lost connection or Ctrl-C throws.
Saved SaveSuggestions(db::Database& database, const std::string& run, bool standby);

}  // namespace steward::act
