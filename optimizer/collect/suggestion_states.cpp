// See suggestion_states.hpp.
#include "collect/suggestion_states.hpp"

#include <map>
#include <set>

namespace steward::collect {

namespace {

std::map<std::string, model::Mute> ReadMutes(db::Database& database) {
  const db::Result result = database.Query(
      "SELECT suggestion_id, reason, muted_by, extract(epoch FROM muted_at)::float8 AS muted_at,"
      " CASE WHEN isfinite(until) THEN extract(epoch FROM until)::float8 END AS until FROM steward.mutes");
  std::map<std::string, model::Mute> mutes;
  for (const db::Row row : result)
    mutes[row.Text("suggestion_id")] = {row.Text("reason"), row.Text("muted_by"), row.Double("muted_at"),
                                        row.OptionalDouble("until")};
  return mutes;
}

bool MayReadRuns(db::Database& database) {
  const db::Result result =
      database.Query("SELECT has_table_privilege('steward.suggestion', 'SELECT') AS granted");
  return result.Only().Bool("granted");
}

std::set<std::string> ReadSeen(db::Database& database) {
  std::set<std::string> seen;
  for (const db::Row row : database.Query("SELECT DISTINCT suggestion_id FROM steward.suggestion"))
    seen.insert(row.Text("suggestion_id"));
  return seen;
}

class Marker {
 public:
  explicit Marker(db::Database& database) : mutes_(ReadMutes(database)), known_(MayReadRuns(database)) {
    if (known_) seen_ = ReadSeen(database);
  }

  template <typename Suggestions>
  void Mark(Suggestions& suggestions) const {
    for (auto& suggestion : suggestions) {
      if (known_) suggestion.status = seen_.count(suggestion.id) > 0 ? "open" : "new";
      const auto mute = mutes_.find(suggestion.id);
      if (mute == mutes_.end()) continue;
      suggestion.status = "muted";
      suggestion.mute = mute->second;
    }
  }

 private:
  std::map<std::string, model::Mute> mutes_;
  bool known_;
  std::set<std::string> seen_;
};

}  // namespace

void MarkStates(db::Database& database, model::IndexAdvice& advice) {
  const Marker marker(database);
  marker.Mark(advice.suggestions);
  marker.Mark(advice.unneeded);
  marker.Mark(advice.foreign_keys);
  marker.Mark(advice.statistics);
}

void MarkStates(db::Database& database, model::PoolAdvice& advice) {
  Marker(database).Mark(advice.settings);
}

void MarkStates(db::Database& database, model::PreparedAdvice& advice) {
  const Marker marker(database);
  marker.Mark(advice.suggestions);
  marker.Mark(advice.withheld);
}

}  // namespace steward::collect
