// What PgBouncer says of its pools over a window: how busy their server connections were. By its totals, from which the
// time that clients waited for a connection is taken off: PgBouncer counts it as part of the transaction.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "db/result.hpp"
#include "model/load_result.hpp"

namespace steward::load {

class PoolerWatch {
 public:
  /// Runs one command of the console.
  using Ask = std::function<db::Result(const std::string& command)>;

  explicit PoolerWatch(Ask ask) : ask_(std::move(ask)) {}

  /// Reads the totals where the window begins and where it ends, `seconds` later. An error ends the watch: see
  /// problem().
  void Begin();
  void End(double seconds);
  /// The pools of an entry of [databases]; none: not watched, or unknown there.
  std::optional<model::PoolUse> Use(const std::string& database) const;
  /// Why nothing is known; empty: it is.
  const std::string& problem() const { return problem_; }

 private:
  struct Totals {
    double busy_us = 0;  // of server connections: transactions less waiting
  };

  std::map<std::string, Totals> ReadTotals();
  void ReadSizes();

  Ask ask_;
  std::map<std::string, Totals> before_;
  std::map<std::string, model::PoolUse> uses_;
  std::string problem_;
};

}  // namespace steward::load
