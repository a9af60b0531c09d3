// The serialised forms of plannable records and parameter samples. See plannable_record.hpp.
#include "store/plannable_record.hpp"

extern "C" {
#include "common/hashfn.h"
#include "lib/stringinfo.h"
}

namespace steward::store {

namespace {

constexpr uint32 kRecordMagic = 0x53505233;  // "SPR3"
constexpr uint32 kSampleMagic = 0x53505331;  // "SPS1"

struct RecordHeader {
  uint32 magic;
  uint32 nparams;
  uint32 nrelations;
  uint32 text_length;
};

struct SampleHeader {
  uint32 magic;
  uint32 nparams;
  uint32 signature;
};

// In front of each value of a sample; otherwise the length of its text.
constexpr int32 kUnknownValue = -2;
constexpr int32 kNullValue = -1;

}  // namespace

const char* ReasonText(NotCostable reason) {
  switch (reason) {
    case NotCostable::kCostable:
      return nullptr;
    case NotCostable::kUtility:
      return "utility statement";
    case NotCostable::kNoRelation:
      return "reads no relation";
    case NotCostable::kTemporary:
      return "uses a temporary relation";
    case NotCostable::kTransition:
      return "uses a transition table";
    case NotCostable::kTooManyParameters:
      return "too many constants";
    case NotCostable::kTooLong:
      return "text too long";
    case NotCostable::kNotDeparsed:
      return "cannot be written as text that parses again";
    case NotCostable::kCurrentOf:
      return "refers to a cursor";
    case NotCostable::kNoText:
      return "no text";
    case NotCostable::kLiteral:
      return "holds a literal that cannot be replaced by a parameter";
  }
  return "unknown";
}

const char* ShapeKindName(ShapeKind kind) {
  static const char* const kNames[kShapeKinds] = {"none", "equality", "lower", "upper",
                                                  "list", "pattern",  "input", "value"};
  const int index = static_cast<int>(kind);
  return index < kShapeKinds ? kNames[index] : "none";
}

char* EncodeRecord(const PlannableRecord& record, uint32* length) {
  const RecordHeader header{kRecordMagic, static_cast<uint32>(record.nparams), static_cast<uint32>(record.nrelations),
                            static_cast<uint32>(strlen(record.text))};
  const Size param_bytes = sizeof(PlannableParam) * header.nparams;
  const Size relation_bytes = sizeof(Oid) * header.nrelations;
  *length = static_cast<uint32>(sizeof header + param_bytes + relation_bytes + header.text_length);
  auto* data = static_cast<char*>(palloc(*length));
  char* at = data;
  memcpy(at, &header, sizeof header);
  at += sizeof header;
  if (param_bytes > 0) memcpy(at, record.params, param_bytes);
  at += param_bytes;
  if (relation_bytes > 0) memcpy(at, record.relations, relation_bytes);
  memcpy(at + relation_bytes, record.text, header.text_length);
  return data;
}

bool DecodeRecord(const char* data, uint32 length, PlannableRecord* out) {
  RecordHeader header;
  if (data == nullptr || length < sizeof header) return false;
  memcpy(&header, data, sizeof header);
  const uint64 param_bytes = static_cast<uint64>(sizeof(PlannableParam)) * header.nparams;
  const uint64 relation_bytes = static_cast<uint64>(sizeof(Oid)) * header.nrelations;
  if (header.magic != kRecordMagic || sizeof header + param_bytes + relation_bytes + header.text_length != length)
    return false;
  const char* at = data + sizeof header;
  auto* params = static_cast<PlannableParam*>(palloc(param_bytes + 1));
  memcpy(params, at, param_bytes);
  at += param_bytes;
  auto* relations = static_cast<Oid*>(palloc(relation_bytes + 1));
  memcpy(relations, at, relation_bytes);
  out->params = params;
  out->nparams = static_cast<int>(header.nparams);
  out->relations = relations;
  out->nrelations = static_cast<int>(header.nrelations);
  out->text = pnstrdup(at + relation_bytes, header.text_length);
  return true;
}

uint32 ParamSignature(const PlannableParam* params, int nparams) {
  uint32 hash = hash_bytes_uint32(static_cast<uint32>(nparams));
  for (int i = 0; i < nparams; i++) hash = hash_combine(hash, hash_bytes_uint32(params[i].type));
  return hash;
}

char* EncodeSample(const ParamSample* sample, uint32 signature, uint32* length) {
  StringInfoData out;
  initStringInfo(&out);
  const SampleHeader header{kSampleMagic, static_cast<uint32>(sample->nparams), signature};
  appendBinaryStringInfo(&out, reinterpret_cast<const char*>(&header), sizeof header);
  for (int i = 0; i < sample->nparams; i++) {
    int32 size = kUnknownValue;
    if (sample->known[i])
      size = sample->value[i] == nullptr ? kNullValue : static_cast<int32>(strlen(sample->value[i]));
    appendBinaryStringInfo(&out, reinterpret_cast<const char*>(&size), sizeof size);
    if (size > 0) appendBinaryStringInfo(&out, sample->value[i], size);
  }
  *length = static_cast<uint32>(out.len);
  return out.data;
}

bool DecodeSample(const char* data, uint32 length, uint32 signature, ParamSample* out) {
  SampleHeader header;
  if (data == nullptr || length < sizeof header) return false;
  memcpy(&header, data, sizeof header);
  if (header.magic != kSampleMagic || header.signature != signature || header.nparams > length) return false;
  out->nparams = static_cast<int>(header.nparams);
  out->value = static_cast<const char**>(palloc0(sizeof(char*) * (header.nparams + 1)));
  out->known = static_cast<bool*>(palloc0(header.nparams + 1));
  uint32 at = sizeof header;
  for (uint32 i = 0; i < header.nparams; i++) {
    int32 size;
    if (length - at < sizeof size) return false;
    memcpy(&size, data + at, sizeof size);
    at += static_cast<uint32>(sizeof size);
    out->known[i] = size != kUnknownValue;
    if (size < 0) continue;
    if (length - at < static_cast<uint32>(size)) return false;
    out->value[i] = pnstrdup(data + at, static_cast<Size>(size));
    at += static_cast<uint32>(size);
  }
  return true;
}

}  // namespace steward::store
