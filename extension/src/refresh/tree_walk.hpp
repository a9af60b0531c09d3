// The walk over query trees of views and functions: which relations they name and what they call.
#pragma once

#include "refresh/reading.hpp"

namespace steward::refresh {

/// Reads a view's query, plain views and function bodies below it.
void WalkTree(Reading* reading, Node* tree);

/// Reads the body of an SQL function that keeps it as a tree. `name` is for reasons and `via`.
void WalkBody(Reading* reading, Node* body, const char* name);

/// Reads the CHECK constraints of a domain, not those of the domain below it.
void WalkDomainChecks(Reading* reading, Oid domain);

}  // namespace steward::refresh
