// How the clients of a load connect, and whom it may reach.
#include <gmock/gmock.h>

#include "cli/load_session.hpp"

namespace steward::cli {
namespace {

using testing::Contains;
using testing::Key;
using testing::Not;
using testing::Pair;

// As libpq tells them: the user stands before the password.
const db::Keywords kBase = {{"user", "app"}, {"password", "secret"}, {"dbname", "shop"}, {"application_name", "psql"}, {"host", "/run"}};

TEST(KeywordsOf, ClientsComeWithThePasswordThatWeCameWith) {
  load::LoadClass load_class;
  const db::Keywords keywords = KeywordsOf(kBase, load_class);
  EXPECT_THAT(keywords, Contains(Pair("password", "secret")));
  EXPECT_THAT(keywords, Contains(Pair("application_name", "pgsteward")));
  EXPECT_EQ(load_class.user, "app");
  EXPECT_EQ(load_class.database, "shop");
  load_class = {};
  load_class.user = "app";  // named, but the same
  EXPECT_THAT(KeywordsOf(kBase, load_class), Contains(Pair("password", "secret")));
}

TEST(KeywordsOf, ThePasswordOfOneUserIsNotShownToAnother) {
  load::LoadClass load_class;
  load_class.user = "report";
  load_class.database = "warehouse";
  const db::Keywords keywords = KeywordsOf(kBase, load_class);
  EXPECT_THAT(keywords, Not(Contains(Key("password"))));
  EXPECT_EQ(keywords[keywords.size() - 2], (std::pair<std::string, std::string>("user", "report")));
  EXPECT_EQ(keywords[keywords.size() - 3], (std::pair<std::string, std::string>("dbname", "warehouse")));
}

}  // namespace
}  // namespace steward::cli
