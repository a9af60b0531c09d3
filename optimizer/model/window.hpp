// What happened in a span of time, by statement, as history has it; and how two such windows differ.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/workload.hpp"

namespace steward::model {

/// One statement in one window. Times in milliseconds; blocks and bytes as the server counts them.
struct WindowStatement {
  Oid userid = 0;  // 0: all statements together that were not among those with the most time
  bool toplevel = true;
  std::int64_t queryid = 0;  // 0: those together, or what this role may not see of another one
  std::string role;
  std::string query;
  std::int64_t calls = 0;
  std::int64_t failed_calls = 0;
  std::int64_t rows = 0;
  double exec_time = 0;
  double plan_time = 0;
  std::optional<double> p95;
  std::int64_t shared_blks_read = 0;
  std::int64_t temp_blks_written = 0;
  std::int64_t wal_bytes = 0;
};

/// The intervals of history that ended in a window. `seconds` is how much time they cover: gaps do not count.
struct Window {
  double start = 0;  // epoch seconds: where the first interval began
  double end = 0;
  double seconds = 0;
  std::int64_t intervals = 0;
  std::vector<WindowStatement> statements;
};

/// `amount` of a window as a rate an hour.
inline double PerHour(double amount, const Window& window) {
  return amount * 3600 / window.seconds;
}

/// Milliseconds a call; 0 without a call.
inline double MeanTime(const WindowStatement& statement) {
  return statement.calls > 0 ? statement.exec_time / static_cast<double>(statement.calls) : 0;
}

enum class ChangeKind { kSame, kNew, kGone };

/// A statement in both windows. What is missing in one of them is zeroes there.
struct StatementChange {
  ChangeKind kind = ChangeKind::kSame;
  WindowStatement before;
  WindowStatement after;
  double time_change = 0;   // milliseconds of execution an hour
  double due_to_calls = 0;  // of it: more or fewer calls, at the old mean
  double due_to_mean = 0;   // of it: slower or faster calls
};

struct WindowDiff {
  ServerInfo server;
  Window before;
  Window after;
  std::vector<StatementChange> changes;  // the largest first, by the size of time_change
};

}  // namespace steward::model
