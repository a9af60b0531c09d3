// The settings that a refresh runs with: those of the session that scheduled the view, for every setting that a view's
// result can depend on (pinned_settings.hpp). So the result changes only with the base tables.
#pragma once

#include "pg/postgres.hpp"

namespace steward::refresh {

/// "name=value" of each, as in this session: text[] for steward.refresh_schedule.settings.
[[nodiscard]] Datum SettingsOfSession();

/// Sets them until pg::EndRole. Names that are not on the list, which a dump can bring, are ignored.
void PinSettings(Datum settings);

}  // namespace steward::refresh
