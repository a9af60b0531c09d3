// See plan_change.hpp.
#include "core/plan_change.hpp"

#include <algorithm>
#include <charconv>

namespace steward::core {

namespace {

constexpr uint32_t kGrownTimes = 2;
constexpr uint32_t kFewPages = 8;  // what is smaller has grown by nothing that matters

// One finding, put together of pieces that stay whole: a name must not end within a character.
class Finding {
 public:
  Finding& operator<<(std::string_view piece) {
    if (piece.size() <= sizeof text_ - length_) {
      memcpy(text_ + length_, piece.data(), piece.size());
      length_ += piece.size();
    }
    return *this;
  }
  Finding& operator<<(uint32_t number) {
    char digits[16];
    const char* end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    return *this << std::string_view(digits, static_cast<size_t>(end - digits));
  }
  [[nodiscard]] std::string_view Text() const { return {text_, length_}; }

 private:
  char text_[1200];
  size_t length_ = 0;
};

struct Comparison {
  const PlanSight& old_plan;
  const PlanUse& old_use;
  const PlanSight& new_plan;
  const PlanUse& new_use;
  bool has_values;
  PlanChange* change;

  void Found(PlanCause cause, const Finding& finding) const {
    change->cause = std::min(change->cause, cause);
    Finding whole;
    whole << (change->detail_length > 0 ? "; " : "") << CauseName(cause) << ": " << finding.Text();
    const std::string_view text = whole.Text();
    if (text.size() > kMaxDetailBytes - change->detail_length) return;
    memcpy(change->detail + change->detail_length, text.data(), text.size());
    change->detail_length += text.size();
  }
};

const SightRelation* Find(const PlanSight& sight, uint32_t relid) {
  for (int i = 0; i < sight.relations; i++)
    if (sight.relation[i].facts.relid == relid) return &sight.relation[i];
  return nullptr;
}

const SightRelation* TableOf(const PlanSight& sight, uint32_t index) {
  for (int i = 0; i < sight.relations; i++)
    if (sight.relation[i].HasIndex(index)) return &sight.relation[i];
  return nullptr;
}

// True when the relation of the index, one of `there`, is among those of `elsewhere` and has no such index there.
bool IsMissing(const SightRelation& table, uint32_t index, const PlanSight& elsewhere) {
  const SightRelation* same = Find(elsewhere, table.facts.relid);
  return same != nullptr && same->indexes != nullptr && !same->HasIndex(index);
}

// REINDEX CONCURRENTLY leaves another index of the same name. True when the other plan uses that of `index`, one of `table`.
bool WasRebuilt(const SightRelation& table, const SightIndex& index, const PlanSight& elsewhere) {
  for (int i = 0; i < elsewhere.used_indexes; i++) {
    const SightIndex& other = elsewhere.used_index[i];
    const SightRelation* of = TableOf(elsewhere, other.oid);
    if (other.name == index.name && of != nullptr && of->facts.relid == table.facts.relid && !table.HasIndex(other.oid))
      return true;
  }
  return false;
}

void CompareIndexes(const Comparison& compare, const PlanSight& there, const PlanSight& elsewhere, const char* what) {
  for (int i = 0; i < there.used_indexes; i++) {
    const SightIndex& index = there.used_index[i];
    const SightRelation* table = TableOf(there, index.oid);
    if (table == nullptr || !IsMissing(*table, index.oid, elsewhere) || WasRebuilt(*table, index, elsewhere)) continue;
    Finding finding;
    compare.Found(PlanCause::kIndex, finding << index.name << " on " << table->name << what);
  }
}

// The next line of an outline, without its costs.
std::string_view NextNode(std::string_view* rest) {
  const std::string_view line = rest->substr(0, rest->find('\n'));
  rest->remove_prefix(std::min(line.size() + 1, rest->size()));
  return line.substr(0, line.rfind(kOutlineCosts));
}

// False as well where one of them is not whole.
bool SameNodes(std::string_view a, std::string_view b) {
  if (a.empty() || a.ends_with(kOutlineCut)) return false;
  while (!a.empty() && !b.empty())
    if (NextNode(&a) != NextNode(&b)) return false;
  return a.empty() && b.empty();
}

void CompareRebuilt(const Comparison& compare) {
  const PlanSight& before = compare.old_plan;
  bool rebuilt = false;
  for (int i = 0; i < before.used_indexes; i++) {
    const SightIndex& index = before.used_index[i];
    const SightRelation* table = TableOf(before, index.oid);
    if (table == nullptr || !IsMissing(*table, index.oid, compare.new_plan) || !WasRebuilt(*table, index, compare.new_plan))
      continue;
    rebuilt = true;
    Finding finding;
    compare.Found(PlanCause::kRebuilt, finding << index.name << " on " << table->name << " was built anew");
  }
  compare.change->same_plan = rebuilt && SameNodes(before.outline, compare.new_plan.outline);
}

// ---- settings ----

struct Setting {
  std::string_view name;
  std::string_view value;
  std::string_view source;
};

// Takes the first line off `rest`. False when there is none.
bool NextSetting(std::string_view* rest, Setting* setting) {
  if (rest->empty()) return false;
  const std::string_view line = rest->substr(0, rest->find('\n'));
  rest->remove_prefix(std::min(line.size() + 1, rest->size()));
  const size_t equals = std::min(line.find(" = "), line.size());
  const size_t tab = std::min(line.find('\t'), line.size());
  const size_t value = std::min(equals + 3, tab);
  *setting = Setting{line.substr(0, equals), line.substr(value, tab - value), line.substr(std::min(tab + 1, line.size()))};
  return true;
}

bool FindSetting(std::string_view settings, std::string_view name, Setting* found) {
  while (NextSetting(&settings, found))
    if (found->name == name) return true;
  return false;
}

Finding& operator<<(Finding& finding, const Setting& setting) {
  return finding << setting.value << " (" << setting.source << ")";
}

// What a list has not is at its default, unless the list was cut.
void CompareSettings(const Comparison& compare) {
  const SightSettings& old_settings = compare.old_plan.settings;
  const SightSettings& new_settings = compare.new_plan.settings;
  std::string_view rest = new_settings.lines;
  Setting now;
  Setting before;
  while (NextSetting(&rest, &now)) {
    const bool was_set = FindSetting(old_settings.lines, now.name, &before);
    if (was_set ? before.value == now.value : old_settings.cut) continue;
    Finding finding;
    finding << now.name << " was ";
    (was_set ? finding << before : finding << "at its default") << ", is " << now;
    compare.Found(PlanCause::kSetting, finding);
  }
  rest = new_settings.cut ? std::string_view() : old_settings.lines;
  while (NextSetting(&rest, &before)) {
    if (FindSetting(new_settings.lines, before.name, &now)) continue;
    Finding finding;
    compare.Found(PlanCause::kSetting, finding << before.name << " was " << before << ", is at its default");
  }
}

// ---- what the plans were made for ----

// What was counted may have begun so long before: executions that take twice the mean are not rare.
int64_t BegunWithin(const PlanUse& use) { return kCountedWithinUs + 2 * use.mean_duration; }

bool BothAreUsed(const Comparison& compare) {
  return compare.old_use.last_seen > compare.new_use.first_seen + BegunWithin(compare.old_use);
}

void CompareKinds(const Comparison& compare) {
  if (compare.old_plan.kind != PlanKind::kGeneric && compare.new_plan.kind == PlanKind::kGeneric)
    compare.Found(PlanCause::kGeneric, Finding() << "the old plan was made for given values, the new one is for any");
}

void CompareUse(const Comparison& compare) {
  if (compare.old_plan.kind == PlanKind::kGeneric && compare.new_plan.kind != PlanKind::kGeneric)
    compare.Found(PlanCause::kParameters, Finding() << "the new plan was made for given values, the old one is for any");
  if (compare.has_values && BothAreUsed(compare))
    compare.Found(PlanCause::kParameters, Finding() << "both plans are used, for different values");
}

// Without values there is a reason for it, but not one that is known here.
void CompareAlternation(const Comparison& compare) {
  if (!compare.has_values && BothAreUsed(compare))
    compare.Found(PlanCause::kAlternating, Finding() << "both plans are used side by side");
}

// ---- statistics and growth ----

void CompareStatistics(const Comparison& compare, const SightRelation& before, const SightRelation& now) {
  const int64_t last_counted = std::min(compare.old_use.last_seen, compare.new_use.first_seen);
  const int64_t after = std::max(last_counted - BegunWithin(compare.old_use), compare.old_use.first_seen);
  Finding finding;
  finding << now.name;
  if (now.facts.statistics_rows < before.facts.statistics_rows)
    finding << (now.facts.statistics_rows == 0 ? " has lost its statistics" : " has lost statistics of some columns");
  else if (now.facts.extended_statistics < before.facts.extended_statistics)
    finding << " has lost extended statistics";
  else if (now.facts.analyzed > after)
    finding << (before.facts.statistics_rows == 0 ? " was analyzed for the first time" : " was analyzed");
  else if (now.facts.statistics_version != before.facts.statistics_version &&
           now.facts.analyzed <= compare.old_use.first_seen)
    finding << " has other statistics";  // restored or, on a standby, where nothing tells when, analyzed
  else
    return;
  compare.Found(PlanCause::kStatistics, finding);
}

void CompareSize(const Comparison& compare, const SightRelation& before, const SightRelation& now) {
  const uint32_t least = std::min(before.facts.pages, now.facts.pages);
  const uint32_t most = std::max(before.facts.pages, now.facts.pages);
  if (most < kFewPages || most / kGrownTimes < least) return;
  Finding finding;
  finding << now.name << (now.facts.pages > before.facts.pages ? " grew" : " shrank") << " from " << before.facts.pages
          << " to " << now.facts.pages << " pages";
  compare.Found(PlanCause::kGrowth, finding);
}

void CompareRelations(const Comparison& compare,
                      void (*with)(const Comparison&, const SightRelation&, const SightRelation&)) {
  for (int i = 0; i < compare.new_plan.relations; i++) {
    const SightRelation& now = compare.new_plan.relation[i];
    const SightRelation* before = Find(compare.old_plan, now.facts.relid);
    if (before != nullptr) with(compare, *before, now);
  }
}

int64_t InUseUntil(const PlanUse& use, int64_t at) { return std::min(use.last_seen, at - kCountedWithinUs); }

}  // namespace

const char* CauseName(PlanCause cause) {
  static constexpr const char* kNames[] = {"index",  "setting",     "generic", "parameters", "statistics",
                                           "growth", "alternating", "index",   "unknown"};
  return kNames[static_cast<int>(cause)];
}

bool RatherReplaced(const PlanUse& a, const PlanUse& b, int64_t at) {
  const int64_t a_until = InUseUntil(a, at);
  const int64_t b_until = InUseUntil(b, at);
  if (a_until != b_until) return a_until > b_until;
  return a.calls != b.calls ? a.calls > b.calls : a.first_seen > b.first_seen;
}

void ExplainChange(const KnownPlan& old_plan, const KnownPlan& new_plan, bool has_values, PlanChange* change) noexcept {
  change->cause = PlanCause::kUnknown;
  change->detail_length = 0;
  const Comparison compare{old_plan.sight, old_plan.use, new_plan.sight, new_plan.use, has_values, change};
  CompareIndexes(compare, old_plan.sight, new_plan.sight, ", which the old plan used, is gone");
  CompareIndexes(compare, new_plan.sight, old_plan.sight, ", which the new plan uses, is new");
  CompareSettings(compare);
  CompareKinds(compare);
  CompareUse(compare);
  CompareRelations(compare, CompareStatistics);
  CompareRelations(compare, CompareSize);
  CompareAlternation(compare);
  CompareRebuilt(compare);
}

}  // namespace steward::core
