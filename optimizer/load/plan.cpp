// See plan.hpp.
#include "load/plan.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <map>
#include <set>

namespace steward::load {

namespace {

constexpr const char* kTimes = "Write a time such as 200ms, 5s or 1min.";

std::optional<double> ParseNumber(const std::string& text, std::string& unit) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || !std::isfinite(value) || value < 0) return std::nullopt;
  unit.assign(at, end);
  unit.erase(0, unit.find_first_not_of(' '));
  return value;
}

// The settings of one class, each taken out as it is read.
class ClassReader {
 public:
  ClassReader(const std::string& name, const std::vector<Setting>& settings) : name_(name) {
    for (const Setting& setting : settings)
      if (!values_.emplace(setting.key, setting.value).second)
        throw Wrong(setting.key, "is given twice", "Name several scripts apart: sql_one, sql_two, ...");
  }

  PlanError Wrong(const std::string& key, const std::string& what, const std::string& hint) const {
    return PlanError(fmt::format("class \"{}\": {} {}", name_, key, what), hint);
  }

  std::optional<std::string> Take(const std::string& key) {
    const auto found = values_.find(key);
    if (found == values_.end()) return std::nullopt;
    std::string value = found->second;
    values_.erase(found);
    return value;
  }

  void Seconds(const char* key, double& target, double least) {
    const auto text = Take(key);
    if (!text) return;
    const auto seconds = ParseSeconds(*text);
    if (!seconds || *seconds < least || *seconds > kMaxDurationS) throw Wrong(key, "is not a time that fits", kTimes);
    target = *seconds;
  }

  void Count(const char* key, int& target, int most) {
    const auto text = Take(key);
    if (!text) return;
    std::string unit;
    const auto number = ParseNumber(*text, unit);
    if (!number || !unit.empty() || *number != std::floor(*number) || *number < 1 || *number > most)
      throw Wrong(key, "is not a number that fits", fmt::format("Give a whole number from 1 to {}.", most));
    target = static_cast<int>(*number);
  }

  void Ratio(const char* key, double& target) {
    const auto text = Take(key);
    if (!text) return;
    std::string unit;
    const auto number = ParseNumber(*text, unit);
    const double ratio = number.value_or(-1) / (unit == "%" ? 100 : 1);
    if (!number || (!unit.empty() && unit != "%") || ratio > 1)
      throw Wrong(key, "is not a share", "Write it as 5% or 0.05.");
    target = ratio;
  }

  void Rate(double& target) {
    const auto text = Take("rate");
    if (!text) return;
    std::string unit;
    const auto number = ParseNumber(*text, unit);
    if (!number || (!unit.empty() && unit != "/s") || *number <= 0 || *number > kMaxRate)
      throw Wrong("rate", "is not a rate that fits",
                  fmt::format("Give requests a second, above 0 and at most {:.0f}.", kMaxRate));
    target = *number;
  }

  void Scripts(std::vector<Script>& scripts) {
    for (auto at = values_.lower_bound("sql"); at != values_.end() && at->first.starts_with("sql");
         at = values_.lower_bound("sql")) {
      const std::string key = at->first;
      if (key != "sql" && !key.starts_with("sql_")) throw Wrong(key, "is not a setting of a class", "");
      const std::string text = *Take(key);
      try {
        scripts.push_back(ParseScript(text));
      } catch (const PlanError& error) {
        throw Wrong(key + ":", error.what(), error.hint());
      }
      if (key != "sql") scripts.back().weight = Weight("weight_" + key.substr(4));
    }
    if (scripts.empty()) throw Wrong("sql", "is missing", "Give the statements as sql = SELECT ...");
  }

  void EndOfSettings() const {
    if (values_.empty()) return;
    throw Wrong(values_.begin()->first, "is not a setting of a class",
                "There are: database, user, application_name, users, think_time, rate, sql, sql_NAME, weight_NAME, "
                "protocol, app_pool, acquire_timeout, timeout, p95, timeouts, errors, utilization.");
  }

 private:
  double Weight(const std::string& key) {
    const auto text = Take(key);
    std::string unit;
    const auto number = text ? ParseNumber(*text, unit) : 1;
    if (!number || !unit.empty() || *number <= 0) throw Wrong(key, "is not a weight", "Give a number above 0.");
    return *number;
  }

  std::string name_;
  std::map<std::string, std::string> values_;
};

}  // namespace

std::optional<double> ParseSeconds(const std::string& text) {
  std::string unit;
  const auto value = ParseNumber(text, unit);
  if (!value) return std::nullopt;
  if (unit == "ms") return *value / 1000;
  if (unit.empty() || unit == "s") return value;
  if (unit == "min") return *value * 60;
  return std::nullopt;
}

LoadClass ReadClass(const std::string& name, const std::vector<Setting>& settings) {
  LoadClass load_class;
  load_class.name = name;
  ClassReader reader(name, settings);
  load_class.database = reader.Take("database").value_or("");
  load_class.user = reader.Take("user").value_or("");
  load_class.application_name = reader.Take("application_name").value_or("");
  reader.Count("users", load_class.users, kMaxConnections * 10);
  reader.Seconds("think_time", load_class.think_time_s, 0);
  reader.Rate(load_class.rate);
  if ((load_class.users > 0) == (load_class.rate > 0))
    throw reader.Wrong("users", "or rate is needed, and not both",
                       "Give users and think_time, or rate with app_pool connections.");
  reader.Count("app_pool", load_class.connections, kMaxConnections);
  if (load_class.rate > 0 && load_class.connections == 0) load_class.connections = 100;
  reader.Seconds("acquire_timeout", load_class.acquire_timeout_s, 0.001);
  reader.Seconds("timeout", load_class.timeout_s, 0.001);
  const std::string protocol = reader.Take("protocol").value_or("simple");
  if (protocol != "simple" && protocol != "extended")
    throw reader.Wrong("protocol", "is not known", "Protocols are simple and extended.");
  load_class.extended = protocol == "extended";
  double p95_s = load_class.slo.p95_ms / 1000;
  reader.Seconds("p95", p95_s, 0.0001);
  load_class.slo.p95_ms = p95_s * 1000;
  reader.Ratio("timeouts", load_class.slo.timeout_ratio);
  reader.Ratio("errors", load_class.slo.error_ratio);
  reader.Ratio("utilization", load_class.slo.utilization);
  reader.Scripts(load_class.scripts);
  reader.EndOfSettings();
  return load_class;
}

int TotalConnections(const std::vector<LoadClass>& classes) {
  int total = 0;
  for (const LoadClass& load_class : classes) total += load_class.Connections();
  return total;
}

void CheckPlan(const std::vector<LoadClass>& classes) {
  if (classes.empty()) throw PlanError("the load has no class", "Give each class a section [name].");
  std::set<std::string> names;
  double rate = 0;
  for (const LoadClass& load_class : classes) {
    rate += load_class.rate;
    if (!names.insert(load_class.name).second)
      throw PlanError(fmt::format("class \"{}\" is given twice", load_class.name), "");
    if (load_class.Connections() > kMaxConnections)
      throw PlanError(fmt::format("class \"{}\" needs {} connections", load_class.name, load_class.Connections()),
                      fmt::format("At most {} are opened; app_pool lets users share some.", kMaxConnections));
  }
  if (TotalConnections(classes) > kMaxConnections)
    throw PlanError(fmt::format("the load needs {} connections", TotalConnections(classes)),
                    fmt::format("At most {} are opened; app_pool lets users share some.", kMaxConnections));
  if (rate > kMaxRate)
    throw PlanError(fmt::format("the load asks for {:.0f} requests a second", rate),
                    fmt::format("At most {:.0f} are sent.", kMaxRate));
}

}  // namespace steward::load
