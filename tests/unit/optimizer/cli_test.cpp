// The command line, and text that is safe to print.
#include <gtest/gtest.h>

#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "report/terminal_text.hpp"

namespace steward::cli {
namespace {

using Words = std::vector<std::string>;

TEST(ArgumentsTest, TakesOptionsBeforeAndAfterTheCommand) {
  const Arguments arguments =
      ParseArguments({"-h", "doctor", "advise", "indexes", "-dshop", "--budget", "2GB", "-p", "5433", "--schema=a",
                      "--schema", "b", "--no-save", "-w", "--weight=calls"});
  EXPECT_EQ(arguments.command, Command::kAdvise);
  EXPECT_EQ(arguments.connect.host, "doctor");
  EXPECT_EQ(arguments.connect.dbname, "shop");
  EXPECT_EQ(arguments.connect.port, "5433");
  EXPECT_EQ(arguments.connect.prompt, db::ConnectOptions::Password::kNever);
  EXPECT_EQ(arguments.budget, 2LL << 30);
  EXPECT_EQ(arguments.schemas, (Words{"a", "b"}));
  EXPECT_TRUE(arguments.weigh_calls);
  EXPECT_FALSE(arguments.save);
}

// What is saved is the advice on the database: a part of it is saved only when that is asked for.
TEST(ArgumentsTest, SavesWhatIsOfAllOfTheDatabase) {
  EXPECT_TRUE(ParseArguments({"advise"}).save);
  EXPECT_FALSE(ParseArguments({"advise"}).save_if_asked);
  for (const char* part : {"--schema=a", "--exclude-schema=a", "--from=f.json"}) {
    EXPECT_FALSE(ParseArguments({"advise", part}).save) << part;
    EXPECT_TRUE(ParseArguments({"advise", part}).save_if_asked) << part;
    EXPECT_TRUE(ParseArguments({"advise", "--save", part}).save) << part;
    EXPECT_FALSE(ParseArguments({"advise", "--no-save", part}).save_if_asked) << part;
  }
}

// C14
TEST(ArgumentsTest, RefusesWhatItDoesNotKnow) {
  const std::vector<Words> wrong = {{},
                                    {"-h", "x"},
                                    {"frobnicate"},
                                    {"advise", "matviews"},
                                    {"advise", "indexes", "more"},
                                    {"doctor", "extra"},
                                    {"doctor", "--budget", "1GB"},
                                    {"advise", "--frob"},
                                    {"advise", "-z"},
                                    {"advise", "--limit", "0"},
                                    {"advise", "--limit", "x"},
                                    {"advise", "--weight", "gold"},
                                    {"advise", "--budget", "-1GB"},
                                    {"advise", "--budget", "2 parsecs"},
                                    {"advise", "--format", "xml"},
                                    {"doctor", "--format", "sql"},
                                    {"advise", "--budget"},
                                    {"doctor", "--form=json"},
                                    {"doctor", "-d", "a", "-d", "b"},
                                    {"snapshot"},
                                    {"advise", "--save", "--no-save"},
                                    {"doctor", "--no-password=x"}};
  for (const Words& words : wrong)
    EXPECT_THROW(ParseArguments(words), UsageError) << (words.empty() ? "" : words.back());
}

TEST(ArgumentsTest, ABudgetThatIsNoSizeIsToldTheUnits) {
  for (const Words& words :
       {Words{"advise", "--budget"}, Words{"advise", "--budget="}, Words{"advise", "--budget", "x"},
        Words{"advise", "--budget", "2 GiB"}, Words{"advise", "--budget", "0"}}) {
    try {
      ParseArguments(words);
      ADD_FAILURE() << "accepted";
    } catch (const UsageError& error) {
      EXPECT_NE(std::string(error.what()).find("\"--budget\""), std::string::npos) << error.what();
      EXPECT_NE(error.hint().find("kB, MB, GB or TB"), std::string::npos) << error.hint();
    }
  }
}

// S9
TEST(ArgumentsTest, MessagesNeverQuoteAValue) {
  const std::string uri = "postgres://bob:zzret@h/db";
  const std::vector<Words> wrong = {{"doctor", "--dbnme=" + uri}, {"doctor", uri}, {uri},
                                    {"doctor", "-x" + uri},       {"advise", uri}, {"doctor", "-d", uri, "-d", uri},
                                    {"doctor", "--limit=" + uri}};
  for (const Words& words : wrong) {
    try {
      ParseArguments(words);
      ADD_FAILURE() << "accepted";
    } catch (const UsageError& error) {
      EXPECT_EQ((error.what() + error.hint()).find("zzret"), std::string::npos) << error.what();
    }
  }
}

TEST(ArgumentsTest, HelpAndVersionNeedNothingElse) {
  EXPECT_TRUE(ParseArguments({"--help"}).help);
  EXPECT_TRUE(ParseArguments({"advise", "-?"}).help);
  EXPECT_EQ(ParseArguments({"advise", "-?"}).command, Command::kAdvise);
  EXPECT_TRUE(ParseArguments({"-V"}).version);
}

TEST(ProgressTest, ALineLeavesTheLastColumnFree) {  // C14
  EXPECT_EQ(ProgressLine("searching", 0.256, 80), "searching 26 %");
  EXPECT_EQ(ProgressLine("reading", std::nullopt, 80), "reading");
  EXPECT_EQ(ProgressLine("reading the workload", std::nullopt, 20), "reading the work...");
  EXPECT_EQ(ProgressLine("reading the workload", std::nullopt, 21), "reading the workload");
  EXPECT_EQ(ProgressLine("reading the workload", std::nullopt, 4), "...");
}

TEST(HelpTest, HasPsqlsLayout) {
  const std::string help = HelpText(Command::kAdvise);
  for (const char* piece : {"\nUsage:\n  pgsteward advise [indexes] [OPTION]...\n", "\nConnection options:\n",
                            "\n  -h, --host=HOSTNAME          database server host or socket directory\n",
                            "\n      --no-save                do not save", "\n  -?, --help                   show"})
    EXPECT_NE(help.find(piece), std::string::npos) << piece << help;
  EXPECT_EQ(HelpText(Command::kNone).find("words"), std::string::npos);
}

TEST(ByteSizeTest, ReadsUnitsInStepsOf1024) {
  EXPECT_EQ(ParseByteSize("0"), 0);
  EXPECT_EQ(ParseByteSize("1048576"), 1048576);
  EXPECT_EQ(ParseByteSize("64kB"), 65536);
  EXPECT_EQ(ParseByteSize("1.5GB"), 1610612736);
  EXPECT_EQ(ParseByteSize("512 MB"), 536870912);
  for (const char* wrong : {"", "GB", "1mb", "1e400", "nan", "-5", "9999999999TB", "1GB1"})
    EXPECT_FALSE(ParseByteSize(wrong).has_value()) << wrong;
}

}  // namespace
}  // namespace steward::cli

namespace steward::report {
namespace {

// E7
TEST(TerminalTextTest, ShowsControlCharactersInsteadOfSendingThem) {
  EXPECT_EQ(Printable("a\x1b[31mred\n\tb\x07"), "a\\x1b[31mred\\n\\tb\\x07");
  EXPECT_EQ(Printable("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x98"), "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x98");
  EXPECT_EQ(Printable("x\xe2\x80\xaey"), "x\\u202ey");             // right-to-left override
  EXPECT_EQ(Printable("x\xd8\x9cy\xc2\xadz"), "x\\u061cy\\xadz");  // Arabic letter mark, soft hyphen
  for (const char* mark :
       {"\xe2\x80\x8e", "\xe2\x80\x8f", "\xe2\x80\xaa", "\xe2\x81\xa6", "\xe2\x81\xa9", "\xef\xbf\xb9"})
    EXPECT_EQ(Printable(mark).find("\\u"), 0U);  // bidi marks, embeddings, isolates
  EXPECT_EQ(Printable("\xc2\x9b"
                      "31m"),
            "\\x9b31m");                                                      // CSI as one C1 character
  EXPECT_EQ(Printable("\xff\xc3("), "\\xff\\xc3(");                           // not UTF-8
  EXPECT_EQ(Printable("\xc0\xaf\xed\xa0\x80"), "\\xc0\\xaf\\xed\\xa0\\x80");  // overlong, surrogate
  EXPECT_EQ(PrintableLines("one\n\ttwo\x1b"), "one\n\ttwo\\x1b");
}

TEST(TerminalTextTest, ExcerptsFitAndNeverCutACharacter) {
  EXPECT_EQ(Excerpt("  select\n   1  ", 20), "select 1");
  EXPECT_EQ(Excerpt("abcdefghij", 8), "abcde...");
  for (std::size_t columns = 3; columns < 12; ++columns)
    EXPECT_LE(Width(Excerpt("\xc3\xa9\xc3\xa9\x1b\xc3\xa9 \xe2\x82\xac\xe2\x82\xac\xe2\x82\xac word", columns)),
              columns);
}

TEST(TerminalTextTest, PrintsUnits) {
  EXPECT_EQ(Size(100663296), "96 MB");
  EXPECT_EQ(Size(1406604902), "1.31 GB");
  EXPECT_EQ(Size(8192), "8 kB");
  EXPECT_EQ(Size(512), "512 bytes");
  EXPECT_EQ(Grouped(41200), "41,200");
  EXPECT_EQ(Grouped(-1234567.25, 1), "-1,234,567.2");
  EXPECT_EQ(Grouped(999), "999");
  EXPECT_EQ(Count(38100000), "38.1 M");
  EXPECT_EQ(Count(412), "412");
  EXPECT_EQ(Duration(24.1), "24.1 ms");
  EXPECT_EQ(Duration(9.8 * 3600e3), "9.8 h");
}

}  // namespace
}  // namespace steward::report
