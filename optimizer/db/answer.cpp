// See answer.hpp.
#include "db/answer.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "db/libpq_text.hpp"

namespace steward::db {

namespace {

constexpr const char* kUnexpected = "Nothing that belongs to pg_steward answers like this: check which server or pooler it is.";

struct Release {
  void operator()(PGresult* result) const { PQclear(result); }
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using Piece = std::unique_ptr<PGresult, Release>;

// Address space, which is what the limit is about. 0: not known.
std::size_t Taken() {
  const std::unique_ptr<std::FILE, Release> file(std::fopen("/proc/self/statm", "re"));
  unsigned long pages = 0;
  if (file == nullptr || std::fscanf(file.get(), "%lu", &pages) != 1) return 0;
  return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

class Rows {
 public:
  explicit Rows(std::size_t limit_bytes) : left_(limit_bytes) {}

  // False: that is more than is read.
  bool Add(const PGresult* result) {
    const int columns = PQnfields(result);
    if (names_.empty())
      for (int column = 0; column < columns; ++column) names_.emplace_back(PQfname(result, column));
    for (int row = 0; row < PQntuples(result); ++row) {
      std::size_t bytes = sizeof(Result::Values) + static_cast<std::size_t>(columns) * sizeof(Result::Values::value_type);
      for (int column = 0; column < columns; ++column) bytes += static_cast<std::size_t>(PQgetlength(result, row, column));
      if (bytes > left_) return false;
      left_ -= bytes;
      rows_.push_back(CopyRow(result, row));
    }
    return true;
  }
  Result Take() { return Result(std::move(names_), std::move(rows_)); }

 private:
  std::size_t left_;
  std::vector<std::string> names_;
  std::vector<Result::Values> rows_;
};

// Without what is allowed it, libpq says so and gives up the connection.
Diagnostics Lost(PGconn* connection) {
  const std::string message = Trimmed(PQerrorMessage(connection));
  return {message, "", message.find("memory") == std::string::npos ? "" : kUnexpected, ""};
}

Diagnostics ErrorOf(PGconn* connection, const PGresult* result) {
  Diagnostics error = {ErrorField(result, PG_DIAG_MESSAGE_PRIMARY), ErrorField(result, PG_DIAG_MESSAGE_DETAIL),
                       ErrorField(result, PG_DIAG_MESSAGE_HINT), ErrorField(result, PG_DIAG_SQLSTATE)};
  if (!error.sqlstate.empty()) return error;
  return Lost(connection);
}

Diagnostics Unexpected(const std::string& what) { return {what, "", kUnexpected, ""}; }

Diagnostics TooLarge(std::size_t limit_bytes) {
  return Unexpected("an answer has more than " + std::to_string(limit_bytes >> 20) + " MB, which is more than is read of one");
}

}  // namespace

MemoryLimit::MemoryLimit(std::size_t bytes) {
  const std::size_t taken = Taken();
  if (taken == 0 || getrlimit(RLIMIT_AS, &before_) != 0) return;
  rlimit limited = before_;
  limited.rlim_cur = std::min<rlim_t>(before_.rlim_cur, taken + bytes);
  set_ = setrlimit(RLIMIT_AS, &limited) == 0;
}

MemoryLimit::~MemoryLimit() {
  if (set_) setrlimit(RLIMIT_AS, &before_);
}

Answer ReadAnswer(PGconn* connection, std::size_t limit_bytes, const std::function<void()>& wait) {
  const MemoryLimit memory(MemoryLimit::ForAnswers(limit_bytes));
  PQsetSingleRowMode(connection);
  Rows rows(limit_bytes);
  std::optional<Diagnostics> error;
  // A statement has one result; behind it can only come why the connection ended.
  for (int ended = 0;;) {
    while (PQisBusy(connection) != 0) {
      wait();
      if (PQconsumeInput(connection) == 0) return {{}, Lost(connection)};
    }
    const Piece piece(PQgetResult(connection));
    if (piece == nullptr && ended == 0) return {{}, Lost(connection)};
    if (piece == nullptr) return {error ? Result() : rows.Take(), std::move(error)};
    const ExecStatusType status = PQresultStatus(piece.get());
    const bool failed = status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE;
    if (ended > (failed ? 1 : 0)) return {{}, Unexpected("the other end answers one statement more than once")};
    if (failed) {
      error = ErrorOf(connection, piece.get());
      if (error->sqlstate.empty()) return {{}, std::move(error)};
    } else if (status == PGRES_SINGLE_TUPLE || status == PGRES_TUPLES_OK) {
      if (!rows.Add(piece.get())) return {{}, TooLarge(limit_bytes)};
    } else if (status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY) {  // COPY and the like do not end by themselves
      return {{}, Unexpected("the other end answers a statement with something else")};
    }
    if (status != PGRES_SINGLE_TUPLE) ++ended;
  }
}

std::optional<Diagnostics> DropAnswer(PGconn* connection) {
  PQsetSingleRowMode(connection);
  std::optional<Diagnostics> error;
  for (;;) {
    const Piece piece(PQgetResult(connection));
    if (piece == nullptr) return error;
    switch (PQresultStatus(piece.get())) {
      case PGRES_SINGLE_TUPLE:
      case PGRES_TUPLES_OK:
      case PGRES_COMMAND_OK:
      case PGRES_EMPTY_QUERY:
        break;
      case PGRES_FATAL_ERROR:
      case PGRES_BAD_RESPONSE:
        if (!error) error = ErrorOf(connection, piece.get());
        if (error->sqlstate.empty()) return error;
        break;
      default:  // COPY and the like do not end by themselves
        return Unexpected("the other end answers a statement with something else");
    }
  }
}

}  // namespace steward::db
