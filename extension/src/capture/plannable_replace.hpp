// Which constants of an expression become parameters. Places are whitelisted, never blacklisted: a parameter where the
// deparser expects a literal crashes the server (H23). Owns single expressions; the walk over a statement is
// plannable_walk's.
#pragma once

#include "capture/plannable_column.hpp"
#include "capture/plannable_params.hpp"

namespace steward::capture {

/// What an expression depends on.
struct Side {
  bool variable;      // a row, an aggregate, a subquery: not a constant
  bool external;      // the statement's own parameters
  bool changing;      // calls something stable or volatile
  bool kept;          // clock, session, sequence, SQL-syntax pieces: leave it whole
  bool foreign_code;  // runs functions that are not the server's own, or domain checks
  bool collate;       // COLLATE or a collation that is not its type's own
};

Side Inspect(Node* expression);

/// Replaces the value `*slot` that stands at `site`: as a whole when it folds to one constant, else the constants in
/// it.
void ReplaceValue(Node** slot, const Side& side, const Site& site, ParamList* params);

/// Replaces the values among the arguments of one comparison, boolean function or the like; leaves other nodes alone.
void ReplaceComparedValues(Node* node, const Scope* scope, ParamList* params);

/// Replaces values that are stored: INSERT, VALUES, SET.
void ReplaceStoredValue(Node** slot, ParamList* params);

/// Replaces literals (not numbers) that are put out as they are, results of CASE and COALESCE included.
void ReplaceOutputValue(Node** slot, ParamList* params);

/// Replaces arrays, documents and texts handed to a function in FROM; numbers stay, they may set its number of rows.
void ReplaceFunctionInput(Node* call, ParamList* params);

}  // namespace steward::capture
