// See advise_statistics.hpp.
#include "advise/statistics/advise_statistics.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "advise/statistics/misjudged_scans.hpp"

namespace steward::advise {

namespace {

using model::Confidence;
using model::StatisticsKind;
using model::StatisticsSuggestion;

constexpr std::size_t kMostColumns = 8;  // of one statistics object
constexpr int kTarget = 1000;            // ten times the default
constexpr std::int64_t kFewRuns = 3;

struct Wanted {
  const model::Table* table = nullptr;
  StatisticsKind kind = StatisticsKind::kExtended;
  std::set<int> columns;
  std::vector<const MeasuredScan*> scans;
  bool alone = true;  // no other conditions on its scans
};

const model::Column* Column(const model::Table& table, int attnum) {
  return model::FindColumn(table, attnum);
}

// The columns that extended statistics can be made of.
std::set<int> Comparable(const MeasuredScan& scan) {
  std::set<int> columns;
  for (const int attnum : scan.equal)
    if (const model::Column* column = Column(*scan.table, attnum);
        column != nullptr && column->btree_indexable && columns.size() < kMostColumns)
      columns.insert(attnum);
  return columns;
}

bool Within(const std::set<int>& narrow, const std::set<int>& wide) {
  return std::includes(wide.begin(), wide.end(), narrow.begin(), narrow.end());
}

bool Exists(const model::Workload& workload, model::Oid relid, const std::set<int>& columns) {
  return std::any_of(workload.statistics.begin(), workload.statistics.end(), [&](const model::StatisticsObject& object) {
    return object.relid == relid && object.for_conditions && Within(columns, {object.attnums.begin(), object.attnums.end()});
  });
}

// What would mend the estimate of one scan; no columns and not kAnalyze: nothing that is known here.
Wanted Remedy(const model::Workload& workload, const MeasuredScan& scan) {
  Wanted wanted{scan.table, StatisticsKind::kAnalyze, {}, {&scan}, true};
  if (scan.table->analyzed_at <= 0) return wanted;
  wanted.kind = StatisticsKind::kExtended;
  wanted.columns = Comparable(scan);
  wanted.alone = scan.otherwise.empty() && !scan.more;
  if (wanted.columns.size() >= 2) {
    if (Exists(workload, scan.table->relid, wanted.columns)) wanted.columns.clear();
    return wanted;
  }
  wanted.columns = scan.equal;
  wanted.columns.insert(scan.otherwise.begin(), scan.otherwise.end());
  wanted.kind = StatisticsKind::kTarget;
  const model::Column* column = wanted.columns.size() == 1 && !scan.more ? Column(*scan.table, *wanted.columns.begin()) : nullptr;
  if (column == nullptr || column->statistics_target >= kTarget) wanted.columns.clear();
  return wanted;
}

// Statistics on more columns serve fewer of them.
void Merge(std::vector<Wanted>& all, const Wanted& wanted) {
  for (Wanted& other : all) {
    if (other.table != wanted.table || other.kind != wanted.kind) continue;
    const bool same = other.columns == wanted.columns;
    const bool nested = wanted.kind == StatisticsKind::kExtended &&
                        (Within(wanted.columns, other.columns) || Within(other.columns, wanted.columns));
    if (!same && !nested) continue;
    if (other.columns.size() < wanted.columns.size()) other.columns = wanted.columns;
    other.scans.insert(other.scans.end(), wanted.scans.begin(), wanted.scans.end());
    other.alone &= wanted.alone;
    return;
  }
  all.push_back(wanted);
}

void AddStatement(const model::Workload& workload, const MeasuredScan& scan, StatisticsSuggestion& suggestion) {
  const auto statement = std::find_if(workload.statements.begin(), workload.statements.end(), [&](const auto& s) {
    return s.userid == scan.userid && s.queryid == scan.queryid;
  });
  if (statement == workload.statements.end()) return;
  for (model::MisjudgedStatement& known : suggestion.statements)
    if (known.userid == scan.userid && known.queryid == scan.queryid) {
      if (ErrorOf(scan.rows) > ErrorOf(known.rows)) known.rows = scan.rows;
      return;
    }
  suggestion.statements.push_back(
      {scan.userid, scan.queryid, statement->role, statement->query, statement->total_exec_time, scan.rows});
  suggestion.total_exec_time += statement->total_exec_time;
}

// A name that is free in the table's schema.
std::string FreeName(const model::Workload& workload, const Wanted& wanted) {
  model::IndexDefinition shape;
  shape.table_name = wanted.table->name;
  for (const int attnum : wanted.columns) {
    const model::Column* column = Column(*wanted.table, attnum);
    shape.keys.push_back({attnum, column->name, column->name_sql, "", "", false, false});
  }
  std::vector<std::string> taken;
  for (const model::StatisticsObject& object : workload.statistics)
    if (object.schema_sql == wanted.table->schema_sql) taken.push_back(object.name);
  return wanted.table->schema_sql + "." + model::QuoteIndexName(model::MakeIndexName(shape, taken, "_stats"));
}

std::string ColumnsSql(const Wanted& wanted) {
  std::string sql;
  for (const int attnum : wanted.columns) sql += (sql.empty() ? "" : ", ") + Column(*wanted.table, attnum)->name_sql;
  return sql;
}

void AddStatements(const model::Workload& workload, const Wanted& wanted, StatisticsSuggestion& suggestion) {
  const std::string& table = wanted.table->name_sql;
  const std::string analyze = "ANALYZE " + table + ";";
  suggestion.ddl = analyze;
  if (wanted.kind == StatisticsKind::kExtended) {
    const std::string name = FreeName(workload, wanted);
    suggestion.ddl = "CREATE STATISTICS " + name + " (dependencies, ndistinct, mcv) ON " + ColumnsSql(wanted) + " FROM " +
                     table + "; " + analyze;
    suggestion.undo_ddl = "DROP STATISTICS " + name + ";";
  } else if (wanted.kind == StatisticsKind::kTarget) {
    const std::string alter = "ALTER TABLE " + table + " ALTER COLUMN " + ColumnsSql(wanted) + " SET STATISTICS ";
    const int before = Column(*wanted.table, *wanted.columns.begin())->statistics_target;
    suggestion.ddl = alter + std::to_string(kTarget) + "; " + analyze;
    suggestion.undo_ddl = alter + std::to_string(before) + "; " + analyze;
  }
}

void Judge(const Wanted& wanted, StatisticsSuggestion& suggestion) {
  suggestion.confidence = Confidence::kHigh;
  const auto lower = [&](Confidence to) { suggestion.confidence = std::max(suggestion.confidence, to); };
  if (suggestion.rows.runs < kFewRuns) lower(Confidence::kMedium);
  if (!wanted.alone) {
    lower(Confidence::kMedium);
    suggestion.caveats.emplace_back("its scans have other conditions as well, which may be what is misjudged");
  }
  if (wanted.kind == StatisticsKind::kTarget) {
    lower(Confidence::kMedium);
    suggestion.caveats.emplace_back("run ANALYZE " + wanted.table->name_sql +
                                    "; first: where that mends the estimate, a larger sample is not needed");
  }
}

StatisticsSuggestion Suggest(const model::Workload& workload, const Wanted& wanted) {
  StatisticsSuggestion suggestion;
  suggestion.kind = wanted.kind;
  suggestion.schema = wanted.table->schema;
  suggestion.table = wanted.table->name;
  suggestion.relid = wanted.table->relid;
  for (const int attnum : wanted.columns) suggestion.columns.push_back(Column(*wanted.table, attnum)->name);
  for (const MeasuredScan* scan : wanted.scans) {
    if (suggestion.rows.runs == 0 || ErrorOf(scan->rows) > ErrorOf(suggestion.rows)) suggestion.rows = scan->rows;
    AddStatement(workload, *scan, suggestion);
  }
  std::stable_sort(suggestion.statements.begin(), suggestion.statements.end(),
                   [](const auto& a, const auto& b) { return a.total_exec_time > b.total_exec_time; });
  suggestion.id = model::SuggestionId("statistics", workload.server.database,
                                      std::string(Word(wanted.kind)) + " " + wanted.table->name_sql + " (" +
                                          ColumnsSql(wanted) + ")");
  AddStatements(workload, wanted, suggestion);
  Judge(wanted, suggestion);
  return suggestion;
}

}  // namespace

std::vector<StatisticsSuggestion> AdviseStatistics(const model::Workload& workload) {
  std::vector<MeasuredScan> scans = MisjudgedScans(workload);
  // The widest first, so that narrower ones find them.
  std::stable_sort(scans.begin(), scans.end(),
                   [](const auto& a, const auto& b) { return a.equal.size() > b.equal.size(); });
  std::vector<Wanted> all;
  for (const MeasuredScan& scan : scans)
    if (const Wanted wanted = Remedy(workload, scan); wanted.kind == StatisticsKind::kAnalyze || !wanted.columns.empty())
      Merge(all, wanted);
  std::vector<StatisticsSuggestion> suggestions;
  for (const Wanted& wanted : all) suggestions.push_back(Suggest(workload, wanted));
  std::stable_sort(suggestions.begin(), suggestions.end(),
                   [](const auto& a, const auto& b) { return a.total_exec_time > b.total_exec_time; });
  return suggestions;
}

}  // namespace steward::advise
