// What is read of one answer. Whoever answers need not be who was meant: a row, an error or a stream of rows without an end
// takes no more memory than this allows.
#pragma once

#include <libpq-fe.h>
#include <sys/resource.h>

#include <cstddef>
#include <functional>
#include <optional>

#include "db/error.hpp"
#include "db/result.hpp"

namespace steward::db {

/// Bytes of the rows of one answer, as they are kept here.
inline constexpr std::size_t kServerAnswer = std::size_t{256} << 20;
inline constexpr std::size_t kConsoleAnswer = std::size_t{16} << 20;

/// While it lives, the process gets no more than that from the system. libpq reserves room for a whole message as soon as it
/// has seen its length, so that nothing but memory stops a server that announces a gigabyte; it reports the refusal.
class MemoryLimit {
 public:
  /// On top of what is taken already. Without effect where the system does not say what that is.
  explicit MemoryLimit(std::size_t bytes);
  ~MemoryLimit();
  MemoryLimit(const MemoryLimit&) = delete;
  MemoryLimit& operator=(const MemoryLimit&) = delete;

  /// For reading answers of `answer_bytes`: libpq's buffer doubles, and it copies each row.
  static constexpr std::size_t ForAnswers(std::size_t answer_bytes) { return 3 * answer_bytes + (std::size_t{64} << 20); }

 private:
  rlimit before_ = {};
  bool set_ = false;
};

/// How the answer to one statement ended.
struct Answer {
  Result rows;
  std::optional<Diagnostics> error;  // without SQLSTATE: the connection is of no more use, and has to be closed
};

/// Reads the answer to the one statement that was sent. `wait` comes back when the connection has input, or throws; it is
/// called for each piece. Rows of more than `limit_bytes`, and what is no answer to a statement, are errors without SQLSTATE.
Answer ReadAnswer(PGconn* connection, std::size_t limit_bytes, const std::function<void()>& wait);

/// Waits for the end of the answer to the one statement that was sent, and drops its rows as they come. Returns the error, as in Answer.
std::optional<Diagnostics> DropAnswer(PGconn* connection);

}  // namespace steward::db
