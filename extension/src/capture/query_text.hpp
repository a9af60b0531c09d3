// The display text of a statement: constants replaced, length capped, secrets left out. Owns what may be shown of a
// statement; storing it is store/texts' business. Nothing unredacted leaves this backend.
#pragma once

#include "pg/compat.hpp"
#include "pg/postgres.hpp"

extern "C" {
#include "nodes/params.h"
}

namespace steward::capture {

/// A statement's place in the source text, as in Query and PlannedStmt.
struct StatementSource {
  const char* text;
  int location;
  int length;
};

/// Stores the text of a statement at its first sight in this database. Never raises, never waits.
void RememberQuery(uint64 queryid, const StatementSource& source, const Query* query, const JumbleState* jumble);

/// The same where the parse tree is not at hand (text lost, capture switched on later): constants found lexically.
void RememberSource(uint64 queryid, const StatementSource& source, ParamListInfo values);

/// The same for a utility statement; of those that may carry passwords only the command is kept.
void RememberUtility(uint64 queryid, const StatementSource& source, Node* utility);

}  // namespace steward::capture
