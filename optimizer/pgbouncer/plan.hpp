// The plan of settings that `pool config` writes: what `pgsteward advise pool --format json` prints, as far as it is needed.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace steward::pgbouncer {

/// One setting. Values are as the component's configuration has them; empty: not known.
struct PlanRow {
  std::string pool;  // empty: of all pools
  std::string component;  // pgbouncer, application or postgresql
  std::string setting;
  std::string current;
  std::string suggested;
  std::string requires_what;  // reload, restart or deploy
  std::string reason;
  std::string ddl;  // of a setting of roles
  std::string undo_ddl;
  std::vector<std::string> caveats;
};

/// A class of transactions of a pool, with the session features that it was seen to use.
struct PlanClass {
  std::string pool;
  std::string name;
  std::vector<std::string> features;
  bool features_known = true;
};

struct Plan {
  std::string database;
  std::string host;  // empty: not known
  std::string port;
  int instances = 1;
  int processes = 1;
  std::vector<PlanRow> rows;
  std::vector<PlanClass> classes;
};

/// Throws FileError for a text that is no such plan, or has a control character in what will be written.
Plan ParsePlan(const std::string& path, const std::string& text);

/// Of several pools: their names, in the order of the rows.
std::vector<std::string> PoolNames(const Plan& plan);

}  // namespace steward::pgbouncer
