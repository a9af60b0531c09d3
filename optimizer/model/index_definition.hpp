// What an index is, whether it exists, is hypothetical or is only thought of: keys, INCLUDE columns, predicate.
// Owns comparing definitions, naming them and writing them as SQL.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace steward::model {

using Oid = std::uint32_t;

struct IndexKey {
  int attnum = 0;         // 0: an expression
  std::string name;       // column name, unquoted, or the expression's text
  std::string sql;        // quoted column, or the expression in parentheses
  std::string opclass;    // quoted, with its options; empty: the type's default
  std::string collation;  // quoted; empty: the column's or the expression's own
  bool descending = false;
  bool nulls_first = false;

  friend bool operator==(const IndexKey&, const IndexKey&) = default;
};

struct IndexDefinition {
  Oid relid = 0;
  std::string table_name;  // unquoted, for naming
  std::string table_sql;   // schema-qualified and quoted
  std::string method = "btree";
  std::vector<IndexKey> keys;
  std::vector<IndexKey> include;  // only attnum, name and sql are used
  std::string predicate;          // SQL condition, empty: none
  std::string options;            // storage options, as the server writes them, in alphabetical order; empty: none
  bool unique = false;
  bool nulls_not_distinct = false;  // of a unique index
  bool exclusion = false;           // backs an exclusion constraint, and so can be no part of a partitioned index
  bool immediate = true;            // of a unique index: not deferrable, so that keys and ON CONFLICT can refer to it

  friend bool operator==(const IndexDefinition&, const IndexDefinition&) = default;
};

/// True when a key is an expression, of which the planner has statistics only after ANALYZE.
bool HasExpression(const IndexDefinition& index);

/// True when all that `prefix` does is done by `index` too: same table, method and predicate, and the keys of `prefix`
/// are the first keys of `index` (by any other method than btree: all of them), with the same operator classes and
/// collations, read forwards or all backwards. INCLUDE columns of `prefix` must be in `index`. Storage options are the
/// same, except of btree and hash, where they do not change what an index can do. Equal definitions cover each other. A
/// unique `prefix` is covered only by a unique index on the same keys that treats NULL alike and, where `prefix` does,
/// holds at once.
bool Covers(const IndexDefinition& index, const IndexDefinition& prefix);

/// "status, created_at DESC": keys as SQL. With `include`, " INCLUDE (..)" and " WHERE .." follow.
std::string KeysSql(const IndexDefinition& index);
std::string TailSql(const IndexDefinition& index);

/// `table_col1_col2_idx`, or with another `ending`, at most 63 bytes, never cut inside a UTF-8 character, made unique against `taken` by a
/// number.
std::string MakeIndexName(const IndexDefinition& index, const std::vector<std::string>& taken,
                          const std::string& ending = "_idx");

/// Quotes an identifier if it needs it. Only for names made by MakeIndexName: their ending is that of no keyword.
std::string QuoteIndexName(const std::string& name);

/// "CREATE INDEX [CONCURRENTLY] [name] ON table USING method (keys) INCLUDE (..) WHERE ..", no semicolon.
std::string CreateSql(const IndexDefinition& index, const std::string& name_sql, bool concurrently);

/// Six characters, a letter first: a hash (FNV-1a) of kind, database and normalised definition. The same in every run.
std::string SuggestionId(const std::string& kind, const std::string& database, const IndexDefinition& index);
/// The same of any other text that defines what is suggested.
std::string SuggestionId(const std::string& kind, const std::string& database, const std::string& definition);

}  // namespace steward::model
