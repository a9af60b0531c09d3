// A workload survives the way through JSON; files that are no workload are refused with the place named.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "collect/workload_json.hpp"

namespace steward::collect {
namespace {

model::Workload Sample() {
  model::Workload workload;
  workload.server = {"shop", "db1", "5432", "15.20", 150020, true, false, 1795000000.25, 1794000000, 1795000000.25};
  model::Statement statement;
  statement.userid = 4294967295U;
  statement.queryid = -6021889000000000001;
  statement.role = "admin";
  statement.query = "select \"q\"\n from t where x = $1 -- \xc3\xa9";
  statement.calls = 1LL << 53;
  statement.costable = true;
  workload.statements = {statement, {}};
  model::Predicate predicate;
  predicate.queryid = 1;
  predicate.planid = 9223372036854775807;
  predicate.role = model::PredicateRole::kSort;
  predicate.kind = model::PredicateKind::kLikePrefix;
  predicate.actual_selectivity = 1e-300;
  workload.predicates = {predicate};
  model::Table table;
  table.relid = 16400;
  table.kind = 'm';
  table.columns = {{1, "a", "a", "text", true, 12.5}};
  table.updates = {{{2, 3}, 40}};
  workload.tables = {table};
  model::ExistingIndex index;
  index.definition.keys = {{0, "lower(a)", "(lower(a))", "text_pattern_ops", "\"C\"", true, true}};
  index.definition.include = {{2, "b", "b", "", "", false, false}};
  index.definition.options = "pages_per_range=4";
  index.definition.exclusion = true;
  index.plans = 3;
  index.last_scan = 1794000000;
  index.changed_at = 1790000000;
  workload.indexes = {index};
  workload.foreign_keys = {{"orders_fkey", 16400, 16401, {{1, "a", "a", "", "", false, false}}, "cascade"}};
  workload.standbys = {"db2 (10.0.0.2)"};
  workload.settings = {{"work_mem", "4096 kB"}};
  return workload;
}

TEST(WorkloadJsonTest, ComesBackAsItWent) {
  const std::string once = WorkloadToJson(Sample());
  const model::Workload back = WorkloadFromJson(once);
  EXPECT_EQ(WorkloadToJson(back), once);
  EXPECT_EQ(back.statements.at(0).queryid, -6021889000000000001);
  EXPECT_EQ(back.statements.at(0).userid, 4294967295U);
  EXPECT_EQ(back.predicates.at(0).kind, model::PredicateKind::kLikePrefix);
  EXPECT_EQ(back.predicates.at(0).role, model::PredicateRole::kSort);
  EXPECT_FALSE(back.predicates.at(0).estimated_selectivity.has_value());
  EXPECT_DOUBLE_EQ(back.predicates.at(0).actual_selectivity.value(), 1e-300);
  EXPECT_EQ(back.tables.at(0).kind, 'm');
  EXPECT_EQ(back.tables.at(0).updates, Sample().tables.at(0).updates);
  EXPECT_EQ(back.indexes.at(0).definition, Sample().indexes.at(0).definition);
  EXPECT_EQ(back.indexes.at(0).plans, 3);
  EXPECT_EQ(back.foreign_keys.at(0).keys.at(0).name, "a");
  EXPECT_EQ(back.standbys, Sample().standbys);
}

TEST(WorkloadJsonTest, IdsAreStrings) {
  const auto document = nlohmann::json::parse(WorkloadToJson(Sample()));
  EXPECT_EQ(document["schema_version"], 1);
  EXPECT_EQ(document["statements"][0]["queryid"], "-6021889000000000001");
  EXPECT_EQ(document["predicates"][0]["planid"], "9223372036854775807");
}

TEST(WorkloadJsonTest, BytesThatAreNoUtf8DoNotStopIt) {  // E2
  model::Workload workload = Sample();
  workload.statements[0].query = "select '\xff\xfe'";
  EXPECT_EQ(WorkloadFromJson(WorkloadToJson(workload)).statements[0].query, "select '\xef\xbf\xbd\xef\xbf\xbd'");
}

std::string MessageFor(const std::string& text) {
  try {
    WorkloadFromJson(text);
  } catch (const WorkloadFormatError& error) {
    return error.what();
  }
  return "accepted";
}

std::string Changed(const char* pointer, const nlohmann::json& value) {
  auto document = nlohmann::json::parse(WorkloadToJson(Sample()));
  document[nlohmann::json::json_pointer(pointer)] = value;
  return document.dump();
}

// E13
TEST(WorkloadJsonTest, RefusesBrokenFilesWithTheLine) {
  EXPECT_EQ(MessageFor("{\n\"kind\": 1,\n oops}"), "invalid JSON in line 3");
  EXPECT_EQ(MessageFor(""), "invalid JSON in line 1");
  EXPECT_EQ(MessageFor(std::string("{\0}", 3)), "invalid JSON in line 1");
  EXPECT_EQ(MessageFor(WorkloadToJson(Sample()).substr(0, 400)).find("invalid JSON in line"), 0U);
  EXPECT_EQ(MessageFor("{}"), "not a workload written by pgsteward snapshot");
  EXPECT_EQ(MessageFor("[1]"), "not a workload written by pgsteward snapshot");
  EXPECT_EQ(MessageFor(Changed("/schema_version", 2)).find("written by another version"), 0U);
}

TEST(WorkloadJsonTest, RefusesDeepNesting) {  // E13
  EXPECT_EQ(MessageFor(std::string(1000000, '[')), "nested deeper than 200 levels");
  EXPECT_EQ(MessageFor("{\"x\":" + std::string(300, '[') + std::string(300, ']') + "}"),
            "nested deeper than 200 levels");
}

TEST(WorkloadJsonTest, NamesThePlaceOfANumberOutOfRange) {  // E13
  const auto whole = [](const char* place) { return "\"" + std::string(place) + "\" is not a whole number in range"; };
  EXPECT_EQ(MessageFor(Changed("/statements/1/calls", 18446744073709551615U)), whole("statements[1].calls"));
  EXPECT_EQ(MessageFor(Changed("/statements/1/calls", 1e30)), whole("statements[1].calls"));
  EXPECT_EQ(MessageFor(Changed("/statements/0/userid", 4294967296)), whole("statements[0].userid"));
  EXPECT_EQ(MessageFor(Changed("/statements/0/userid", -1)), whole("statements[0].userid"));
  EXPECT_EQ(MessageFor(Changed("/predicates/0/attnum", 1LL << 31)), whole("predicates[0].attnum"));
  EXPECT_EQ(MessageFor(Changed("/tables/0/size", 1.5)), whole("tables[0].size"));
  EXPECT_EQ(MessageFor(Changed("/statements/1/calls", -1)), "\"statements[1].calls\" is negative");
  EXPECT_EQ(MessageFor(Changed("/statements/1/total_exec_time", -1)), "\"statements[1].total_exec_time\" is negative");
  EXPECT_EQ(MessageFor(Changed("/server/window_end", 1e300)), "\"server.window_end\" is not in range");
  EXPECT_EQ(MessageFor(Changed("/server/collected_at", -5)), "\"server.collected_at\" is negative");
  std::string text = Changed("/statements/1/total_exec_time", 12345);
  text.replace(text.find("12345"), 5, "1e999");  // that no double holds
  EXPECT_EQ(MessageFor(text), "\"statements[1].total_exec_time\" is not in range");
}

TEST(WorkloadJsonTest, NamesThePlaceOfAWrongValue) {
  EXPECT_EQ(MessageFor(Changed("/statements/1/calls", "many")), "\"statements[1].calls\" is not a number");
  EXPECT_EQ(MessageFor(Changed("/statements/1/queryid", "12x")),
            "\"statements[1].queryid\" is not a number in a string");
  EXPECT_EQ(MessageFor(Changed("/statements/1/queryid", 12)), "\"statements[1].queryid\" has the wrong type");
  EXPECT_EQ(MessageFor(Changed("/predicates/0/kind", "odd")), "\"predicates[0].kind\" is not one of the known words");
  EXPECT_EQ(MessageFor(Changed("/tables", 5)), "\"tables\" is not a list");
  EXPECT_EQ(MessageFor(Changed("/indexes/0/definition", 5)), "\"indexes[0].definition\" is not an object");
  EXPECT_EQ(MessageFor(Changed("/tables/0/kind", "rr")), "\"tables[0].kind\" is not one letter");
}

}  // namespace
}  // namespace steward::collect
