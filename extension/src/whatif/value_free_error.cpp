// See value_free_error.hpp.
#include "whatif/value_free_error.hpp"

namespace steward::whatif {

ErrorData* WithoutValues(ErrorData* error) {
  if (error == nullptr) return nullptr;
  const int category = ERRCODE_TO_CATEGORY(error->sqlerrcode);
  if (category == ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION || category == ERRCODE_INVALID_SCHEMA_NAME ||
      category == ERRCODE_FEATURE_NOT_SUPPORTED || error->message_id == nullptr)
    return error;
  const bool empty = strcmp(error->message_id, "%s") == 0;
  error->message = pstrdup(empty ? "error raised by a function while planning" : error->message_id);
  return error;
}

}  // namespace steward::whatif
