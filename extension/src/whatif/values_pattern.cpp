// DrawPattern: LIKE and regular-expression patterns cut from real values of the column. See values_draw.hpp.
#include <algorithm>
#include <cctype>
#include <cmath>

#include "whatif/values_draw.hpp"

extern "C" {
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
}

namespace steward::whatif {

namespace {

using store::PlannableParam;

constexpr int kCandidates = 24;
constexpr float kNothingMatches = 1e-8F;  // of what statistics keep, nothing matched the captured pattern

enum class Syntax { kLike, kRegex, kPrefix };

Syntax SyntaxOf(Oid opno) {
  switch (get_oprrest(opno)) {
    case F_REGEXEQSEL:
    case F_ICREGEXEQSEL:
    case F_REGEXNESEL:
    case F_ICREGEXNESEL:
      return Syntax::kRegex;
    case F_PREFIXSEL:
      return Syntax::kPrefix;
    default:
      return Syntax::kLike;
  }
}

// Where the cut begins: a pattern open at its end takes the text's beginning, one open at its beginning the end, and
// one open at both the beginning of a word.
int CutFrom(const char* text, const PlannableParam& param, int choice) {
  const int spare = std::max(0, pg_mbstrlen(text) - param.length);
  if (!param.pattern_leading) return 0;
  if (!param.pattern_trailing) return spare;
  int starts[16];
  int count = 0;
  int at = 0;
  bool inside = false;
  for (const char* p = text; *p != '\0' && at <= spare && count < 16; p += pg_mblen(p), at++) {
    const bool word = IS_HIGHBIT_SET(*p) || isalnum(static_cast<unsigned char>(*p)) != 0;
    if (word && !inside) starts[count++] = at;
    inside = word;
  }
  return count == 0 ? spare / 2 : starts[choice % count];
}

void AppendCut(StringInfo out, const char* text, const PlannableParam& param, Syntax syntax, int choice) {
  int skip = CutFrom(text, param, choice);
  int left = param.length;
  for (const char* p = text; *p != '\0' && left > 0; p += pg_mblen(p)) {
    if (skip-- > 0) continue;
    if (syntax == Syntax::kLike && strchr("%_\\", *p) != nullptr) appendStringInfoChar(out, '\\');
    if (syntax == Syntax::kRegex && strchr("^$.*+?()[]{}|\\", *p) != nullptr) appendStringInfoChar(out, '\\');
    appendBinaryStringInfo(out, p, pg_mblen(p));
    left--;
  }
  for (; left > 0 && *text == '\0'; left--) appendStringInfoChar(out, '~');
}

const char* MakePattern(const char* text, const PlannableParam& param, Syntax syntax, int choice) {
  StringInfoData out;
  initStringInfo(&out);
  if (syntax == Syntax::kLike && param.pattern_leading) appendStringInfoChar(&out, '%');
  if (syntax == Syntax::kRegex && !param.pattern_leading) appendStringInfoChar(&out, '^');
  AppendCut(&out, text, param, syntax, choice);
  if (syntax == Syntax::kLike && param.pattern_trailing) appendStringInfoChar(&out, '%');
  if (syntax == Syntax::kRegex && !param.pattern_trailing) appendStringInfoChar(&out, '$');
  return out.data;
}

bool TextLike(Oid type) {
  return type == TEXTOID || type == VARCHAROID || type == BPCHAROID;
}

struct Matcher {
  FmgrInfo function;
  Oid collation;
  bool negated;
};

double ShareOf(const pg::ColumnStatistics& column, Matcher* matcher, Datum pattern) {
  double share = 0;
  int hits = 0;
  const auto matches = [&](Datum value) {
    return DatumGetBool(FunctionCall2Coll(&matcher->function, matcher->collation, value, pattern)) != matcher->negated;
  };
  for (int i = 0; i < column.nmcv; i++)
    if (matches(column.mcv[i])) share += static_cast<double>(column.mcv_frequency[i]);
  for (int i = 0; i < column.nhistogram; i++) hits += matches(column.histogram[i]) ? 1 : 0;
  if (column.nhistogram > 0)
    share += std::max(0.0, 1 - column.null_fraction - column.mcv_share) * hits / column.nhistogram;
  return share;
}

Datum Candidate(const pg::ColumnStatistics& column, int index) {
  return index < column.nmcv ? column.mcv[index] : column.histogram[index - column.nmcv];
}

const char* BestPattern(const PlannableParam& param, const pg::ColumnStatistics& column, int draw) {
  const Syntax syntax = SyntaxOf(param.opno);
  Matcher matcher{};
  fmgr_info(get_opcode(param.opno), &matcher.function);
  matcher.collation = OidIsValid(column.collation) ? column.collation : DEFAULT_COLLATION_OID;
  const RegProcedure estimator = get_oprrest(param.opno);
  matcher.negated =
      estimator == F_NLIKESEL || estimator == F_ICNLIKESEL || estimator == F_REGEXNESEL || estimator == F_ICREGEXNESEL;
  const int count = column.nmcv + column.nhistogram;
  const char* best = nullptr;
  double best_distance = 0;
  if (param.frequency >= 0 && param.frequency < kNothingMatches) return MakePattern("", param, syntax, 0);
  for (int i = 0; i < kCandidates; i++) {
    const int index = static_cast<int>(Spread(draw * kCandidates + i) * count);
    Oid output;
    bool varlena;
    getTypeOutputInfo(column.type, &output, &varlena);
    const char* text = OidOutputFunctionCall(output, Candidate(column, std::min(index, count - 1)));
    const char* pattern = MakePattern(text, param, syntax, i);
    if (param.frequency < 0) return pattern;
    const double share = std::max(1e-9, ShareOf(column, &matcher, CStringGetTextDatum(pattern)));
    const double distance = std::fabs(std::log(share / static_cast<double>(param.frequency)));
    if (best == nullptr || distance < best_distance) {
      best = pattern;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace

Drawn DrawPattern(const PlannableParam& param, const Ground& ground, int draw) {
  if (!TextLike(param.type)) return AnyValue(param.type);
  PlannableParam shape = param;
  if (param.external && param.length == 0) {
    shape.length = 4;
    shape.pattern_trailing = true;
  }
  const pg::ColumnStatistics* column = ground.column;
  const char* pattern = nullptr;
  if (column != nullptr && column->nmcv + column->nhistogram > 0 && (TextLike(column->type) || column->type == NAMEOID))
    pattern = BestPattern(shape, *column, draw);
  else
    pattern = MakePattern("", shape, SyntaxOf(param.opno), 0);
  return {CStringGetTextDatum(pattern), true};
}

}  // namespace steward::whatif
