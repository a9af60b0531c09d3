// Plannable text: turns an analysed Query into a text with typed parameters that can be planned again, with plain facts
// about each replaced constant. Owns the transformation; when to call it and where the result is kept is the hooks'
// business.
#pragma once

#include "pg/postgres.hpp"
#include "store/plannable_record.hpp"

extern "C" {
#include "nodes/params.h"
#include "nodes/parsenodes.h"
}

namespace steward::capture {

/// What MakePlannable found. `record` is nullptr exactly when `reason` is not kCostable.
struct Plannable {
  store::NotCostable reason;
  const char* record;  // bytes of store::EncodeRecord
  uint32 record_length;
  const char* sample;  // bytes of store::EncodeSample; nullptr unless pg_steward.capture_parameters is on
  uint32 sample_length;
};

/// Makes the plannable text of an analysed, not yet rewritten statement, at its first sight in post_parse_analyze.
/// `source` is the text it was parsed from. Never changes `query`, never raises anything but a cancel or a shutdown,
/// and uses no subtransaction (H24). The result is palloc'ed in the current memory context.
Plannable MakePlannable(const Query* query, const char* source);

/// The same for a utility statement about to be run: the query of CREATE TABLE AS and DECLARE CURSOR, where its parse analysis
/// was not shown to the hook; kUtility for everything else.
Plannable MakePlannableUtility(Node* utility, const char* source);

/// The same for a statement about to be executed whose text is not kept and whose parse tree is gone (prepared before a reset,
/// or before capture began): parses the source again, with the types of `values`. kNoText when that cannot be done.
Plannable MakePlannableFromSource(const char* source, int location, int length, ParamListInfo values);

/// Takes the constants of a further execution of a known literal statement as a sample: `sample` and `sample_length`
/// are set, the rest is empty. Costs about as much as MakePlannable: call it sparsely.
Plannable MakeSample(const Query* query, const char* source);

/// Takes the values of the statement's own parameters ($n), known only at execution. `record` is the stored record of
/// the statement. Returns bytes of store::EncodeSample palloc'ed in the current memory context, or nullptr when there
/// is nothing to take or a type's output function failed.
const char* SampleExternal(const char* record, uint32 record_length, ParamListInfo values, uint32* length);

}  // namespace steward::capture
