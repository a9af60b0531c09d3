// Everything that comes before a captured statement is planned or run again: the role, its settings, analysis, values.
// Owns that order, which is what keeps foreign code from running with anybody else's rights.
#pragma once

#include "pg/postgres.hpp"
#include "pg/role.hpp"
#include "store/plannable_record.hpp"
#include "whatif/values.hpp"

extern "C" {
#include "nodes/params.h"
#include "nodes/pg_list.h"
}

namespace steward::whatif {

/// A captured statement and the role that ran it.
struct Statement {
  Oid role;
  store::PlannableRecord record;
  const char* const* samples;
  const uint32* sample_lengths;
  int nsamples;
  bool visible;      // the caller may see its text, and so its plan
  ErrorData* error;  // set: it cannot be costed
};

inline constexpr int kMaxDraws = 4;

struct DrawnValues {
  ParamListInfo values[kMaxDraws];  // nullptr: unknown, or no parameters
  int count;
  ValueSource source;
};

struct Entered {
  pg::RoleSwitch before;  // for pg::EndRole
  List* queries;          // analysed and rewritten
  DrawnValues draws;
};

/// Becomes the role that the statement is planned as, security-restricted and with its settings, and analyses the
/// statement; draws nothing. Memory comes from the current context. An error leaves the role to the end of the
/// subtransaction: call it in one.
Entered BeginStatement(const Statement& statement);

/// The same, and draws the statement's values up to `wanted` times.
Entered EnterStatement(const Statement& statement, int wanted);

}  // namespace steward::whatif
