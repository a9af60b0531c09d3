// Records in a buffer: what is written is read back, and neither side leaves its bounds.
#include "core/record_bytes.hpp"

#include <cstdint>

#include "gtest/gtest.h"

namespace steward::core {
namespace {

struct Pair {
  uint32_t a;
  uint64_t b;
};

TEST(RecordBytes, ReadsBackWhatWasWritten) {
  char buffer[64];
  RecordWriter out(buffer, sizeof buffer);
  out.Put(Pair{7, uint64_t{1} << 40});
  memcpy(out.Reserve(3), "abc", 3);
  out.Put(uint8_t{9});
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(out.size(), sizeof(Pair) + 4);
  EXPECT_EQ(out.room(), sizeof buffer - sizeof(Pair) - 4);

  RecordReader in(buffer, out.size());
  Pair pair{};
  uint8_t last = 0;
  ASSERT_TRUE(in.Take(&pair));
  EXPECT_EQ(pair.a, 7U);
  EXPECT_EQ(pair.b, uint64_t{1} << 40);
  const char* text = in.TakeBytes(3);
  ASSERT_NE(text, nullptr);
  EXPECT_EQ(memcmp(text, "abc", 3), 0);
  EXPECT_FALSE(in.Exhausted());
  ASSERT_TRUE(in.Take(&last));
  EXPECT_EQ(last, 9);
  EXPECT_TRUE(in.Exhausted());
}

TEST(RecordBytes, WriterStopsAtTheEndOfTheBuffer) {
  char buffer[8] = {};
  RecordWriter out(buffer, 7);
  out.Put(uint32_t{0x01020304});
  out.Put(uint32_t{0x7f7f7f7f});
  EXPECT_FALSE(out.ok());
  EXPECT_EQ(out.size(), 4U);
  // Nothing behind the first value, and nothing smaller after what did not fit.
  EXPECT_EQ(out.Reserve(1), nullptr);
  for (int i = 4; i < 8; i++) EXPECT_EQ(buffer[i], 0);
}

TEST(RecordBytes, WriterTakesWhatFitsExactly) {
  char buffer[4];
  RecordWriter out(buffer, sizeof buffer);
  out.Put(uint32_t{1});
  EXPECT_TRUE(out.ok());
  EXPECT_EQ(out.room(), 0U);
  EXPECT_NE(out.Reserve(0), nullptr);
}

TEST(RecordBytes, ReaderBelievesNoLength) {
  const char data[6] = {1, 2, 3, 4, 5, 6};
  RecordReader in(data, sizeof data);
  uint32_t four = 0;
  ASSERT_TRUE(in.Take(&four));
  EXPECT_EQ(in.TakeBytes(SIZE_MAX), nullptr);
  // Once something was missing nothing is taken any more: lengths read from here on would be made up.
  uint8_t one = 42;
  EXPECT_FALSE(in.Take(&one));
  EXPECT_EQ(one, 42);
  EXPECT_FALSE(in.ok());
  EXPECT_FALSE(in.Exhausted());
}

TEST(RecordBytes, AnEmptyRecordIsExhausted) {
  RecordReader in(nullptr, 0);
  EXPECT_TRUE(in.Exhausted());
  uint8_t one = 0;
  EXPECT_FALSE(in.Take(&one));
}

}  // namespace
}  // namespace steward::core
