// See pool_size.hpp.
#include "load/pool_size.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "db/error.hpp"

namespace steward::load {

namespace {

// A name in a console command.
std::string Quoted(const std::string& name) {
  std::string quoted = "\"";
  for (const char c : name) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

}  // namespace

PoolSize::PoolSize(Ask ask, std::vector<std::string> databases)
    : ask_(std::move(ask)), databases_(std::move(databases)) {
  original_ = current_ = ReadBack();
  CheckDatabases(original_);
}

PoolSize::~PoolSize() {
  try {
    Restore();
  } catch (const db::Error&) {
    // The caller that cares has called Restore() and seen it.
  }
}

int PoolSize::ReadBack() {
  for (const db::Row row : ask_("SHOW CONFIG"))
    if (row.Text("key") == "default_pool_size") return static_cast<int>(row.Int("value"));
  throw db::Error({"the console shows no default_pool_size", "", "Is it PgBouncer's?", ""});
}

void PoolSize::CheckDatabases(int size) {
  for (const db::Row row : ask_("SHOW DATABASES")) {
    const std::string& name = row.Text("name");
    if (std::find(databases_.begin(), databases_.end(), name) == databases_.end() || row.Int("pool_size") == size)
      continue;
    throw db::Error({fmt::format("database \"{}\" has a pool_size of its own", name),
                     "Only default_pool_size can be changed while PgBouncer runs.",
                     "Take pool_size out of its line in [databases] and RELOAD, then calibrate.", ""});
  }
}

void PoolSize::Set(int size) {
  if (size == current_) return;
  const int before = current_;
  current_ = size;  // to be put back from now on, whatever becomes of it
  ask_(fmt::format("SET default_pool_size={}", size));
  if (const int read = ReadBack(); read != size)
    throw db::Error({fmt::format("default_pool_size is {} after it was set to {}", read, size), "",
                     "Is somebody else changing it, or reloading the file?", ""});
  CheckDatabases(size);
  // Of a pool with waiting clients no connection is ever idle, so that none would be closed.
  if (size < before)
    for (const std::string& database : databases_) ask_("RECONNECT " + Quoted(database));
}

void PoolSize::Restore() {
  if (current_ != original_) Set(original_);
}

}  // namespace steward::load
