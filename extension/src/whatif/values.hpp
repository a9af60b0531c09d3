// Values for the parameters of a plannable text: from samples where a superuser allowed them, else values that match
// the shape kept at capture, else from column statistics alone. Owns drawing; planning with the values is
// plan_statement's.
#pragma once

#include "pg/postgres.hpp"
#include "store/plannable_record.hpp"

extern "C" {
#include "nodes/params.h"
}

namespace steward::whatif {

/// Where the values came from: the least exact source among the statement's comparisons.
enum class ValueSource : uint8 { kParameters, kShapes, kStatistics, kGeneric };

/// The method as `steward.whatif` shows it: "parameters", "shapes", "statistics" or "generic".
const char* ValueSourceName(ValueSource source);

/// What a draw starts from. `samples` are the statement's stored samples (bytes of store::EncodeSample), newest first.
struct DrawInput {
  const store::PlannableParam* params;
  int nparams;
  const char* const* samples;
  const uint32* sample_lengths;
  int nsamples;
  int draw;  // number of the draw, from 0; equal numbers give equal values
};

/// Makes the values of one draw, palloc'ed in the current memory context (nullptr when the text has no parameter:
/// nothing to bind, the source is then kParameters). With source kGeneric a value that matters is unknown: the caller
/// plans without binding any. May raise: input and output functions of the parameters' types run. C-shaped.
ParamListInfo DrawValues(const DrawInput& input, ValueSource* source);

}  // namespace steward::whatif
