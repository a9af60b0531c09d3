// Why a statement changed its plan: compares what was noted when each of the two plans was first seen. Owns the decision, and
// which plan a new one took the place of; reads nothing and asks no clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/plan_sight.hpp"

namespace steward::core {

/// Best first: the first that applies is told as the cause.
enum class PlanCause : uint8_t {
  kIndex,        // an index that the old plan used is gone, or one that the new plan uses is new
  kSetting,      // planner settings differ
  kGeneric,      // the old plan was made for parameter values, the new one for any
  kParameters,   // both plans are in use, for different values
  kStatistics,   // relations were analyzed between the plans, or statistics are gone
  kGrowth,       // a relation has at least twice or at most half as many pages
  kAlternating,  // both plans are in use, for a statement that has no values
  kRebuilt,      // an index that both plans use is another one of the same name
  kUnknown,
};

/// As SQL shows it. kRebuilt is index too.
[[nodiscard]] const char* CauseName(PlanCause cause);

/// When a plan was used, microseconds of the server's clock, and how often.
struct PlanUse {
  int64_t first_seen;  // as a use began
  int64_t last_seen;   // when a use was last counted: up to kCountedWithinUs after it ended
  uint64_t calls;
  int64_t mean_duration = 0;  // of a use, microseconds
};

/// The launcher counts every second; another one for a busy machine.
inline constexpr int64_t kCountedWithinUs = 2'000'000;

/// True when a plan first seen at `at` took the place of `a` rather than of `b`, both seen before: the one that was used later,
/// and of plans that were in use still the one used more.
[[nodiscard]] bool RatherReplaced(const PlanUse& a, const PlanUse& b, int64_t at);

inline constexpr size_t kMaxDetailBytes = 2048;

struct PlanChange {
  PlanCause cause;
  bool same_plan;  // no change but that indexes were built anew
  size_t detail_length;
  char detail[kMaxDetailBytes];  // "cause: what", separated by "; ", best first; what does not fit is left out

  [[nodiscard]] std::string_view Detail() const { return {detail, detail_length}; }
};

/// What is known of a plan.
struct KnownPlan {
  const PlanSight& sight;
  PlanUse use;
};

/// All that applies. Names in the detail are those that things had when the plans were first seen. `has_values`: the statement
/// has, or may have, parameters or constants.
void ExplainChange(const KnownPlan& old_plan, const KnownPlan& new_plan, bool has_values, PlanChange* change) noexcept;

}  // namespace steward::core
