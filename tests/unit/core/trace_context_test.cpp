// Trace ids in comments: what sqlcommenter writes is found, and nothing else. Covers E9.
#include "core/trace_context.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace steward::core {
namespace {

const std::string kId = "5bd66ef5095369c7b0d1f8f4bd33716a";
const std::string kParent = "00-" + kId + "-c532cb4098ac3dd2-01";

std::string Find(const std::string& statement) { return FindTraceId(statement).hex; }

TEST(TraceContext, FoundInWhatSqlcommenterWrites) {
  EXPECT_EQ(Find("SELECT 1 /*traceparent='" + kParent + "'*/"), kId);
  EXPECT_EQ(Find("SELECT * FROM foo /*action='%2Fparam*d',controller='index,'framework='spring',traceparent='" + kParent +
                 "',tracestate='congo%3Dt61rcWkgMzE%2Crojo%3D00f067aa0ba902b7'*/"),
            kId);
  EXPECT_EQ(Find("UPDATE t SET a = 1 /* traceparent='" + kParent + "' */ ;\n"), kId);
}

TEST(TraceContext, FoundAtTheStart) {
  EXPECT_EQ(Find("\n /*app='x',traceparent='" + kParent + "'*/ SELECT 1"), kId);
  EXPECT_EQ(Find("/*traceparent='" + kParent + "'*/"), kId) << "start and end at once";
}

TEST(TraceContext, TheEndComesFirst) {
  const std::string other = "00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-c532cb4098ac3dd2-01";
  EXPECT_EQ(Find("/*traceparent='" + other + "'*/ SELECT 1 /*traceparent='" + kParent + "'*/"), kId);
  EXPECT_EQ(Find("/*traceparent='" + kParent + "'*/ SELECT 1 /* nothing */"), kId);
}

TEST(TraceContext, QuotesMayBeEncodedOrMissing) {
  EXPECT_EQ(Find("SELECT 1 /*traceparent=%27" + kParent + "%27*/"), kId);
  EXPECT_EQ(Find("SELECT 1 /*traceparent=\\'" + kParent + "\\'*/"), kId);
  EXPECT_EQ(Find("SELECT 1 /*traceparent=\"" + kParent + "\"*/"), kId);
  EXPECT_EQ(Find("SELECT 1 /*traceparent=" + kParent + ",x='y'*/"), kId);
  EXPECT_EQ(Find("SELECT 1 /*traceparent='00%2D" + kId + "%2dc532cb4098ac3dd2-00'*/"), kId);
}

TEST(TraceContext, WhatIsNotExactIsNone) {
  const std::string zeroes(32, '0');
  for (const std::string& value : {
           "01-" + kId + "-c532cb4098ac3dd2-01",               // a version that is not known
           "ff-" + kId + "-c532cb4098ac3dd2-01",               // one that is forbidden
           "00-" + kId.substr(1) + "-c532cb4098ac3dd2-01",     // too short
           "00-" + kId + "0-c532cb4098ac3dd2-01",              // too long
           "00-" + kId + "-c532cb4098ac3dd-01",                // span too short
           "00-" + kId + "-c532cb4098ac3dd2-1",                // flags too short
           "00-" + kId + "-c532cb4098ac3dd2-01-more",          // more
           "00-" + kId + "-c532cb4098ac3dd2",                  // less
           "00-" + zeroes + "-c532cb4098ac3dd2-01",            // no trace
           "00-" + kId + "-0000000000000000-01",               // no span
           std::string("00-5BD66EF5095369C7B0D1F8F4BD33716A-c532cb4098ac3dd2-01"),  // capitals
           "00-g" + kId.substr(1) + "-c532cb4098ac3dd2-01",    // no digit
           std::string(),
       }) {
    EXPECT_EQ(Find("SELECT 1 /*traceparent='" + value + "'*/"), "") << value;
    EXPECT_EQ(Find("SELECT 1 /*traceparent=%27" + value + "%27*/"), "") << value;
  }
  EXPECT_EQ(Find("SELECT 1 /*traceparent='" + kParent + "*/"), "") << "not closed";
  EXPECT_EQ(Find("SELECT 1 /*traceparent='" + kParent + "%2"), "") << "cut";
  EXPECT_EQ(Find("SELECT 1 /*xtraceparent='" + kParent + "'*/"), "") << "another key";
  EXPECT_EQ(Find("SELECT 1 /*traceparents='" + kParent + "'*/"), "") << "another key";
  EXPECT_EQ(Find("SELECT 1 /*traceparent:" + kParent + "*/"), "") << "no assignment";
}

TEST(TraceContext, OnlyCommentsAtTheEndsCount) {
  EXPECT_EQ(Find("SELECT 'traceparent=" + kParent + "'"), "");
  EXPECT_EQ(Find("SELECT '/*traceparent=" + kParent + "*/'"), "");
  EXPECT_EQ(Find("SELECT 1 /*traceparent='" + kParent + "'*/ FROM t"), "");
  EXPECT_EQ(Find("traceparent='" + kParent + "'*/"), "");
}

TEST(TraceContext, TheSecondIsTakenWhenTheFirstIsMalformed) {
  EXPECT_EQ(Find("SELECT 1 /*traceparent='nonsense',traceparent='" + kParent + "'*/"), kId);
}

TEST(TraceContext, NothingIsLookedForOutOfReach) {
  EXPECT_EQ(Find("SELECT 1 /*traceparent='" + kParent + "'" + std::string(1 << 20, ' ') + "*/"), "");
  EXPECT_EQ(Find("/*" + std::string(1 << 20, 'x') + ",traceparent='" + kParent + "'*/ SELECT 1"), "");
  EXPECT_EQ(Find(std::string(1 << 20, ' ') + "/*traceparent='" + kParent + "'*/ SELECT 1"), "");
  EXPECT_EQ(Find(std::string(1 << 20, '*') + "/"), "");
  EXPECT_EQ(Find("SELECT '" + std::string(1 << 20, 'x') + "' /*traceparent='" + kParent + "'*/"), kId);
}

TEST(TraceContext, TinyTexts) {
  for (const char* text : {"", "/", "*/", "/*", "/*/", "/**/", ";", " ; ", "/*traceparent*/", "/*traceparent=*/", "/*traceparent=%*/"})
    EXPECT_EQ(Find(text), "") << text;
}

TEST(TraceContext, AnyBytesAreSurvived) {
  std::mt19937 random(7);
  const std::string good = "/*traceparent='" + kParent + "'*/";
  const std::string alphabet = "/*'%\\;, =0ft-\n";
  for (int round = 0; round < 20000; round++) {
    std::string text = good;
    for (int i = 0; i < 3; i++) text[random() % text.size()] = alphabet[random() % alphabet.size()];
    text = text.substr(0, random() % (text.size() + 1));
    const std::string id = Find(text);
    EXPECT_TRUE(id.empty() || id.size() == kTraceIdLength) << text;
  }
}

}  // namespace
}  // namespace steward::core
