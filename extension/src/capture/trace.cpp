// See trace.hpp.
#include "capture/trace.hpp"

#include "pg/activity.hpp"

extern "C" {
#include "nodes/plannodes.h"
#include "tcop/tcopprot.h"
}

namespace steward::capture {

// When a statement fails the main loop has forgotten its text by the time that this is asked for; the server's status has
// the beginning of it still.
core::TraceId TraceOfMessage() {
  return core::FindTraceId(debug_query_string != nullptr ? debug_query_string : pg::OwnActivityText());
}

namespace {

core::TraceId TraceOfOwnText(const QueryDesc* query) {
  if (query->sourceText == nullptr) return core::TraceId{};
  const PlannedStmt* statement = query->plannedstmt;
  const char* text = query->sourceText + Max(statement->stmt_location, 0);
  const size_t length = statement->stmt_len > 0 ? strnlen(text, static_cast<size_t>(statement->stmt_len)) : strlen(text);
  return core::FindTraceId(std::string_view(text, length));
}

}  // namespace

// What EXECUTE or a function runs has a text of its own, which was there before the trace began.
core::TraceId TraceOf(const QueryDesc* query) {
  const bool own_first = query->sourceText == debug_query_string;
  const core::TraceId first = own_first ? TraceOfOwnText(query) : TraceOfMessage();
  if (first.hex[0] != '\0') return first;
  return own_first ? TraceOfMessage() : TraceOfOwnText(query);
}

}  // namespace steward::capture
