// See explained_plan.hpp.
#include "whatif/explained_plan.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "db/error.hpp"

namespace steward::whatif {

using nlohmann::json;

namespace {

constexpr int kDeepest = 500;  // nodes above one another: what lies deeper is not read

// Of a bitmap scan the node that has the index has no schema: the one above says it.
void ReadNode(const json& node, const std::string& schema_above, int depth, ExplainedPlan& plan) {
  if (depth > kDeepest) return;
  const std::string schema = node.value("Schema", schema_above);
  if (const auto name = node.find("Index Name"); name != node.end()) plan.indexes.insert({schema, name->get<std::string>()});
  plan.workers = std::max(plan.workers, node.value("Workers Planned", 0));
  if (const auto children = node.find("Plans"); children != node.end())
    for (const json& child : *children) ReadNode(child, schema, depth + 1, plan);
}

}  // namespace

ExplainedPlan ReadExplained(const std::string& text) {
  try {
    ExplainedPlan plan;
    for (const json& statement : json::parse(text)) {
      const json& root = statement.at("Plan");
      plan.total_cost += root.at("Total Cost").get<double>();
      ReadNode(root, "", 0, plan);
    }
    return plan;
  } catch (const json::exception&) {
    db::Throw({"the server described a plan in a form that this version of pgsteward does not know", "", "", ""});
  }
}

}  // namespace steward::whatif
