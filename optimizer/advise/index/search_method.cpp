// See search_method.hpp.
#include "advise/index/search_method.hpp"

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace steward::advise {

namespace {

using std::string_view;

// "pg_catalog.@>(jsonb,jsonb)", taken apart.
struct Operator {
  string_view name;
  string_view left;
  string_view right;
};

std::optional<Operator> ParseOperator(string_view text) {
  constexpr string_view kSchema = "pg_catalog.";
  const std::size_t open = text.find('(');
  const std::size_t comma = text.find(',', open);
  if (!text.starts_with(kSchema) || !text.ends_with(')') || comma == string_view::npos) return std::nullopt;
  return Operator{text.substr(kSchema.size(), open - kSchema.size()), text.substr(open + 1, comma - open - 1),
                  text.substr(comma + 1, text.size() - comma - 2)};
}

bool In(string_view word, std::initializer_list<string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::optional<SearchMethod> Containment(const Operator& op) {
  if (op.left == "jsonb") return SearchMethod{"gin", In(op.name, {"?", "?|", "?&"}) ? "" : "jsonb_path_ops"};
  if (op.left == "anyarray" || op.left == "tsvector" || op.right == "tsvector") return SearchMethod{"gin", ""};
  if (In(op.left, {"anyrange", "anymultirange"}) || In(op.right, {"anyrange", "anymultirange"}))
    return SearchMethod{"gist", ""};
  if (op.left == "inet") return SearchMethod{"gist", "inet_ops"};
  if (In(op.left, {"point", "box", "circle", "polygon"})) return SearchMethod{"gist", ""};
  return std::nullopt;
}

}  // namespace

std::optional<SearchMethod> MethodFor(const model::ServerInfo& server, const model::Predicate& predicate) {
  const std::optional<Operator> op = ParseOperator(predicate.operator_name);
  if (!op) return std::nullopt;
  switch (predicate.kind) {
    case model::PredicateKind::kContainment:
      return Containment(*op);
    case model::PredicateKind::kLikeInfix:
      if (op->left != "text" || server.trigram_opclass.empty()) return std::nullopt;
      return SearchMethod{"gin", server.trigram_opclass};
    case model::PredicateKind::kLikePrefix:
      if (server.c_collation || !In(op->left, {"text", "character"})) return std::nullopt;
      return SearchMethod{"btree", op->left == "text" ? "text_pattern_ops" : "bpchar_pattern_ops"};
    default:
      return std::nullopt;
  }
}

}  // namespace steward::advise
