// Telling somebody about a view: one line in the log, one notification on channel steward_alerts. When is core/refresh_alerts'.
#pragma once

#include "core/refresh_alerts.hpp"
#include "refresh/view_table.hpp"

namespace steward::refresh {

enum class AlertKind { kFailing, kLate, kDrifted };

/// Says so, and notifies, in a transaction of its own, so that a full notification queue takes nothing along: the caller has none.
/// `detail` is shown to whoever listens: no values.
void RaiseAlert(const ScheduledView& view, AlertKind kind, core::Micros since, const char* detail);

}  // namespace steward::refresh
