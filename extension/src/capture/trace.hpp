// The trace that a slow execution belonged to. Decides which text is asked for it; how it is found there is core's business.
// Only for slow executions: a look at some kilobytes of text each.
#pragma once

#include "core/trace_context.hpp"
#include "pg/postgres.hpp"

extern "C" {
#include "executor/execdesc.h"
}

namespace steward::capture {

/// By the client's message that this session is working on, or that has just failed. Allocates nothing.
[[nodiscard]] core::TraceId TraceOfMessage();

/// By the message, and of several statements in one message first by the statement's own part of it. By the statement's own text
/// where there is no message.
[[nodiscard]] core::TraceId TraceOf(const QueryDesc* query);

}  // namespace steward::capture
