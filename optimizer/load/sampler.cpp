// See sampler.hpp.
#include "load/sampler.hpp"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "db/error.hpp"

namespace steward::load {

namespace {

// Sessions of the pool, whoever opened them; "idle" is the only state that holds nothing of the server.
constexpr const char* kLook =
    "SELECT /* pgsteward */ datname, usename, count(*) FILTER (WHERE state <> 'idle'), count(*), "
    "count(*) FILTER (WHERE state IS NULL) FROM pg_catalog.pg_stat_activity WHERE backend_type = 'client backend' AND "
    "pid <> pg_catalog.pg_backend_pid() "
    "GROUP BY datname, usename";

void DropNotice(void*, const PGresult*) {}

}  // namespace

Sampler::Sampler(const db::Keywords& keywords) {
  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const auto& [name, value] : keywords) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  connection_.reset(PQconnectdbParams(names.data(), values.data(), 0));
  if (connection_ == nullptr || PQstatus(connection_.get()) != CONNECTION_OK) {
    std::string message = connection_ == nullptr ? "out of memory" : PQerrorMessage(connection_.get());
    while (!message.empty() && message.back() == '\n') message.pop_back();
    throw db::ConnectionError({message, "", "", ""});
  }
  PQsetNoticeReceiver(connection_.get(), DropNotice, nullptr);
  PQsetnonblocking(connection_.get(), 1);
}

void Sampler::Begin() {
  seen_.clear();
  looks_ = 0;
  discard_ = asked_;
}

void Sampler::Ask() {
  if (asked_ || connection_ == nullptr) return;
  if (PQsendQuery(connection_.get(), kLook) == 0 || PQflush(connection_.get()) < 0) {
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
    if (PQresultStatus(result) == PGRES_TUPLES_OK && !discard_) Note(result);
    PQclear(result);
  }
  return true;
}

void Sampler::Note(const PGresult* result) {
  ++looks_;
  for (int row = 0; row < PQntuples(result); ++row) {
    Seen& seen = seen_[{PQgetvalue(result, row, 0), PQgetvalue(result, row, 1)}];
    const int busy = std::atoi(PQgetvalue(result, row, 2));
    blind_ = blind_ || std::atoi(PQgetvalue(result, row, 4)) > 0;
    seen.busy += busy;
    seen.max_busy = std::max(seen.max_busy, busy);
    seen.max_connections = std::max(seen.max_connections, std::atoi(PQgetvalue(result, row, 3)));
  }
}

std::optional<model::PoolUse> Sampler::Use(const std::string& database, const std::string& user) const {
  const auto found = seen_.find({database, user});
  if (found == seen_.end() || looks_ == 0 || blind_) return std::nullopt;
  model::PoolUse use;
  use.mean_busy = found->second.busy / static_cast<double>(looks_);
  use.max_busy = found->second.max_busy;
  use.connections = found->second.max_connections;
  return use;
}

}  // namespace steward::load
