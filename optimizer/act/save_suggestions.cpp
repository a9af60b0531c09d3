// See save_suggestions.hpp.
#include "act/save_suggestions.hpp"

#include "db/error.hpp"
#include "db/transaction.hpp"

namespace steward::act {

Saved SaveSuggestions(db::Database& database, const std::string& run, bool standby) {
  if (standby) return {std::nullopt, "this server is a standby"};
  try {
    db::WriteTransaction transaction(database, {std::chrono::seconds{30}, std::chrono::seconds{5}});
    const db::Result result = database.Query("SELECT steward.save_suggestions($1::jsonb) AS run_id", {run});
    const std::int64_t run_id = result.Only().Int("run_id");
    transaction.Commit();
    return {run_id, ""};
  } catch (const db::ConnectionError&) {
    throw;
  } catch (const db::Interrupted&) {
    throw;
  } catch (const db::Error& error) {
    return {std::nullopt, error.what()};
  }
}

}  // namespace steward::act
