// The identity of a tracked statement, as in pg_stat_statements.
#pragma once

#include "pg/postgres.hpp"

namespace steward::store {

struct StatementKey {
  Oid userid;
  Oid dbid;
  uint64 queryid;
  bool toplevel;
};

inline bool operator==(const StatementKey& a, const StatementKey& b) {
  static_assert(offsetof(StatementKey, dbid) == sizeof(Oid));
  uint64 a_owner = 0;
  uint64 b_owner = 0;
  memcpy(&a_owner, &a.userid, sizeof a_owner);  // userid and dbid at once
  memcpy(&b_owner, &b.userid, sizeof b_owner);
  return a.queryid == b.queryid && a_owner == b_owner && a.toplevel == b.toplevel;
}

/// Spreads a key over hash buckets. Query ids are hashes already; the rest only has to tell users and databases apart.
inline uint32 HashOf(const StatementKey& key) {
  uint64 h = key.queryid ^ (static_cast<uint64>(key.userid) << 32 | key.dbid) ^ (key.toplevel ? 0 : 0x9E3779B9U);
  h *= 0x9E3779B97F4A7C15ULL;
  return static_cast<uint32>(h >> 32);
}

}  // namespace steward::store
