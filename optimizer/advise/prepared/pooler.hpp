// Whether the pooler in between lets prepared statements through. Pure.
#pragma once

#include <optional>
#include <string>

#include "model/prepared_suggestion.hpp"

namespace steward::advise {

/// What is known of PgBouncer. `version` as 118 for 1.18.
struct PoolerFacts {
  std::optional<int> version;
  std::string version_text;  // "1.18"
  std::string mode;          // session, transaction or statement
  std::optional<std::int64_t> max_prepared_statements;
};

/// SQL's PREPARE never works but in session mode; the protocol's prepared statements do from 1.21 on, where
/// max_prepared_statements is above 0 (its default from 1.24 on is 200, before 0). A file says that setting and no version: then it decides.
model::PreparedPooler JudgePooler(const std::optional<PoolerFacts>& facts);

}  // namespace steward::advise
