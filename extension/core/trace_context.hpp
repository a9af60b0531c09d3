// The trace that a statement belongs to, as sqlcommenter writes it into a comment at the statement's end or start:
//   SELECT ... /*action='index',traceparent='00-5bd66ef5095369c7b0d1f8f4bd33716a-c532cb4098ac3dd2-01'*/
// Formats: W3C Trace Context, version 00 (https://www.w3.org/TR/trace-context/#traceparent-header), and sqlcommenter
// (https://google.github.io/sqlcommenter/spec/). Owns the finding of the id; where texts come from is the caller's business.
#pragma once

#include <cstddef>
#include <string_view>

namespace steward::core {

inline constexpr size_t kTraceIdLength = 32;

/// No further than this from either end of a text is looked.
inline constexpr size_t kTraceReach = 4096;

/// 32 lower-case hexadecimal digits, or an empty string.
struct TraceId {
  char hex[kTraceIdLength + 1];
};

/// The trace id of a statement: from the comment at its end, else from the one at its start. Empty unless there is a
/// `traceparent` that is exactly what the formats ask for; ids of all zeroes are none. The text may be cut anywhere.
[[nodiscard]] TraceId FindTraceId(std::string_view statement);

}  // namespace steward::core
