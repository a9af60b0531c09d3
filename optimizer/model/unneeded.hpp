// What an advisor says of indexes that exist and are not needed as they are, and of foreign keys that have none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/index_definition.hpp"
#include "model/suggestion_state.hpp"

namespace steward::model {

enum class UnneededKind { kUnused, kDuplicate, kPrefix, kInvalid, kBloated };
/// kWatch: not yet, or not from what can be seen here. kKeep: something else needs it.
enum class UnneededAction { kDrop, kReindex, kWatch, kKeep };

inline const char* Word(UnneededKind kind) {
  constexpr const char* kWords[] = {"unused", "duplicate", "prefix", "invalid", "bloated"};
  return kWords[static_cast<int>(kind)];
}
inline const char* Word(UnneededAction action) {
  constexpr const char* kWords[] = {"drop", "reindex", "watch", "keep"};
  return kWords[static_cast<int>(action)];
}

struct UnneededIndex {
  std::string id;
  UnneededKind kind = UnneededKind::kUnused;
  UnneededAction action = UnneededAction::kWatch;
  std::string keep_reason;  // not empty exactly when action is kWatch or kKeep, and then there is no ddl
  Confidence confidence = Confidence::kMedium;
  std::vector<std::string> caveats;
  std::string ddl;
  std::string undo_ddl;  // empty where there is nothing to take back
  std::string schema;    // this and the names below are unquoted
  std::string table;
  std::string name;
  std::string superseded_by;  // of a duplicate or prefix: the index that does all that this one does
  Oid relid = 0;
  Oid indexrelid = 0;
  std::int64_t size = 0;
  std::optional<std::int64_t> fresh_size;  // of a bloated one: bytes after a rebuild, estimated
  std::int64_t scans = 0;
  std::size_t standbys_seen = 0;
  std::optional<std::int64_t> standby_scans;  // on these; none: none was seen
  double last_scan = 0;             // 0: never, or not known
  double stats_since = 0;           // since when scans are counted; 0: not known
  std::int64_t plans_using = 0;     // captured plans
  std::optional<double> write_rate;  // rows written an hour in the table; none: not known
  std::string status;               // new, open or muted; empty: not known
  std::optional<Mute> mute;         // where the status is muted
};

/// A foreign key none of whose referencing table's indexes starts with its columns, and the index that would.
struct UnindexedForeignKey {
  std::string id;
  Confidence confidence = Confidence::kLow;
  std::vector<std::string> caveats;
  IndexDefinition definition;
  std::string ddl;
  std::string undo_ddl;
  std::string constraint;  // unquoted, as the names below
  std::string schema;
  std::string referenced_schema;
  std::string referenced_table;
  Oid referenced = 0;
  std::string on_delete;  // "no action", "cascade", ...
  std::int64_t size = 0;  // of the index
  std::int64_t table_size = 0;
  double stats_since = 0;               // since when deletes are counted; 0: not known
  std::int64_t deletes = 0;             // rows deleted from the referenced table
  std::int64_t lookup_calls = 0;        // captured: look-ups of referencing rows, made by the server for the foreign key
  double lookup_exec_time = 0;          // ms of these
  std::int64_t join_statements = 0;     // captured statements that join the two tables by the key
  std::string status;                   // as above
  std::optional<Mute> mute;
};

}  // namespace steward::model
