// Database -> Workload: the captured statements and predicates, and from the catalog the tables and indexes they need.
// The SQL of each part is in statements.cpp, tables.cpp, indexes.cpp and index_use.cpp.
#pragma once

#include "db/database.hpp"
#include "model/workload.hpp"

namespace steward::collect {

/// Reads the workload of the connected database. The caller holds a transaction, so that all parts fit together.
/// Throws db::UndefinedObject, db::InsufficientPrivilege or db::PrerequisiteMissing as the server does.
model::Workload ReadWorkload(db::Database& database);

/// Leaves only the tables of `schemas` (all when empty) without those of `excluded` to be advised on. The statements
/// stay: they say what an index would cost elsewhere.
void KeepSchemas(model::Workload& workload, const std::vector<std::string>& schemas,
                 const std::vector<std::string>& excluded);

/// The parts of ReadWorkload.
/// `since`: SQL for the time since when statements are counted.
model::ServerInfo ReadServerInfo(db::Database& database,
                                 const std::string& since = "(SELECT c.stats_since FROM steward.capture_status c)");
std::vector<model::Statement> ReadStatements(db::Database& database);
std::vector<model::Predicate> ReadPredicates(db::Database& database);
/// The tables that another session keeps everybody from reading, and has kept for a second: it holds an ACCESS
/// EXCLUSIVE lock on them or on one of their indexes, or waits for one.
std::vector<std::int64_t> ReadLocked(db::Database& database);
/// Asks the server for nothing that would wait for one of the `locked` tables.
std::vector<model::Table> ReadTables(db::Database& database, const std::vector<std::int64_t>& locked);
/// Fills the columns of the tables whose relid is in `wanted`.
void ReadColumns(db::Database& database, const std::vector<std::int64_t>& wanted, std::vector<model::Table>& tables);
/// Which columns captured statements update, of each table, and in how many rows.
void ReadUpdates(db::Database& database, std::vector<model::Table>& tables);
/// Without those of `locked` tables, whose definitions cannot be read now.
std::vector<model::ExistingIndex> ReadIndexes(db::Database& database, const std::vector<std::int64_t>& locked);
/// Fills what of the indexes the catalog does not say: the captured plans that use them, and when they were built, where
/// the server keeps such times (track_commit_timestamp).
void ReadIndexUse(db::Database& database, std::vector<model::ExistingIndex>& indexes);
/// The second part of that alone.
void ReadIndexAges(db::Database& database, std::vector<model::ExistingIndex>& indexes);
std::vector<model::ForeignKey> ReadForeignKeys(db::Database& database);
/// The standbys that follow the server, or hold a place to follow it: not base backups, logical subscribers or programs
/// known to receive WAL only.
std::vector<std::string> ReadStandbys(db::Database& database);
/// Counts the scans and plans of `standby`, a workload read there, with those of `workload`'s indexes.
void AddStandby(const model::Workload& standby, model::Workload& workload);
std::vector<model::RelationName> ReadNames(db::Database& database);
std::vector<model::StatisticsObject> ReadStatisticsObjects(db::Database& database);
std::vector<model::Setting> ReadSettings(db::Database& database);

/// An expression without the parentheses round the whole of it, so that the index's form and the predicate's compare.
std::string WithoutOuterParentheses(std::string expression);

/// Text of the server's enum-like columns; kOther and kFilter for words of a newer version.
model::PredicateKind ParsePredicateKind(const std::string& word);
model::PredicateRole ParsePredicateRole(const std::string& word);

}  // namespace steward::collect
