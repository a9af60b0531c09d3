// Samples of the values that statements came with, kept only where pg_steward.capture_parameters is on. Owns how often one
// is taken; taking a statement apart is plannable's business.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "nodes/params.h"
#include "nodes/parsenodes.h"
}

namespace steward::capture {

/// At parse analysis of a statement whose text is known: its constants, at the first sights and sparsely after.
void SampleConstants(uint64 queryid, const Query* query, const char* source);

/// At the start of an execution: the client's parameters, equally sparsely.
void SampleParameters(uint64 queryid, ParamListInfo values);

}  // namespace steward::capture
