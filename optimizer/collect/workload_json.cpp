// See workload_json.hpp. Each struct's fields are listed once (Visit) and walked by a writer and a reader.
#include "collect/workload_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace steward::collect {

namespace {

using Json = nlohmann::ordered_json;

constexpr int kDepthLimit = 200;
constexpr double kLastInstant = 253402300799;  // of the year 9999

constexpr std::array<std::string_view, 6> kRoles = {"filter", "index", "join", "sort", "group", "output"};
constexpr std::array<std::string_view, 10> kKinds = {
    "", "equality", "range", "list", "like_prefix", "like_infix", "is_null", "not_equal", "containment", "other"};

template <typename V>
void Visit(V& v, model::ServerInfo& s) {
  v("database", s.database), v("host", s.host), v("port", s.port), v("version", s.version);
  v("version_num", s.version_num), v("standby", s.standby), v("parameters_captured", s.parameters_captured);
  v.Instant("collected_at", s.collected_at), v.Instant("window_start", s.window_start);
  v.Instant("window_end", s.window_end);
  v("trigram_opclass", s.trigram_opclass), v("c_collation", s.c_collation), v("sql_ascii", s.sql_ascii);
  v("sees_all_plans", s.sees_all_plans), v("archiving", s.archiving);
}

template <typename V>
void Visit(V& v, model::Statement& s) {
  v("userid", s.userid), v.Id("queryid", s.queryid), v("role", s.role), v("query", s.query),
      v.AtLeast0("calls", s.calls);
  v.AtLeast0("total_exec_time", s.total_exec_time), v.AtLeast0("mean_exec_time", s.mean_exec_time);
  v.AtLeast0("p95_exec_time", s.p95_exec_time), v.AtLeast0("total_plan_time", s.total_plan_time),
      v.AtLeast0("rows", s.rows);
  v.AtLeast0("shared_blks_hit", s.shared_blks_hit), v.AtLeast0("shared_blks_read", s.shared_blks_read);
  v.AtLeast0("failed_calls", s.failed_calls), v("costable", s.costable), v("not_costable", s.not_costable);
  v.AtLeast0("samples", s.samples);
}

template <typename V>
void Visit(V& v, model::Predicate& p) {
  v("userid", p.userid), v.Id("queryid", p.queryid), v.Id("planid", p.planid), v("relid", p.relid);
  v("attnum", p.attnum), v("expression", p.expression), v.Word("role", p.role, kRoles), v.Word("kind", p.kind, kKinds);
  v("operator", p.operator_name), v("other_relid", p.other_relid), v("other_attnum", p.other_attnum);
  v("scan_no", p.scan_no), v("position", p.position), v("descending", p.descending), v("nulls_first", p.nulls_first);
  v("estimated_selectivity", p.estimated_selectivity), v("actual_selectivity", p.actual_selectivity);
  v.AtLeast0("executions", p.executions), v("value_test_sql", p.value_test_sql);
}

template <typename V>
void Visit(V& v, model::Column& c) {
  v("attnum", c.attnum), v("name", c.name), v("name_sql", c.name_sql), v("type", c.type);
  v("btree_indexable", c.btree_indexable), v.AtLeast0("avg_width", c.avg_width);
  v("statistics_target", c.statistics_target), v("correlation", c.correlation);
}

template <typename V>
void Visit(V& v, model::UpdatedColumns& u) {
  v("attnums", u.attnums), v.AtLeast0("rows", u.rows);
}

template <typename V>
void Visit(V& v, model::Table& t) {
  v("relid", t.relid), v("schema", t.schema), v("name", t.name), v("schema_sql", t.schema_sql);
  v("name_sql", t.name_sql), v("kind", t.kind);
  v("parent", t.parent), v("catalog", t.catalog), v("locked", t.locked), v.AtLeast0("rows", t.rows),
      v.AtLeast0("size", t.size), v("columns", t.columns), v.AtLeast0("inserted", t.inserted);
  v.AtLeast0("updated", t.updated), v.AtLeast0("hot_updated", t.hot_updated), v.AtLeast0("deleted", t.deleted);
  v("updates", t.updates);
  v.Instant("stats_since", t.stats_since), v.Instant("analyzed_at", t.analyzed_at);
}

template <typename V>
void Visit(V& v, model::IndexKey& k) {
  v("attnum", k.attnum), v("name", k.name), v("sql", k.sql), v("opclass", k.opclass), v("collation", k.collation);
  v("descending", k.descending), v("nulls_first", k.nulls_first);
}

template <typename V>
void Visit(V& v, model::IndexDefinition& d) {
  v("relid", d.relid), v("table_name", d.table_name), v("table_sql", d.table_sql);
  v("method", d.method), v("keys", d.keys), v("include", d.include), v("predicate", d.predicate);
  v("options", d.options), v("unique", d.unique), v("nulls_not_distinct", d.nulls_not_distinct),
      v("exclusion", d.exclusion), v("immediate", d.immediate);
}

template <typename V>
void Visit(V& v, model::ExistingIndex& i) {
  v("indexrelid", i.indexrelid), v("name", i.name), v("name_sql", i.name_sql), v("definition", i.definition);
  v("primary", i.primary), v("pinned", i.pinned), v("attached", i.attached), v("valid", i.valid),
      v.AtLeast0("size", i.size);
  v.AtLeast0("scans", i.scans), v.Instant("last_scan", i.last_scan), v.Instant("changed_at", i.changed_at);
  v.AtLeast0("plans", i.plans), v("create_sql", i.create_sql);
}

template <typename V>
void Visit(V& v, model::ForeignKey& k) {
  v("name", k.name), v("relid", k.relid), v("referenced", k.referenced), v("keys", k.keys), v("on_delete", k.on_delete);
}

template <typename V>
void Visit(V& v, model::RelationName& n) {
  v("schema_sql", n.schema_sql), v("name", n.name);
}

template <typename V>
void Visit(V& v, model::StatisticsObject& s) {
  v("relid", s.relid), v("schema_sql", s.schema_sql), v("name", s.name), v("attnums", s.attnums);
  v("for_conditions", s.for_conditions);
}

template <typename V>
void Visit(V& v, model::Setting& s) {
  v("name", s.name), v("value", s.value);
}

template <typename V>
void Visit(V& v, model::Workload& w) {
  v("server", w.server), v("statements", w.statements), v("predicates", w.predicates), v("tables", w.tables);
  v("indexes", w.indexes), v("foreign_keys", w.foreign_keys), v("standbys", w.standbys);
  v("names", w.names), v("statistics", w.statistics), v("settings", w.settings);
}

// One of the structs above.
template <typename T>
concept Struct = std::is_class_v<T> && std::is_aggregate_v<T>;

class Writer {
 public:
  explicit Writer(Json& out) : out_(out) {}

  template <typename T>
  void operator()(const char* name, T& value) {
    out_[name] = Value(value);
  }
  void Id(const char* name, std::int64_t value) { out_[name] = std::to_string(value); }
  template <typename T>
  void AtLeast0(const char* name, T& value) {
    (*this)(name, value);
  }
  void Instant(const char* name, double& value) { (*this)(name, value); }
  template <typename E, std::size_t kSize>
  void Word(const char* name, E value, const std::array<std::string_view, kSize>& words) {
    out_[name] = std::string(words.at(static_cast<std::size_t>(value)));
  }

 private:
  static Json Value(const std::string& value) { return value; }
  template <typename T>
  requires std::is_arithmetic_v<T>
  static Json Value(T value) { return value; }
  static Json Value(char value) { return std::string(1, value); }
  static Json Value(std::optional<double> value) { return value ? Json(*value) : Json(); }
  template <Struct T>
  static Json Value(T& value) {
    Json object = Json::object();
    Writer writer(object);
    Visit(writer, value);
    return object;
  }
  template <typename T>
  static Json Value(std::vector<T>& values) {
    Json list = Json::array();
    for (T& value : values) list.push_back(Value(value));
    return list;
  }

  Json& out_;
};

class Reader {
 public:
  Reader(const Json& in, std::string place) : in_(in), place_(std::move(place)) {
    if (!in_.is_object()) Fail("", "is not an object");
  }

  template <typename T>
  void operator()(const char* name, T& value) {
    const auto found = in_.find(name);
    if (found == in_.end()) Fail(name, "is missing");
    Read(*found, value, name);
  }
  void Id(const char* name, std::int64_t& value) {
    std::string text;
    (*this)(name, text);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) Fail(name, "is not a number in a string");
  }
  template <typename E, std::size_t kSize>
  void Word(const char* name, E& value, const std::array<std::string_view, kSize>& words) {
    std::string text;
    (*this)(name, text);
    const auto found = std::find(words.begin(), words.end(), text);
    if (found == words.end()) Fail(name, "is not one of the known words");
    value = static_cast<E>(found - words.begin());
  }

  template <typename T>
  void AtLeast0(const char* name, T& value) {
    (*this)(name, value);
    if (value < 0) Fail(name, "is negative");
  }
  void Instant(const char* name, double& value) {
    AtLeast0(name, value);
    if (value > kLastInstant) Fail(name, "is not in range");
  }

 private:
  // A conversion that does not fit would give another number.
  template <typename T>
  static bool Fits(const Json& json) {
    if constexpr (!std::is_integral_v<T>)
      return std::isfinite(json.get<double>());
    else if (json.is_number_unsigned())
      return std::in_range<T>(json.get<std::uint64_t>());
    else
      return json.is_number_integer() && std::in_range<T>(json.get<std::int64_t>());
  }

  [[noreturn]] void Fail(const std::string& name, const std::string& what) const {
    const std::string path = place_ + (place_.empty() || name.empty() ? "" : ".") + name;
    throw WorkloadFormatError("\"" + (path.empty() ? std::string("document") : path) + "\" " + what);
  }

  template <typename T>
  void Read(const Json& json, T& value, const std::string& name) {
    try {
      if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, bool>)
        value = json.get<T>();
      else if (!json.is_number())
        Fail(name, "is not a number");
      else if (!Fits<T>(json))
        Fail(name, std::is_integral_v<T> ? "is not a whole number in range" : "is not in range");
      else
        value = json.get<T>();
    } catch (const Json::exception&) {
      Fail(name, "has the wrong type");
    }
  }
  void Read(const Json& json, char& value, const std::string& name) {
    if (!json.is_string() || json.get_ref<const std::string&>().size() != 1) Fail(name, "is not one letter");
    value = json.get_ref<const std::string&>().front();
  }
  void Read(const Json& json, std::optional<double>& value, const std::string& name) {
    value.reset();
    if (!json.is_null()) Read(json, value.emplace(), name);
  }
  template <Struct T>
  void Read(const Json& json, T& value, const std::string& name) {
    Reader reader(json, place_ + (place_.empty() ? "" : ".") + name);
    Visit(reader, value);
  }
  template <typename T>
  void Read(const Json& json, std::vector<T>& values, const std::string& name) {
    if (!json.is_array()) Fail(name, "is not a list");
    for (const Json& element : json) {
      const std::string place = name + "[" + std::to_string(values.size()) + "]";
      Read(element, values.emplace_back(), place);
    }
  }

  const Json& in_;
  std::string place_;
};

std::size_t LineOf(const std::string& text, std::size_t byte) {
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(byte, text.size()));
  return 1 + static_cast<std::size_t>(std::count(text.begin(), end, '\n'));
}

// Follows the parser, to say where it stopped at a number that no double holds.
class Place {
 public:
  void At(Json::parse_event_t event, const Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::key) {
      levels_.back() = "." + parsed.get<std::string>();
    } else if (event == Event::object_start || event == Event::array_start) {
      levels_.emplace_back(event == Event::array_start ? "[0]" : "");
      counts_.push_back(0);
    } else {
      if (event != Event::value) levels_.pop_back(), counts_.pop_back();
      if (!levels_.empty() && levels_.back().starts_with('[')) levels_.back() = fmt::format("[{}]", ++counts_.back());
    }
  }
  std::string Text() const {
    std::string text;
    for (const std::string& level : levels_) text += level;
    return text.starts_with('.') ? text.substr(1) : text;
  }

 private:
  std::vector<std::string> levels_;  // ".key" or "[index]"
  std::vector<std::size_t> counts_;
};

Json Parse(const std::string& text) {
  Place place;
  const auto follow = [&place](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > kDepthLimit) throw WorkloadFormatError("nested deeper than " + std::to_string(kDepthLimit) + " levels");
    place.At(event, parsed);
    return true;
  };
  try {
    return Json::parse(text, follow);
  } catch (const Json::parse_error& error) {
    throw WorkloadFormatError("invalid JSON in line " + std::to_string(LineOf(text, error.byte)));
  } catch (const Json::out_of_range&) {
    throw WorkloadFormatError("\"" + place.Text() + "\" is not in range");
  }
}

}  // namespace

std::string WorkloadToJson(const model::Workload& workload) {
  Json document = Json::object();
  document["schema_version"] = kWorkloadSchemaVersion;
  document["kind"] = "pg_steward workload";
  model::Workload copy = workload;
  Writer writer(document);
  Visit(writer, copy);
  return document.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

model::Workload WorkloadFromJson(const std::string& text) {
  const Json document = Parse(text);
  const auto kind = document.is_object() ? document.find("kind") : document.end();
  if (kind == document.end() || *kind != "pg_steward workload")
    throw WorkloadFormatError("not a workload written by pgsteward snapshot");
  const auto version = document.find("schema_version");
  if (version == document.end() || *version != kWorkloadSchemaVersion)
    throw WorkloadFormatError("written by another version of pgsteward; schema_version is not " +
                              std::to_string(kWorkloadSchemaVersion));
  model::Workload workload;
  Reader reader(document, "");
  Visit(reader, workload);
  return workload;
}

}  // namespace steward::collect
