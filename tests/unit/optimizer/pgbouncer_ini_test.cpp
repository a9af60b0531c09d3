// PgBouncer's ini dialect (pgbouncer/ini) and replacing files (pgbouncer/file).
#include "pgbouncer/ini.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

namespace steward::pgbouncer {
namespace {

using Files = std::map<std::string, std::string>;

Ini Read(const Files& files) {
  return ReadIni("main.ini", [&](const std::string& path) {
    const auto found = files.find(path);
    if (found == files.end()) throw FileError("could not open \"" + path + "\"", "");
    return found->second;
  });
}
Ini Read(const std::string& text) {
  return Read(Files{{"main.ini", text}});
}

// "section key=value" of each value, in order.
std::vector<std::string> Values(const Ini& ini) {
  std::vector<std::string> values;
  for (const IniEntry& entry : ini.entries)
    if (entry.kind == IniEntry::Kind::kValue) values.push_back(entry.section + " " + entry.key + "=" + entry.value);
  return values;
}

std::string ErrorOf(const Files& files) {
  try {
    Read(files);
  } catch (const FileError& error) {
    return error.what();
  }
  return "";
}
std::string ErrorOf(const std::string& text) {
  return ErrorOf(Files{{"main.ini", text}});
}

using Strings = std::vector<std::string>;

TEST(PgBouncerIni, CommentsBeginLinesAndNothingElse) {
  EXPECT_EQ(Values(Read("; one\n# two\n  ; three\n[s]\na = 1 ; not a comment\nb=#2\n")),
            (Strings{"s a=1 ; not a comment", "s b=#2"}));
}

TEST(PgBouncerIni, WhiteSpaceAroundNamesAndValuesIsDropped) {
  EXPECT_EQ(Values(Read("\n\n [s]\r\n\ta\t=\t x y \t\r\nempty =\nlast= 3")), (Strings{"s a=x y", "s empty=", "s last=3"}));
}

TEST(PgBouncerIni, NamesAreCaseSensitiveAndKeepTheirOrder) {
  EXPECT_EQ(Values(Read("[S]\nA=1\na=2\nA=3\n[s]\nA=4\n")), (Strings{"S A=1", "S a=2", "S A=3", "s A=4"}));
}

TEST(PgBouncerIni, NamesMayBeQuotedAndBeAStar) {
  EXPECT_EQ(Values(Read("[s]\n* = host=h\n'a b' = c\nx-y.z_1=2\n")), (Strings{"s *=host=h", "s a b=c", "s x-y.z_1=2"}));
}

TEST(PgBouncerIni, AValueMayStandBehindASectionsName) {
  EXPECT_EQ(Values(Read("[s] a = 1\n")), (Strings{"s a=1"}));
}

TEST(PgBouncerIni, EntriesKnowTheirPlace) {
  const Ini ini = Read("; x\n[s]\n\n  key =  value  \n");
  ASSERT_EQ(ini.entries.size(), 2U);
  EXPECT_EQ(ToText(ini.entries[0].place), "main.ini:2");
  EXPECT_EQ(ToText(ini.entries[1].place), "main.ini:4");
  const IniEntry& entry = ini.entries[1];
  EXPECT_EQ(ini.files[0].text.substr(entry.begin, entry.end - entry.begin), "value");
}

TEST(PgBouncerIni, IncludedFilesStandWhereTheyAreNamed) {
  const Ini ini = Read({{"main.ini", "[s]\na=1\n%include\tmore.ini \nc=3\n"}, {"more.ini", "b=2\n[t]\nd=4\n"}});
  EXPECT_EQ(Values(ini), (Strings{"s a=1", "s b=2", "t d=4", "t c=3"}));
  EXPECT_EQ(ToText(ini.entries[3].place), "more.ini:1");
  EXPECT_EQ(ini.files.size(), 2U);
}

TEST(PgBouncerIni, IncludesNestTenDeepAndNoDeeper) {
  Files files;
  for (int i = 0; i <= 11; ++i)
    files["f" + std::to_string(i)] = "%include f" + std::to_string(i + 1) + "\n";
  files["f10"] = "[s]\nx=1\n";
  files["main.ini"] = "%include f1\n";
  EXPECT_EQ(Values(Read(files)), (Strings{"s x=1"}));
  files["main.ini"] = "%include f0\n";
  EXPECT_EQ(ErrorOf(files), "could not read f9:1: files include each other more than ten deep");
}

TEST(PgBouncerIni, AnIncludedFileThatIsMissingIsNamedWithItsPlace) {
  EXPECT_EQ(ErrorOf("[s]\n%include gone.ini\n"), "could not read main.ini:2: could not open \"gone.ini\"");
}

TEST(PgBouncerIni, FaultsAreNamedWithFileAndLineAndNeverQuoted) {
  EXPECT_EQ(ErrorOf("[s]\na=1\nsecret\n"), "could not read main.ini:3: this is no \"name = value\"");
  EXPECT_EQ(ErrorOf("[s]\na b=secret\n"), "could not read main.ini:2: this is no \"name = value\"");
  EXPECT_EQ(ErrorOf("[s]\n=secret\n"), "could not read main.ini:2: this is no \"name = value\"");
  EXPECT_EQ(ErrorOf("[s]\n'secret\n"), "could not read main.ini:2: a quoted name is empty or not closed");
  EXPECT_EQ(ErrorOf("[databases\n"), "could not read main.ini:1: a section's name is not closed with \"]\"");
  EXPECT_EQ(ErrorOf("a=1\n"), "could not read main.ini:1: a value stands before the first section");
  EXPECT_EQ(ErrorOf(std::string("[s]\na=1\nb=\0\n", 12)), "could not read main.ini:3: there is a zero byte");
  EXPECT_EQ(ErrorOf("\xef\xbb\xbf[s]\n"), "could not read main.ini:1: the file begins with a byte order mark");
}

TEST(PgBouncerIni, OverlongLinesAreRefused) {
  EXPECT_EQ(Values(Read("[s]\na=" + std::string(65534, 'x') + "\n")).size(), 1U);
  EXPECT_EQ(ErrorOf("[s]\na=" + std::string(65535, 'x') + "\n"), "could not read main.ini:2: the line is longer than 64 kB");
}

TEST(PgBouncerIni, EveryTruncationIsReadOrNamed) {
  const std::string whole = "[databases]\napp = host=h port=5432 password='a b'\n[pgbouncer]\nlisten_port = 6432\n";
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const std::string error = ErrorOf(whole.substr(0, length));
    EXPECT_TRUE(error.empty() || error.starts_with("could not read main.ini:")) << length << ": " << error;
  }
  EXPECT_FALSE(Read(whole).EndsWithinLine());
  EXPECT_TRUE(Read(whole.substr(0, whole.size() - 1)).EndsWithinLine());
}

TEST(PgBouncerIni, PairsHaveQuotes) {
  const auto pairs = ParsePairs("host=h  user = 'a ''b'' c' pool_size=3 ", {"f", 1});
  ASSERT_EQ(pairs.size(), 3U);
  EXPECT_EQ(pairs[0].key + "|" + pairs[0].value, "host|h");
  EXPECT_EQ(pairs[1].key + "|" + pairs[1].value, "user|a 'b' c");
  EXPECT_EQ(pairs[2].key + "|" + pairs[2].value, "pool_size|3");
  EXPECT_TRUE(ParsePairs("  ", {"f", 1}).empty());
}

TEST(PgBouncerIni, BrokenPairsAreNamedWithoutTheirValues) {
  const auto error_of = [](const char* text) -> std::string {
    try {
      ParsePairs(text, {"f", 7});
    } catch (const FileError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(error_of("password=a secret"), "could not read f:7: the connection string is not made of \"key=value\"");
  EXPECT_EQ(error_of("password='secret"), "could not read f:7: a quote is not closed");
  EXPECT_EQ(error_of("host="), "could not read f:7: a name of the connection string has no value");
  EXPECT_EQ(error_of("host=''"), "could not read f:7: a name of the connection string has no value");
  EXPECT_EQ(error_of("password=my secret="), "could not read f:7: a name of the connection string has no value");
}

TEST(PgBouncerIni, QuotedValuesAreReadBackAsTheyWere) {
  for (const std::string value : {"plain", "a b", "it's", "''", "x\ty"})
    EXPECT_EQ(ParsePairs("k=" + QuotedPairValue(value) + " z=1", {"f", 1}).at(0).value, value);
}

std::string ReplaceFile(const std::string& path, const std::string& text, std::optional<unsigned> at_most = std::nullopt) {
  return ReplaceFiles({{path, text, at_most}}).front();
}

class ReplacedFile : public ::testing::Test {
 protected:
  ReplacedFile() {
    std::string pattern = "/tmp/steward-file-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~ReplacedFile() override { std::filesystem::remove_all(folder_); }
  void Write(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }
  [[nodiscard]] std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  [[nodiscard]] mode_t Mode(const std::string& name) const {
    struct stat status = {};
    return stat(Path(name).c_str(), &status) == 0 ? status.st_mode & 0777U : 0U;
  }

  std::filesystem::path folder_;
};

TEST_F(ReplacedFile, KeepsModeAndABackup) {
  Write("a.ini", "old");
  chmod(Path("a.ini").c_str(), 0604);
  EXPECT_EQ(ReplaceFile(Path("a.ini"), "new"), Path("a.ini.bak"));
  EXPECT_EQ(ReadFile(Path("a.ini"), 100), "new");
  EXPECT_EQ(ReadFile(Path("a.ini.bak"), 100), "old");
  EXPECT_EQ(Mode("a.ini"), 0604U);
  EXPECT_EQ(Mode("a.ini.bak"), 0604U);
}

TEST_F(ReplacedFile, ANewOneIsNotForEverybody) {
  EXPECT_EQ(ReplaceFile(Path("a.ini"), "new"), "");
  EXPECT_EQ(Mode("a.ini"), 0640U);
}

TEST_F(ReplacedFile, ANewOneIsForNobodyWhoIsNotMeantToReadIt) {
  ReplaceFile(Path("a.ini"), "new", 0600);
  EXPECT_EQ(Mode("a.ini"), 0600U);
  EXPECT_EQ(ModeOf(Path("a.ini")), 0600U);
  Write("b.ini", "old");
  chmod(Path("b.ini").c_str(), 0644);
  ReplaceFile(Path("b.ini"), "new", 0640);
  EXPECT_EQ(Mode("b.ini"), 0640U);
  EXPECT_THROW(ModeOf(Path("gone")), FileError);
}

TEST_F(ReplacedFile, NoBackupIsWrittenOver) {
  Write("a.ini", "first");
  EXPECT_EQ(ReplaceFile(Path("a.ini"), "second"), Path("a.ini.bak"));
  EXPECT_EQ(ReplaceFile(Path("a.ini"), "second"), "");  // it is right already
  EXPECT_EQ(ReplaceFile(Path("a.ini"), "third"), Path("a.ini.bak.2"));
  EXPECT_EQ(ReplaceFile(Path("a.ini"), "fourth"), Path("a.ini.bak.3"));
  EXPECT_EQ(ReadFile(Path("a.ini.bak"), 100), "first");
  EXPECT_EQ(ReadFile(Path("a.ini.bak.2"), 100), "second");
}

TEST_F(ReplacedFile, WhatALinkPointsAtIsReplaced) {
  Write("a.ini", "old");
  std::filesystem::create_symlink("a.ini", folder_ / "link");
  ReplaceFile(Path("link"), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder_ / "link"));
  EXPECT_EQ(ReadFile(Path("a.ini"), 100), "new");
}

TEST_F(ReplacedFile, NothingIsLeftWhereItFails) {
  EXPECT_THROW(ReplaceFile(Path("gone/a.ini"), "new"), FileError);
  std::filesystem::create_directory(folder_ / "folder");
  EXPECT_THROW(ReplaceFile(Path("folder"), "new"), FileError);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(ReplacedFile, OfSeveralNoneIsReplacedBeforeAllAreWritten) {
  Write("a.ini", "old");
  EXPECT_THROW(ReplaceFiles({{Path("a.ini"), "new", {}}, {Path("b.ini"), "new", {}}, {Path("gone/c.ini"), "new", {}}}), FileError);
  EXPECT_EQ(ReadFile(Path("a.ini"), 100), "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);  // neither copies nor pieces
  EXPECT_EQ(ReplaceFiles({{Path("a.ini"), "new", {}}, {Path("b.ini"), "new", {}}}), (std::vector<std::string>{Path("a.ini.bak"), ""}));
  EXPECT_EQ(ReadFile(Path("b.ini"), 100), "new");
}

TEST_F(ReplacedFile, WhatNeverTookItsPlaceIsRemoved) {
  std::filesystem::create_directory(folder_ / "folder");
  EXPECT_THROW(FileBeside(Path("folder"), "new", 0600, nullptr).Rename(), FileError);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(ReplacedFile, ReadingIsBounded) {
  Write("a", "12345");
  EXPECT_EQ(ReadFile(Path("a"), 5), "12345");
  EXPECT_THROW(ReadFile(Path("a"), 4), FileError);
  EXPECT_THROW(ReadFile(Path("b"), 4), FileError);
  EXPECT_THROW(ReadFile(folder_.string(), 4), FileError);
}

}  // namespace
}  // namespace steward::pgbouncer
