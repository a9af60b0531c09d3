// See unneeded.hpp.
#include "advise/index/unneeded.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

namespace steward::advise {

namespace {

using model::Confidence;
using model::ExistingIndex;
using model::UnneededAction;
using model::UnneededIndex;
using model::UnneededKind;

constexpr double kHour = 3600;
constexpr double kDay = 24 * kHour;

std::string Counted(std::int64_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string Joined(const std::vector<std::string>& parts, const char* separator) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : separator) + part;
  return text;
}

std::string Span(double seconds) {
  return seconds < kDay ? Counted(std::lround(seconds / kHour), "hour", "hours") : fmt::format("{:.0f} d", std::floor(seconds / kDay));
}

// "CREATE INDEX CONCURRENTLY name ..": taking a drop back must not block writes either.
std::string Rebuild(const std::string& create_sql) {
  const std::string word = " INDEX ";
  const std::size_t at = create_sql.find(word);
  if (at == std::string::npos) return create_sql + ";";
  return create_sql.substr(0, at) + " INDEX CONCURRENTLY " + create_sql.substr(at + word.size()) + ";";
}

class Finder {
 public:
  explicit Finder(const UnneededInput& input) : in_(input), workload_(input.workload) {
    for (const model::Table& table : workload_.tables) tables_[table.relid] = &table;
    for (const model::IndexSuggestion& suggestion : in_.suggestions)
      for (const auto& existing : suggestion.build.existing) attaching_.insert(existing.first);
    for (const model::Cost& cost : in_.after)
      if (cost.error.empty())
        for (const model::Oid used : cost.existing_used) planned_[used]++;
    for (std::size_t i = 0; i < workload_.indexes.size(); i++)
      by_table_[workload_.indexes[i].definition.relid].push_back(i);
    for (std::size_t i = 0; i < workload_.indexes.size(); i++) superseding_.push_back(Superseding(i));
  }

  // First what something stands in for, then what nobody uses: only of what is left can be told whether it is needed.
  std::vector<UnneededIndex> All() {
    for (std::size_t i = 0; i < workload_.indexes.size(); i++)
      if (Judged(i) && !Stays(workload_.indexes[i]) && (Invalid(i) || Superseded(i))) decided_[i] = found_.back().action;
    for (std::size_t i = 0; i < workload_.indexes.size(); i++)
      if (Judged(i) && decided_.count(i) == 0 && !Stays(workload_.indexes[i]) && Unused(i)) decided_[i] = found_.back().action;
    for (std::size_t i = 0; i < workload_.indexes.size(); i++)
      if (Judged(i) && (decided_.count(i) == 0 || decided_[i] == UnneededAction::kKeep)) Bloated(workload_.indexes[i]);
    std::stable_sort(found_.begin(), found_.end(), [](const auto& a, const auto& b) {
      return a.size != b.size ? a.size > b.size : a.indexrelid < b.indexrelid;
    });
    return std::move(found_);
  }

 private:
  [[nodiscard]] const model::Table* TableOf(const ExistingIndex& index) const {
    const auto table = tables_.find(index.definition.relid);
    return table == tables_.end() ? nullptr : table->second;
  }

  [[nodiscard]] bool Judged(std::size_t i) const {
    const model::Table* table = TableOf(workload_.indexes[i]);
    return table != nullptr && !table->catalog;
  }

  [[nodiscard]] bool Dropped(std::size_t i) const {
    const auto decision = decided_.find(i);
    return decision != decided_.end() && decision->second == UnneededAction::kDrop;
  }

  // Pinned, or what a suggestion attaches to its own.
  [[nodiscard]] bool Stays(const ExistingIndex& index) const {
    return index.pinned || attaching_.count(index.indexrelid) > 0;
  }

  // Here and on the standbys that were seen.
  static std::int64_t Scans(const ExistingIndex& index) { return index.scans + index.standby_scans.value_or(0); }

  // Of two that cover each other one to stay does, else the one that is used more, else the first.
  [[nodiscard]] bool Outlasts(std::size_t other, std::size_t index) const {
    const ExistingIndex& a = workload_.indexes[other];
    const ExistingIndex& b = workload_.indexes[index];
    if (Stays(a)) return true;
    if (a.plans != b.plans) return a.plans > b.plans;
    return Scans(a) != Scans(b) ? Scans(a) > Scans(b) : other < index;
  }

  // The indexes for whose sake index `i` could go.
  [[nodiscard]] std::vector<std::size_t> Superseding(std::size_t i) const {
    const ExistingIndex& index = workload_.indexes[i];
    std::vector<std::size_t> found;
    if (Stays(index) || !index.valid) return found;
    for (const std::size_t j : by_table_.at(index.definition.relid)) {
      const ExistingIndex& other = workload_.indexes[j];
      if (i == j || !other.valid || !Covers(other.definition, index.definition)) continue;
      if (!Covers(index.definition, other.definition) || Outlasts(j, i)) found.push_back(j);
    }
    return found;
  }

  UnneededIndex& Add(const ExistingIndex& index, UnneededKind kind) {
    UnneededIndex& row = found_.emplace_back();
    const model::Table& table = *TableOf(index);
    row.kind = kind;
    row.id = model::SuggestionId(std::string("unneeded ") + model::Word(kind), workload_.server.database, index.create_sql);
    row.schema = table.schema;
    row.table = table.name;
    row.name = index.name;
    row.relid = table.relid;
    row.indexrelid = index.indexrelid;
    row.size = index.size;
    row.scans = index.scans;
    row.standbys_seen = workload_.seen_standbys.size();
    row.standby_scans = index.standby_scans;
    row.last_scan = index.last_scan;
    row.stats_since = table.stats_since;
    row.plans_using = index.plans;
    if (table.stats_since > 0)
      row.write_rate = static_cast<double>(table.inserted + table.updated + table.deleted) /
                       std::max((workload_.server.collected_at - table.stats_since) / kHour, 1.0);
    return row;
  }

  // What of `row` was found: to drop, unless there are reasons to keep it.
  static void Decide(const ExistingIndex& index, const std::vector<std::string>& keep,
                     const std::vector<std::string>& watch, UnneededIndex& row) {
    if (keep.empty() && watch.empty()) {
      row.action = UnneededAction::kDrop;
      row.ddl = "DROP INDEX CONCURRENTLY " + index.name_sql + ";";
      row.undo_ddl = Rebuild(index.create_sql);
      return;
    }
    row.action = keep.empty() ? UnneededAction::kWatch : UnneededAction::kKeep;
    row.keep_reason = Joined(keep, "; ") + (keep.empty() || watch.empty() ? "" : "; ") + Joined(watch, "; ");
    row.caveats.clear();
  }

  bool Invalid(std::size_t i) {
    const ExistingIndex& index = workload_.indexes[i];
    if (index.valid) return false;
    UnneededIndex& row = Add(index, UnneededKind::kInvalid);
    row.confidence = Confidence::kHigh;
    // What REINDEX CONCURRENTLY left behind is a copy; of a failed build somebody wanted the index.
    if (index.name.find("_ccnew") == std::string::npos && index.name.find("_ccold") == std::string::npos)
      row.caveats.push_back("no look-up uses it, every write maintains it; if it is wanted after all: REINDEX INDEX CONCURRENTLY " +
                            index.name_sql + ";");
    Decide(index, {}, {}, row);
    return true;
  }

  bool Superseded(std::size_t i) {
    // Named is one that stays.
    const auto& others = superseding_[i];
    const auto named = std::find_if(others.begin(), others.end(), [&](std::size_t j) { return superseding_[j].empty(); });
    if (named == others.end()) return false;
    const ExistingIndex& index = workload_.indexes[i];
    const model::IndexDefinition& other = workload_.indexes[*named].definition;
    const bool same_keys = other.keys.size() == index.definition.keys.size();
    const bool twin = same_keys && other.include.size() == index.definition.include.size();
    UnneededIndex& row = Add(index, same_keys ? UnneededKind::kDuplicate : UnneededKind::kPrefix);
    const std::string& name = row.superseded_by = workload_.indexes[*named].name;
    row.confidence = twin ? Confidence::kHigh : Confidence::kMedium;
    if (twin) {
      if (index.plans > 0)
        row.caveats.push_back(Counted(index.plans, "captured plan uses it and", "captured plans use it and") +
                              " would use " + name + " instead, which is as good");
      Decide(index, {}, {}, row);
      return true;
    }
    std::vector<std::string> watch = Uses(index);
    for (std::string& reason : watch) reason += ", " + name + " would serve but is larger";
    const std::vector<std::string> unseen = Unseen();
    watch.insert(watch.end(), unseen.begin(), unseen.end());
    AddCaveats(row);
    Decide(index, {}, watch, row);
    return true;
  }

  bool Unused(std::size_t i) {
    const ExistingIndex& index = workload_.indexes[i];
    const model::Table& table = *TableOf(index);
    // The planner reads a tiny table whole whatever indexes it has: that says nothing about it once it has grown.
    if (!index.valid || Scans(index) > 0 || index.definition.unique || index.definition.exclusion ||
        table.size < kTinyTable || StandsIn(i))
      return false;
    UnneededIndex& row = Add(index, UnneededKind::kUnused);
    std::vector<std::string> keep = Uses(index);
    const std::string key = OnlyIndexOf(i);
    if (!key.empty()) keep.push_back("foreign key " + key + " has no other index, and deletes in the table it refers to look rows up by it");
    for (const model::IndexKey& column : index.definition.keys)
      if (column.attnum == 0)
        keep.push_back("the planner has statistics of " + column.name + " from it; CREATE STATISTICS could give them without it");
    std::vector<std::string> watch;
    const std::string young = TooYoung(index, table);
    if (!young.empty()) watch.push_back(young);
    const std::vector<std::string> unseen = Unseen();
    watch.insert(watch.end(), unseen.begin(), unseen.end());
    if (index.changed_at <= 0)
      row.caveats.emplace_back("its own age is not known (track_commit_timestamp is off)");
    AddCaveats(row);
    row.confidence = row.caveats.empty() ? Confidence::kHigh : Confidence::kMedium;
    Decide(index, keep, watch, row);
    return true;
  }

  // What captured statements do with it.
  [[nodiscard]] std::vector<std::string> Uses(const ExistingIndex& index) const {
    std::vector<std::string> uses;
    const auto planned = planned_.find(index.indexrelid);
    if (index.plans > 0)
      uses.push_back(Counted(index.plans, "captured plan uses it", "captured plans use it"));
    else if (planned != planned_.end())
      uses.push_back(Counted(planned->second, "statement would use it", "statements would use it") +
                     (in_.suggestions.empty() ? "" : " with the suggested indexes in place"));
    return uses;
  }

  // Why no use that was seen here does not mean that there is none. Standbys are told apart by number only: what one
  // calls itself towards the primary does not stand in its snapshot.
  [[nodiscard]] std::vector<std::string> Unseen() const {
    if (workload_.server.standby)
      return {"this server is a standby: scans on the primary and on other standbys cannot be seen from here"};
    std::vector<std::string> reasons;
    std::size_t known = workload_.standbys.size();
    for (const model::SeenStandby& seen : workload_.seen_standbys) {
      known += seen.followers;
      const double age = workload_.server.collected_at - seen.collected_at;
      if (age > kStandbyDays * kDay)
        reasons.push_back("what standby " + seen.name + " says is " + Span(age) + " old");
      if (seen.stats_since <= 0 || seen.collected_at - seen.stats_since < kUnusedDays * kDay)
        reasons.push_back("standby " + seen.name + " has counted scans for " +
                          (seen.stats_since > 0 ? Span(seen.collected_at - seen.stats_since) : "a time not known") +
                          fmt::format("; statistics must be {:.0f} d old", kUnusedDays));
    }
    if (known <= workload_.seen_standbys.size()) return reasons;
    const std::string which = workload_.seen_standbys.empty()
                                  ? Joined(workload_.standbys, ", ")
                                  : fmt::format("{} of {} (attached: {})", known - workload_.seen_standbys.size(), known,
                                                Joined(workload_.standbys, ", "));
    reasons.push_back("scans on " + std::string(known == 1 ? "standby " : "standbys ") + which +
                      " cannot be seen from here");
    return reasons;
  }

  void AddCaveats(UnneededIndex& row) const {
    if (workload_.server.archiving)
      row.caveats.emplace_back("standbys that follow by archived WAL alone are not known here");
    if (!workload_.server.sees_all_plans)
      row.caveats.emplace_back("plans of other roles are not visible to this one");
  }

  [[nodiscard]] std::string TooYoung(const ExistingIndex& index, const model::Table& table) const {
    const double now = workload_.server.collected_at;
    const double days = kUnusedDays * kDay;
    if (table.stats_since <= 0)
      return fmt::format("since when scans are counted is not known; statistics must be {:.0f} d old", kUnusedDays);
    if (now - table.stats_since < days)
      return fmt::format("0 scans in {}; statistics must be {:.0f} d old", Span(now - table.stats_since), kUnusedDays);
    if (now - index.changed_at < days)
      return fmt::format("0 scans in the {} since it was built or changed, which must be {:.0f} d",
                         Span(now - index.changed_at), kUnusedDays);
    return "";
  }

  // Whether an index that is used is to be dropped for the sake of this one.
  [[nodiscard]] bool StandsIn(std::size_t i) const {
    const std::vector<std::size_t>& siblings = by_table_.at(workload_.indexes[i].definition.relid);
    return std::any_of(siblings.begin(), siblings.end(), [&](std::size_t j) {
      const std::vector<std::size_t>& others = superseding_[j];
      const ExistingIndex& sibling = workload_.indexes[j];
      return Dropped(j) && (Scans(sibling) > 0 || sibling.plans > 0) &&
             std::find(others.begin(), others.end(), i) != others.end();
    });
  }

  // The foreign key that has no other index than this one, of those that stay; empty: none.
  [[nodiscard]] std::string OnlyIndexOf(std::size_t i) const {
    const ExistingIndex& index = workload_.indexes[i];
    for (const model::ForeignKey& key : workload_.foreign_keys) {
      if (key.relid != index.definition.relid || !Finds(index.definition, key.keys)) continue;
      const std::vector<std::size_t>& siblings = by_table_.at(key.relid);
      if (std::none_of(siblings.begin(), siblings.end(), [&](std::size_t j) {
            const ExistingIndex& other = workload_.indexes[j];
            return j != i && other.valid && !Dropped(j) && Finds(other.definition, key.keys);
          }))
        return key.name;
    }
    return "";
  }

  void Bloated(const ExistingIndex& index) {
    const auto fresh = in_.fresh_sizes.find(index.indexrelid);
    if (fresh == in_.fresh_sizes.end() || attaching_.count(index.indexrelid) > 0) return;
    const std::int64_t freed = index.size - fresh->second;
    if (freed < kBloatFreed || static_cast<double>(freed) < kBloatShare * static_cast<double>(index.size)) return;
    UnneededIndex& row = Add(index, UnneededKind::kBloated);
    row.action = UnneededAction::kReindex;
    row.fresh_size = fresh->second;
    row.ddl = "REINDEX INDEX CONCURRENTLY " + index.name_sql + ";";
    row.caveats.emplace_back("the size after a rebuild is an estimate from the table's statistics");
  }

  const UnneededInput& in_;
  const model::Workload& workload_;
  std::map<model::Oid, const model::Table*> tables_;
  std::map<model::Oid, std::vector<std::size_t>> by_table_;
  std::set<model::Oid> attaching_;
  std::map<model::Oid, std::int64_t> planned_;  // statements whose plans use an index
  std::vector<std::vector<std::size_t>> superseding_;
  std::map<std::size_t, UnneededAction> decided_;  // by position in workload_.indexes
  std::vector<UnneededIndex> found_;
};

}  // namespace

std::vector<std::size_t> WorthMeasuring(const model::Workload& workload) {
  std::map<model::Oid, const model::Table*> tables;
  for (const model::Table& table : workload.tables) tables[table.relid] = &table;
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < workload.indexes.size(); i++) {
    const ExistingIndex& index = workload.indexes[i];
    const auto table = tables.find(index.definition.relid);
    if (!index.valid || index.definition.method != "btree" || !index.definition.predicate.empty() ||
        index.definition.exclusion || index.size < kBloatFreed)
      continue;
    if (table == tables.end() || table->second->catalog || table->second->analyzed_at <= 0) continue;
    positions.push_back(i);
  }
  return positions;
}

std::vector<UnneededIndex> FindUnneeded(const UnneededInput& input) {
  return Finder(input).All();
}

}  // namespace steward::advise
