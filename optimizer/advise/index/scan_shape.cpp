// See scan_shape.hpp.
#include "advise/index/scan_shape.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>

namespace steward::advise {

namespace {

using model::IndexKey;
using model::Predicate;
using model::PredicateKind;
using model::PredicateRole;

bool SameColumn(const IndexKey& a, const IndexKey& b) {
  return a.attnum == b.attnum && (a.attnum != 0 || a.name == b.name);
}

void AddKey(std::vector<IndexKey>& keys, const IndexKey& key) {
  const auto same = [&](const IndexKey& other) { return SameColumn(other, key); };
  if (std::none_of(keys.begin(), keys.end(), same)) keys.push_back(key);
}

// The column of `root` that column `attnum` of `table`, itself or a partition, is; nullptr when absent.
const model::Column* ColumnOf(const model::Table& root, const model::Table& table, int attnum) {
  const model::Column* column = FindColumn(table, attnum);
  if (column == nullptr || &root == &table) return column;
  const auto same = std::find_if(root.columns.begin(), root.columns.end(),
                                 [&](const model::Column& c) { return c.name == column->name; });
  return same == root.columns.end() ? nullptr : &*same;
}

// False when there is no such column, or when a b-tree is to hold it and its type has no default operator class for that.
bool MakeKey(const model::Table& root, const model::Table& table, const Predicate& predicate, bool btree,
             IndexKey& key) {
  key = IndexKey{};
  if (predicate.attnum == 0) {
    if (predicate.expression.empty()) return false;
    key.name = predicate.expression;
    key.sql = "(" + predicate.expression + ")";
    return true;
  }
  const model::Column* column = ColumnOf(root, table, predicate.attnum);
  if (column == nullptr || (btree && !column->btree_indexable)) return false;
  key.attnum = column->attnum;
  key.name = column->name;
  key.sql = column->name_sql;
  return true;
}

struct Ordered {
  int position;
  IndexKey key;
};

// Below this b-trees are small and quick to read; ranges of BRIN's 128 pages would be few.
constexpr std::int64_t kLarge = std::int64_t{64} << 20;
// Of a column's order with that of the rows on disk: beyond it ranges of pages hold few values each.
constexpr double kInOrder = 0.9;

struct Building {
  ScanShape shape;
  bool large = false;  // the table, with its partitions
  std::vector<std::pair<double, IndexKey>> equality;  // selectivity, key
  std::vector<Ordered> sort;
  std::vector<Ordered> group;
};

void AddCompared(Building& scan, const Predicate& predicate, const IndexKey& key) {
  switch (predicate.kind) {
    case PredicateKind::kEquality:
    case PredicateKind::kList:
    case PredicateKind::kIsNull:
      scan.equality.emplace_back(predicate.estimated_selectivity.value_or(0.5), key);
      break;
    case PredicateKind::kRange:
    case PredicateKind::kLikePrefix:
      AddKey(scan.shape.range, key);
      break;
    default:
      break;
  }
}

void AddSearched(Building& scan, const model::Table& table, const Predicate& predicate, const SearchMethod& method) {
  SearchedKey searched{{}, method.method};
  if (!MakeKey(*scan.shape.table, table, predicate, false, searched.key)) return;
  searched.key.opclass = method.opclass;
  auto& known = scan.shape.searched;
  if (std::find(known.begin(), known.end(), searched) == known.end()) known.push_back(std::move(searched));
}

// A table that only grows keeps its rows in the order of their time.
bool InOrder(const model::Table& table, const Predicate& predicate) {
  const model::Column* column = FindColumn(table, predicate.attnum);
  return column != nullptr && std::fabs(column->correlation) >= kInOrder;
}

// What restricts the scan itself; a join tests what it has joined.
void AddTest(Building& scan, const model::Table& table, const Predicate& predicate) {
  const bool restricts = predicate.role == PredicateRole::kFilter || predicate.role == PredicateRole::kIndex;
  const model::Column* column = ColumnOf(*scan.shape.table, table, predicate.attnum);
  if (!restricts || column == nullptr) return;
  const std::optional<std::string> sql = TestSql(predicate, column->name_sql);
  if (!sql) return;
  RowTest test{{column->attnum, column->name, column->name_sql, "", "", false, false}, *sql,
               predicate.estimated_selectivity.value_or(0.5)};
  auto& known = scan.shape.tests;
  if (std::find(known.begin(), known.end(), test) == known.end()) known.push_back(std::move(test));
}

void AddPredicate(Building& scan, const model::ServerInfo& server, const model::Table& table,
                  const Predicate& predicate) {
  IndexKey key;
  if (predicate.role == PredicateRole::kOutput) {
    const model::Column* column = ColumnOf(*scan.shape.table, table, predicate.attnum);
    scan.shape.output_known = true;
    if (column != nullptr)
      AddKey(scan.shape.output, IndexKey{column->attnum, column->name, column->name_sql, "", "", false, false});
    return;
  }
  AddTest(scan, table, predicate);
  if (const auto method = MethodFor(server, predicate)) AddSearched(scan, table, predicate, *method);
  if (!MakeKey(*scan.shape.table, table, predicate, true, key)) return;
  if (scan.large && predicate.kind == PredicateKind::kRange && InOrder(table, predicate))
    AddSearched(scan, table, predicate, {"brin", ""});
  if (predicate.role == PredicateRole::kSort || predicate.role == PredicateRole::kGroup) {
    key.descending = predicate.descending;
    key.nulls_first = predicate.nulls_first;
    (predicate.role == PredicateRole::kSort ? scan.sort : scan.group).push_back({predicate.position, key});
    return;
  }
  AddCompared(scan, predicate, key);
}

// A b-tree is read both ways, so directions matter only relative to the first key: make that ascending where all agree.
void Normalise(std::vector<IndexKey>& keys) {
  if (keys.empty() || !keys.front().descending) return;
  for (IndexKey& key : keys) {
    key.descending = !key.descending;
    key.nulls_first = !key.nulls_first;
  }
}

std::vector<IndexKey> ByPosition(std::vector<Ordered> keys) {
  std::stable_sort(keys.begin(), keys.end(),
                   [](const Ordered& a, const Ordered& b) { return a.position < b.position; });
  std::vector<IndexKey> result;
  for (const Ordered& ordered : keys) AddKey(result, ordered.key);
  Normalise(result);
  return result;
}

ScanShape Finish(Building& scan) {
  std::stable_sort(scan.equality.begin(), scan.equality.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [selectivity, key] : scan.equality) AddKey(scan.shape.equality, key);
  scan.shape.sort = ByPosition(scan.sort);
  scan.shape.group = ByPosition(scan.group);
  return std::move(scan.shape);
}

}  // namespace

std::vector<ScanShape> ScanShapes(const model::ServerInfo& server, const Partitions& partitions,
                                  const std::vector<const Predicate*>& predicates) {
  std::map<std::tuple<std::int64_t, int, model::Oid>, Building> scans;
  for (const Predicate* predicate : predicates) {
    const model::Table* table = partitions.Find(predicate->relid);
    if (table == nullptr || (table->kind != 'r' && table->kind != 'm')) continue;
    const model::Table& root = partitions.Root(*table);
    if (root.catalog || partitions.Locked(root)) continue;
    Building& scan = scans[{predicate->planid, predicate->scan_no, predicate->relid}];
    scan.shape.table = &root;
    std::int64_t size = 0;
    for (const model::Table* leaf : partitions.Leaves(root)) size += leaf->size;
    scan.large = size >= kLarge;
    AddPredicate(scan, server, *table, *predicate);
  }
  std::vector<ScanShape> shapes;
  for (auto& [slot, scan] : scans) {
    ScanShape shape = Finish(scan);
    if (std::find(shapes.begin(), shapes.end(), shape) == shapes.end()) shapes.push_back(std::move(shape));
  }
  return shapes;
}

}  // namespace steward::advise
