// See plan.hpp.
#include "pgbouncer/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "pgbouncer/file.hpp"

namespace steward::pgbouncer {

namespace {

using Json = nlohmann::json;

[[noreturn]] void Fail(const std::string& path, const std::string& problem) {
  throw FileError(fmt::format("could not read \"{}\": {}", path, problem), "Write one with: pgsteward advise pool --format json -o FILENAME");
}

std::string TextOf(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || !found->is_string() ? "" : found->get<std::string>();
}

int NumberOf(const Json& object, const char* key) {
  const auto found = object.find(key);
  constexpr double kMost = 100'000;
  const double value = found == object.end() || !found->is_number() ? 1 : found->get<double>();
  return static_cast<int>(std::clamp(value, 1.0, kMost));
}

std::vector<std::string> TextsOf(const Json& object, const char* key) {
  std::vector<std::string> texts;
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array()) return texts;
  for (const Json& one : *found)
    if (one.is_string()) texts.push_back(one.get<std::string>());
  return texts;
}

// Of what ends up in configuration files: one line each, or a plan could write more than it shows.
void RequirePlain(const std::string& path, const std::string& text) {
  if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }))
    Fail(path, "a name or value in it holds a control character");
}

PlanRow RowOf(const std::string& path, const Json& object) {
  PlanRow row{TextOf(object, "pool"),         TextOf(object, "component"), TextOf(object, "setting"), TextOf(object, "current_value"),
              TextOf(object, "suggested_value"), TextOf(object, "requires"),  TextOf(object, "reason"),  TextOf(object, "ddl"),
              TextOf(object, "undo_ddl"),     TextsOf(object, "caveats")};
  for (const std::string* text : {&row.pool, &row.component, &row.setting, &row.suggested, &row.ddl, &row.undo_ddl}) RequirePlain(path, *text);
  if (row.component != "pgbouncer" && row.component != "application" && row.component != "postgresql")
    Fail(path, "a setting is of no component that is known");
  if (row.setting.empty()) Fail(path, "a setting has no name");
  return row;
}

void ReadClasses(const Json& pool, Plan& plan) {
  const auto classes = pool.find("classes");
  if (classes == pool.end() || !classes->is_array()) return;
  for (const Json& one : *classes)
    if (one.is_object())
      plan.classes.push_back({TextOf(pool, "pool"), TextOf(one, "class"), TextsOf(one, "features"), one.contains("features") && one["features"].is_array()});
}

}  // namespace

Plan ParsePlan(const std::string& path, const std::string& text) {
  const Json document = Json::parse(text, nullptr, false);
  if (document.is_discarded() || !document.is_object()) Fail(path, "it is no JSON object");
  const auto rows = document.find("settings");
  if (TextOf(document, "kind") != "pool" || rows == document.end() || !rows->is_array()) Fail(path, "it is no report of advise pool");
  Plan plan;
  if (const auto server = document.find("server"); server != document.end() && server->is_object()) {
    plan.database = TextOf(*server, "database");
    plan.host = TextOf(*server, "host");
    plan.port = TextOf(*server, "port");
  }
  if (const auto demand = document.find("demand"); demand != document.end() && demand->is_object()) {
    plan.instances = NumberOf(*demand, "instances");
    plan.processes = NumberOf(*demand, "pgbouncer_processes");
  }
  for (const std::string* name : {&plan.database, &plan.host, &plan.port}) RequirePlain(path, *name);
  if (plan.database.empty()) Fail(path, "it names no database");
  for (const Json& one : *rows)
    if (one.is_object()) plan.rows.push_back(RowOf(path, one));
  if (const auto pools = document.find("pools"); pools != document.end() && pools->is_array())
    for (const Json& pool : *pools)
      if (pool.is_object()) ReadClasses(pool, plan);
  return plan;
}

std::vector<std::string> PoolNames(const Plan& plan) {
  std::vector<std::string> names;
  for (const PlanRow& row : plan.rows)
    if (!row.pool.empty() && std::find(names.begin(), names.end(), row.pool) == names.end()) names.push_back(row.pool);
  return names;
}

}  // namespace steward::pgbouncer
