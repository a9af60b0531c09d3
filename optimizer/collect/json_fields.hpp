// Structs <-> JSON objects: each struct's fields are listed once (Visit) and walked by a writer and a reader.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collect/workload_json.hpp"

namespace steward::collect {

using Json = nlohmann::ordered_json;

inline constexpr double kLastInstant = 253402300799;  // of the year 9999

/// Where and when a workload was captured: part of every kind.
template <typename V>
void Visit(V& v, model::ServerInfo& s) {
  v("database", s.database), v("host", s.host), v("port", s.port), v("version", s.version);
  v("version_num", s.version_num), v("standby", s.standby), v("parameters_captured", s.parameters_captured);
  v.Instant("collected_at", s.collected_at), v.Instant("window_start", s.window_start);
  v.Instant("window_end", s.window_end);
  v("trigram_opclass", s.trigram_opclass), v("c_collation", s.c_collation), v("sql_ascii", s.sql_ascii);
  v("sees_all_plans", s.sees_all_plans), v("archiving", s.archiving);
}

/// A plain struct, whose fields a function template Visit(visitor, value) beside it lists.
template <typename T>
concept Struct = std::is_class_v<T> && std::is_aggregate_v<T>;

/// Writes fields into an object.
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
  template <typename T>
  static Json Value(std::optional<T>& value) {
    return value ? Value(*value) : Json();
  }
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

/// Reads fields of an object; throws WorkloadFormatError where one is missing or is not what it has to be.
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
  template <typename T>
  void Read(const Json& json, std::optional<T>& value, const std::string& name) {
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

/// Throws WorkloadFormatError, which names the line or the place; nesting deeper than 200 is refused.
Json ParseDocument(const std::string& text);

/// Throws WorkloadFormatError unless the document is of this kind and version, written by the command named.
void CheckDocument(const Json& document, const std::string& kind, int version, const std::string& command);

/// A captured workload as a document of its kind.
template <Struct Workload>
std::string WriteDocument(const char* kind, int version, const Workload& workload) {
  Json document = Json::object();
  document["schema_version"] = version;
  document["kind"] = kind;
  Workload copy = workload;
  Writer writer(document);
  Visit(writer, copy);
  return document.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// Throws where `text` is no such document; `command` makes one.
template <Struct Workload>
Workload ReadDocument(const std::string& text, const char* kind, int version, const char* command) {
  const Json document = ParseDocument(text);
  CheckDocument(document, kind, version, command);
  Workload workload;
  Reader reader(document, "");
  Visit(reader, workload);
  return workload;
}

}  // namespace steward::collect
