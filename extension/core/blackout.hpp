// The text of blackout windows: when no refresh begins. Pure; what windows mean is cron's NextBlackout.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/cron.hpp"

namespace steward::core {

struct BlackoutParse {
  std::vector<BlackoutWindow> windows;
  std::string error;  // empty: none. Else what is wrong, as a phrase for a message
};

/// Windows separated by semicolons: days, as "mon-fri", "sat,sun" or nothing for every day, then "HH:MM-HH:MM". One that ends
/// before it begins goes on into the next day; 24:00 is midnight at the end of the day.
[[nodiscard]] BlackoutParse ParseBlackout(std::string_view text);

}  // namespace steward::core
