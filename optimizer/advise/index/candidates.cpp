// See candidates.hpp.
#include "advise/index/candidates.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "advise/index/scan_shape.hpp"

namespace steward::advise {

namespace {

using model::IndexDefinition;
using model::IndexKey;
using Keys = std::vector<IndexKey>;

bool Has(const Keys& keys, const IndexKey& key) {
  return std::any_of(keys.begin(), keys.end(), [&](const IndexKey& other) {
    return other.attnum == key.attnum && (key.attnum != 0 || other.name == key.name);
  });
}

Keys Concat(const Keys& first, const Keys& second, std::size_t most) {
  Keys result;
  for (const Keys* part : {&first, &second})
    for (const IndexKey& key : *part)
      if (result.size() < most && !Has(result, key)) result.push_back(key);
  return result;
}

Keys Ascending(Keys keys) {
  for (IndexKey& key : keys) key.descending = key.nulls_first = false;
  return keys;
}

// The definitions of one scan, in the order of their usual worth, so that a cap cuts the least promising.
class ScanCandidates {
 public:
  ScanCandidates(const ScanShape& scan, const CandidateOptions& options) : scan_(scan), options_(options) {
    const auto width = static_cast<std::size_t>(options.max_width);
    const Keys compared = Concat(scan.equality, scan.range, 32);
    const Keys all = Concat(compared, Ascending(Concat(scan.sort, scan.group, 32)), 32);
    for (const IndexKey& key : all) Add({key});
    AddSequences(width);
    AddCovering(width);
    if (width >= 2) AddPairs(all);
  }

  [[nodiscard]] std::vector<IndexDefinition> Take() { return std::move(found_); }

 private:
  void AddSequences(std::size_t width) {
    Add(Concat(scan_.equality, {}, width));
    for (const IndexKey& range : scan_.range) Add(Concat(scan_.equality, {range}, width));
    for (const Keys* order : {&scan_.sort, &scan_.group}) {
      if (order->empty()) continue;
      Add(Concat(*order, {}, width));
      Add(Concat(scan_.equality, *order, width));
      if (!scan_.equality.empty()) Add(Concat({scan_.equality.front()}, *order, width));
    }
  }

  void AddCovering(std::size_t width) {
    if (!scan_.output_known || options_.max_include == 0) return;
    std::vector<Keys> leads;
    for (const IndexKey& key : Concat(scan_.equality, scan_.range, 32)) leads.push_back({key});
    for (const IndexKey& range : scan_.range) leads.push_back(Concat(scan_.equality, {range}, width));
    if (!scan_.equality.empty()) leads.push_back(Concat(scan_.equality, {}, width));
    for (const Keys& keys : leads) {
      // Until it is built and analyzed nothing is known of an expression's values; the default guess of many rows would
      // make every covering index look good.
      if (std::any_of(keys.begin(), keys.end(), [](const IndexKey& key) { return key.attnum == 0; })) continue;
      Keys rest;
      for (const IndexKey& column : scan_.output)
        if (!Has(keys, column)) rest.push_back(column);
      if (!rest.empty() && rest.size() <= options_.max_include) Add(keys, rest);
    }
  }

  void AddPairs(const Keys& all) {
    for (const IndexKey& first : all)
      for (const IndexKey& second : all)
        if (&first != &second) Add({first, second});
  }

  void Add(const Keys& keys, const Keys& include = {}) {
    if (keys.empty() || found_.size() >= options_.max_per_scan) return;
    IndexDefinition index;
    index.relid = scan_.table->relid;
    index.table_name = scan_.table->name;
    index.table_sql = scan_.table->name_sql;
    index.keys = keys;
    index.include = include;
    std::sort(index.include.begin(), index.include.end(),
              [](const IndexKey& a, const IndexKey& b) { return a.attnum < b.attnum; });
    if (std::find(found_.begin(), found_.end(), index) == found_.end()) found_.push_back(std::move(index));
  }

  const ScanShape& scan_;
  const CandidateOptions& options_;
  std::vector<IndexDefinition> found_;
};

bool Exists(const model::Workload& workload, const IndexDefinition& candidate) {
  return std::any_of(workload.indexes.begin(), workload.indexes.end(), [&](const model::ExistingIndex& index) {
    return index.valid && Covers(index.definition, candidate);
  });
}

// Columns after all columns of a unique key narrow no look-up and change no order; what an index-only scan gains from
// them the covering form, which has them in INCLUDE, gains too.
bool ExtendsUnique(const model::Workload& workload, const IndexDefinition& candidate) {
  return std::any_of(workload.indexes.begin(), workload.indexes.end(), [&](const model::ExistingIndex& index) {
    if (!index.valid || !index.definition.unique || index.definition.keys.size() >= candidate.keys.size()) return false;
    IndexDefinition key = index.definition;
    key.unique = false;
    key.include.clear();
    return Covers(candidate, key);
  });
}

// Could the candidate appear in a plan of a statement with these scans? Its first key must be one that the scan uses.
bool Relevant(const IndexDefinition& candidate, const std::vector<ScanShape>& scans) {
  return std::any_of(scans.begin(), scans.end(), [&](const ScanShape& scan) {
    if (scan.table->relid != candidate.relid) return false;
    const IndexKey& key = candidate.keys.front();
    return Has(scan.equality, key) || Has(scan.range, key) || Has(scan.sort, key) || Has(scan.group, key);
  });
}

using StatementKey = std::pair<model::Oid, std::int64_t>;

}  // namespace

Candidates GenerateCandidates(const model::Workload& workload, const std::vector<const model::Statement*>& statements,
                              const CandidateOptions& options) {
  std::map<StatementKey, std::vector<const model::Predicate*>> predicates;
  for (const model::Predicate& predicate : workload.predicates)
    predicates[{predicate.userid, predicate.queryid}].push_back(&predicate);

  Candidates result;
  std::set<std::string> seen;
  std::vector<std::vector<ScanShape>> scans;
  for (const model::Statement* statement : statements) {
    scans.push_back(ScanShapes(workload, predicates[{statement->userid, statement->queryid}]));
    for (const ScanShape& scan : scans.back())
      for (IndexDefinition& candidate : ScanCandidates(scan, options).Take())
        if (seen.insert(CreateSql(candidate, "", false)).second && !Exists(workload, candidate) &&
            !ExtendsUnique(workload, candidate))
          result.definitions.push_back(std::move(candidate));
  }
  for (const auto& shapes : scans) {
    std::vector<std::size_t> relevant;
    for (std::size_t i = 0; i < result.definitions.size(); i++)
      if (Relevant(result.definitions[i], shapes)) relevant.push_back(i);
    result.relevant.push_back(std::move(relevant));
  }
  return result;
}

}  // namespace steward::advise
