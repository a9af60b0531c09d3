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
    for (const SearchedKey& searched : scan.searched) Add({searched.key}, {}, searched.method);
    AddSequences(width);
    AddCovering(width);
    for (const RowCondition& condition : RowConditions(scan.tests)) AddPartial(scan, condition, width);
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

  // The forms of the scan on the rows that pass `condition`, whose columns need no place in the keys. With no other key
  // one of them is it: its values are all the same, and the smallest index is the one of equal values.
  void AddPartial(const ScanShape& scan, const RowCondition& condition, std::size_t width) {
    ScanShape rest = scan;
    for (Keys* keys : {&rest.equality, &rest.sort, &rest.group, &rest.output})
      std::erase_if(*keys, [&](const IndexKey& key) { return Has(condition.columns, key); });
    scan_ = rest;
    predicate_ = condition.sql;
    const Keys compared = Concat(rest.equality, rest.range, 32);
    for (const IndexKey& key : compared) Add({key});
    if (compared.empty() && rest.sort.empty() && rest.group.empty()) Add({condition.columns.front()});
    AddSequences(width);
    AddCovering(width);
    scan_ = scan;
    predicate_.clear();
  }

  void AddPairs(const Keys& all) {
    for (const IndexKey& first : all)
      for (const IndexKey& second : all)
        if (&first != &second) Add({first, second});
  }

  void Add(const Keys& keys, const Keys& include = {}, const std::string& method = "btree") {
    if (keys.empty() || found_.size() >= options_.max_per_scan) return;
    IndexDefinition index;
    index.relid = scan_.table->relid;
    index.table_name = scan_.table->name;
    index.table_sql = scan_.table->name_sql;
    index.method = method;
    index.keys = keys;
    index.include = include;
    index.predicate = predicate_;
    std::sort(index.include.begin(), index.include.end(),
              [](const IndexKey& a, const IndexKey& b) { return a.attnum < b.attnum; });
    if (std::find(found_.begin(), found_.end(), index) == found_.end()) found_.push_back(std::move(index));
  }

  ScanShape scan_;
  const CandidateOptions& options_;
  std::string predicate_;  // of what is added
  std::vector<IndexDefinition> found_;
};

// A partial index beside one on all rows with the same keys is worth its own upkeep where it is at most this share of it.
constexpr double kMuchSmaller = 0.2;

IndexDefinition OnAllRows(IndexDefinition index) {
  index.predicate.clear();
  return index;
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

bool Uses(const ScanShape& scan, const IndexKey& key) {
  return Has(scan.equality, key) || Has(scan.range, key) || Has(scan.sort, key) || Has(scan.group, key);
}

// Does the scan ask for nothing but rows that pass all of `tests`?
bool Passes(const ScanShape& scan, const std::vector<std::string>& tests) {
  return std::all_of(tests.begin(), tests.end(), [&](const std::string& sql) {
    return std::any_of(scan.tests.begin(), scan.tests.end(), [&](const RowTest& test) { return test.sql == sql; });
  });
}

// Could the candidate, on rows that the scan asks for, appear in a plan of a statement with it? Its first key must be one
// that the scan uses, but a partial index also serves by its rows alone.
bool Relevant(const IndexDefinition& candidate, const ScanShape& scan) {
  if (scan.table->relid != candidate.relid) return false;
  if (!candidate.predicate.empty()) return true;
  if (candidate.method == "btree" && candidate.keys.front().opclass.empty()) return Uses(scan, candidate.keys.front());
  return std::any_of(scan.searched.begin(), scan.searched.end(), [&](const SearchedKey& searched) {
    return searched.method == candidate.method && searched.key == candidate.keys.front();
  });
}

bool UsesAll(const IndexDefinition& candidate, const ScanShape& scan) {
  const auto used = [&](const IndexKey& key) {
    return !key.opclass.empty() || candidate.method != "btree" || Uses(scan, key) || Has(scan.output, key);
  };
  return Relevant(candidate, scan) && std::all_of(candidate.keys.begin(), candidate.keys.end(), used) &&
         std::all_of(candidate.include.begin(), candidate.include.end(), used);
}

using StatementKey = std::pair<model::Oid, std::int64_t>;

class Generator {
 public:
  Generator(const model::Workload& workload, const CandidateOptions& options)
      : workload_(workload), options_(options), partitions_(workload, options.split) {
    for (const model::Predicate& predicate : workload.predicates)
      predicates_[{predicate.userid, predicate.queryid}].push_back(&predicate);
  }

  Candidates Run(const std::vector<const model::Statement*>& statements) {
    std::vector<std::vector<ScanShape>> scans;
    for (const model::Statement* statement : statements) {
      scans.push_back(ScanShapes(workload_.server, partitions_, predicates_[{statement->userid, statement->queryid}]));
      auto& own = result_.own.emplace_back();
      for (const ScanShape& scan : scans.back()) {
        for (RowCondition& condition : RowConditions(scan.tests))
          conditions_.try_emplace({scan.table->relid, condition.sql}, std::move(condition));
        for (IndexDefinition& candidate : ScanCandidates(scan, options_).Take())
          if (const std::size_t at = Place(std::move(candidate)); at != kNone) AddOnce(own, at);
      }
    }
    for (std::size_t s = 0; s < scans.size(); s++) FindRelevant(scans[s], result_.own[s]);
    return std::move(result_);
  }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  static void AddOnce(std::vector<std::size_t>& list, std::size_t item) {
    if (std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
  }

  // The candidate's position, a new one when it is new; kNone when it is none.
  std::size_t Place(IndexDefinition candidate) {
    const auto [entry, fresh] = places_.try_emplace(CreateSql(candidate, "", false), kNone);
    if (!fresh || (!options_.redundant && Redundant(candidate))) return entry->second;
    if (result_.definitions.size() >= options_.max_in_all) {
      result_.cut = true;
      return kNone;
    }
    entry->second = result_.definitions.size();
    by_table_[candidate.relid].push_back(entry->second);
    result_.definitions.push_back(std::move(candidate));
    return entry->second;
  }

  // nullptr for an index on all rows.
  [[nodiscard]] const RowCondition* ConditionOf(const IndexDefinition& candidate) const {
    const auto found = conditions_.find({candidate.relid, candidate.predicate});
    return found == conditions_.end() ? nullptr : &found->second;
  }

  [[nodiscard]] bool Redundant(const IndexDefinition& candidate) const {
    if (partitions_.Serves(candidate) || ExtendsUnique(workload_, OnAllRows(candidate))) return true;
    const RowCondition* condition = ConditionOf(candidate);
    return condition != nullptr && condition->share > kMuchSmaller && partitions_.Serves(OnAllRows(candidate));
  }

  void FindRelevant(const std::vector<ScanShape>& scans, std::vector<std::size_t>& own) {
    std::set<std::size_t> relevant(own.begin(), own.end());
    for (const ScanShape& scan : scans)
      for (const std::size_t candidate : by_table_[scan.table->relid]) {
        const RowCondition* condition = ConditionOf(result_.definitions[candidate]);
        if (condition != nullptr && !Passes(scan, condition->tests)) continue;
        if (!Relevant(result_.definitions[candidate], scan)) continue;
        if (UsesAll(result_.definitions[candidate], scan)) AddOnce(own, candidate);
        relevant.insert(candidate);
      }
    result_.relevant.emplace_back(relevant.begin(), relevant.end());
  }

  const model::Workload& workload_;
  const CandidateOptions& options_;
  Partitions partitions_;
  std::map<StatementKey, std::vector<const model::Predicate*>> predicates_;
  std::map<std::string, std::size_t> places_;  // by SQL
  std::map<std::pair<model::Oid, std::string>, RowCondition> conditions_;  // by table and SQL
  std::map<model::Oid, std::vector<std::size_t>> by_table_;
  Candidates result_;
};

}  // namespace

Candidates GenerateCandidates(const model::Workload& workload, const std::vector<const model::Statement*>& statements,
                              const CandidateOptions& options) {
  return Generator(workload, options).Run(statements);
}

}  // namespace steward::advise
