// What capture keeps of a statement so that it can be planned again: a text with typed parameters and, for each
// parameter, where it stands and the shape of the constant it replaced. Plain data shared by capture (which writes it)
// and whatif (which plans with it), and its serialised form; where the bytes lie is store/texts' business.
#pragma once

#include "pg/postgres.hpp"

namespace steward::store {

/// What kind of comparison a replaced constant took part in.
enum class ShapeKind : uint8 {
  kNone,      // compared in a way that has no shape: draw from statistics alone
  kEquality,  // column = value; `frequency` is known
  kLower,     // column > or >= value; `position` is known
  kUpper,     // column < or <= value
  kList,      // column = ANY (list), or a list unnested; `length` elements whose frequencies sum to `frequency`
  kPattern,   // LIKE and friends; `length` characters, see pattern_*; `frequency` of the rows match
  kInput,     // handed to a function whose result is stored: NULL is drawn, for it may refuse any other value
  kValue,     // inserted, assigned or put out: no effect on the plan
};
constexpr int kShapeKinds = 8;

/// One parameter $i of a plannable text. Only coarsened facts about the value, never the value.
struct PlannableParam {
  Oid type;
  int32 typmod;
  Oid collation;
  Oid relid;  // relation and column it is compared with; InvalidOid and 0 when there is none
  int16 attnum;
  bool inherited;  // the relation was scanned with its children: statistics of the whole tree count
  ShapeKind kind;
  Oid opno;
  bool external;          // was already a parameter ($n of the client) in the statement
  bool pattern_leading;   // pattern begins with a wildcard
  bool pattern_trailing;  // pattern ends with a wildcard
  int16 pair;             // index of the parameter that bounds the same range from the other side, or -1
  uint16 length;
  uint16 external_id;  // the client's number of an external parameter, 0 otherwise
  uint16 variant;      // tells different constants compared with the same column apart; equal ones have the same
  float frequency;     // share of rows with this value, rounded to a power of 1.4; negative: unknown
  float position;      // of a bound in the column's distribution, 0..1 in steps of 1/16; in the first and last step the
                       // distance to the end is rounded to a power of 1.4 instead; negative: unknown
  float width;  // for the upper bound of a pair: distance to the lower one in positions, 2 digits; negative: unknown
};

/// Why a statement cannot be costed.
enum class NotCostable : uint8 {
  kCostable,
  kUtility,
  kNoRelation,
  kTemporary,
  kTransition,
  kTooManyParameters,
  kTooLong,
  kNotDeparsed,
  kCurrentOf,
  kLiteral,
  kNoText
};

/// The reason in words for a reader, e.g. "utility statement"; nullptr for kCostable.
const char* ReasonText(NotCostable reason);
/// The name of a kind as SQL shows it, e.g. "equality".
const char* ShapeKindName(ShapeKind kind);

/// A record taken apart. `text` is null-terminated.
struct PlannableRecord {
  const PlannableParam* params;
  int nparams;
  const Oid* relations;  // OIDs of what the text names: the names may mean others later
  int nrelations;
  const char* text;
};

/// The opaque bytes that texts keep, palloc'ed in the current memory context.
char* EncodeRecord(const PlannableRecord& record, uint32* length);

/// Takes a record apart into memory of the current context. False when the bytes are not a record of this version.
bool DecodeRecord(const char* data, uint32 length, PlannableRecord* out);

/// A parameter sample: the values' output texts, for the parameters whose value was seen.
struct ParamSample {
  int nparams;
  const char** value;  // by parameter; nullptr when `known` is false or the value was NULL
  bool* known;
};

/// Changes with number and types of the parameters: a sample with another signature belongs to another text.
uint32 ParamSignature(const PlannableParam* params, int nparams);

/// The opaque bytes that texts keep of a sample, palloc'ed in the current memory context.
char* EncodeSample(const ParamSample* sample, uint32 signature, uint32* length);

/// Takes a sample apart into memory of the current context. False when it is no sample for `signature`.
bool DecodeSample(const char* data, uint32 length, uint32 signature, ParamSample* out);

}  // namespace steward::store
