// See plan_json.hpp.
#include "whatif/plan_json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "db/error.hpp"

namespace steward::whatif {

using nlohmann::json;

namespace {

[[noreturn]] void ThrowMalformed() {
  db::Throw({"the server described a plan in a form that this version of pgsteward does not know", "",
             "Use a pgsteward of the extension's version.", ""});
}

template <typename Read>
auto Reading(const std::string& text, Read read) {
  try {
    return read(json::parse(text));
  } catch (const json::exception&) {
    ThrowMalformed();
  }
}

// `costs` is where the two costs stand in `item`; the candidates follow them.
model::AccessPath ReadAccess(const json& item, std::size_t costs, const std::vector<std::size_t>& candidates) {
  model::AccessPath access;
  access.relation = item.at(0).get<int>();
  access.outer = item.at(1).get<std::string>();
  access.order = item.at(2).get<std::string>();
  access.workers = item.at(3).get<int>();
  access.startup_cost = item.at(costs).get<double>();
  access.total_cost = item.at(costs + 1).get<double>();
  access.candidates = NumberedCandidates(item.at(costs + 2).get<std::vector<std::int64_t>>(), candidates);
  return access;
}

}  // namespace

model::Configuration NumberedCandidates(const std::vector<std::int64_t>& numbers,
                                        const std::vector<std::size_t>& candidates) {
  model::Configuration result;
  for (const std::int64_t number : numbers) {
    if (number < 1 || static_cast<std::size_t>(number) > candidates.size())
      db::Throw({"the server named an index that was not asked for", "", "", ""});
    result.push_back(candidates[static_cast<std::size_t>(number - 1)]);
  }
  std::sort(result.begin(), result.end());
  return result;
}

model::PlanTemplate ParsePlanTemplate(const std::string& text, const std::vector<std::size_t>& candidates) {
  return Reading(text, [&](const json& document) {
    model::PlanTemplate plan;
    plan.internal = document.at("internal").get<double>();
    for (const json& item : document.at("slots"))
      plan.slots.push_back(
          {ReadAccess(item, 6, candidates), item.at(4).get<double>(), item.at(5).get<double>()});
    plan.opaque = document.value("opaque_relids", std::vector<model::Oid>{});
    return plan;
  });
}

std::vector<model::AccessPath> ParseAccesses(const std::string& text, const std::vector<std::size_t>& candidates) {
  return Reading(text, [&](const json& document) {
    std::vector<model::AccessPath> accesses;
    for (const json& item : document) accesses.push_back(ReadAccess(item, 4, candidates));
    return accesses;
  });
}

std::string RenumberCandidates(const std::string& plan, const std::vector<std::size_t>& candidates) {
  const std::string mark = "\"Index Name\": \"candidate ";
  std::string text;
  std::size_t from = 0;
  for (std::size_t at = plan.find(mark); at != std::string::npos; at = plan.find(mark, from)) {
    const std::size_t number_at = at + mark.size();
    std::size_t end = number_at;
    std::size_t number = 0;
    for (; end < plan.size() && end < number_at + 9 && plan[end] >= '0' && plan[end] <= '9'; ++end)
      number = number * 10 + static_cast<std::size_t>(plan[end] - '0');
    text += plan.substr(from, number_at - from);
    from = number_at;
    if (number < 1 || number > candidates.size()) continue;
    text += std::to_string(candidates[number - 1]);
    from = end;
  }
  return text + plan.substr(from);
}

}  // namespace steward::whatif
