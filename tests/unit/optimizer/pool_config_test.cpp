// Configuration made of a plan (pgbouncer/plan, pgbouncer/config): what is written, and what is refused.
#include "pgbouncer/config.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "unit/optimizer/golden.hpp"
#include "unit/optimizer/pool_facts_builder.hpp"

namespace steward::pgbouncer {
namespace {

constexpr const char* kExisting =
    ";; our pooler\n"
    "[databases]\n"
    "; the shop\n"
    "shop = host=db1 user=web password='zz zz' pool_size=40\n"
    "\n"
    "[pgbouncer]\n"
    "pool_mode = transaction   \n"
    ";query_wait_timeout = 120\n"
    "max_client_conn=100\n"
    "# the end\n";

PlanRow Row(const std::string& pool, const std::string& component, const std::string& setting, const std::string& suggested,
            const std::string& requires_what = "reload") {
  return {pool, component, setting, "", suggested, requires_what, "because " + setting, "", "", {}};
}

Plan Sample() {
  Plan plan;
  plan.database = "shop";
  plan.host = "/run/postgresql";
  plan.port = "5432";
  plan.instances = 4;
  plan.rows = {Row("main", "pgbouncer", "pool_size", "12"),
               Row("main", "pgbouncer", "min_pool_size", "2"),
               Row("main", "pgbouncer", "reserve_pool_size", "3"),
               Row("main", "pgbouncer", "pool_mode", "transaction"),
               Row("main", "application", "pool_size", "30", "deploy"),
               Row("main", "application", "acquire_timeout", "1500ms", "deploy"),
               Row("main", "postgresql", "statement_timeout", "5s"),
               Row("admin", "pgbouncer", "pool_size", "2"),
               Row("admin", "pgbouncer", "reserve_pool_size", "0"),
               Row("admin", "application", "pool_size", "2", "deploy"),
               Row("", "pgbouncer", "max_client_conn", "1200"),
               Row("", "pgbouncer", "query_wait_timeout", "1"),
               Row("", "pgbouncer", "reserve_pool_timeout", "0.25"),
               Row("", "pgbouncer", "server_lifetime", "3600"),
               Row("", "pgbouncer", "listen_backlog", "4096", "restart"),
               Row("", "application", "max_lifetime", "1800s", "deploy"),
               Row("", "postgresql", "max_connections", "100", "restart"),
               Row("", "postgresql", "tcp_keepalives_idle", "it's", "reload")};
  plan.rows[6].ddl = "ALTER ROLE \"web\" IN DATABASE \"shop\" SET statement_timeout = '5s';";
  plan.rows[6].undo_ddl = "ALTER ROLE \"web\" IN DATABASE \"shop\" RESET statement_timeout;";
  plan.rows[6].caveats = {"the limit of a request has to be longer"};
  return plan;
}

MadeConfig Make(const Plan& plan, const std::optional<std::string>& existing = kExisting, test::FactsBuilder facts = {}) {
  if (!existing) return MakeConfig(plan, std::nullopt, facts.Get());
  return MakeConfig(plan, ExistingIni{"/etc/pgbouncer/p.ini", *existing}, facts.Whole(*existing).Get());
}

std::string TextOf(const MadeConfig& made) {
  std::string text;
  for (const std::string& refusal : made.refusals) text += "REFUSED " + refusal + "\n";
  for (const MadeFile& file : made.files) {
    text += "==== " + file.name + "\n" + file.text;
    for (const IniChange& change : file.changes) text += "---- " + change.where + " | " + change.key + " | " + change.before + " | " + change.after + "\n";
  }
  for (const std::string& step : made.steps) text += "step " + step + "\n";
  return text;
}

TEST(PoolConfig, AnExistingFileKeepsItsCommentsAndOrder) {
  test::ExpectGolden("pool_config_existing.txt", TextOf(Make(Sample())));
}

TEST(PoolConfig, ANewFile) {
  test::ExpectGolden("pool_config_new.txt", TextOf(Make(Sample(), std::nullopt, test::FactsBuilder().Version(124))));
}

TEST(PoolConfig, TheSecondTimeNothingChanges) {
  const MadeConfig first = Make(Sample());
  const MadeConfig second = Make(Sample(), first.files.front().text);
  EXPECT_EQ(second.files.front().text, first.files.front().text);
  EXPECT_TRUE(second.files.front().changes.empty());
  EXPECT_EQ(second.files.size(), first.files.size());  // the application's among them
  EXPECT_EQ(second.files.at(1).name, "application.ini");
  EXPECT_EQ(TextOf(second).find("RELOAD in PgBouncer's console"), std::string::npos);
}

TEST(PoolConfig, EachReleaseGetsTheNameItKnows) {
  const auto text = [](int version) { return Make(Sample(), kExisting, test::FactsBuilder().Version(version)).files.front().text; };
  EXPECT_NE(text(118).find(" reserve_pool=3"), std::string::npos);
  EXPECT_NE(text(124).find(" reserve_pool_size=3"), std::string::npos);
}

TEST(PoolConfig, EntriesThatAreThereAreUsed) {
  Plan plan = Sample();
  plan.rows.push_back(Row("read", "pgbouncer", "pool_size", "4"));
  const std::string text = Make(plan, "[databases]\nshop = host=h\nshop_ro = host=r\n* = host=x\n[pgbouncer]\n").files.front().text;
  EXPECT_NE(text.find("shop_ro = host=r pool_size=4"), std::string::npos);
  EXPECT_NE(text.find("shop_admin = host=h dbname=shop pool_size=2"), std::string::npos);
}

TEST(PoolConfig, AnEntryIsMadeOfTheFallbackLine) {
  Plan plan = Sample();
  plan.rows = {Row("main", "pgbouncer", "pool_size", "4")};
  const std::string text = Make(plan, "[databases]\n* = host=x port=6000 pool_size=9\n[pgbouncer]\n").files.front().text;
  EXPECT_NE(text.find("shop = host=x port=6000 pool_size=4"), std::string::npos);
}

// Row `changed` in place of the sample's row of the same pool, component and setting; or besides.
Plan With(const PlanRow& changed) {
  Plan plan = Sample();
  for (PlanRow& row : plan.rows)
    if (row.pool == changed.pool && row.component == changed.component && row.setting == changed.setting) {
      row = changed;
      return plan;
    }
  plan.rows.push_back(changed);
  return plan;
}

using Refusals = std::vector<std::string>;

TEST(PoolConfig, UnsafeValuesAreRefused) {
  const auto refused = [](const Plan& plan) { return Make(plan, kExisting, test::FactsBuilder().Version(118)).refusals; };
  EXPECT_EQ(refused(Sample()), Refusals{});
  EXPECT_EQ(refused(With(Row("", "pgbouncer", "max_prepared_statements", "200"))), (Refusals{"PgBouncer 1.18 has no setting max_prepared_statements"}));
  EXPECT_EQ(refused(With(Row("", "pgbouncer", "pool_count", "2"))), (Refusals{"PgBouncer 1.18 has no setting pool_count"}));
  EXPECT_EQ(refused(With(Row("", "pgbouncer", "query_wait_timeout", "1s"))), (Refusals{"PgBouncer does not accept \"1s\" as query_wait_timeout"}));
  EXPECT_EQ(refused(With(Row("main", "pgbouncer", "pool_size", "0"))), (Refusals{"a pool_size of 0 has no bound (pool main)", "min_pool_size 2 is more than pool_size 0 (pool main)"}));
  EXPECT_EQ(refused(With(Row("main", "pgbouncer", "pool_size", "12 password=x"))),
            (Refusals{"PgBouncer does not accept \"12 password=x\" as pool_size of pool main"}));
  EXPECT_EQ(refused(With(Row("main", "pgbouncer", "min_pool_size", "13"))), (Refusals{"min_pool_size 13 is more than pool_size 12 (pool main)"}));
  EXPECT_EQ(refused(With(Row("main", "pgbouncer", "pool_mode", "tx"))), (Refusals{"PgBouncer does not accept \"tx\" as pool_mode of pool main"}));
  EXPECT_EQ(refused(With(Row("main", "pgbouncer", "server_lifetime", "60"))), (Refusals{"PgBouncer 1.18 has no server_lifetime in [databases] (pool main)"}));
  EXPECT_EQ(refused(With(Row("", "postgresql", "x y", "60"))), (Refusals{"the server has no setting \"x y\""}));
  EXPECT_EQ(refused(With(Row("main", "application", "poolsize", "60"))).size(), 1U);
}

TEST(PoolConfig, MoreConnectionsThanTheServerHasAreRefused) {
  EXPECT_EQ(Make(With(Row("main", "pgbouncer", "pool_size", "92"))).refusals, Refusals{});  // 92 + 3 + 2 of 97
  EXPECT_EQ(Make(With(Row("main", "pgbouncer", "pool_size", "93"))).refusals,
            (Refusals{"rule 1, all pools: pools can open 98 connections, the server has 97 for them",
                      "rule 18, reserve_pool_size: without the reserve all pools fit, with it they do not"}));
  Plan plan = With(Row("main", "pgbouncer", "pool_size", "93"));
  std::erase_if(plan.rows, [](const PlanRow& row) { return row.setting == "max_connections"; });
  EXPECT_EQ(Make(plan).refusals, Refusals{});
  EXPECT_NE(Make(plan).steps.back().find("not checked: whether the server has as many"), std::string::npos);
  EXPECT_EQ(Make(plan, kExisting, test::FactsBuilder().Server()).refusals.size(), 2U);
}

TEST(PoolConfig, AReserveThatComesTooLateIsRefused) {
  EXPECT_EQ(Make(With(Row("", "pgbouncer", "reserve_pool_timeout", "1"))).refusals,
            (Refusals{"rule 17, shop/web: the reserve comes too late: clients have given up before it is used"}));
}

TEST(PoolConfig, SessionsThatNeedTheirConnectionStayInSessionMode) {
  Plan plan = Sample();
  plan.classes = {{"main", "shop/web/cart", {"set", "listen"}}};
  const std::string session = "[databases]\nshop = host=h\n[pgbouncer]\npool_mode = session\n";
  EXPECT_EQ(Make(plan, session).refusals,
            (Refusals{"shop may not leave session mode: shop/web/cart was seen to use what does not survive a change of hands (listen)"}));
  EXPECT_EQ(Make(plan, std::nullopt).refusals.size(), 1U);
  EXPECT_EQ(Make(plan).refusals, Refusals{});  // it is in transaction mode already
  plan.classes = {{"main", "shop/web/cart", {}, false}};
  EXPECT_EQ(Make(plan, session).refusals, (Refusals{"shop may not leave session mode: what the sessions of shop/web/cart use was not captured"}));
  EXPECT_EQ(Make(plan, std::nullopt).refusals, Refusals{});
  const std::vector<std::string> steps = Make(plan, std::nullopt).steps;
  EXPECT_TRUE(std::any_of(steps.begin(), steps.end(), [](const std::string& step) { return step.find("it was not captured") != std::string::npos; }));
  plan.classes = {{"main", "shop/web/cart", {"set"}}};
  EXPECT_EQ(Make(plan, session).refusals, Refusals{});
  plan.classes.clear();
  test::FactsBuilder seen;
  seen.Class("shop", "web", "cart", 5, 1, 0.1, {{"temp_table"}});
  EXPECT_EQ(Make(plan, session, seen).refusals.size(), 1U);
}

TEST(PoolConfig, RareSessionsThatNeedTheirConnectionCountToo) {
  Plan plan = Sample();
  plan.classes = {{"main", "shop/web/cart", {}}, {"admin", "shop/boss/-", {}}};
  const std::string session = "[databases]\nshop = host=h\n[pgbouncer]\npool_mode = session\n";
  const auto refusals = [&](const std::string& role, const std::string& application) {
    test::FactsBuilder seen;
    seen.Class("shop", role, application, 5, 1, 0.1, {{"listen"}});
    return Make(plan, session, seen).refusals;
  };
  EXPECT_EQ(refusals("events", ""),
            (Refusals{"shop may not leave session mode: shop/events/- was seen to use what does not survive a change of hands (listen)"}));
  EXPECT_EQ(refusals("web", "cart").size(), 1U);       // seen since the plan was made
  EXPECT_EQ(refusals("boss", ""), Refusals{});  // of another pool, whose mode stays
}

TEST(PoolConfig, ANewLineIsOfNobodyElse) {
  const MadeConfig made = Make(Sample(), "[databases]\nshop = host=h user=web password=zz\n[pgbouncer]\npool_mode = transaction\n");
  EXPECT_NE(made.files.front().text.find("\nshop_admin = host=h dbname=shop pool_size=2\n"), std::string::npos) << made.files.front().text;
  EXPECT_NE(made.steps.at(3).find("shop_admin is new and forces no user"), std::string::npos);
}

TEST(PoolConfig, TheDatabaseIsReachedByOneName) {
  const auto made = [](const std::string& lines) { return Make(Sample(), "[databases]\n" + lines + "[pgbouncer]\npool_mode = transaction\n"); };
  const std::string alias = made("app = host=h dbname=shop pool_size=40\n").files.front().text;
  EXPECT_NE(alias.find("\napp = host=h dbname=shop pool_size=12 "), std::string::npos) << alias;
  EXPECT_EQ(alias.find("\nshop ="), std::string::npos);
  EXPECT_NE(TextOf(made("app = host=h dbname=shop\n")).find("role = main\ndatabase = app\n"), std::string::npos);
  EXPECT_EQ(made("shop = host=h\nweb = host=h dbname=shop\n").refusals,
            (Refusals{"shop is reached by several lines of [databases], each with pools of its own: shop, web. Leave one, and the pool's size is its"}));
  EXPECT_EQ(made("shop = host=h dbname=old\n").refusals,
            (Refusals{"the line shop of [databases] leads to another database, old, and no other line to shop"}));
}

TEST(PoolConfig, ClientsOfOtherDatabasesAreNotLimited) {
  const auto made = [](const std::string& lines, const std::string& settings, const std::string& timeout) {
    return Make(With(Row("", "pgbouncer", "query_timeout", timeout)), "[databases]\nshop = host=h\n" + lines + "[pgbouncer]\npool_mode = transaction\n" + settings);
  };
  const std::string alone = made("", "", "60").files.front().text;
  EXPECT_NE(alone.find("query_timeout = 60"), std::string::npos);
  EXPECT_NE(alone.find("query_wait_timeout = 1"), std::string::npos);
  const MadeConfig shared = made("hr = host=h\n* = host=h\n", "max_client_conn = 5000\n", "60");
  const std::string text = TextOf(shared);
  EXPECT_EQ(shared.refusals, Refusals{});
  EXPECT_EQ(text.find("\nquery_"), std::string::npos) << text;
  EXPECT_NE(text.find("\nmax_client_conn = 5000\n"), std::string::npos) << text;
  EXPECT_NE(text.find("step max_client_conn stays 5000: the plan needs 1200"), std::string::npos);
  EXPECT_NE(text.find("step not written: query_timeout = 60 (it is 0) would hold for other databases too: hr, *."), std::string::npos) << text;
  EXPECT_NE(text.find("step not written: query_wait_timeout = 1 (it is 120) would"), std::string::npos) << text;
  const std::string looser = made("hr = host=h\n", "query_timeout = 30\nquery_wait_timeout = 0.5\n", "60").files.front().text;
  EXPECT_NE(looser.find("query_timeout = 60"), std::string::npos);
  EXPECT_NE(looser.find("query_wait_timeout = 1"), std::string::npos);
}

TEST(PoolConfig, SeveralProcessesNeedMoreThanOnePort) {
  Plan plan = Sample();
  EXPECT_EQ(TextOf(Make(plan)).find("processes share the TCP port"), std::string::npos);
  plan.processes = 3;
  EXPECT_NE(TextOf(Make(plan)).find("step 3 processes share the TCP port only: each needs an ini with its own pidfile"), std::string::npos);
}

TEST(PoolConfig, WhatAUsersLineWouldUndoIsRefused) {
  const std::string users = "[users]\nweb = pool_size=9\n" + std::string(kExisting);
  EXPECT_EQ(Make(Sample(), users, test::FactsBuilder().Version(123)).refusals,
            (Refusals{"pool_size of shop/web would be 9 and not 12: a line of [users] goes before it"}));
}

TEST(PoolConfig, WhatTheAdvisorPrintsIsWrittenAndPassesLint) {
  const std::string path = std::string(STEWARD_SOURCE_DIR) + "/tests/unit/optimizer/golden/pool_report.json";
  const Plan plan = ParsePlan(path, ReadFile(path, 1 << 20));
  const MadeConfig made = Make(plan, std::nullopt, test::FactsBuilder().Version(118).Server());
  EXPECT_EQ(made.refusals, Refusals{});
  std::size_t settings = 0;
  for (const PlanRow& row : plan.rows) settings += row.component == "pgbouncer" ? 1U : 0U;
  EXPECT_GT(settings, 15U);
  test::FactsBuilder facts;
  facts.Whole(made.files.at(0).text).App(made.files.at(1).text).Version(118).Server();
  for (const model::LintFinding& finding : CheckAll(facts.Get()).findings)
    EXPECT_NE(finding.severity, model::LintSeverity::kError) << finding.name << ": " << finding.message;
}

TEST(PoolConfig, NamesThatNeedQuotesOnlyWhereTheyAreRead) {
  Plan plan = Sample();
  plan.database = "my shop";
  EXPECT_EQ(Make(plan, kExisting, test::FactsBuilder().Version(124)).refusals.at(0),
            "the name \"my shop\" needs quotes, which PgBouncer reads from 1.25 on");
  const MadeConfig made = Make(plan, kExisting, test::FactsBuilder().Version(125));
  EXPECT_EQ(made.refusals, Refusals{});
  EXPECT_NE(made.files.front().text.find("\n'my shop' = host=/run/postgresql port=5432 pool_size=12"), std::string::npos);
}

std::string PlanError(const std::string& text) {
  try {
    ParsePlan("plan.json", text);
  } catch (const FileError& error) {
    return error.what();
  }
  return "";
}

TEST(PoolPlan, IsReadFromTheReportOfTheAdvisor) {
  const Plan plan = ParsePlan("plan.json", R"({"kind": "pool", "server": {"database": "shop", "host": "/run", "port": "5432"},
    "demand": {"instances": 3, "pgbouncer_processes": 2},
    "pools": [{"pool": "main", "classes": [{"class": "shop/web/-", "features": ["set", 5]}, {"class": "shop/job/-", "features": null}]}],
    "settings": [{"pool": "main", "component": "pgbouncer", "setting": "pool_size", "current_value": null, "suggested_value": "12",
                  "requires": "reload", "reason": "so\nthat", "ddl": null, "caveats": ["c"]},
                 {"pool": null, "component": "postgresql", "setting": "max_connections", "suggested_value": "120", "requires": "restart"}]})");
  EXPECT_EQ(plan.database + plan.host + plan.port, "shop/run5432");
  EXPECT_EQ(plan.instances * 10 + plan.processes, 32);
  ASSERT_EQ(plan.rows.size(), 2U);
  EXPECT_EQ(plan.rows[0].suggested + plan.rows[0].caveats.at(0), "12c");
  EXPECT_TRUE(plan.rows[1].pool.empty());
  EXPECT_EQ(plan.classes.at(0).features, (std::vector<std::string>{"set"}));
  EXPECT_FALSE(plan.classes.at(1).features_known);
  EXPECT_EQ(PoolNames(plan), (std::vector<std::string>{"main"}));
}

TEST(PoolPlan, OtherTextsAreRefused) {
  const std::string start = R"({"kind":"pool","server":{"database":"d"},"settings":[)";
  EXPECT_EQ(PlanError("{"), "could not read \"plan.json\": it is no JSON object");
  EXPECT_EQ(PlanError("[]"), "could not read \"plan.json\": it is no JSON object");
  EXPECT_EQ(PlanError(R"({"kind":"indexes","settings":[]})"), "could not read \"plan.json\": it is no report of advise pool");
  EXPECT_EQ(PlanError(R"({"kind":"pool","settings":[]})"), "could not read \"plan.json\": it names no database");
  EXPECT_EQ(PlanError(start + R"({"component":"nginx","setting":"x"}]})"), "could not read \"plan.json\": a setting is of no component that is known");
  EXPECT_EQ(PlanError(start + R"({"component":"pgbouncer"}]})"), "could not read \"plan.json\": a setting has no name");
  EXPECT_EQ(PlanError(start + R"({"component":"pgbouncer","setting":"x","suggested_value":"1\nadmin_users = eve"}]})"),
            "could not read \"plan.json\": a name or value in it holds a control character");
  EXPECT_EQ(PlanError(start + "]}"), "");
}

TEST(PoolConfigCommand, NeedsAPlanAndAFolder) {
  const auto error_of = [](const std::vector<std::string>& words) -> std::string {
    try {
      cli::ParseArguments(words);
    } catch (const cli::UsageError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(error_of({"pool", "config", "-o", "d"}), "no plan given");
  EXPECT_EQ(error_of({"pool", "config", "--from", "f"}), "no folder to write to given");
  const cli::Arguments arguments = cli::ParseArguments({"pool", "config", "--from", "f", "-o", "d", "--ini", "i"});
  EXPECT_EQ(arguments.pool.plan + arguments.pool.folder + arguments.pool.ini, "fdi");
  EXPECT_TRUE(arguments.output.empty());
}

class ConfigFolder : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "pool_config.XXXXXX";
    folder_ = mkdtemp(name.data());
    Write("plan.json", R"({"kind": "pool", "server": {"database": "shop"}, "settings": [
      {"pool": "main", "component": "pgbouncer", "setting": "pool_size", "suggested_value": "12", "requires": "reload"},
      {"pool": "main", "component": "application", "setting": "pool_size", "suggested_value": "30", "requires": "deploy"}]})");
    std::filesystem::create_directory(folder_ / "out");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, const std::string& text) const { std::ofstream(folder_ / name) << text; }
  [[nodiscard]] std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  // What it failed with and its hint; empty: it did not.
  [[nodiscard]] std::string Run(const std::vector<std::string>& options) const {
    std::vector<std::string> words = {"pool", "config", "--from", Path("plan.json"), "-o", Path("out")};
    words.insert(words.end(), options.begin(), options.end());
    try {
      EXPECT_EQ(cli::RunPoolConfig(cli::ParseArguments(words)).exit_code, 0);
    } catch (const FileError& error) {
      return std::string(error.what()) + ". " + error.hint();
    }
    return "";
  }

  std::filesystem::path folder_;
};

TEST_F(ConfigFolder, ATemplateNeverReplacesAnIniThatIsThere) {
  Write("out/pgbouncer.ini", "live");
  EXPECT_EQ(Run({}), "\"" + Path("out/pgbouncer.ini") + "\" is there already. Name it with --ini to have it changed, or write to another folder.");
  EXPECT_EQ(ReadFile(Path("out/pgbouncer.ini"), 100), "live");
  std::filesystem::remove(Path("out/pgbouncer.ini"));
  EXPECT_EQ(Run({}), "");
  EXPECT_EQ(ModeOf(Path("out/pgbouncer.ini")), 0600U);
}

TEST_F(ConfigFolder, WhereOneCannotBeWrittenNoneIs) {
  std::filesystem::create_directory(Path("out/application.ini"));
  EXPECT_NE(Run({}).find("is not a regular file"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(Path("out/pgbouncer.ini")));
}

TEST_F(ConfigFolder, WhatTheServerNeedsComesFirst) {
  Write("plan.json", R"({"kind": "pool", "server": {"database": "shop"}, "settings": [{"pool": null,
      "component": "postgresql", "setting": "max_connections", "suggested_value": "40", "requires": "restart"}]})");
  const auto text = cli::RunPoolConfig(cli::ParseArguments({"pool", "config", "--from", Path("plan.json"), "-o", Path("out")})).text;
  EXPECT_LT(text.find(Path("out/postgresql.restart.conf")), text.find(Path("out/pgbouncer.ini\n"))) << text;
}

TEST_F(ConfigFolder, ACopyOfAnIniIsForNoMoreThanTheIni) {
  Write("p.ini", "[databases]\nshop = host=h password=zz\n[pgbouncer]\npool_mode = transaction\n");
  std::filesystem::permissions(Path("p.ini"), std::filesystem::perms(0600));
  EXPECT_EQ(Run({"--ini", Path("p.ini")}), "");
  EXPECT_EQ(ModeOf(Path("out/p.ini")), 0600U);
  EXPECT_EQ(ModeOf(Path("out/application.ini")), 0640U);
}

}  // namespace
}  // namespace steward::pgbouncer
