// See plan_predicates.hpp.
#include "collect/plan_predicates.hpp"

#include <algorithm>
#include <cctype>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>

#include "collect/deparsed_text.hpp"
#include "collect/operator_words.hpp"

namespace steward::collect {

using model::Predicate;
using model::PredicateKind;
using model::PredicateRole;
using nlohmann::json;

namespace {

constexpr int kDeepest = 500;           // nodes above one another: what lies deeper is not read
constexpr std::size_t kBranches = 64;   // partitions that a key of the partitioned table is looked for in

std::string Text(const json& node, const char* name) {
  const auto entry = node.find(name);
  return entry != node.end() && entry->is_string() ? entry->get<std::string>() : "";
}

std::vector<std::string> Texts(const json& node, const char* name) {
  std::vector<std::string> texts;
  const auto entry = node.find(name);
  if (entry == node.end() || !entry->is_array()) return texts;
  for (const json& text : *entry)
    if (text.is_string()) texts.push_back(text.get<std::string>());
  return texts;
}

// Each node with the one above it (null for a root).
using Visit = std::function<void(const json& node, const json& above)>;

void WalkNode(const json& node, const json& above, int depth, const Visit& visit) {
  if (!node.is_object() || depth > kDeepest) return;
  visit(node, above);
  const auto children = node.find("Plans");
  if (children == node.end() || !children->is_array()) return;
  for (const json& child : *children) WalkNode(child, node, depth + 1, visit);
}

void Walk(const json& explained, const Visit& visit) {
  static const json kNothing;
  if (!explained.is_array()) return;
  for (const json& statement : explained)
    if (statement.is_object() && statement.contains("Plan")) WalkNode(statement["Plan"], kNothing, 0, visit);
}

bool Scans(const json& node) {
  return node.contains("Relation Name") && Text(node, "Node Type") != "ModifyTable";
}

bool OneOf(const std::string& op, std::initializer_list<const char*> ops) {
  return std::find(ops.begin(), ops.end(), op) != ops.end();
}

struct Scan {
  const model::Table* table;
  std::set<std::string> columns;  // that the plan asks for
  bool whole_row = false;
};

// A column or an expression of one scan.
struct Key {
  std::size_t scan;
  const model::Column* column = nullptr;
  std::string expression;
};

bool SameKey(const Predicate& a, const Predicate& b) {
  return a.scan_no == b.scan_no && a.relid == b.relid && a.attnum == b.attnum && a.expression == b.expression;
}

class Reader {
 public:
  Reader(const json& explained, const PlanNames& names) : names_(names) {
    Walk(explained, [&](const json& node, const json&) { AddScan(node); });
    Walk(explained, [&](const json& node, const json& above) {
      AddConditions(node);
      AddKeys(node);
      AddNeeded(node, above);
    });
    AddOutput();
  }

  std::vector<Predicate> Take() { return std::move(found_); }

 private:
  void AddScan(const json& node) {
    if (!Scans(node)) return;
    const model::Table* table = names_.Find(Text(node, "Schema"), Text(node, "Relation Name"));
    if (table != nullptr && by_alias_.try_emplace(Text(node, "Alias"), scans_.size()).second) scans_.push_back({table, {}});
  }

  // The scans that an alias stands for: of a partitioned table those of its partitions, which are numbered.
  [[nodiscard]] std::vector<std::size_t> ScansOf(const std::string& alias) const {
    if (alias.empty()) return scans_.size() == 1 ? std::vector<std::size_t>{0} : std::vector<std::size_t>{};
    if (const auto entry = by_alias_.find(alias); entry != by_alias_.end()) return {entry->second};
    std::vector<std::size_t> scans;
    const std::string begins = alias + "_";
    for (auto entry = by_alias_.lower_bound(begins); entry != by_alias_.end() && entry->first.starts_with(begins); ++entry)
      if (scans.size() < kBranches && scans_[entry->second].table->parent != 0 &&
          std::all_of(entry->first.begin() + static_cast<std::ptrdiff_t>(begins.size()), entry->first.end(),
                      [](unsigned char c) { return std::isdigit(c) != 0; }))
        scans.push_back(entry->second);
    return scans;
  }

  static const model::Column* ColumnOf(const model::Table& table, const std::string& name) {
    for (const model::Column& column : table.columns)
      if (column.name == name) return &column;
    return nullptr;
  }

  // A cast that leaves the values as they are is no expression.
  [[nodiscard]] bool Plain(const model::Table& table, const model::Column& column, const DeparsedSide& side) const {
    if (side.cast.empty()) return true;
    const PlanNames::ColumnFacts* facts = names_.Facts(table.relid, column.attnum);
    return facts != nullptr && facts->same_types.count(side.cast) > 0;
  }

  // What the side is a key of, once for each scan that it could stand for. Where rows are no longer those of a scan, an
  // expression may be one that was computed below.
  [[nodiscard]] std::vector<Key> KeysOf(const DeparsedSide& side, bool expressions) const {
    std::vector<Key> keys;
    std::set<std::string> aliases;
    for (const DeparsedColumn& column : side.columns)
      if (!column.alias.empty()) aliases.insert(column.alias);
    if (aliases.size() != 1) return keys;
    for (const std::size_t scan : ScansOf(*aliases.begin())) {
      const model::Table& table = *scans_[scan].table;
      const model::Column* column = side.column ? ColumnOf(table, side.column->name) : nullptr;
      if (column != nullptr && Plain(table, *column, side))
        keys.push_back({scan, column, ""});
      else if (expressions && !side.expression.empty() && (!side.column || column != nullptr))
        keys.push_back({scan, nullptr, side.expression});
    }
    return keys;
  }

  [[nodiscard]] std::optional<double> Selectivity(const Key& key, PredicateKind kind) const {
    const PlanNames::ColumnFacts* facts =
        key.column == nullptr ? nullptr : names_.Facts(scans_[key.scan].table->relid, key.column->attnum);
    if (facts == nullptr || facts->distinct < 1) return std::nullopt;
    if (kind == PredicateKind::kIsNull) return facts->null_fraction;
    if (kind == PredicateKind::kEquality) return (1 - facts->null_fraction) / facts->distinct;
    return std::nullopt;
  }

  void Add(std::vector<Predicate>& list, const Key& key, PredicateRole role, PredicateKind kind, const std::string& op,
           const Key* other = nullptr) const {
    Predicate predicate;
    predicate.planid = 1;
    predicate.relid = scans_[key.scan].table->relid;
    predicate.scan_no = static_cast<int>(key.scan) + 1;
    predicate.attnum = key.column == nullptr ? 0 : key.column->attnum;
    predicate.expression = key.expression;
    predicate.role = role;
    predicate.kind = kind;
    predicate.operator_name = op;
    predicate.estimated_selectivity = Selectivity(key, kind);
    if (other != nullptr) {
      predicate.other_relid = scans_[other->scan].table->relid;
      predicate.other_attnum = other->column == nullptr ? 0 : other->column->attnum;
    }
    list.push_back(std::move(predicate));
  }

  void AddOther(std::vector<Predicate>& list, const DeparsedSide& side, PredicateRole role) const {
    for (const DeparsedColumn& column : side.columns)
      for (const Key& key : KeysOf(DeparsedSide{{column}, column, "", "", {}}, false))
        Add(list, key, role, PredicateKind::kOther, "");
  }

  // Does the value leave the key's own row alone?
  [[nodiscard]] bool Apart(const Key& key, const DeparsedSide& value) const {
    return std::none_of(value.columns.begin(), value.columns.end(), [&](const DeparsedColumn& column) {
      const auto scans = ScansOf(column.alias);
      return std::find(scans.begin(), scans.end(), key.scan) != scans.end();
    });
  }

  static PredicateKind KindOf(const DeparsedClause& clause, const std::string& op, const DeparsedSide& value) {
    const PredicateKind one = KindOfOperator(op, value.literal);
    if (clause.any) return one == PredicateKind::kEquality ? PredicateKind::kList : PredicateKind::kOther;
    if (clause.all) return one == PredicateKind::kNotEqual ? one : PredicateKind::kOther;
    return one;
  }

  void AddComparison(std::vector<Predicate>& list, const DeparsedClause& clause, PredicateRole role, bool expressions) const {
    const std::vector<Key> left = KeysOf(clause.left, expressions);
    const std::vector<Key> right = KeysOf(clause.right, expressions);
    const std::string commuted = CommutedOperator(clause.comparison);
    bool added = false;
    const auto add = [&](const std::vector<Key>& keys, const std::vector<Key>& others, const DeparsedSide& value,
                         const std::string& op) {
      if (op.empty()) return;
      for (const Key& key : keys) {
        if (!Apart(key, value)) continue;
        const bool join = !others.empty();
        Add(list, key, join ? PredicateRole::kJoin : role, KindOf(clause, op, value), op, join ? &others.front() : nullptr);
        added = true;
      }
    };
    add(left, right, clause.right, clause.comparison);
    if (!clause.any && !clause.all) add(right, left, clause.left, commuted);
    if (added) return;
    AddOther(list, clause.left, role);
    AddOther(list, clause.right, role);
  }

  void AddOr(std::vector<Predicate>& list, const DeparsedClause& clause, PredicateRole role, bool expressions) const {
    std::vector<std::vector<Predicate>> arms;
    for (const DeparsedClause& part : clause.parts) AddClause(arms.emplace_back(), part, role, expressions);
    std::vector<Predicate> merged;
    for (const auto& arm : arms)
      for (const Predicate& predicate : arm) {
        if (std::any_of(merged.begin(), merged.end(), [&](const Predicate& m) { return SameKey(m, predicate); })) continue;
        merged.push_back(Merged(predicate, arms));
      }
    list.insert(list.end(), merged.begin(), merged.end());
  }

  static Predicate Merged(Predicate predicate, const std::vector<std::vector<Predicate>>& arms) {
    for (const auto& arm : arms) {
      const auto same = std::find_if(arm.begin(), arm.end(), [&](const Predicate& p) { return SameKey(p, predicate); });
      const bool fits = same != arm.end() && same->other_relid == predicate.other_relid;
      predicate.kind = fits ? Either(predicate.kind, same->kind) : PredicateKind::kOther;
    }
    if (predicate.kind != PredicateKind::kIsNull) predicate.estimated_selectivity.reset();
    return predicate;
  }

  void AddClause(std::vector<Predicate>& list, const DeparsedClause& clause, PredicateRole role, bool expressions) const {
    using Shape = DeparsedClause::Shape;
    switch (clause.shape) {
      case Shape::kAnd:
        for (const DeparsedClause& part : clause.parts) AddClause(list, part, role, expressions);
        return;
      case Shape::kOr:
        return AddOr(list, clause, role, expressions);
      case Shape::kComparison:
        return AddComparison(list, clause, role, expressions);
      case Shape::kNullTest:
        for (const Key& key : KeysOf(clause.left, expressions))
          Add(list, key, role, clause.negated ? PredicateKind::kOther : PredicateKind::kIsNull, "");
        return;
      case Shape::kBoolean:
        for (const Key& key : KeysOf(clause.left, false)) Add(list, key, role, PredicateKind::kEquality, "=");
        return;
      default:
        return AddOther(list, clause.left, role);
    }
  }

  void AddConditions(const json& node) {
    const bool scan = Scans(node);
    const bool join = node.contains("Join Type");
    const auto add = [&](const char* name, PredicateRole role) {
      if (const std::string text = Text(node, name); !text.empty())
        AddClause(found_, ParseCondition(text), role, scan || join);
    };
    // Of a bitmap scan the condition on the rows says all that those on the indexes beneath do.
    if (scan) add("Index Cond", PredicateRole::kIndex);
    add("Recheck Cond", PredicateRole::kIndex);
    add("Hash Cond", PredicateRole::kJoin);
    add("Merge Cond", PredicateRole::kJoin);
    add("Join Filter", PredicateRole::kFilter);
    add("Filter", PredicateRole::kFilter);
  }

  static bool Aggregates(const json& node) {
    bool found = false;
    static const json kNothing;
    WalkNode(node, kNothing, 0, [&](const json& below, const json&) {
      found = found || OneOf(Text(below, "Node Type"), {"Aggregate", "WindowAgg", "Group"});
    });
    return found;
  }

  void AddKeys(const json& node) {
    const auto add = [&](const char* name, PredicateRole role) {
      const std::vector<std::string> keys = Texts(node, name);
      const bool expressions = !keys.empty() && !Aggregates(node);
      for (std::size_t i = 0; i < keys.size(); ++i) {
        const DeparsedKey parsed = ParseKey(keys[i]);
        for (const Key& key : KeysOf(parsed.side, expressions)) {
          Add(found_, key, role, PredicateKind::kNone, "");
          found_.back().position = static_cast<int>(i) + 1;
          found_.back().descending = role == PredicateRole::kSort && parsed.descending;
          found_.back().nulls_first = role == PredicateRole::kSort && parsed.nulls_first;
        }
      }
    };
    add("Sort Key", PredicateRole::kSort);
    add("Group Key", PredicateRole::kGroup);
  }

  // What a scan says that it puts out may be every column of the table, as that spares a projection. Where a node above
  // says what it puts out of them, that counts.
  void AddNeeded(const json& node, const json& above) {
    constexpr const char* kConditions[] = {"Filter",    "Index Cond",  "Recheck Cond", "Hash Cond",      "Merge Cond",
                                           "Join Filter", "Cache Key", "TID Cond",     "Order By",       "Conflict Filter"};
    for (const char* name : kConditions) Need(Text(node, name));
    for (const char* name : {"Sort Key", "Group Key"})
      for (const std::string& key : Texts(node, name)) Need(key);
    if (!Scans(node) || !Projects(above, node)) {
      for (const std::string& output : Texts(node, "Output")) Need(output);
      return;
    }
    const model::Table* table = names_.Find(Text(node, "Schema"), Text(node, "Relation Name"));
    const std::vector<std::string> outputs = Texts(node, "Output");
    if (table != nullptr && outputs.size() == table->columns.size()) return;
    for (const std::string& output : outputs) Need(output);
  }

  static bool Projects(const json& above, const json& node) {
    if (!above.is_object() || !above.contains("Output")) return false;
    return OneOf(Text(node, "Parent Relationship"), {"Outer", "Inner"});
  }

  void Need(const std::string& text) {
    if (text.empty()) return;
    for (const DeparsedColumn& column : ColumnsIn(text))
      for (const std::size_t scan : ScansOf(column.alias)) {
        if (ColumnOf(*scans_[scan].table, column.name) != nullptr)
          scans_[scan].columns.insert(column.name);
        else if (OneOf(column.name, {"ctid", "*", "xmin", "xmax", "cmin", "cmax"}))
          scans_[scan].whole_row = true;
      }
  }

  // Where the row itself is needed no index can stand in for the table.
  void AddOutput() {
    for (std::size_t scan = 0; scan < scans_.size(); ++scan) {
      if (scans_[scan].whole_row) continue;
      for (const std::string& name : scans_[scan].columns)
        Add(found_, {scan, ColumnOf(*scans_[scan].table, name), ""}, PredicateRole::kOutput, PredicateKind::kNone, "");
    }
  }

  const PlanNames& names_;
  std::vector<Scan> scans_;
  std::map<std::string, std::size_t> by_alias_;
  std::vector<Predicate> found_;
};

}  // namespace

std::vector<const model::Table*> TablesIn(const json& explained, const PlanNames& names) {
  std::vector<const model::Table*> tables;
  Walk(explained, [&](const json& node, const json&) {
    if (!Scans(node)) return;
    const model::Table* table = names.Find(Text(node, "Schema"), Text(node, "Relation Name"));
    if (table != nullptr && std::find(tables.begin(), tables.end(), table) == tables.end()) tables.push_back(table);
  });
  return tables;
}

// Of a bitmap scan the nodes that have the indexes have no schema; they stand beneath the one that reads the table.
std::set<std::pair<std::string, std::string>> IndexesIn(const json& explained) {
  std::set<std::pair<std::string, std::string>> indexes;
  std::string schema;
  Walk(explained, [&](const json& node, const json&) {
    if (node.contains("Schema")) schema = Text(node, "Schema");
    if (node.contains("Index Name")) indexes.insert({schema, Text(node, "Index Name")});
  });
  return indexes;
}

std::vector<Predicate> PredicatesIn(const json& explained, const PlanNames& names) {
  return Reader(explained, names).Take();
}

}  // namespace steward::collect
