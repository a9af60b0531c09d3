// See operator_kind.hpp.
#include "capture/operator_kind.hpp"

extern "C" {
#include "access/stratnum.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_amop.h"
#include "nodes/primnodes.h"
#include "utils/catcache.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
}

namespace steward::capture {

using store::PredicateKind;

namespace {

enum class Pattern : uint8 { kNone, kLike, kRegex, kStartsWith, kCaseless };

Pattern PatternOf(Oid function) {
  switch (function) {
    case F_TEXTLIKE:
    case F_BPCHARLIKE:
    case F_NAMELIKE:
    case F_BYTEALIKE:
      return Pattern::kLike;
    case F_TEXTREGEXEQ:
    case F_BPCHARREGEXEQ:
    case F_NAMEREGEXEQ:
      return Pattern::kRegex;
    case F_STARTS_WITH:
      return Pattern::kStartsWith;
    case F_TEXTICLIKE:
    case F_BPCHARICLIKE:
    case F_NAMEICLIKE:
    case F_TEXTICREGEXEQ:
    case F_BPCHARICREGEXEQ:
    case F_NAMEICREGEXEQ:
      return Pattern::kCaseless;
    default:
      return Pattern::kNone;
  }
}

// Looks at the first characters of a constant pattern only; the pattern itself is not kept.
bool HasFixedPrefix(Pattern pattern, const Node* value) {
  if (pattern == Pattern::kStartsWith) return true;
  if (pattern == Pattern::kCaseless || value == nullptr || !IsA(value, Const)) return false;
  const auto* constant = reinterpret_cast<const Const*>(value);
  if (constant->constisnull || constant->constlen != -1) return false;
  const auto* packed = PG_DETOAST_DATUM_PACKED(constant->constvalue);
  const char* text = VARDATA_ANY(packed);
  const auto length = static_cast<int>(VARSIZE_ANY_EXHDR(packed));
  if (pattern == Pattern::kLike) return length > 0 && text[0] != '%' && text[0] != '_';
  return length > 1 && text[0] == '^' && strchr(".[(*+?{|\\$^", text[1]) == nullptr &&
         memchr(text, '|', static_cast<Size>(length)) == nullptr;
}

PredicateKind FromStrategy(int strategy) {
  switch (strategy) {
    case BTEqualStrategyNumber:
      return PredicateKind::kEquality;
    case BTLessStrategyNumber:
    case BTLessEqualStrategyNumber:
    case BTGreaterEqualStrategyNumber:
    case BTGreaterStrategyNumber:
      return PredicateKind::kRange;
    default:
      return PredicateKind::kOther;
  }
}

// Searches the operator classes that the operator belongs to.
PredicateKind FromOperatorFamilies(Oid opno) {
  PredicateKind kind = PredicateKind::kOther;
  CatCList* members = SearchSysCacheList1(AMOPOPID, ObjectIdGetDatum(opno));
  for (int i = 0; i < members->n_members; i++) {
    const auto* member = reinterpret_cast<Form_pg_amop>(GETSTRUCT(&members->members[i]->tuple));
    if (member->amoppurpose != AMOP_SEARCH) continue;
    if (member->amopmethod == BTREE_AM_OID) {
      kind = FromStrategy(member->amopstrategy);
      break;
    }
    if (member->amopmethod == HASH_AM_OID) kind = PredicateKind::kEquality;
    if (kind == PredicateKind::kOther) kind = PredicateKind::kContainment;
  }
  ReleaseSysCacheList(members);
  return kind;
}

}  // namespace

PredicateKind KindOfOperator(Oid opno, const Node* value) {
  const Pattern pattern = PatternOf(get_opcode(opno));
  if (pattern != Pattern::kNone)
    return HasFixedPrefix(pattern, value) ? PredicateKind::kLikePrefix : PredicateKind::kLikeInfix;
  const PredicateKind kind = FromOperatorFamilies(opno);
  if (kind != PredicateKind::kOther) return kind;
  const Oid negator = get_negator(opno);
  if (OidIsValid(negator) && FromOperatorFamilies(negator) == PredicateKind::kEquality) return PredicateKind::kNotEqual;
  return PredicateKind::kOther;
}

}  // namespace steward::capture
