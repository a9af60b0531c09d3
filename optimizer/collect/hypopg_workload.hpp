// Database -> Workload where pg_steward is not installed: statements from pg_stat_statements, predicates from their generic
// plans. Everything else is read from the catalog as ever (read_workload.hpp).
#pragma once

#include <functional>
#include <string>

#include "db/planning_transaction.hpp"
#include "model/workload.hpp"

namespace steward::collect {

/// The two extensions, where they are in this database; an empty version: it is not.
struct HypopgSource {
  std::string statements_schema;  // quoted, here and below
  std::string statements_version;
  std::string hypopg_schema;
  std::string hypopg_version;
  bool statements_loaded = false;  // the library is preloaded
  bool steward = false;            // pg_steward is in this database

  /// What is needed is there.
  [[nodiscard]] bool Complete() const { return statements_loaded && !statements_version.empty() && !hypopg_version.empty(); }
  /// "pg_stat_statements 1.10 + hypopg 1.3.1"
  [[nodiscard]] std::string Name() const;
};

/// The caller holds a transaction.
HypopgSource ReadHypopgSource(db::Database& database);

/// Opens transactions of its own; the database is in none. Each text is planned once: what does not plan is not costable, and
/// says why. `progress` is told the share done. Throws as the server does, and db::Error for a version that is too old.
model::Workload ReadHypopgWorkload(db::Database& database, const HypopgSource& source, db::PlanningFacts& facts,
                                   const std::function<void(double)>& progress);

/// The statements alone, none of them planned yet: those that cannot be are marked. The caller holds a transaction.
std::vector<model::Statement> ReadForeignStatements(db::Database& database, const HypopgSource& source);

/// The label of statements on tables that the role may not use.
inline constexpr const char* kNoRight = "no right to its tables";

/// Why a statement whose planning failed with this error is not costed: a short label.
std::string WhyNotPlanned(const std::string& sqlstate);

}  // namespace steward::collect
