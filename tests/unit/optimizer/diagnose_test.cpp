// What doctor makes of a server, and its two forms of output.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/diagnose.hpp"
#include "cli/preload_advice.hpp"
#include "unit/optimizer/fake_database.hpp"

namespace steward::cli {
namespace {

using collect::ServerFacts;
using report::Check;
using report::CheckStatus;

ServerFacts Healthy() {
  ServerFacts facts;
  facts.endpoint = {"db1", "5432", "shop", "alice"};
  facts.version = "15.20";
  facts.version_num = 150020;
  facts.role = facts.role_sql = "alice";
  facts.preload = "pg_stat_statements, pg_steward";
  facts.loaded = true;
  facts.available_version = facts.installed_version = "0.1.0";
  facts.read_all_stats = true;
  facts.capture = collect::CaptureStatus{true, "", "2026-11-16 14:50 UTC", 412, 0, 0, 0, 1 << 20, 32 << 20};
  facts.max_worker_processes = 8;
  facts.workers_in_use = 2;
  facts.compute_query_id = "auto";
  facts.track_io_timing = facts.huge_pages = "off";
  return facts;
}

Check Find(const ServerFacts& facts, const std::string& name) {
  for (const Check& check : Diagnose(facts))
    if (check.name == name) return check;
  return {CheckStatus::kFailed, "none", "", {}};
}

std::string Joined(const Check& check) {
  std::string text = check.message;
  for (const std::string& fix : check.fixes) text += "\n" + fix;
  return text;
}

TEST(DiagnoseTest, AHealthyServerPasses) {
  for (const Check& check : Diagnose(Healthy())) EXPECT_EQ(check.status, CheckStatus::kOk) << Joined(check);
}

TEST(DiagnoseTest, SaysWhatAdviceWorksWithMeanwhile) {
  ServerFacts facts = Healthy();
  facts.hypopg = {"public", "1.10", "public", "1.3.1", true, false};
  EXPECT_EQ(Find(facts, "degraded").name, "none");  // pg_steward is there
  facts.installed_version.reset();
  EXPECT_EQ(Find(facts, "degraded").status, CheckStatus::kOk);
  EXPECT_TRUE(Find(facts, "degraded").message.starts_with("pg_stat_statements 1.10 + hypopg 1.3.1: \"advise indexes\""));
  facts.hypopg.hypopg_version = "";
  EXPECT_EQ(Find(facts, "degraded").name, "none");
}

// F4: the merged line keeps what is loaded already, without quotes round the list.
TEST(DiagnoseTest, PreloadFixKeepsWhatIsThere) {
  EXPECT_EQ(MergedPreloadList(""), "pg_steward");
  EXPECT_EQ(MergedPreloadList("pg_stat_statements,auto_explain"), "pg_stat_statements, auto_explain, pg_steward");
  EXPECT_EQ(MergedPreloadList("pg_steward, x"), "pg_steward, x");
  EXPECT_EQ(MergedPreloadList("\"odd, name\", $libdir/my-lib"), "'odd, name', '$libdir/my-lib', pg_steward");
  EXPECT_TRUE(Preloads("a, $libdir/pg_steward"));
  EXPECT_FALSE(Preloads("a, pg_steward2"));
}

TEST(DiagnoseTest, PreloadSaysHowToSetAndUndo) {
  ServerFacts facts = Healthy();
  facts.loaded = false;
  facts.preload = "auto_explain";
  const Check check = Find(facts, "preload");
  EXPECT_EQ(check.status, CheckStatus::kFailed);
  EXPECT_EQ(check.fixes.at(0), "ALTER SYSTEM SET shared_preload_libraries = auto_explain, pg_steward;");
  EXPECT_NE(Joined(check).find("to undo: ALTER SYSTEM SET shared_preload_libraries = auto_explain;"),
            std::string::npos);
  facts.preload = "";
  EXPECT_NE(Joined(Find(facts, "preload")).find("ALTER SYSTEM RESET shared_preload_libraries"), std::string::npos);
}

// The command line wins over ALTER SYSTEM, which wins over the other files.
TEST(DiagnoseTest, PreloadFixGoesWhereTheSettingIs) {
  ServerFacts facts = Healthy();
  facts.loaded = false;
  facts.preload = facts.preload_next = "auto_explain";
  facts.preload_file = "/etc/conf.d/10.conf";
  facts.preload_line = 7;
  EXPECT_EQ(Find(facts, "preload").message,
            "pg_steward is not in shared_preload_libraries (auto_explain), set in /etc/conf.d/10.conf line 7");
  EXPECT_EQ(Find(facts, "preload").fixes.back(), "to undo: ALTER SYSTEM RESET shared_preload_libraries; restart");
  facts.preload_file = "/data/postgresql.auto.conf";
  EXPECT_EQ(Find(facts, "preload").fixes.back(),
            "to undo: ALTER SYSTEM SET shared_preload_libraries = auto_explain; restart");
  facts.preload_on_command_line = true;
  facts.preload = "auto_explain,\"it's, odd\"";
  facts.preload_next = "pg_steward";  // in a file, where it has no effect
  const Check check = Find(facts, "preload");
  EXPECT_NE(check.message.find("given on the server's command line"), std::string::npos);
  EXPECT_NE(check.fixes.at(0).find(": -c shared_preload_libraries='auto_explain,\"it'\\''s, odd\",pg_steward'"),
            std::string::npos)
      << check.fixes.at(0);
  EXPECT_EQ(Joined(check).find("ALTER SYSTEM SET"), std::string::npos);
}

TEST(DiagnoseTest, PreloadTellsTheOtherStates) {
  ServerFacts facts = Healthy();
  facts.loaded = false;
  facts.preload = "";
  facts.preload_next = "pg_steward";
  EXPECT_EQ(Find(facts, "preload").fixes, std::vector<std::string>{"restart the server"});
  facts.preload_next.reset();
  facts.preload.reset();
  EXPECT_NE(Find(facts, "preload").message.find("cannot see"), std::string::npos);
  facts.preload = "";
  facts.available_version = std::nullopt;  // the line alone would make a server that does not start
  EXPECT_EQ(Find(facts, "preload").fixes.at(0).find("first install the files"), 0U);
}

TEST(DiagnoseTest, APoolerFails) {
  ServerFacts facts = Healthy();
  facts.pooler = {true, "10.0.0.5", "5432"};
  const Check check = Find(facts, "connection");
  EXPECT_EQ(check.status, CheckStatus::kFailed);
  EXPECT_EQ(check.fixes.at(0), "connect to the server, not to the pooler: -h 10.0.0.5 -p 5432");
}

TEST(DiagnoseTest, NamesEachMissingGrant) {
  ServerFacts facts = Healthy();
  facts.role = "odd \"role";
  facts.role_sql = "\"odd \"\"role\"";
  facts.read_all_stats = false;
  facts.missing_grants = {"GRANT USAGE ON SCHEMA steward"};
  const Check check = Find(facts, "rights");
  EXPECT_EQ(check.status, CheckStatus::kWarning);
  EXPECT_EQ(check.fixes.at(0), "GRANT USAGE ON SCHEMA steward TO \"odd \"\"role\";");
  EXPECT_EQ(check.fixes.at(1).find("GRANT pg_read_all_stats TO \"odd \"\"role\";"), 0U);
}

TEST(DiagnoseTest, TellsWhetherSuggestionsCanBeSaved) {
  ServerFacts facts = Healthy();
  facts.missing_save_grants = {"GRANT EXECUTE ON FUNCTION steward.save_suggestions(jsonb)"};
  EXPECT_EQ(Find(facts, "saving").status, CheckStatus::kWarning);
  EXPECT_EQ(Find(facts, "saving").fixes.at(0), "GRANT EXECUTE ON FUNCTION steward.save_suggestions(jsonb) TO alice;");
  facts.standby = true;
  EXPECT_EQ(Find(facts, "saving").status, CheckStatus::kOk);
}

TEST(DiagnoseTest, NamesWhatMeasuringTakes) {
  ServerFacts facts = Healthy();
  facts.missing_measure_grants = {"GRANT SET ON PARAMETER pg_steward.track"};
  EXPECT_EQ(Find(facts, "measuring").status, CheckStatus::kOk);
  EXPECT_EQ(Find(facts, "measuring").fixes.at(0), "GRANT SET ON PARAMETER pg_steward.track TO alice;");
}

TEST(DiagnoseTest, CountsWorkers) {
  ServerFacts facts = Healthy();
  facts.loaded = false;
  facts.workers_in_use = 6;
  EXPECT_NE(Joined(Find(facts, "workers")).find("max_worker_processes = 9;"), std::string::npos);
  facts.workers_in_use = 5;
  EXPECT_EQ(Find(facts, "workers").status, CheckStatus::kOk);
  facts.workers_in_use = std::nullopt;
  EXPECT_EQ(Find(facts, "workers").status, CheckStatus::kOk);
}

TEST(DiagnoseTest, SaysWhyNothingIsCaptured) {
  ServerFacts facts = Healthy();
  facts.compute_query_id = "off";
  EXPECT_EQ(Find(facts, "settings").status, CheckStatus::kFailed);
  facts.capture->capturing = false;
  facts.capture->reason = "pg_steward.track is none";
  EXPECT_EQ(Find(facts, "capture").status, CheckStatus::kWarning);
  facts.capture.reset();
  facts.capture_error = "permission denied for view capture_status";
  EXPECT_NE(Find(facts, "capture").message.find("permission denied"), std::string::npos);
}

test::FakeDatabase BareServer() {
  using test::OneRow;
  test::FakeDatabase database;
  database.On("pg_backend_pid", OneRow({{"pid", "4711"}, {"address", std::nullopt}, {"port", "5432"}}));
  database.On("rolsuper", OneRow({{"version_num", "150020"},
                                  {"version", "15.20"},
                                  {"standby", "f"},
                                  {"role", "alice"},
                                  {"role_sql", "alice"},
                                  {"superuser", "f"},
                                  {"read_all_stats", "f"},
                                  {"standbys", "0"},
                                  {"max_worker_processes", "8"},
                                  {"max_backends", "122"},
                                  {"compute_query_id", "auto"},
                                  {"track_io_timing", "off"},
                                  {"huge_pages", "off"},
                                  {"loaded", "f"},
                                  {"refresh_workers", "2"}}));
  database.On("WHERE name = 'shared_preload_libraries'", db::Result({"setting"}, {}));
  database.On("pg_available_extensions", db::Result({"default_version"}, {}));
  database.On("FROM pg_extension", db::Result({"extversion"}, {}));
  return database;
}

TEST(DoctorTest, WorksOnABareServerWithoutAnyRight) {
  test::FakeDatabase database = BareServer();
  const Outcome outcome = RunDoctor(database, Arguments{});
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_EQ(outcome.text,
            "ok    server      PostgreSQL 15.20, primary\n"
            "ok    connection  direct, database shop as alice\n"
            "FAIL  files       pg_steward's files are not installed on the server\n"
            "                  fix: on the server, in pg_steward's source folder: make && sudo make install\n"
            "FAIL  preload     pg_steward is not preloaded; role alice cannot see shared_preload_libraries\n"
            "                  fix: as a superuser: pgsteward doctor   (prints the line that keeps what is preloaded"
            " already)\n"
            "FAIL  extension   pg_steward is not installed in database shop\n"
            "                  fix: first install the files, then CREATE EXTENSION pg_steward;\n"
            "ok    workers     max_worker_processes 8, in use: not visible to role alice\n"
            "ok    settings    compute_query_id auto, track_io_timing off (I/O times stay empty), huge_pages off\n"
            "3 failed, 0 warnings\n");
  EXPECT_EQ(database.Asked("steward."), 1);  // only the name of a setting: nothing of ours is there to read
}

TEST(DoctorTest, JsonSaysTheSame) {
  test::FakeDatabase database = BareServer();
  Arguments arguments;
  arguments.format = Format::kJson;
  const auto document = nlohmann::json::parse(RunDoctor(database, arguments).text);
  EXPECT_EQ(document["schema_version"], 1);
  EXPECT_EQ(document["failed"], 3);
  EXPECT_EQ(document["checks"][2]["name"], "files");
  EXPECT_EQ(document["checks"][2]["status"], "fail");
}

}  // namespace
}  // namespace steward::cli
