// What the server itself tells of its sessions, as pg_stat_activity shows it: the statements that are running. Owns the
// reading of the server's status entries; who may see what is the caller's business.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "datatype/timestamp.h"
}

namespace steward::pg {

inline constexpr int kAddressSize = 64;

/// A statement that some session runs. Texts are zero-terminated; `text` may be cut at the end.
struct RunningStatement {
  int32 pid;
  Oid userid;  // session user
  Oid dbid;
  uint64 queryid;       // 0: not known
  TimestampTz started;  // arrival of the client's message
  const char* application_name;
  const char* text;
  char client_addr[kAddressSize];  // empty: not over TCP
  const char* wait_event_type;     // null: not waiting
  const char* wait_event;
};

/// How many status entries there are. The first look of a transaction decides for all of it, as with pg_stat_activity.
[[nodiscard]] int StatusEntries();

/// Reads entry 0 .. StatusEntries() - 1. False unless a client or a background worker runs a statement there that is not this
/// session's own; parallel workers are part of their leader.
[[nodiscard]] bool ReadRunning(int index, RunningStatement* running);

/// This session's client, empty when it is not connected over TCP. Looked up once.
[[nodiscard]] const char* OwnClientAddress();

/// The text of this session's last message, as the server shows it: cut, and empty where track_activities is off.
[[nodiscard]] const char* OwnActivityText();

}  // namespace steward::pg
