// What the database remembers of suggestions: which are muted, and which were seen before.
#pragma once

#include "db/database.hpp"
#include "model/pool_suggestion.hpp"
#include "model/prepared_suggestion.hpp"
#include "model/suggestion.hpp"

namespace steward::collect {

/// Fills status and mute of the suggestions of every kind: muted, open (an earlier run has it) or new; empty where this role may not
/// read earlier runs. Runs inside the caller's transaction.
void MarkStates(db::Database& database, model::IndexAdvice& advice);
void MarkStates(db::Database& database, model::PoolAdvice& advice);
void MarkStates(db::Database& database, model::PreparedAdvice& advice);

}  // namespace steward::collect
