// What PgBouncer says of the entries of [databases] that a load goes through.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "db/result.hpp"

namespace steward::load {

class PoolerWatch {
 public:
  /// Runs one command of the console.
  using Ask = std::function<db::Result(const std::string& command)>;
  struct Entry {
    int pool_size = 0;        // of each user's pool; 0: unlimited
    std::string dbname;       // on the server
    std::string forced_user;  // whoever connects; empty: none
  };

  explicit PoolerWatch(Ask ask) : ask_(std::move(ask)) {}

  /// Reads the entries as they are now. An error is kept: see problem().
  void Read();
  /// nullptr: not read, or unknown there.
  const Entry* Find(const std::string& database) const;
  /// Why nothing is known; empty: it is.
  const std::string& problem() const { return problem_; }

 private:
  Ask ask_;
  std::map<std::string, Entry> entries_;
  std::string problem_;
};

}  // namespace steward::load
