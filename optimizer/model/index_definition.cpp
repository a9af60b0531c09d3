// See index_definition.hpp.
#include "model/index_definition.hpp"

#include <algorithm>
#include <cctype>

namespace steward::model {

namespace {

bool SameKey(const IndexKey& a, const IndexKey& b, bool backwards) {
  return a.attnum == b.attnum && (a.attnum != 0 || a.name == b.name) && a.opclass == b.opclass &&
         a.collation == b.collation && (a.descending != b.descending) == backwards &&
         (a.nulls_first != b.nulls_first) == backwards;
}

bool KeysCover(const IndexDefinition& index, const IndexDefinition& prefix, bool backwards) {
  if (prefix.keys.size() > index.keys.size()) return false;
  for (std::size_t i = 0; i < prefix.keys.size(); i++)
    if (!SameKey(index.keys[i], prefix.keys[i], backwards)) return false;
  return true;
}

bool Contains(const IndexDefinition& index, int attnum) {
  const auto same = [attnum](const IndexKey& key) { return key.attnum == attnum; };
  return std::any_of(index.keys.begin(), index.keys.end(), same) ||
         std::any_of(index.include.begin(), index.include.end(), same);
}

// Elsewhere they make another index of it: the size of a range in BRIN, of a signature in bloom, the lists of ivfflat.
bool OptionsMatter(const IndexDefinition& index) {
  return index.method != "btree" && index.method != "hash";
}

// Whether `index` keeps out what the unique index `other` keeps out, as soon as that does.
bool Enforces(const IndexDefinition& index, const IndexDefinition& other) {
  return index.unique && index.keys.size() == other.keys.size() &&
         index.nulls_not_distinct == other.nulls_not_distinct && (index.immediate || !other.immediate);
}

// Cuts to at most `bytes`, before a UTF-8 character that would not fit whole.
std::string Clip(const std::string& text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  std::size_t end = bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) end--;
  return text.substr(0, end);
}

// The words of an expression, for a name: lower(email) -> lower_email.
std::string NamePart(const IndexKey& key) {
  if (key.attnum != 0) return key.name;
  std::string part;
  for (const char c : key.name) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      part += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else if (!part.empty() && part.back() != '_')
      part += '_';
  }
  while (!part.empty() && part.back() == '_') part.pop_back();
  return part.empty() ? "expr" : part;
}

}  // namespace

bool HasExpression(const IndexDefinition& index) {
  return std::any_of(index.keys.begin(), index.keys.end(), [](const IndexKey& key) { return key.attnum == 0; });
}

bool Covers(const IndexDefinition& index, const IndexDefinition& prefix) {
  if (index.relid != prefix.relid || index.method != prefix.method || index.predicate != prefix.predicate) return false;
  if (OptionsMatter(index) && index.options != prefix.options) return false;
  if (prefix.unique && !Enforces(index, prefix)) return false;
  const bool keys = index.method == "btree" ? KeysCover(index, prefix, false) || KeysCover(index, prefix, true)
                                            : index.keys == prefix.keys;
  return keys && std::all_of(prefix.include.begin(), prefix.include.end(),
                             [&](const IndexKey& column) { return Contains(index, column.attnum); });
}

std::string KeysSql(const IndexDefinition& index) {
  std::string sql;
  for (const IndexKey& key : index.keys) {
    if (!sql.empty()) sql += ", ";
    sql += key.sql;
    if (!key.collation.empty()) sql += " COLLATE " + key.collation;
    if (!key.opclass.empty()) sql += " " + key.opclass;
    if (key.descending) sql += " DESC";
    // NULLS FIRST is the default of DESC, NULLS LAST of ASC.
    if (key.nulls_first != key.descending) sql += key.nulls_first ? " NULLS FIRST" : " NULLS LAST";
  }
  return sql;
}

std::string TailSql(const IndexDefinition& index) {
  std::string sql;
  for (const IndexKey& column : index.include) sql += (sql.empty() ? " INCLUDE (" : ", ") + column.sql;
  if (!index.include.empty()) sql += ")";
  if (index.nulls_not_distinct) sql += " NULLS NOT DISTINCT";
  if (!index.options.empty()) sql += " WITH (" + index.options + ")";
  if (!index.predicate.empty()) sql += " WHERE " + index.predicate;
  return sql;
}

std::string MakeIndexName(const IndexDefinition& index, const std::vector<std::string>& taken,
                          const std::string& ending) {
  constexpr std::size_t kMaxBytes = 63;
  std::string base = index.table_name;
  for (const IndexKey& key : index.keys) base += "_" + NamePart(key);
  for (int number = 0;; number++) {
    const std::string suffix = ending + (number == 0 ? "" : std::to_string(number));
    std::string name = Clip(base, kMaxBytes - suffix.size()) + suffix;
    if (std::find(taken.begin(), taken.end(), name) == taken.end()) return name;
  }
}

std::string QuoteIndexName(const std::string& name) {
  const bool plain = std::all_of(name.begin(), name.end(),
                                 [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }) &&
                     !(name.front() >= '0' && name.front() <= '9');
  if (plain) return name;
  std::string quoted = "\"";
  for (const char c : name) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string CreateSql(const IndexDefinition& index, const std::string& name_sql, bool concurrently) {
  std::string sql = "CREATE ";
  if (index.unique) sql += "UNIQUE ";
  sql += "INDEX ";
  if (concurrently) sql += "CONCURRENTLY ";
  if (!name_sql.empty()) sql += name_sql + " ";
  return sql + "ON " + index.table_sql + " USING " + index.method + " (" + KeysSql(index) + ")" + TailSql(index);
}

std::string SuggestionId(const std::string& kind, const std::string& database, const IndexDefinition& index) {
  return SuggestionId(kind, database, CreateSql(index, "", false));
}

std::string SuggestionId(const std::string& kind, const std::string& database, const std::string& definition) {
  const std::string text = kind + '\n' + database + '\n' + definition;
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  std::string id(1, static_cast<char>('a' + hash % 26));
  hash /= 26;
  constexpr char kDigits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
  while (id.size() < 6) {
    id += kDigits[hash % 36];
    hash /= 36;
  }
  return id;
}

}  // namespace steward::model
