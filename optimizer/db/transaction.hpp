// The transaction rule of the CLI (F1): every setting is SET LOCAL, every analysis is BEGIN READ ONLY, nothing outlives
// the transaction. There is no other way in this program to start one.
#pragma once

#include <chrono>

#include "db/database.hpp"

namespace steward::db {

struct TransactionLimits {
  std::chrono::milliseconds statement_timeout{std::chrono::minutes{10}};
  std::chrono::milliseconds lock_timeout{std::chrono::seconds{2}};
};

/// A read-only transaction with pinned search_path and limits; rolled back when it leaves scope.
class ReadOnlyTransaction {
 public:
  explicit ReadOnlyTransaction(Database& database, const TransactionLimits& limits = {});
  ~ReadOnlyTransaction();
  ReadOnlyTransaction(const ReadOnlyTransaction&) = delete;
  ReadOnlyTransaction& operator=(const ReadOnlyTransaction&) = delete;

 private:
  Database& database_;
};

/// A short writing transaction under the same settings; rolled back unless Commit() was called.
class WriteTransaction {
 public:
  explicit WriteTransaction(Database& database, const TransactionLimits& limits = {});
  ~WriteTransaction();
  WriteTransaction(const WriteTransaction&) = delete;
  WriteTransaction& operator=(const WriteTransaction&) = delete;

  void Commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace steward::db
