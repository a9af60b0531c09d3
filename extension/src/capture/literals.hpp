// Which literals may be somebody's data. Default deny: a literal is harmless where its type holds no text, where it is
// too short to say anything, or where an argument of one of the server's own functions says how, not what (formats,
// paths into a document). Shared by the plannable text and the predicates.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "nodes/primnodes.h"
}

namespace steward::capture {

/// True when the values of the type name the server's objects: regclass and the like.
[[nodiscard]] bool NamesObjects(Oid type);

/// True when the value may be somebody's data.
[[nodiscard]] bool IsData(const Const* value);

/// True when argument `argument` (from 0) of `function` says what the function does rather than being a value.
[[nodiscard]] bool SaysHow(Oid function, int argument);

/// A call whose arguments are told apart.
struct Call {
  Oid function;
  List* args;
};

/// `node` as a call of a function, also behind an operator; `function` is InvalidOid for every other node.
[[nodiscard]] Call AsCall(Node* node);

/// True when `argument`, at `index` of a call of `function`, is a literal that says how.
[[nodiscard]] bool Stays(Oid function, Node* argument, int index);

/// True when the subscripts are paths into a document.
[[nodiscard]] bool PathsStay(const SubscriptingRef* subscript);

/// True when `node` holds a literal that may be somebody's data. Works on queries and on plans' expressions.
[[nodiscard]] bool HoldsData(Node* node);

}  // namespace steward::capture
