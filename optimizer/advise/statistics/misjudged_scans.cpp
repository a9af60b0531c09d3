// See misjudged_scans.hpp.
#include "advise/statistics/misjudged_scans.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace steward::advise {

namespace {

constexpr double kMisestimate = 10;
constexpr double kFewestRows = 100;  // below, a wrong estimate changes no plan for the worse

using Key = std::tuple<model::Oid, std::int64_t, std::int64_t, model::Oid, int>;  // user, statement, plan, table, scan

struct Scan {
  MeasuredScan seen;
  const model::Predicate* whole = nullptr;  // says rows of the whole scan
  const model::Predicate* alone = nullptr;  // its only condition, where that was measured
};

bool Measured(const model::Predicate& predicate) {
  return predicate.estimated_selectivity && predicate.actual_selectivity;
}

void Add(Scan& scan, const model::Predicate& predicate) {
  using model::PredicateKind;
  using model::PredicateRole;
  if (predicate.role == PredicateRole::kOutput) {
    if (Measured(predicate)) scan.whole = &predicate;
    return;
  }
  if (predicate.role == PredicateRole::kJoin) scan.seen.more = true;
  if (predicate.role != PredicateRole::kFilter && predicate.role != PredicateRole::kIndex) return;
  if (Measured(predicate)) scan.alone = &predicate;
  if (predicate.attnum <= 0)
    scan.seen.more = true;
  else if (predicate.kind == PredicateKind::kEquality || predicate.kind == PredicateKind::kList)
    scan.seen.equal.insert(predicate.attnum);
  else
    scan.seen.otherwise.insert(predicate.attnum);
}

// At least one row, so that two tiny selectivities do not look far apart.
model::RowsCheck Rows(const model::Predicate& predicate, const model::Table& table) {
  return {std::max(*predicate.estimated_selectivity * table.rows, 1.0),
          std::max(*predicate.actual_selectivity * table.rows, 1.0), predicate.executions};
}

}  // namespace

std::vector<MeasuredScan> MisjudgedScans(const model::Workload& workload) {
  std::map<model::Oid, const model::Table*> tables;
  for (const model::Table& table : workload.tables)
    if (!table.catalog && !table.locked && table.rows >= kFewestRows) tables[table.relid] = &table;
  std::map<Key, Scan> scans;
  for (const model::Predicate& p : workload.predicates)
    if (tables.count(p.relid) > 0) Add(scans[Key{p.userid, p.queryid, p.planid, p.relid, p.scan_no}], p);
  std::vector<MeasuredScan> found;
  for (auto& [key, scan] : scans) {
    const model::Predicate* rows = scan.whole != nullptr ? scan.whole : scan.alone;
    if (rows == nullptr) continue;
    MeasuredScan& seen = scan.seen;
    seen.userid = std::get<0>(key);
    seen.queryid = std::get<1>(key);
    seen.table = tables[rows->relid];
    seen.rows = Rows(*rows, *seen.table);
    if (model::ErrorOf(seen.rows) > kMisestimate && std::max(seen.rows.estimated, seen.rows.measured) >= kFewestRows)
      found.push_back(std::move(seen));
  }
  return found;
}

}  // namespace steward::advise
