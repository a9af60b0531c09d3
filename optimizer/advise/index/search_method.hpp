// Which index, other than a plain b-tree, finds what a predicate looks for.
#pragma once

#include <optional>
#include <string>

#include "model/workload.hpp"

namespace steward::advise {

struct SearchMethod {
  std::string method;   // access method
  std::string opclass;  // as in IndexKey: empty for the type's default

  friend bool operator==(const SearchMethod&, const SearchMethod&) = default;
};

/// For a predicate that compares by containment, overlap, full text or pattern, by the operator that it names: nothing for
/// others, and where the server lacks what it takes (trigrams need pg_trgm; patterns with a fixed beginning are served by a
/// plain b-tree where the database's collation is C).
[[nodiscard]] std::optional<SearchMethod> MethodFor(const model::ServerInfo& server, const model::Predicate& predicate);

}  // namespace steward::advise
