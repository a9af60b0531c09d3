// The settings that the text or the meaning of values depends on. A refresh that pins them makes functions that are stable
// only through settings repeatable; trackable.cpp counts on it.
#pragma once

#include "pg/postgres.hpp"

namespace steward::refresh {

struct PinnedSetting {
  const char* name;
  const char* value;  // nullptr: as it was when the view was scheduled, part of the schedule
};

/// All of them; `count` says how many.
[[nodiscard]] const PinnedSetting* PinnedSettings(int* count);

}  // namespace steward::refresh
