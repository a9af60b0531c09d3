// See operator_words.hpp.
#include "collect/operator_words.hpp"

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace steward::collect {

using model::PredicateKind;

namespace {

PredicateKind PatternKind(const std::string& op, const std::optional<std::string>& pattern) {
  if (op == "^@") return PredicateKind::kLikePrefix;
  if (op == "~~*" || op == "~*") return PredicateKind::kLikeInfix;
  if (!pattern || pattern->empty()) return PredicateKind::kOther;
  const std::string& text = *pattern;
  if (op == "~~") return text[0] == '%' || text[0] == '_' ? PredicateKind::kLikeInfix : PredicateKind::kLikePrefix;
  const bool anchored = text.size() > 1 && text[0] == '^' &&
                        std::string(".[(*+?{|\\$^").find(text[1]) == std::string::npos &&
                        text.find('|') == std::string::npos;
  return anchored ? PredicateKind::kLikePrefix : PredicateKind::kLikeInfix;
}

bool OneOf(const std::string& op, std::initializer_list<const char*> ops) {
  return std::find(ops.begin(), ops.end(), op) != ops.end();
}

}  // namespace

PredicateKind KindOfOperator(const std::string& op, const std::optional<std::string>& value) {
  if (op == "=") return PredicateKind::kEquality;
  if (OneOf(op, {"<", "<=", ">", ">="})) return PredicateKind::kRange;
  if (op == "<>") return PredicateKind::kNotEqual;
  if (OneOf(op, {"~~", "~", "^@", "~~*", "~*"})) return PatternKind(op, value);
  if (OneOf(op, {"@>", "<@", "&&", "@@", "?", "?|", "?&", "@?"})) return PredicateKind::kContainment;
  return PredicateKind::kOther;
}

std::string CommutedOperator(const std::string& op) {
  if (OneOf(op, {"=", "<>", "&&", "@@"})) return op;
  constexpr std::pair<const char*, const char*> kPairs[] = {{"<", ">"}, {"<=", ">="}, {"@>", "<@"}};
  for (const auto& [one, other] : kPairs) {
    if (op == one) return other;
    if (op == other) return one;
  }
  return "";
}

PredicateKind Either(PredicateKind a, PredicateKind b) {
  const auto point = [](PredicateKind kind) { return kind == PredicateKind::kEquality || kind == PredicateKind::kList; };
  if (point(a) && point(b)) return PredicateKind::kList;
  if ((point(a) || a == PredicateKind::kRange) && (point(b) || b == PredicateKind::kRange)) return PredicateKind::kRange;
  return a == b ? a : PredicateKind::kOther;
}

}  // namespace steward::collect
