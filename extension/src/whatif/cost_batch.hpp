// Costs a batch of (statement, configuration) requests. Owns the order of work, the role each statement is planned as
// and the containment of errors; where statements come from and how answers are shown is whatif.cpp's.
#pragma once

#include "pg/postgres.hpp"
#include "whatif/candidate.hpp"
#include "whatif/enter_statement.hpp"
#include "whatif/plan_template.hpp"

extern "C" {
#include "nodes/pg_list.h"
}

namespace steward::whatif {

struct Request {
  int statement;  // index into the statements
  int* chosen;    // indexes into the candidates
  int nchosen;
  int* probed;  // indexes into the candidates, none of which the planning knows for that
  int nprobed;
  // The answer: `error` or the rest.
  ErrorData* error;
  double total_cost;
  List* candidates_used;  // numbers from 1
  List* existing_used;    // OIDs
  int workers;            // of the most parallel of its plans; 0: none is
  const char* plan_json;  // of the first drawing; null unless wanted
  ValueSource source;
  PlanDetails* details;  // null where none are wanted
};

struct Batch {
  Statement* statements;
  int nstatements;
  const Candidate* candidates;
  int ncandidates;
  Request* requests;
  int nrequests;
  const Oid* hidden;
  int nhidden;
  int draws;       // how often values are drawn anew where they only resemble the real ones; 1 to kMaxDraws
  bool templates;  // wanted of each request
  bool plans;      // likewise
};

/// Answers every request. An error of one statement or candidate ends in the requests it concerns. Each statement is
/// analysed once, as its role or for a superuser's as planning_role.hpp says, security-restricted, and its locks are
/// given up when its requests are done.
void CostBatch(Batch* batch);

/// An error made without raising it. `message` must live as long as the answer.
ErrorData* MakeError(int sqlstate, const char* message);

}  // namespace steward::whatif
