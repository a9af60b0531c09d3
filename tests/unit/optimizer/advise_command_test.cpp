// What advise does around the analysis: refusing poolers, saving, and saying why it could not.
#include <gtest/gtest.h>

#include "act/save_suggestions.hpp"
#include "cli/commands.hpp"
#include "unit/optimizer/fake_database.hpp"

namespace steward::cli {
namespace {

using test::FakeDatabase;
using test::OneRow;

// F1: behind a pooler nothing but the process id is asked for, not even a transaction begun.
TEST(AdviseTest, BehindAPoolerItAsksNothingMore) {
  FakeDatabase database;
  database.On("pg_backend_pid", OneRow({{"pid", "99"}, {"address", "10.0.0.5"}, {"port", "5432"}}));
  Arguments arguments;
  arguments.command = Command::kAdvise;
  try {
    RunAdvise(database, arguments);
    ADD_FAILURE() << "not refused";
  } catch (const db::SettingsError& error) {
    EXPECT_STREQ(error.what(), "connect to the server, not to the pooler");
    EXPECT_EQ(error.hint(), "Try -h 10.0.0.5 -p 5432.");
  }
  EXPECT_EQ(database.asked.size(), 1U);
}

TEST(AdviseTest, WithoutTheExtensionItNamesTheCommand) {  // C12
  FakeDatabase database;
  database.On("pg_backend_pid", OneRow({{"pid", "4711"}, {"address", std::nullopt}, {"port", "5432"}}));
  database.On("pg_extension", db::Result({}, {}));
  try {
    RunAdvise(database, Arguments{});
    ADD_FAILURE() << "not refused";
  } catch (const db::Error& error) {
    EXPECT_STREQ(error.what(), "extension pg_steward is not installed in database \"shop\"");
  }
  EXPECT_EQ(database.asked.back(), "ROLLBACK");
}

TEST(SaveTest, IsAWriteTransactionOfItsOwn) {  // S8
  FakeDatabase database;
  database.On("save_suggestions", OneRow({{"run_id", "17"}}));
  const act::Saved saved = act::SaveSuggestions(database, "{}", false);
  EXPECT_EQ(saved.run_id, 17);
  ASSERT_EQ(database.asked.size(), 3U);
  EXPECT_TRUE(database.asked[0].starts_with("BEGIN READ WRITE; SET LOCAL"));
  EXPECT_EQ(database.asked[2], "COMMIT");
}

TEST(SaveTest, ARefusalIsAnAnswer) {
  FakeDatabase database;
  database.Fail("save_suggestions", {"permission denied for function save_suggestions", "", "", "42501"});
  const act::Saved saved = act::SaveSuggestions(database, "{}", false);
  EXPECT_FALSE(saved.run_id.has_value());
  EXPECT_EQ(saved.reason, "permission denied for function save_suggestions");
  EXPECT_EQ(database.asked.back(), "ROLLBACK");
}

TEST(SaveTest, AStandbyIsNotEvenAsked) {
  FakeDatabase database;
  EXPECT_EQ(act::SaveSuggestions(database, "{}", true).reason, "this server is a standby");
  EXPECT_TRUE(database.asked.empty());
}

TEST(SaveTest, ALostConnectionIsNotSwallowed) {
  FakeDatabase database;
  database.Fail("save_suggestions", {"terminating connection", "", "", "57P01"});
  EXPECT_THROW(act::SaveSuggestions(database, "{}", false), db::ConnectionError);
}

}  // namespace
}  // namespace steward::cli
