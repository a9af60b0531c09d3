// Unneeded indexes and foreign keys without one as text for people and as comments in SQL. Declared in
// unneeded_report.hpp.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "report/instants.hpp"
#include "report/terminal_text.hpp"
#include "report/unneeded_report.hpp"

namespace steward::report {

namespace {

using model::IndexAdvice;
using model::UnindexedForeignKey;
using model::UnneededAction;
using model::UnneededIndex;
using model::UnneededKind;

constexpr std::size_t kShown = 10;  // of each list

std::vector<const UnneededIndex*> With(const IndexAdvice& advice, UnneededAction action) {
  std::vector<const UnneededIndex*> rows;
  for (const UnneededIndex& index : advice.unneeded)
    if (index.action == action) rows.push_back(&index);
  return rows;
}

std::string Plural(std::int64_t count, const char* noun) {
  return fmt::format("{} {}{}", Grouped(static_cast<double>(count)), noun, count == 1 ? "" : "s");
}

std::string Since(double instant) {
  return instant > 0 ? " since " + ShortInstant(instant) : " in a time not known";
}

std::string Why(const UnneededIndex& index) {
  switch (index.kind) {
    case UnneededKind::kDuplicate:
      return "duplicate of " + index.superseded_by;
    case UnneededKind::kPrefix:
      return "prefix of " + index.superseded_by;
    case UnneededKind::kBloated:
      return "bloated, about " + Size(index.fresh_size.value_or(0)) + " when rebuilt";
    default:
      return Word(index.kind);
  }
}

// "orders_note_idx on orders: unused, 96 MB; 0 scans since Oct 20 14:50, 0 captured plans"
std::string Line(const UnneededIndex& index) {
  std::string text = index.name + " on " + index.table + ": " + Why(index) + ", " + Size(index.size);
  if (index.kind == UnneededKind::kBloated || index.kind == UnneededKind::kInvalid) return text;
  text += "; " + Plural(index.scans, "scan") + Since(index.stats_since);
  if (index.standby_scans)
    text += ", " + Grouped(static_cast<double>(*index.standby_scans)) + " on " +
            std::to_string(index.standbys_seen) + (index.standbys_seen == 1 ? " standby" : " standbys");
  return text + ", " + Plural(index.plans_using, "captured plan") + " with it";
}

std::string Item(const std::string& id, const std::string& text) {
  return fmt::format("   {}  {}\n", id, Wrap(Printable(text), 11));
}

// What to do, below its item, and what is to be known first.
std::string Do(const std::string& ddl, const std::vector<std::string>& caveats) {
  std::string text = fmt::format("           {}\n", Wrap(Printable(ddl), 11));
  for (const std::string& caveat : caveats) text += "           " + Wrap("note: " + Printable(caveat), 11) + "\n";
  return text;
}

std::string More(std::size_t count, const char* view) {
  return count <= kShown ? "" : fmt::format("   {} more in steward.{}\n", count - kShown, view);
}

std::string ToDo(const IndexAdvice& advice, UnneededAction action, const char* title) {
  const auto rows = With(advice, action);
  if (rows.empty()) return "";
  std::string text = fmt::format("\n{} ({})\n", title, rows.size());
  for (std::size_t i = 0; i < rows.size() && i < kShown; ++i)
    text += Item(rows[i]->id, Line(*rows[i])) + Do(rows[i]->ddl, rows[i]->caveats);
  return text + More(rows.size(), "unneeded_indexes");
}

std::string NotNow(const IndexAdvice& advice, UnneededAction action, const char* title) {
  const auto rows = With(advice, action);
  if (rows.empty()) return "";
  std::string text = fmt::format("\n{} ({})\n", title, rows.size());
  for (std::size_t i = 0; i < rows.size() && i < kShown; ++i)
    text += Item(rows[i]->id, rows[i]->name + " on " + rows[i]->table + ": " + Why(*rows[i]) + ", " + Size(rows[i]->size) + "; " +
                 rows[i]->keep_reason);
  return text + More(rows.size(), "unneeded_indexes");
}

std::string Columns(const UnindexedForeignKey& key) {
  return KeysSql(key.definition);
}

std::string Line(const UnindexedForeignKey& key) {
  std::string text = fmt::format("{}: {} ({}) refers to {}, on delete {}", key.constraint, key.definition.table_name,
                                 Columns(key), key.referenced_table, key.on_delete);
  if (key.lookup_calls > 0)
    text += fmt::format("; {} captured, {} in all", Plural(key.lookup_calls, "look-up"), Duration(key.lookup_exec_time));
  if (key.deletes > 0) text += fmt::format("; {} deleted there{}", Plural(key.deletes, "row"), Since(key.stats_since));
  if (key.join_statements > 0) text += fmt::format("; {} by it", Plural(key.join_statements, "statement") + (key.join_statements == 1 ? " joins" : " join"));
  return text + fmt::format("; a look-up reads {}, the index is about {}", Size(key.table_size), Size(key.size));
}

std::string ForeignKeys(const IndexAdvice& advice) {
  std::vector<const UnindexedForeignKey*> shown;
  for (const UnindexedForeignKey& key : advice.foreign_keys)
    if (key.confidence != model::Confidence::kLow) shown.push_back(&key);
  if (advice.foreign_keys.empty()) return "";
  std::string text = fmt::format("\nforeign keys without an index ({})\n", advice.foreign_keys.size());
  for (std::size_t i = 0; i < shown.size() && i < kShown; ++i)
    text += Item(shown[i]->id, Line(*shown[i])) + Do(shown[i]->ddl, shown[i]->caveats);
  text += More(shown.size(), "foreign_keys_without_index");
  const std::size_t low = advice.foreign_keys.size() - shown.size();
  if (low > 0)
    text += fmt::format("   {} of which nothing was seen that would use an index, in steward.foreign_keys_without_index\n", low);
  return text;
}

std::string Commented(const std::string& line, const std::string& ddl, const std::string& undo,
                      const std::vector<std::string>& caveats) {
  std::string text = fmt::format("-- {}\n", Printable(line));
  for (const std::string& caveat : caveats) text += fmt::format("--   {}\n", Printable(caveat));
  text += fmt::format("--   {}\n", Printable(ddl));
  if (!undo.empty()) text += fmt::format("--   undo: {}\n", Printable(undo));
  return text;
}

}  // namespace

std::string UnneededSummary(const IndexAdvice& advice) {
  std::int64_t freed = 0;
  const auto rows = With(advice, UnneededAction::kDrop);
  for (const UnneededIndex* index : rows) freed += index->size;
  if (rows.empty()) return "";
  return fmt::format(", {} index{} to drop free{} {}", rows.size(), rows.size() == 1 ? "" : "es",
                     rows.size() == 1 ? "s" : "", Size(freed));
}

std::string UnneededText(const IndexAdvice& advice) {
  return ToDo(advice, UnneededAction::kDrop, "drop candidates") +
         ToDo(advice, UnneededAction::kReindex, "rebuild candidates") +
         NotNow(advice, UnneededAction::kWatch, "watch") + NotNow(advice, UnneededAction::kKeep, "kept") +
         ForeignKeys(advice);
}

std::string UnneededSql(const IndexAdvice& advice) {
  std::string text;
  for (const UnneededAction action : {UnneededAction::kDrop, UnneededAction::kReindex})
    for (const UnneededIndex* index : With(advice, action))
      text += Commented(Line(*index), index->ddl, index->undo_ddl, index->caveats);
  if (!text.empty()) text = "\n-- Existing indexes to drop or rebuild. Nothing of this runs unless you take the comment away.\n" + text;
  std::string keys;
  for (const UnindexedForeignKey& key : advice.foreign_keys) keys += Commented(Line(key), key.ddl, key.undo_ddl, key.caveats);
  if (!keys.empty()) text += "\n-- Foreign keys without an index; these are not part of the budget.\n" + keys;
  return text;
}

}  // namespace steward::report
