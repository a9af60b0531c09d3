// PgBouncer's default_pool_size, changed at run time and put back. Only this setting can be SET: a pool_size of an
// entry in [databases] is in the file alone.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "db/result.hpp"

namespace steward::load {

class PoolSize {
 public:
  /// Runs one command of the console.
  using Ask = std::function<db::Result(const std::string& command)>;

  /// Reads the size that is set now. Throws db::Error where one of the databases has a pool_size of its own, or the
  /// console does not answer.
  PoolSize(Ask ask, std::vector<std::string> databases);
  /// Puts the original size back, if it is not. Whether that worked is known after Restore() only.
  ~PoolSize();
  PoolSize(const PoolSize&) = delete;
  PoolSize& operator=(const PoolSize&) = delete;

  int original() const { return original_; }
  int current() const { return current_; }
  /// Sets it, reads it back, and has connections beyond a smaller size closed as their transactions end. Throws
  /// db::Error.
  void Set(int size);
  void Restore();

 private:
  int ReadBack();
  void CheckDatabases(int size);

  Ask ask_;
  std::vector<std::string> databases_;
  int original_ = 0;
  int current_ = 0;
};

}  // namespace steward::load
