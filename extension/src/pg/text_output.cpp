// See text_output.hpp.
#include "pg/text_output.hpp"

extern "C" {
#include "catalog/namespace.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
}

namespace steward::pg {

namespace {

void AppendEscaped(StringInfo out, const char* data, int length) {
  for (int i = 0; i < length; i++) appendStringInfo(out, "\\x%02X", static_cast<unsigned char>(data[i]));
}

// Keeps valid characters. In SQL_ASCII source text only ASCII means the same everywhere.
void AppendValid(StringInfo out, const char* data, int length, int encoding) {
  const int target = GetDatabaseEncoding();
  for (int at = 0; at < length;) {
    const int part = pg_encoding_verifymbchar(target, data + at, length - at);
    const bool keep = part > 0 && data[at] != '\0' && (encoding == target || part == 1) &&
                      (encoding != PG_SQL_ASCII || target == PG_SQL_ASCII || !IS_HIGHBIT_SET(data[at]));
    if (keep)
      appendBinaryStringInfo(out, data + at, part);
    else
      AppendEscaped(out, data + at, 1);
    at += keep ? part : 1;
  }
}

void AppendConverted(StringInfo out, const char* data, int length, int encoding, Oid conversion) {
  auto* source = reinterpret_cast<unsigned char*>(pstrdup(data));
  // One source byte becomes at most MAX_CONVERSION_GROWTH bytes.
  constexpr int kPiece = 1024;
  unsigned char piece[kPiece * MAX_CONVERSION_GROWTH + 1];
  for (int at = 0; at < length;) {
    const int take = Min(kPiece, length - at);
    const int done = pg_do_encoding_conversion_buf(conversion, encoding, GetDatabaseEncoding(), source + at, take, piece,
                                                   static_cast<int>(sizeof piece), true);
    appendStringInfoString(out, reinterpret_cast<const char*>(piece));
    at += done;
    if (done == 0) AppendEscaped(out, data + at++, 1);
  }
  pfree(source);
}

}  // namespace

Datum TextInDatabaseEncoding(const char* data, int length, int encoding) {
  StringInfoData out;
  initStringInfo(&out);
  const int target = GetDatabaseEncoding();
  Oid conversion = InvalidOid;
  if (encoding != target && encoding != PG_SQL_ASCII && target != PG_SQL_ASCII)
    conversion = FindDefaultConversionProc(encoding, target);
  if (encoding == target && pg_encoding_verifymbstr(target, data, length) == length)
    appendBinaryStringInfo(&out, data, length);
  else if (target == PG_SQL_ASCII)
    appendBinaryStringInfo(&out, data, length);
  else if (OidIsValid(conversion))
    AppendConverted(&out, data, length, encoding, conversion);
  else
    AppendValid(&out, data, length, encoding);
  const Datum result = PointerGetDatum(cstring_to_text_with_len(out.data, out.len));
  pfree(out.data);
  return result;
}

}  // namespace steward::pg
