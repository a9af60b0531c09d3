// See deparse_settings.hpp.
#include "capture/deparse_settings.hpp"

extern "C" {
#include "utils/guc.h"
}

namespace steward::capture {

namespace {

struct Pin {
  const char* name;
  const char* value;
};

// Names outside pg_catalog are written with their schema.
constexpr Pin kPins[] = {{"search_path", "pg_catalog"},  {"quote_all_identifiers", "off"}, {"IntervalStyle", "postgres"},
                         {"DateStyle", "ISO, MDY"},      {"extra_float_digits", "1"},      {"bytea_output", "hex"}};

}  // namespace

void PinDeparseSettings() {
  for (const Pin& pin : kPins) {
    const char* now = GetConfigOption(pin.name, true, false);
    if (now == nullptr || strcmp(now, pin.value) != 0)
      set_config_option(pin.name, pin.value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
  }
}

}  // namespace steward::capture
