// When a scheduled view is looked at next, by its own schedule. Owns the translation of schedules into instants; the rules are
// core's.
#pragma once

#include "core/refresh_cost.hpp"
#include "core/schedule.hpp"
#include "pg/postgres.hpp"
#include "refresh/execute.hpp"
#include "refresh/view_table.hpp"

namespace steward::refresh {

/// The time of the schedule that follows `now`: of a grid or of cron its next instant, else `now` itself.
[[nodiscard]] TimestampTz NextSlot(const ScheduledView& view, TimestampTz now);

/// What is known of one method.
[[nodiscard]] core::MethodCost CostOf(const LearnedCosts& costs, Method method);

/// How many readers a plain refresh makes wait.
[[nodiscard]] core::Learned ReadersWaitedOf(const LearnedCosts& costs);

/// What there is to know for the choice of a method. Whether it has rows, a key and readers is left out.
[[nodiscard]] core::MethodQuestion QuestionOf(const ScheduledView& view, bool has_dependents);

/// How long the next refresh will hardly exceed; a second where nothing is known.
[[nodiscard]] core::Micros PredictedCost(const ScheduledView& view, bool has_dependents);

/// What is known of costs after one more refresh.
[[nodiscard]] LearnedCosts LearnCost(const ScheduledView& view, const RefreshOutcome& outcome, core::Micros duration);

}  // namespace steward::refresh
