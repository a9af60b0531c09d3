// See session_settings.hpp.
#include "refresh/session_settings.hpp"

#include "pg/role.hpp"
#include "refresh/pinned_settings.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "utils/array.h"
}

namespace steward::refresh {

namespace {

bool IsOfSession(const PinnedSetting* settings, int count, const char* name) {
  for (int i = 0; i < count; i++)
    if (settings[i].value == nullptr && strcmp(settings[i].name, name) == 0) return true;
  return false;
}

}  // namespace

Datum SettingsOfSession() {
  int count = 0;
  const PinnedSetting* settings = PinnedSettings(&count);
  auto* texts = static_cast<Datum*>(palloc(sizeof(Datum) * static_cast<Size>(count)));
  int kept = 0;
  for (int i = 0; i < count; i++) {
    const char* value = settings[i].value == nullptr ? GetConfigOption(settings[i].name, true, false) : nullptr;
    if (value != nullptr) texts[kept++] = CStringGetTextDatum(psprintf("%s=%s", settings[i].name, value));
  }
  return PointerGetDatum(construct_array(texts, kept, TEXTOID, -1, false, TYPALIGN_INT));
}

void PinSettings(Datum given) {
  int count = 0;
  const PinnedSetting* settings = PinnedSettings(&count);
  for (int i = 0; i < count; i++)
    if (settings[i].value != nullptr) pg::SetForRole(settings[i].name, settings[i].value);
  Datum* texts = nullptr;
  bool* nulls = nullptr;
  int ntexts = 0;
  deconstruct_array(DatumGetArrayTypeP(given), TEXTOID, -1, false, TYPALIGN_INT, &texts, &nulls, &ntexts);
  for (int i = 0; i < ntexts; i++) {
    char* name = nulls[i] ? nullptr : TextDatumGetCString(texts[i]);
    char* value = name == nullptr ? nullptr : strchr(name, '=');
    if (value == nullptr) continue;
    *value++ = '\0';
    if (IsOfSession(settings, count, name)) pg::SetForRole(name, value);
  }
}

}  // namespace steward::refresh
