// The load that is to be driven, as data, and its reading from settings. Where settings come from (a file's sections,
// options of the command line) is the caller's business.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "load/script.hpp"
#include "model/load_result.hpp"

namespace steward::load {

inline constexpr int kMaxConnections = 10'000;
inline constexpr double kMaxRate = 50'000;  // requests a second, of all classes
inline constexpr double kMaxDurationS = 3600;

/// One kind of client. Its requests come by a clock of their own: `users` people who each think for an exponential
/// time between two requests, or a Poisson process of `rate` a second.
struct LoadClass {
  std::string name;
  std::string database;          // empty: that of the connection options
  std::string user;              // empty: that of the connection options
  std::string application_name;  // empty: pgsteward
  int users = 0;
  double think_time_s = 0;
  double rate = 0;
  int connections = 0;  // the application's pool; 0: one a user
  double acquire_timeout_s = 30;
  double timeout_s = 30;  // from the first statement sent; the connection is then closed
  bool extended = false;  // the extended protocol, with parameters
  std::vector<Script> scripts;
  model::LoadSlo slo;

  int Connections() const { return connections > 0 ? connections : users; }
};

/// One `key = value` of a class.
struct Setting {
  std::string key;
  std::string value;
};

/// Reads one class. Keys: database, user, application_name, users, think_time, rate, sql or several sql_NAME with
/// weight_NAME, protocol, app_pool, acquire_timeout, timeout, p95, timeouts, errors, utilization. Throws PlanError.
LoadClass ReadClass(const std::string& name, const std::vector<Setting>& settings);

/// Throws PlanError where the classes together ask for more than the driver is allowed to do.
void CheckPlan(const std::vector<LoadClass>& classes);

int TotalConnections(const std::vector<LoadClass>& classes);

/// "200ms", "5s", "1min" or plain seconds; none where it is neither.
std::optional<double> ParseSeconds(const std::string& text);

}  // namespace steward::load
