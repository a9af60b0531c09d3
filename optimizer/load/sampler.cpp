// See sampler.hpp.
#include "load/sampler.hpp"

#include <algorithm>

#include "db/error.hpp"
#include "db/libpq_text.hpp"

namespace steward::load {

namespace {

// Sessions of the pool, whoever opened them; "idle" is the only state that holds nothing of the server.
constexpr const char* kLook =
    "SELECT /* pgsteward */ datname, usename, count(*) FILTER (WHERE state <> 'idle') AS busy, count(*) AS connections, "
    "count(*) FILTER (WHERE state IS NULL) AS hidden FROM pg_catalog.pg_stat_activity WHERE backend_type = 'client backend' AND "
    "pid <> pg_catalog.pg_backend_pid() "
    "GROUP BY datname, usename";

void DropNotice(void*, const PGresult*) {}

}  // namespace

PoolLooks::Seen& PoolLooks::Add(const std::string& database, const std::string& user, int busy) {
  Seen& seen = seen_[{database, user}];
  seen.busy += busy;
  seen.max_busy = std::max(seen.max_busy, busy);
  return seen;
}

void PoolLooks::AddSessions(const db::Result& rows) {
  ++looks_;
  for (const db::Row row : rows) {
    Seen& seen = Add(row.Text("datname"), row.Text("usename"), static_cast<int>(row.Int("busy")));
    seen.connections = std::max(seen.connections, static_cast<int>(row.Int("connections")));
    blind_ = blind_ || row.Int("hidden") > 0;
  }
}

void PoolLooks::AddPools(const db::Result& rows) {
  ++looks_;
  for (const db::Row row : rows) {
    Seen& seen = Add(row.Text("database"), row.Text("user"), static_cast<int>(row.Int("sv_active")));
    seen.connections = 0;  // the last look counts: after a change of its size a pool shrinks
    for (const char* column : {"sv_active", "sv_idle", "sv_used", "sv_tested", "sv_login"})
      seen.connections += static_cast<int>(row.Int(column));
  }
}

std::optional<model::PoolUse> PoolLooks::Use(const std::string& database, const std::string& user) const {
  const auto found = seen_.find({database, user});
  if (found == seen_.end() || blind_) return std::nullopt;
  model::PoolUse use;
  use.mean_busy = found->second.busy / static_cast<double>(looks_);
  use.max_busy = found->second.max_busy;
  use.connections = found->second.connections;
  return use;
}

Sampler::Sampler(const db::Keywords& keywords, Of of) : of_(of) {
  const db::KeywordArrays arrays(keywords);
  connection_.reset(PQconnectdbParams(arrays.names.data(), arrays.values.data(), 0));
  if (connection_ == nullptr || PQstatus(connection_.get()) != CONNECTION_OK) {
    std::string message = connection_ == nullptr ? "out of memory" : PQerrorMessage(connection_.get());
    while (!message.empty() && message.back() == '\n') message.pop_back();
    throw db::ConnectionError({message, "", "", ""});
  }
  PQsetNoticeReceiver(connection_.get(), DropNotice, nullptr);
  PQsetnonblocking(connection_.get(), 1);
}

void Sampler::Begin() {
  looks_ = {};
  discard_ = asked_;
}

void Sampler::Ask() {
  if (asked_ || connection_ == nullptr) return;
  if (PQsendQuery(connection_.get(), of_ == Of::kServer ? kLook : "SHOW POOLS") == 0 || PQflush(connection_.get()) < 0) {
    connection_.reset();
    return;
  }
  asked_ = true;
}

bool Sampler::Ready() {
  if (connection_ == nullptr) return false;
  if (PQconsumeInput(connection_.get()) == 0) {
    connection_.reset();
    return false;
  }
  while (asked_ && PQisBusy(connection_.get()) == 0) {
    PGresult* result = PQgetResult(connection_.get());
    if (result == nullptr) {
      asked_ = discard_ = false;
      break;
    }
    const ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COPY_OUT || status == PGRES_COPY_IN || status == PGRES_COPY_BOTH) {  // it would not end by itself
      PQclear(result);
      connection_.reset();
      return false;
    }
    if (status == PGRES_TUPLES_OK && !discard_) {
      if (of_ == Of::kServer)
        looks_.AddSessions(db::CopyRows(result));
      else
        looks_.AddPools(db::CopyRows(result));
    }
    PQclear(result);
  }
  return true;
}

}  // namespace steward::load
