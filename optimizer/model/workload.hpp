// The captured workload as plain data: what collect reads from a server or a file and what every advisor sees.
// Times are milliseconds, sizes bytes, instants seconds since 1970-01-01 UTC. Names ending in `_sql` are already quoted
// by the server and go into SQL as they are; other names are for people and must be escaped where they are printed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/index_definition.hpp"

namespace steward::model {

/// Windows below this many seconds say nothing about an hour.
inline constexpr double kShortestRateWindow = 300;

/// Where and when the workload was captured.
struct ServerInfo {
  std::string database;
  std::string host;  // as the user named it; empty for a local socket
  std::string port;
  std::string version;  // e.g. "15.20"
  int version_num = 0;  // e.g. 150020
  bool standby = false;
  bool parameters_captured = false;  // pg_steward.capture_parameters was on: texts below may hold values
  double collected_at = 0;
  double window_start = 0;
  double window_end = 0;
  std::string trigram_opclass = {};  // pg_trgm's operator class for GIN, with its schema, quoted; empty: not installed
  bool c_collation = false;     // the database's collation is C
  bool sql_ascii = false;       // the database's encoding is SQL_ASCII: names are bytes that nothing converts
  bool sees_all_plans = true;   // the role that read the workload sees the plans of other roles too
  bool archiving = false;       // WAL is archived: standbys that follow by the archive alone are not known here
  std::string source = {};      // of statements and costs, for people; empty: pg_steward. Not part of a snapshot
};

/// One (user, query id) of the current database; rows that differ only in toplevel are added up.
struct Statement {
  Oid userid = 0;
  std::int64_t queryid = 0;
  std::string role;   // name of userid
  std::string query;  // normalised text; empty when missing or not visible
  std::string plannable;  // where the client plans: what it plans in place of `query`; empty: that one. Not in a snapshot
  std::int64_t calls = 0;
  double total_exec_time = 0;
  double mean_exec_time = 0;
  double p95_exec_time = 0;
  double total_plan_time = 0;
  std::int64_t rows = 0;
  std::int64_t shared_blks_hit = 0;
  std::int64_t shared_blks_read = 0;
  std::int64_t failed_calls = 0;
  bool costable = false;     // a plannable text is there
  std::string not_costable;  // why not, a short label such as "utility"; empty when costable
  int samples = 0;           // parameter samples kept
  // Of one that stands for others alike: how many, itself included, and the time that is theirs. Calls, rows and
  // total_exec_time are of all of them. Not part of a snapshot.
  std::int64_t alike = 1;
  double alike_exec_time = 0;
};

enum class PredicateRole { kFilter, kIndex, kJoin, kSort, kGroup, kOutput };
enum class PredicateKind {
  kNone,
  kEquality,
  kRange,
  kList,
  kLikePrefix,
  kLikeInfix,
  kIsNull,
  kNotEqual,
  kContainment,
  kOther
};

/// One use of a column or of an expression over one relation in a plan; see steward.predicates.
struct Predicate {
  Oid userid = 0;
  std::int64_t queryid = 0;
  std::int64_t planid = 0;
  Oid relid = 0;
  int attnum = 0;  // 0: `expression` instead
  std::string expression;
  PredicateRole role = PredicateRole::kFilter;
  PredicateKind kind = PredicateKind::kNone;
  std::string operator_name;
  Oid other_relid = 0;  // the other side of a join
  int other_attnum = 0;
  int scan_no = 0;   // range-table slot in the plan: predicates of one scan are ANDed
  int position = 0;  // within ORDER BY or GROUP BY, from 1
  bool descending = false;
  bool nulls_first = false;
  std::optional<double> estimated_selectivity;
  std::optional<double> actual_selectivity;
  std::int64_t executions = 0;
  // "status = 'open'::text": what it tests whenever the statement runs, as far as samples of it show. Empty: not known.
  std::string value_test_sql = {};
};

struct Column {
  int attnum = 0;
  std::string name;
  std::string name_sql;
  std::string type;
  bool btree_indexable = false;  // its type has a default btree operator class
  double avg_width = 0;
  int statistics_target = -1;  // -1: the server's default
  double correlation = 0;  // of its order with that of the rows on disk, -1 to 1; 0: none or not known
};

/// What captured statements updated of a table during the window.
struct UpdatedColumns {
  std::vector<int> attnums;  // set together
  std::int64_t rows = 0;

  friend bool operator==(const UpdatedColumns&, const UpdatedColumns&) = default;
};

struct Table {
  Oid relid = 0;
  std::string schema;
  std::string name;
  std::string schema_sql;  // quoted
  std::string name_sql;    // schema-qualified, quoted
  char kind = 'r';         // pg_class.relkind
  Oid parent = 0;          // of a partition: the table that it is a partition of
  bool catalog = false;    // in pg_catalog, information_schema or our own schema: never advised on
  bool locked = false;     // could not be read when the workload was: its size is the catalog's, its indexes are
                           // missing, and it is not advised on
  double rows = 0;
  std::int64_t size = 0;
  std::vector<Column> columns;
  // Since stats_since, from pg_stat_all_tables.
  std::int64_t inserted = 0;
  std::int64_t updated = 0;
  std::int64_t hot_updated = 0;
  std::int64_t deleted = 0;
  std::vector<UpdatedColumns> updates;
  double stats_since = 0;  // 0: unknown
  double analyzed_at = 0;  // last (auto)analyze; 0: never
};

struct ExistingIndex {
  Oid indexrelid = 0;
  std::string name;
  std::string name_sql;
  IndexDefinition definition;
  bool primary = false;
  bool pinned = false;    // not to be dropped as it stands, whatever look-ups it serves: it backs a constraint, is the
                          // replica identity, belongs to a partitioned index, is being built, ... (collect/indexes.cpp)
  bool attached = false;  // of a partition: part of an index of the table above it
  bool valid = true;
  std::int64_t size = 0;
  std::int64_t scans = 0;
  double last_scan = 0;    // 0: never, or not known (before 16)
  double changed_at = 0;   // it was built, or its definition changed, no later; 0: not known
  std::int64_t plans = 0;  // captured plans that use it, on standbys that were seen too
  std::optional<std::int64_t> standby_scans;  // on standbys that were seen; none: none was. Not part of a snapshot
  std::string create_sql;  // pg_get_indexdef
};

/// Extended statistics (CREATE STATISTICS); their names are one space a schema.
struct StatisticsObject {
  Oid relid = 0;
  std::string schema_sql;  // quoted
  std::string name;
  std::vector<int> attnums;     // columns; expressions are not listed
  bool for_conditions = false;  // of a kind that estimates of conditions use: dependencies, mcv
};

/// A foreign key, of a partitioned table the topmost one.
struct ForeignKey {
  std::string name;
  Oid relid = 0;  // the referencing table
  Oid referenced = 0;
  std::vector<IndexKey> keys;  // the referencing columns; only attnum, name and sql are set
  std::string on_delete;       // "no action", "restrict", "cascade", "set null", "set default"
};

/// A standby whose own snapshot was read.
struct SeenStandby {
  std::string name;  // for people
  double collected_at = 0;
  double stats_since = 0;     // since when it counts scans; 0: not known
  std::size_t followers = 0;  // standbys that follow it
};

/// Settings of the planner and other facts that make a result reproducible; name -> value.
struct Setting {
  std::string name;
  std::string value;
};

/// The name of any relation that ends as suggested names do: tables, indexes, views, sequences and types of a schema
/// share their names.
struct RelationName {
  std::string schema_sql;  // quoted
  std::string name;
};

struct Workload {
  ServerInfo server;
  std::vector<Statement> statements;
  std::vector<Predicate> predicates;
  std::vector<Table> tables;
  std::vector<ExistingIndex> indexes;
  std::vector<ForeignKey> foreign_keys;
  std::vector<std::string> standbys;  // that follow this server, for people: name and where from
  std::vector<SeenStandby> seen_standbys;  // not part of a snapshot
  std::vector<RelationName> names;
  std::vector<StatisticsObject> statistics;
  std::vector<Setting> settings;

  /// nullptr when absent. Linear: index once where it is hot.
  [[nodiscard]] const Table* FindTable(Oid relid) const {
    for (const Table& table : tables)
      if (table.relid == relid) return &table;
    return nullptr;
  }
};

/// nullptr when absent.
inline const Column* FindColumn(const Table& table, int attnum) {
  for (const Column& column : table.columns)
    if (column.attnum == attnum) return &column;
  return nullptr;
}

}  // namespace steward::model
