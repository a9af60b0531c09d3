// See plan_text.hpp.
#include "report/plan_text.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "report/terminal_text.hpp"

namespace steward::report {

namespace {

using Json = nlohmann::json;

constexpr int kDeepest = 200;

// What EXPLAIN shows below a node, in its words.
constexpr const char* kConditions[] = {"Index Cond",  "Recheck Cond", "Hash Cond", "Merge Cond",      "Join Filter",
                                       "Filter",      "Sort Key",     "Group Key", "Presorted Key",   "Cache Key",
                                       "One-Time Filter", "Workers Planned"};

std::string Word(const Json& node, const char* key) {
  const auto found = node.find(key);
  if (found == node.end() || found->is_null()) return "";
  if (found->is_string()) return Printable(found->get_ref<const std::string&>());
  if (!found->is_array()) return found->dump();
  std::string text;
  for (const Json& element : *found)
    if (element.is_string()) text += (text.empty() ? "" : ", ") + Printable(element.get_ref<const std::string&>());
  return text;
}

double Number(const Json& node, const char* key) {
  const auto found = node.find(key);
  return found != node.end() && found->is_number() ? found->get<double>() : 0;
}

std::string Title(const Json& node) {
  std::string text = Word(node, "Node Type");
  const std::string strategy = Word(node, "Strategy");
  if (text == "Aggregate" && strategy == "Hashed") text = "HashAggregate";
  if (text == "Aggregate" && strategy == "Sorted") text = "GroupAggregate";
  if (text == "ModifyTable") text = Word(node, "Operation");
  if (node.value("Parallel Aware", false)) text = "Parallel " + text;
  if (const std::string partial = Word(node, "Partial Mode"); !partial.empty() && partial != "Simple")
    text = partial + " " + text;
  if (const std::string join = Word(node, "Join Type"); !join.empty() && join != "Inner") text += " " + join;
  if (const std::string index = Word(node, "Index Name"); !index.empty())
    text += (text == "Bitmap Index Scan" ? " on " : " using ") + index;
  if (const std::string relation = Word(node, "Relation Name"); !relation.empty()) text += " on " + relation;
  const std::string alias = Word(node, "Alias");
  return alias.empty() || alias == Word(node, "Relation Name") ? text : text + " " + alias;
}

void Append(const Json& node, std::size_t indent, int depth, std::string& out) {
  if (!node.is_object() || depth > kDeepest) return;
  const std::string blank(indent, ' ');
  out += fmt::format("{}{}{}  (cost={:.2f}..{:.2f} rows={:.0f} width={:.0f})\n", blank, depth == 0 ? "" : "->  ", Title(node),
                     Number(node, "Startup Cost"), Number(node, "Total Cost"), Number(node, "Plan Rows"),
                     Number(node, "Plan Width"));
  const std::string below(indent + (depth == 0 ? 2 : 6), ' ');
  for (const char* key : kConditions)
    if (const std::string value = Word(node, key); !value.empty()) out += fmt::format("{}{}: {}\n", below, key, value);
  const auto plans = node.find("Plans");
  if (plans == node.end() || !plans->is_array()) return;
  for (const Json& child : *plans) Append(child, below.size(), depth + 1, out);
}

}  // namespace

std::string PlanText(const std::string& plan, std::size_t indent) {
  const Json document = Json::parse(plan, nullptr, false);
  std::string text;
  if (document.is_array())
    for (const Json& query : document)
      if (query.is_object() && query.contains("Plan")) Append(query["Plan"], indent, 0, text);
  return text.empty() ? std::string(indent, ' ') + "(no plan is shown)\n" : text;
}

}  // namespace steward::report
