// Mutes: the command line, what is asked of the server, and what reports say.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "act/mute.hpp"
#include "cli/commands.hpp"
#include "collect/suggestion_states.hpp"
#include "report/index_report.hpp"
#include "unit/optimizer/fake_database.hpp"

namespace steward {
namespace {

using test::FakeDatabase;
using test::OneRow;

std::vector<model::IndexSuggestion> Suggestions() {
  std::vector<model::IndexSuggestion> suggestions(3);
  suggestions[0].id = "aaaaaa";
  suggestions[1].id = "bbbbbb";
  suggestions[2].id = "cccccc";
  for (model::IndexSuggestion& suggestion : suggestions) {
    suggestion.definition.table_name = suggestion.definition.table_sql = "t";
    suggestion.definition.keys = {{1, "a", "a", "", "", false, false}};
  }
  return suggestions;
}

void ScriptStates(FakeDatabase& database, const char* may_read) {
  database.On("FROM steward.mutes", OneRow({{"suggestion_id", "bbbbbb"}, {"reason", "no \x1b[31mdisk"}, {"muted_by", "ann"},
                                            {"muted_at", "1795359000"}, {"until", "1795445400"}}));
  database.On("has_table_privilege", OneRow({{"granted", may_read}}));
  database.On("SELECT DISTINCT suggestion_id FROM steward.suggestion", OneRow({{"suggestion_id", "aaaaaa"}}));
}

TEST(MuteTest, TheCommandLine) {
  const cli::Arguments mute = cli::ParseArguments({"mute", "k7f3a2", "--reason", "no", "--until=30d", "-d", "shop"});
  EXPECT_EQ(mute.command, cli::Command::kMute);
  EXPECT_EQ(mute.object, "k7f3a2");
  EXPECT_EQ(mute.reason, "no");
  EXPECT_EQ(mute.until.seconds_back, 30 * 86400);
  EXPECT_EQ(cli::ParseArguments({"mute", "k7f3a2", "--until", "2026-12-24"}).until.text, "2026-12-24");
  EXPECT_EQ(cli::ParseArguments({"unmute", "k7f3a2"}).object, "k7f3a2");
  using Words = std::vector<std::string>;
  for (const Words& words : {Words{"mute"}, Words{"unmute"}, Words{"mute", "a", "b"}, Words{"mute", ""},
                             Words{"mute", "a", "--until", "0d"}, Words{"unmute", "a", "--reason", "b"}})
    EXPECT_THROW(cli::ParseArguments(words), cli::UsageError) << words.back();
}

TEST(MuteTest, IsOneWriteTransaction) {
  FakeDatabase database;
  database.On("steward.mute", db::Result({}, {}));
  act::Mute(database, "k7f3a2", "", {"", 3600});
  ASSERT_EQ(database.asked.size(), 3U);
  EXPECT_TRUE(database.asked[0].starts_with("BEGIN READ WRITE; SET LOCAL"));
  EXPECT_EQ(database.asked[2], "COMMIT");
  act::Mute(database, "k7f3a2", "", {"tomorrow", 0});
  for (const std::string& sql : database.asked)
    for (std::size_t at = sql.find("SET "); at != std::string::npos; at = sql.find("SET ", at + 1))
      EXPECT_EQ(sql.substr(at, 10), "SET LOCAL ") << sql;  // F1
}

TEST(MuteTest, AnErrorLeavesNothingAndKeepsItsHint) {
  FakeDatabase database;
  database.Fail("steward.mute", {"there is no suggestion 'zz'", "", "The ids are in ...", "42704"});
  try {
    act::Mute(database, "zz", "", {});
    ADD_FAILURE();
  } catch (const db::Error& error) {
    EXPECT_EQ(error.hint(), "The ids are in ...");
  }
  EXPECT_EQ(database.asked.back(), "ROLLBACK");
  database.Fail("steward.unmute", {"permission denied for function unmute", "", "", "42501"});
  try {
    act::Unmute(database, "zz");
    ADD_FAILURE();
  } catch (const db::InsufficientPrivilege& error) {
    EXPECT_NE(error.hint().find("GRANT EXECUTE ON FUNCTION steward.mute"), std::string::npos);
  }
}

TEST(MuteTest, ATimeThatIsNoneIsWrongUsage) {
  FakeDatabase database;
  database.On("pg_extension", OneRow({{"one", "1"}}));
  database.Fail("steward.mute", {"invalid input syntax for type timestamp with time zone", "", "", "22007"});
  cli::Arguments arguments;
  arguments.command = cli::Command::kMute;
  arguments.object = "k7f3a2";
  arguments.until.text = "whenever";
  EXPECT_THROW(cli::RunMute(database, arguments), cli::UsageError);
}

TEST(MuteTest, SuggestionsAreNewOpenOrMuted) {
  FakeDatabase database;
  ScriptStates(database, "t");
  model::IndexAdvice advice;
  advice.suggestions = Suggestions();
  collect::MarkStates(database, advice);
  const std::vector<model::IndexSuggestion>& suggestions = advice.suggestions;
  EXPECT_EQ(suggestions[0].status, "open");
  EXPECT_EQ(suggestions[1].status, "muted");
  EXPECT_EQ(suggestions[1].mute->by, "ann");
  EXPECT_EQ(suggestions[2].status, "new");
}

TEST(MuteTest, WhoMayNotReadRunsStillSeesMutes) {
  FakeDatabase database;
  ScriptStates(database, "f");
  model::IndexAdvice advice;
  advice.suggestions = Suggestions();
  collect::MarkStates(database, advice);
  const std::vector<model::IndexSuggestion>& suggestions = advice.suggestions;
  EXPECT_EQ(suggestions[0].status, "");
  EXPECT_EQ(suggestions[1].status, "muted");
  EXPECT_EQ(database.Asked("SELECT DISTINCT"), 0);
}

TEST(MuteTest, Reports) {
  FakeDatabase database;
  ScriptStates(database, "t");
  model::IndexAdvice advice;
  advice.suggestions = Suggestions();
  collect::MarkStates(database, advice);
  const std::string shown = report::IndexText(advice, {});
  EXPECT_NE(shown.find("   muted   by ann, 2026-11-22 14:50 UTC, until 2026-11-23 14:50 UTC: no \\x1b[31mdisk\n"),
            std::string::npos) << shown;
  const auto json = nlohmann::json::parse(report::IndexJson(advice, {}));
  EXPECT_EQ(json["suggestions"][0]["status"], "open");
  EXPECT_EQ(json["suggestions"][1]["status"], "muted");
  EXPECT_EQ(json["suggestions"][1]["mute"]["until"], "2026-11-23T14:50:00Z");
  EXPECT_FALSE(json["suggestions"][2].contains("mute"));
  advice.suggestions.clear();
  report::IndexReportContext context;
  context.muted = 2;
  const std::string hidden = report::IndexText(advice, context);
  EXPECT_NE(hidden.find("\nno new index that is not muted\n\nmuted: 2 (--show-muted)\n"), std::string::npos) << hidden;
}

}  // namespace
}  // namespace steward
