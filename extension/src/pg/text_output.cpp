// See text_output.hpp.
#include "pg/text_output.hpp"

extern "C" {
#include "catalog/namespace.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
}

namespace steward::pg {

namespace {

// Text of one encoding on its way to this database's.
struct Conversion {
  StringInfo out;
  int encoding;        // of the source
  const char* escape;  // format of a byte that has no equivalent
};

void AppendEscaped(const Conversion& to, const char* data, int length) {
  for (int i = 0; i < length; i++) appendStringInfo(to.out, to.escape, static_cast<unsigned char>(data[i]));
}

// Keeps valid characters. In SQL_ASCII source text only ASCII means the same everywhere.
void AppendValid(const Conversion& to, const char* data, int length) {
  const int target = GetDatabaseEncoding();
  for (int at = 0; at < length;) {
    const int part = pg_encoding_verifymbchar(target, data + at, length - at);
    const bool keep = part > 0 && data[at] != '\0' && (to.encoding == target || part == 1) &&
                      (to.encoding != PG_SQL_ASCII || target == PG_SQL_ASCII || !IS_HIGHBIT_SET(data[at]));
    if (keep)
      appendBinaryStringInfo(to.out, data + at, part);
    else
      AppendEscaped(to, data + at, 1);
    at += keep ? part : 1;
  }
}

void AppendConverted(const Conversion& to, const char* data, int length, Oid conversion) {
  auto* source = reinterpret_cast<unsigned char*>(pnstrdup(data, static_cast<Size>(length)));
  // One source byte becomes at most MAX_CONVERSION_GROWTH bytes.
  constexpr int kPiece = 1024;
  unsigned char piece[kPiece * MAX_CONVERSION_GROWTH + 1];
  for (int at = 0; at < length;) {
    const int take = Min(kPiece, length - at);
    const int done = pg_do_encoding_conversion_buf(conversion, to.encoding, GetDatabaseEncoding(), source + at, take, piece,
                                                   static_cast<int>(sizeof piece), true);
    appendStringInfoString(to.out, reinterpret_cast<const char*>(piece));
    at += done;
    if (done == 0) AppendEscaped(to, data + at++, 1);
  }
  pfree(source);
}

Datum Converted(const char* data, int length, int encoding, const char* escape) {
  StringInfoData out;
  initStringInfo(&out);
  const Conversion to{&out, encoding, escape};
  const int target = GetDatabaseEncoding();
  Oid conversion = InvalidOid;
  if (encoding != target && encoding != PG_SQL_ASCII && target != PG_SQL_ASCII)
    conversion = FindDefaultConversionProc(encoding, target);
  if (encoding == target && pg_encoding_verifymbstr(target, data, length) == length)
    appendBinaryStringInfo(&out, data, length);
  else if (target == PG_SQL_ASCII)
    appendBinaryStringInfo(&out, data, length);
  else if (OidIsValid(conversion))
    AppendConverted(to, data, length, conversion);
  else
    AppendValid(to, data, length);
  const Datum result = PointerGetDatum(cstring_to_text_with_len(out.data, out.len));
  pfree(out.data);
  return result;
}

}  // namespace

Datum TextInDatabaseEncoding(const char* data, int length, int encoding) {
  return Converted(data, length, encoding, "\\x%02X");
}

// All bytes that need an escape are parts of strings.
Datum JsonInDatabaseEncoding(const char* data, int length, int encoding) {
  return Converted(data, length, encoding, "\\\\x%02X");
}

}  // namespace steward::pg
