// Plans statement texts that somebody else wrote, with no values for their parameters, and without ever running one.
// What the session is given meanwhile goes with the transaction (F1).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "db/database.hpp"
#include "db/transaction.hpp"

namespace steward::db {

/// What planning texts needs to know, and what it learns of them. The caller of the constructor holds a transaction.
class PlanningFacts {
 public:
  /// `reset`: a function to call when a transaction is over, with its schema; empty: none.
  PlanningFacts(Database& database, std::string reset);

  /// The search_path that the settings of a role and of the database give: what names in its statements mean.
  [[nodiscard]] const std::string& PathOf(std::uint32_t userid) const;
  [[nodiscard]] const std::string& reset() const { return reset_; }

 private:
  friend class PlanningTransaction;
  std::string reset_;
  std::string default_path_;
  std::map<std::uint32_t, std::string> paths_;
  std::map<std::string, std::int64_t> parameters_;  // by text, how many it has
};

/// A read-only transaction that plans. A text is made a prepared statement: there the server takes one statement only, of
/// the kinds that have a plan, and EXPLAIN EXECUTE does not run it. Planning calls immutable and stable functions, with the
/// rights of this session's role.
class PlanningTransaction {
 public:
  /// Both must outlive it. Throws InsufficientPrivilege for a superuser where there are such functions that belong to
  /// somebody else.
  PlanningTransaction(Database& database, PlanningFacts& facts, const TransactionLimits& limits);
  /// Takes everything back, whatever happened.
  ~PlanningTransaction();
  PlanningTransaction(const PlanningTransaction&) = delete;
  PlanningTransaction& operator=(const PlanningTransaction&) = delete;

  /// EXPLAIN (VERBOSE, FORMAT JSON) of the generic plan of what role `userid` ran as `text`. Partitions are not pruned, for
  /// that takes values. Throws as the server does; the transaction is of no use then.
  std::string Explain(const std::string& text, std::uint32_t userid);

  /// Sets the search_path back from that of a statement's role to the one that our own queries have.
  void UseOwnPath();

 private:
  std::int64_t Parameters(const std::string& text);
  void UsePath(const std::string& path);

  Database& database_;
  PlanningFacts& facts_;
  std::optional<ReadOnlyTransaction> transaction_;
  std::string path_;  // that is set; empty: our own
};

}  // namespace steward::db
