// Mutes a suggestion, or shows it again: a short transaction that writes, safe through a pooler.
#pragma once

#include <string>

#include "db/database.hpp"

namespace steward::act {

/// When a mute ends: a time as the server reads it in the session's time zone, or, where `text` is empty, so long from
/// now; 0 seconds: never.
struct MuteEnd {
  std::string text;
  double seconds = 0;
};

/// Throws db::Error: an unknown id, a time that is over, a missing right (with the grants as hint).
void Mute(db::Database& database, const std::string& id, const std::string& reason, const MuteEnd& end);
void Unmute(db::Database& database, const std::string& id);

}  // namespace steward::act
