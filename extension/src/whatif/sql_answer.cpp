// See sql_answer.hpp.
#include "whatif/sql_answer.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
}

namespace steward::whatif {

void SetError(const ErrorData* error, Datum* values, bool* nulls, int sqlstate_column) {
  nulls[sqlstate_column] = nulls[sqlstate_column + 1] = error == nullptr;
  if (error == nullptr) return;
  values[sqlstate_column] = CStringGetTextDatum(unpack_sql_state(error->sqlerrcode));
  const char* message = error->message != nullptr ? error->message : "unknown error";
  if (error->hint != nullptr) message = psprintf("%s (%s)", message, error->hint);
  values[sqlstate_column + 1] = CStringGetTextDatum(message);
}

Datum IntegerArray(const List* list) {
  auto* elements = static_cast<Datum*>(palloc(static_cast<Size>(list_length(list) + 1) * sizeof(Datum)));
  int count = 0;
  const ListCell* cell = nullptr;
  foreach (cell, list) elements[count++] = Int32GetDatum(lfirst_int(cell));
  return PointerGetDatum(construct_array(elements, count, INT4OID, sizeof(int32), true, TYPALIGN_INT));
}

Datum OidArray(const List* list) {
  auto* elements = static_cast<Datum*>(palloc(static_cast<Size>(list_length(list) + 1) * sizeof(Datum)));
  int count = 0;
  const ListCell* cell = nullptr;
  foreach (cell, list) elements[count++] = ObjectIdGetDatum(lfirst_oid(cell));
  return PointerGetDatum(construct_array(elements, count, OIDOID, sizeof(Oid), true, TYPALIGN_INT));
}

}  // namespace steward::whatif
