// See pinned_settings.hpp.
#include "refresh/pinned_settings.hpp"

namespace steward::refresh {

namespace {

constexpr PinnedSetting kPinned[] = {
    {"TimeZone", nullptr},
    {"timezone_abbreviations", nullptr},
    {"DateStyle", nullptr},
    {"IntervalStyle", nullptr},
    {"lc_monetary", nullptr},
    {"lc_numeric", nullptr},
    {"lc_time", nullptr},
    {"default_text_search_config", nullptr},
    {"extra_float_digits", nullptr},
    {"bytea_output", nullptr},
    {"xmlbinary", nullptr},
    {"xmloption", nullptr},
    {"array_nulls", nullptr},
    {"quote_all_identifiers", nullptr},
    // How text is parsed, for functions that are declared immutable and hold their body as text.
    {"standard_conforming_strings", nullptr},
    {"backslash_quote", nullptr},
    {"transform_null_equals", nullptr},
    // With it off a query that row security would filter fails.
    {"row_security", "on"},
    // As every REFRESH does from PostgreSQL 17 on; as in pg::BecomeRole.
    {"search_path", "pg_catalog, pg_temp"},
};

}  // namespace

const PinnedSetting* PinnedSettings(int* count) {
  *count = static_cast<int>(lengthof(kPinned));
  return kPinned;
}

}  // namespace steward::refresh
