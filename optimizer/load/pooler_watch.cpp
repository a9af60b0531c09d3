// See pooler_watch.hpp.
#include "load/pooler_watch.hpp"

#include "db/error.hpp"

namespace steward::load {

void PoolerWatch::Read() {
  entries_.clear();
  problem_.clear();
  try {
    for (const db::Row row : ask_("SHOW DATABASES"))
      entries_[row.Text("name")] = {static_cast<int>(row.Int("pool_size")), row.Text("database"), row.Text("force_user")};
  } catch (const db::Error& error) {
    problem_ = error.what();
  }
}

const PoolerWatch::Entry* PoolerWatch::Find(const std::string& database) const {
  const auto found = entries_.find(database);
  return found == entries_.end() ? nullptr : &found->second;
}

}  // namespace steward::load
