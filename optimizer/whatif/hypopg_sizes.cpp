// See hypopg_sizes.hpp.
#include "whatif/hypopg_sizes.hpp"

#include <algorithm>
#include <set>
#include <string>

#include "db/transaction.hpp"

namespace steward::whatif {

namespace {

constexpr std::int64_t kPageBytes = 8192;  // as EstimateBtreeSize assumes
constexpr int kLongestShortHeader = 126;   // bytes of a value that is stored with a one-byte header

int AlignmentBytes(const std::string& code) {
  if (code == "c") return 1;
  if (code == "s") return 2;
  return code == "i" ? 4 : 8;
}

// Equal values have equal images where the type's default operator class says so (support function 4), but for text in
// nondeterministic collations, of which this does not know, and for char(n), of which the function itself says no.
constexpr const char* kColumns =
    "SELECT a.attrelid::bigint AS relid, a.attnum, a.attlen, a.attalign,"
    " coalesce(s.avg_width, CASE WHEN a.attlen > 0 THEN a.attlen ELSE 32 END) AS width,"
    " coalesce(s.null_frac, 0) AS null_fraction, coalesce(s.n_distinct, 0) AS n_distinct,"
    " greatest(c.reltuples, 0) AS rows,"
    " t.typtype = 'e' OR t.oid <> 'bpchar'::regtype AND EXISTS (SELECT FROM pg_opclass o JOIN pg_am m ON m.oid = o.opcmethod AND m.amname = 'btree'"
    "   JOIN pg_amproc p ON p.amprocfamily = o.opcfamily AND p.amproclefttype = o.opcintype AND p.amprocnum = 4"
    "   WHERE o.opcdefault AND (o.opcintype = t.oid OR NOT EXISTS (SELECT FROM pg_opclass w WHERE w.opcmethod = m.oid"
    "     AND w.opcdefault AND w.opcintype = t.oid) AND EXISTS (SELECT FROM pg_cast k WHERE k.castsource = t.oid"
    "     AND k.casttarget = o.opcintype AND k.castmethod = 'b' AND k.castcontext = 'i'))) AS deduplicates"
    " FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_type d ON d.oid = a.atttypid"
    " JOIN pg_type t ON t.oid = CASE WHEN d.typtype = 'd' THEN d.typbasetype ELSE d.oid END"
    " LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname"
    "   AND NOT s.inherited"
    " WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'm')";

ColumnSize ReadColumn(const db::Row& row) {
  constexpr double kUnknownDistinct = 200;  // as the planner assumes
  ColumnSize column;
  core::IndexColumn& stored = column.stored;
  stored.average_width = row.Double("width");
  stored.null_fraction = row.Double("null_fraction");
  const bool short_header = row.Int("attlen") == -1 && stored.average_width <= kLongestShortHeader;
  stored.alignment = short_header ? 1 : AlignmentBytes(row.Text("attalign"));
  const double distinct = row.Double("n_distinct");
  const double rows = row.Double("rows");
  if (distinct > 0)
    stored.prefix_distinct = distinct;
  else
    stored.prefix_distinct = std::max(1.0, distinct < 0 ? -distinct * rows : std::min(kUnknownDistinct, rows));
  column.deduplicates = row.Bool("deduplicates");
  return column;
}

}  // namespace

std::optional<std::int64_t> BtreeBytes(const model::IndexDefinition& index, double rows, const ColumnSizes& columns) {
  if (index.method != "btree" || !index.predicate.empty() || !index.options.empty()) return std::nullopt;
  core::BtreeShape shape;
  shape.rows = rows;
  shape.deduplicates = !index.unique && index.include.empty();
  std::vector<core::IndexColumn> keys;
  std::vector<core::IndexColumn> included;
  double product = 1;
  for (const auto* part : {&index.keys, &index.include})
    for (const model::IndexKey& key : *part) {
      const auto column = columns.find({index.relid, key.attnum});
      if (key.attnum == 0 || column == columns.end()) return std::nullopt;
      core::IndexColumn stored = column->second.stored;
      product *= stored.prefix_distinct + (stored.null_fraction > 0 ? 1 : 0);
      stored.prefix_distinct = std::max(1.0, std::min(product, rows));
      (part == &index.keys ? keys : included).push_back(stored);
      shape.deduplicates = shape.deduplicates && column->second.deduplicates;
    }
  shape.keys = keys;
  shape.included = included;
  return static_cast<std::int64_t>(core::EstimateBtreeSize(shape).pages) * kPageBytes;
}

void CorrectSizes(db::Database& database, const model::Workload& workload,
                  const std::vector<model::IndexDefinition>& candidates, std::vector<model::CandidateSize>& sizes) {
  std::set<std::int64_t> relids;
  for (const model::IndexDefinition& candidate : candidates) relids.insert(candidate.relid);
  if (relids.empty()) return;
  ColumnSizes columns;
  {
    const db::ReadOnlyTransaction transaction(database);
    const db::Result result =
        database.Query(kColumns, {db::ArrayLiteral(std::vector<std::int64_t>(relids.begin(), relids.end()))});
    for (const db::Row row : result)
      columns[{static_cast<model::Oid>(row.Int("relid")), static_cast<int>(row.Int("attnum"))}] = ReadColumn(row);
  }
  std::map<model::Oid, double> rows;
  for (const model::Table& table : workload.tables) rows[table.relid] = table.rows;
  for (std::size_t c = 0; c < candidates.size(); ++c) {
    if (!sizes[c].error.empty()) continue;
    const auto bytes = BtreeBytes(candidates[c], rows[candidates[c].relid], columns);
    if (bytes) sizes[c].bytes = *bytes;
  }
}

}  // namespace steward::whatif
