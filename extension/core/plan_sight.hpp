// The circumstances under which a plan was first seen, as a string of bytes that is kept with the plan: how it was made, planner
// settings, the state of its relations, and an outline of it. Owns the format; collecting is capture's business, comparing two
// of them plan_change's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/record_bytes.hpp"

namespace steward::core {

/// What a plan was made for.
enum class PlanKind : uint8_t {
  kPlain,    // a statement without parameters
  kCustom,   // the values of its parameters
  kGeneric,  // any values
};

/// A relation that the plan reads, when the plan was first seen.
struct RelationSight {
  uint32_t relid;
  uint32_t pages;     // of the table itself, counted, not as of ANALYZE
  int64_t analyzed;   // end of the last ANALYZE, by hand or not, microseconds of the server's clock; 0: not known
  uint64_t statistics_version;   // another one when another ANALYZE wrote the columns' statistics
  uint16_t statistics_rows;      // columns that have statistics
  uint16_t extended_statistics;  // objects of CREATE STATISTICS
  uint16_t indexes;              // that were valid; kIndexesUnknown: not listed
  uint8_t name_length;
  uint8_t unused;
};
inline constexpr uint16_t kIndexesUnknown = UINT16_MAX;

inline constexpr int kMaxSightRelations = 32;  // listed; the rest is left out
inline constexpr int kMaxSightIndexes = 16;    // used indexes whose names are kept
inline constexpr int kMaxListedIndexes = 64;   // of a relation that has more none is listed
inline constexpr size_t kMaxSightBytes = 4608;
inline constexpr size_t kMaxSettingsBytes = 1024;
inline constexpr size_t kMaxOutlineBytes = 1536;
inline constexpr std::string_view kOutlineCut = "...";    // last line of an outline that was too long
inline constexpr std::string_view kOutlineCosts = "  (";  // between a node and its costs

struct SightHeader {
  PlanKind kind;
  uint8_t used_indexes;
  uint16_t relations;
  uint16_t settings_bytes;
  uint16_t outline_bytes;
  uint8_t settings_cut;
  uint8_t unused;
};

/// The planner settings of a sight.
struct SightSettings {
  std::string_view lines;  // "name = value<tab>source" for each one that differs from its default, at most kMaxSettingsBytes
  bool cut = false;        // there are more
};

/// Writes a sight into a buffer. What does not fit is left out, whole.
class SightWriter {
 public:
  /// `outline`: text, at most kMaxOutlineBytes. The buffer has at least kMaxSightBytes.
  SightWriter(char* buffer, PlanKind kind, const SightSettings& settings, std::string_view outline);
  /// Names an index that the plan uses; before all relations.
  void AddUsedIndex(uint32_t oid, std::string_view name);
  /// Adds a relation with the oids of its valid indexes, `facts.indexes` of them.
  void AddRelation(RelationSight facts, std::string_view name, const uint32_t* indexes);
  /// Length of what was written.
  [[nodiscard]] size_t Finish();

 private:
  SightHeader header_;
  char* buffer_;
  RecordWriter writer_;
};

/// A sight, read. Everything points into the bytes that it was read from.
struct SightIndex {
  uint32_t oid;
  std::string_view name;
};
struct SightRelation {
  RelationSight facts;
  std::string_view name;
  const char* indexes;  // facts.indexes oids without alignment; null where they are unknown

  [[nodiscard]] bool HasIndex(uint32_t oid) const;
};
struct PlanSight {
  PlanKind kind;
  SightSettings settings;
  std::string_view outline;
  int used_indexes;
  int relations;
  SightIndex used_index[kMaxSightIndexes];
  SightRelation relation[kMaxSightRelations];
};

/// False when the bytes cannot have been written by SightWriter.
[[nodiscard]] bool ReadSight(std::string_view bytes, PlanSight* sight) noexcept;

}  // namespace steward::core
