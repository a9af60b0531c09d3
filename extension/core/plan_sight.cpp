// See plan_sight.hpp. A header, the two texts, the used indexes and the relations with their names and indexes.
#include "core/plan_sight.hpp"

namespace steward::core {

namespace {

struct IndexHeader {
  uint32_t oid;
  uint32_t name_length;
};

void PutText(RecordWriter* writer, std::string_view text) {
  char* to = writer->Reserve(text.size());
  if (to != nullptr && !text.empty()) memcpy(to, text.data(), text.size());
}

std::string_view TakeText(RecordReader* reader, size_t length) {
  const char* from = reader->TakeBytes(length);
  return from != nullptr ? std::string_view(from, length) : std::string_view();
}

size_t ListBytes(const RelationSight& facts) {
  return facts.indexes == kIndexesUnknown ? 0 : facts.indexes * sizeof(uint32_t);
}

bool ReadIndex(RecordReader* reader, SightIndex* index) {
  IndexHeader header;
  if (!reader->Take(&header)) return false;
  *index = SightIndex{header.oid, TakeText(reader, header.name_length)};
  return reader->ok();
}

bool ReadRelation(RecordReader* reader, SightRelation* relation) {
  if (!reader->Take(&relation->facts)) return false;
  const RelationSight& facts = relation->facts;
  if (facts.indexes > kMaxListedIndexes && facts.indexes != kIndexesUnknown) return false;
  relation->name = TakeText(reader, facts.name_length);
  relation->indexes = facts.indexes != kIndexesUnknown ? reader->TakeBytes(ListBytes(facts)) : nullptr;
  return reader->ok();
}

}  // namespace

SightWriter::SightWriter(char* buffer, PlanKind kind, const SightSettings& settings, std::string_view outline)
    : header_{kind,
              0,
              0,
              static_cast<uint16_t>(settings.lines.size()),
              static_cast<uint16_t>(outline.size()),
              static_cast<uint8_t>(settings.cut ? 1 : 0),
              0},
      buffer_(buffer),
      writer_(buffer, kMaxSightBytes) {
  writer_.Put(header_);
  PutText(&writer_, settings.lines);
  PutText(&writer_, outline);
}

void SightWriter::AddUsedIndex(uint32_t oid, std::string_view name) {
  if (header_.used_indexes >= kMaxSightIndexes || writer_.room() < sizeof(IndexHeader) + name.size()) return;
  writer_.Put(IndexHeader{oid, static_cast<uint32_t>(name.size())});
  PutText(&writer_, name);
  header_.used_indexes++;
}

void SightWriter::AddRelation(RelationSight facts, std::string_view name, const uint32_t* indexes) {
  if (facts.indexes > kMaxListedIndexes) facts.indexes = kIndexesUnknown;
  if (header_.relations >= kMaxSightRelations || writer_.room() < sizeof facts + name.size() + ListBytes(facts)) return;
  facts.name_length = static_cast<uint8_t>(name.size());
  facts.unused = 0;
  writer_.Put(facts);
  PutText(&writer_, name);
  PutText(&writer_, std::string_view(reinterpret_cast<const char*>(indexes), ListBytes(facts)));
  header_.relations++;
}

size_t SightWriter::Finish() {
  memcpy(buffer_, &header_, sizeof header_);
  return writer_.size();
}

bool SightRelation::HasIndex(uint32_t oid) const {
  for (int i = 0; indexes != nullptr && i < facts.indexes; i++)
    if (memcmp(indexes + sizeof oid * static_cast<size_t>(i), &oid, sizeof oid) == 0) return true;
  return false;
}

bool ReadSight(std::string_view bytes, PlanSight* sight) noexcept {
  RecordReader reader(bytes.data(), bytes.size());
  SightHeader header;
  if (!reader.Take(&header) || header.kind > PlanKind::kGeneric || header.used_indexes > kMaxSightIndexes ||
      header.relations > kMaxSightRelations)
    return false;
  sight->kind = header.kind;
  sight->settings = SightSettings{TakeText(&reader, header.settings_bytes), header.settings_cut != 0};
  sight->outline = TakeText(&reader, header.outline_bytes);
  sight->used_indexes = header.used_indexes;
  sight->relations = header.relations;
  for (int i = 0; i < sight->used_indexes; i++)
    if (!ReadIndex(&reader, &sight->used_index[i])) return false;
  for (int i = 0; i < sight->relations; i++)
    if (!ReadRelation(&reader, &sight->relation[i])) return false;
  return reader.Exhausted();
}

}  // namespace steward::core
