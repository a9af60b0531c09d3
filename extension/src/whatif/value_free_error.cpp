// See value_free_error.hpp.
#include "whatif/value_free_error.hpp"

namespace steward::whatif {

namespace {

// Of what a function raises its author chose the SQLSTATE, and any value may stand in message and hint. That it was a
// function shows in the context, which is of this work alone (pg::RunInSubtransaction).
bool SpeaksOfNames(const ErrorData& error) {
  const int category = ERRCODE_TO_CATEGORY(error.sqlerrcode);
  return error.context == nullptr &&
         (category == ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION || category == ERRCODE_INVALID_SCHEMA_NAME ||
          category == ERRCODE_FEATURE_NOT_SUPPORTED || error.message_id == nullptr);
}

}  // namespace

ErrorData* WithoutValues(ErrorData* error) {
  if (error == nullptr || SpeaksOfNames(*error)) return error;
  const bool empty = error->message_id == nullptr || strcmp(error->message_id, "%s") == 0;
  error->message = pstrdup(empty ? "error raised by a function of the statement" : error->message_id);
  error->hint = nullptr;
  return error;
}

}  // namespace steward::whatif
