// Changing values of an ini and nothing else (pgbouncer/editor).
#include "pgbouncer/editor.hpp"

#include <gtest/gtest.h>

namespace steward::pgbouncer {
namespace {

IniEditor Edit(const std::string& text, const std::string& included = "") {
  return IniEditor("p.ini", text, [=](const std::string&) { return included; });
}

std::string AfterSet(const std::string& text, const std::string& key, const std::string& value) {
  IniEditor editor = Edit(text);
  editor.Set(key, value, "w");
  return editor.text();
}

TEST(IniEditor, AValueIsReplacedWhereItStands) {
  EXPECT_EQ(AfterSet("; top\n[pgbouncer]\n\n  a_b\t=  1  \n; end\n", "a_b", "23"), "; top\n[pgbouncer]\n\n; why: w\n  a_b\t=  23  \n; end\n");
}

TEST(IniEditor, TheLastOfSeveralCounts) {
  EXPECT_EQ(AfterSet("[pgbouncer]\na = 1\na = 2\n[databases]\n", "a", "3"), "[pgbouncer]\na = 1\n; why: w\na = 3\n[databases]\n");
}

TEST(IniEditor, AnEmptyValueIsFilled) {
  EXPECT_EQ(AfterSet("[pgbouncer]\na =\nb = 1\n", "a", "3"), "[pgbouncer]\n; why: w\na =3\nb = 1\n");
}

TEST(IniEditor, ANewOneGoesBelowItsCommentOrToTheEnd) {
  EXPECT_EQ(AfterSet("[pgbouncer]\n;a = 20\nb = 1\n; c\n\n[databases]\n", "a", "3"), "[pgbouncer]\n;a = 20\n; why: w\na = 3\nb = 1\n; c\n\n[databases]\n");
  EXPECT_EQ(AfterSet("[pgbouncer]\n;aa = 20\nb = 1\n; c\n\n[databases]\n", "a", "3"), "[pgbouncer]\n;aa = 20\nb = 1\n; why: w\na = 3\n; c\n\n[databases]\n");
  EXPECT_EQ(AfterSet("[databases]\n;a = 5\n[pgbouncer]", "a", "3"), "[databases]\n;a = 5\n[pgbouncer]\n; why: w\na = 3\n");
}

TEST(IniEditor, AfterASecondMainSectionTheFirstDoesNotCount) {
  EXPECT_EQ(AfterSet("[pgbouncer]\na = 1\n[pgbouncer]\nb = 2\n", "a", "1"), "[pgbouncer]\na = 1\n[pgbouncer]\nb = 2\n; why: w\na = 1\n");
}

TEST(IniEditor, LineEndsStayAsTheyAre) {
  EXPECT_EQ(AfterSet("[pgbouncer]\r\na = 1\r\n", "a", "2"), "[pgbouncer]\r\n; why: w\r\na = 2\r\n");
  EXPECT_EQ(AfterSet("[pgbouncer]\r\na = 1\r\n", "b", "2"), "[pgbouncer]\r\na = 1\r\n; why: w\r\nb = 2\r\n");
}

TEST(IniEditor, AnotherChangeReplacesTheReason) {
  IniEditor editor = Edit("[pgbouncer]\na = 1\n");
  editor.Set("a", "2", "first\nnot a line");
  EXPECT_EQ(editor.text(), "[pgbouncer]\n; why: first not a line\na = 2\n");
  editor.Set("a", "3", "second");
  EXPECT_EQ(editor.text(), "[pgbouncer]\n; why: second\na = 3\n");
  editor.Set("a", "3", "third");
  EXPECT_EQ(editor.text(), "[pgbouncer]\n; why: second\na = 3\n");
  ASSERT_EQ(editor.changes().size(), 2U);
  EXPECT_EQ(editor.changes()[1].before + editor.changes()[1].after, "23");
}

TEST(IniEditor, PairsOfALineAreChangedInIt) {
  IniEditor editor = Edit("[databases]\n; c\nx = host=h  password='a b' pool_size=3\ny =\n[pgbouncer]\n");
  editor.SetPair("x", "pool_size", "9", "w");
  editor.SetPair("x", "min_pool_size", "2", "v");
  editor.SetPair("y", "connect_query", "SELECT 'a'", "u");
  EXPECT_EQ(editor.text(),
            "[databases]\n; c\n; why: v\nx = host=h  password='a b' pool_size=9 min_pool_size=2\n; why: u\ny =connect_query='SELECT ''a'''\n[pgbouncer]\n");
  EXPECT_EQ(editor.PairsOf("y").at(0).value, "SELECT 'a'");
  EXPECT_THROW(editor.SetPair("z", "a", "1", ""), FileError);
}

TEST(IniEditor, NewDatabasesGoBehindTheOthers) {
  IniEditor editor = Edit("[databases]\nx = host=h\n\n[pgbouncer]\n");
  editor.AddDatabase("x admin", {{"dbname", "x"}, {"password", "zz"}}, "w");
  EXPECT_EQ(editor.text(), "[databases]\nx = host=h\n; why: w\n'x admin' = dbname=x password=zz\n\n[pgbouncer]\n");
  for (const IniChange& change : editor.changes()) EXPECT_EQ(change.after, "x");  // and no password
  IniEditor none = Edit("[pgbouncer]\n");
  none.AddDatabase("x", {{"host", "h"}}, "");
  EXPECT_EQ(none.text(), "[databases]\nx = host=h\n\n[pgbouncer]\n");
}

TEST(IniEditor, IncludedFilesAreNotChanged) {
  IniEditor editor = Edit("[pgbouncer]\n%include more\n", "a = 1\n[databases]\nx = host=h\n[pgbouncer]\n");
  editor.Set("a", "2", "");  // set back by the included [pgbouncer]: a new line will do
  EXPECT_TRUE(editor.text().ends_with("a = 2\n"));
  EXPECT_THROW(editor.SetPair("x", "pool_size", "2", ""), FileError);
  IniEditor other = Edit("[pgbouncer]\n%include more\n", "a = 1\n");
  EXPECT_THROW(other.Set("a", "2", ""), FileError);
  other.Set("a", "1", "");
  EXPECT_TRUE(other.changes().empty());
}

}  // namespace
}  // namespace steward::pgbouncer
