// The text table: chained hashing over a fixed array, texts in the block heap. See texts.hpp.
#include "store/texts.hpp"

extern "C" {
#include "access/xact.h"
#include "mb/pg_wchar.h"
#include "port/pg_bitutils.h"
#include "utils/timestamp.h"
}

#include "settings.hpp"
#include "store/drain.hpp"
#include "store/shmem.hpp"
#include "store/statements.hpp"

namespace steward::store {

KnownText known_texts[kKnownTexts];
const volatile uint32* texts_generation = nullptr;

namespace {

struct Text {
  TextKey key;
  uint64 put_no;  // order of arrival; 0: free
  uint32 next;    // index + 1 in the bucket's chain or in the free list
  HeapRef display;
  HeapRef plannable;
  HeapRef samples[kMaxSamples];
  Oid userid;
  int encoding;
  uint8 next_sample;
  NotCostable reason;
  bool referenced;  // a statement has it, or it was taken; valid only while making room or saving
};

constexpr int kLooks = 16;

struct Table {
  uint32 generation;  // changes whenever texts go away or room appears: backends forget what they know
  uint32 buckets;     // a power of two
  uint32 capacity;
  uint32 free;
  bool exhausted;  // the last attempt to make room found nothing
  uint64 puts;
  uint64 missing;
  Size sample_bytes;
  TimestampTz crowded_at;  // when room had to be made last
};

constexpr uint32 kMostSampleBytes = 16 * 1024;  // of one statement
constexpr Size kSampleShare = 8;                // samples of all may fill this share of the text memory
constexpr TimestampTz kCrowdedFor = 60 * USECS_PER_SEC;

Table* table = nullptr;
uint32* heads = nullptr;
Text* texts = nullptr;

uint32 Capacity() { return static_cast<uint32>(settings.max_statements) * 5 / 4 + 64; }

uint32 Buckets() { return pg_nextpower2_32(Capacity()); }

uint32& HeadOf(const TextKey& key) {
  return heads[((key.queryid ^ key.dbid) * 0x9E3779B97F4A7C15ULL >> 32) & (table->buckets - 1)];
}

Text* Find(const TextKey& key) {
  for (uint32 i = HeadOf(key); i != 0; i = texts[i - 1].next)
    if (texts[i - 1].key == key) return &texts[i - 1];
  return nullptr;
}

void FreeSample(HeapRef* sample) {
  table->sample_bytes -= HeapLength(*sample);
  HeapFree(*sample);
  *sample = 0;
}

void FreeSamples(Text* text) {
  for (HeapRef& sample : text->samples) FreeSample(&sample);
}

uint32 SampleBytes(const Text& text) {
  uint32 bytes = 0;
  for (const HeapRef sample : text.samples) bytes += HeapLength(sample);
  return bytes;
}

// Takes the place of the oldest sample; further old ones go until the statement is within its bounds.
bool AddSample(Text* text, Bytes blob) {
  if (blob.length > kMostSampleBytes) return false;
  const int place = text->next_sample;
  FreeSample(&text->samples[place]);
  for (int i = 1; i < kMaxSamples && SampleBytes(*text) + blob.length > kMostSampleBytes; i++)
    FreeSample(&text->samples[(place + i) % kMaxSamples]);
  if (table->sample_bytes + blob.length > HeapTotalBytes() / kSampleShare) return false;
  text->samples[place] = HeapPut(blob.data, blob.length);
  if (text->samples[place] == 0) return false;
  table->sample_bytes += blob.length;
  text->next_sample = static_cast<uint8>((place + 1) % kMaxSamples);
  return true;
}

void FreeContents(Text* text) {
  HeapFree(text->display);
  HeapFree(text->plannable);
  FreeSamples(text);
  text->display = 0;
  text->plannable = 0;
}

void Remove(Text* text) {
  const auto index = static_cast<uint32>(text - texts) + 1;
  uint32* link = &HeadOf(text->key);
  while (*link != index) link = &texts[*link - 1].next;
  *link = text->next;
  FreeContents(text);
  *text = Text{};
  text->next = table->free;
  table->free = index;
}

void MarkReferenced(const StatementKey& key) {
  Text* text = Find(TextKey{key.dbid, key.queryid});
  if (text != nullptr) text->referenced = true;
}

// Drops the texts that no statement has, but for the newest tenth: their statements may still be running.
bool MakeRoom() {
  if (table->exhausted) return false;
  DrainLocked();
  for (uint32 i = 0; i < table->capacity; i++) texts[i].referenced = false;
  ForEachStatement(MarkReferenced);
  const uint64 young = table->capacity / 10;
  bool made = false;
  for (uint32 i = 0; i < table->capacity; i++) {
    Text& text = texts[i];
    if (text.put_no == 0 || text.referenced || text.put_no + young > table->puts) continue;
    Remove(&text);
    made = true;
  }
  if (made) table->generation++;
  table->exhausted = !made;
  table->crowded_at = GetCurrentTimestamp();
  return made;
}

Text* Insert(const TextKey& key) {
  if (table->free == 0 && !MakeRoom()) return nullptr;
  const uint32 index = table->free;
  Text* text = &texts[index - 1];
  table->free = text->next;
  *text = Text{};
  text->key = key;
  text->put_no = ++table->puts;
  uint32& head = HeadOf(key);
  text->next = head;
  head = index;
  return text;
}

bool Fill(Text* text, const char* display, uint32 display_length, const char* plannable, uint32 plannable_length) {
  text->display = HeapPut(display, display_length);
  if (text->display == 0) return false;
  if (plannable == nullptr || plannable_length == 0) return true;
  text->plannable = HeapPut(plannable, plannable_length);
  if (text->plannable != 0) return true;
  FreeContents(text);
  return false;
}

bool IsFull(const Text& text) { return text.reason != NotCostable::kNoText; }

bool PutLocked(const TextKey& key, const char* display, uint32 display_length, const char* plannable,
               uint32 plannable_length, NotCostable reason) {
  Text* text = Find(key);
  if (text != nullptr && (IsFull(*text) || reason == NotCostable::kNoText)) return true;
  if (text != nullptr)
    FreeContents(text);
  else
    text = Insert(key);
  if (text == nullptr) return false;
  text->userid = GetUserId();
  text->encoding = GetDatabaseEncoding();
  text->reason = reason;
  if (Fill(text, display, display_length, plannable, plannable_length)) return true;
  text->put_no = table->puts;  // young: not for MakeRoom to take
  if (MakeRoom() && Fill(text, display, display_length, plannable, plannable_length)) return true;
  Remove(text);
  return false;
}

void Remember(uint64 queryid, bool full) { known_texts[queryid & (kKnownTexts - 1)] = KnownText{queryid, table->generation, full}; }

// A statement may be seen once only; unless texts come and go, when one more or less does not matter.
bool TryLock(LWLockMode mode) { return LookForLock(mode, TextsCrowded(GetCurrentStatementStartTimestamp()) ? 1 : kLooks); }

char* CopyOut(HeapRef ref, uint32 room, char* buffer, uint32* length) {
  *length = Min(HeapLength(ref), room);
  if (ref == 0 || HeapLength(ref) > room) return nullptr;
  HeapGet(ref, buffer);
  buffer[*length] = '\0';
  return buffer;
}

}  // namespace

Size TextRegionSize() {
  return MAXALIGN(sizeof(Table)) + MAXALIGN(sizeof(uint32) * Buckets()) + sizeof(Text) * Capacity();
}

void TextAttach(void* base, bool init) {
  auto* next = static_cast<char*>(base);
  table = reinterpret_cast<Table*>(next);
  heads = reinterpret_cast<uint32*>(next + MAXALIGN(sizeof(Table)));
  texts = reinterpret_cast<Text*>(next + MAXALIGN(sizeof(Table)) + MAXALIGN(sizeof(uint32) * Buckets()));
  texts_generation = &table->generation;
  if (!init) return;
  table->generation = 1;
  table->buckets = Buckets();
  table->capacity = Capacity();
  for (uint32 i = table->capacity; i > 0; i--) {
    texts[i - 1].next = table->free;
    table->free = i;
  }
}

bool TextsCrowded(TimestampTz now) {
  return now - *const_cast<const volatile TimestampTz*>(&table->crowded_at) < kCrowdedFor;
}

bool TextKnown(const TextKey& key, bool has_tree) {
  if (TextSurelyKnown(key.queryid, has_tree)) return true;
  if (!TryLock(LW_SHARED)) return true;
  const Text* text = Find(key);
  const bool full = text != nullptr && IsFull(*text);
  if (text != nullptr) Remember(key.queryid, full);
  LWLockRelease(Lock());
  return has_tree ? full : text != nullptr;
}

bool PutText(const TextKey& key, const char* display, uint32 display_length, const char* plannable,
             uint32 plannable_length, NotCostable reason) {
  if (!TryLock(LW_EXCLUSIVE)) return false;
  const bool stored = PutLocked(key, display, display_length, plannable, plannable_length, reason);
  if (!stored) table->missing++;
  // Also after a failure: no second attempt before room appears.
  Remember(key.queryid, !stored || reason != NotCostable::kNoText);
  LWLockRelease(Lock());
  return stored;
}

bool PutSample(const TextKey& key, const char* blob, uint32 length) {
  if (!TryLock(LW_EXCLUSIVE)) return false;
  bool stored = false;
  Text* text = Find(key);
  if (text != nullptr) {
    stored = AddSample(text, Bytes{blob, length});
    if (!stored) table->missing++;
  }
  LWLockRelease(Lock());
  return stored;
}

namespace {

TextCopy CopyText(const TextKey& key, bool with_plannable) {
  TextCopy copy{};
  uint32 display_room = 0;
  uint32 plannable_room = 0;
  for (;;) {
    copy.display = static_cast<char*>(palloc(display_room + 1));
    copy.plannable = static_cast<char*>(palloc(plannable_room + 1));
    LWLockAcquire(Lock(), LW_SHARED);
    const Text* text = Find(key);
    copy.found = text != nullptr;
    const uint32 display_length = copy.found ? HeapLength(text->display) : 0;
    const HeapRef plannable_ref = copy.found && with_plannable ? text->plannable : 0;
    const uint32 plannable_length = HeapLength(plannable_ref);
    const bool fits = display_length <= display_room && plannable_length <= plannable_room;
    if (fits) {
      copy.reason = copy.found ? text->reason : NotCostable::kNoText;
      copy.encoding = copy.found ? text->encoding : 0;
      copy.userid = copy.found ? text->userid : InvalidOid;
      char* display = copy.display;
      char* plannable = copy.plannable;
      copy.display = CopyOut(copy.found ? text->display : 0, display_room, display, &copy.display_length);
      copy.plannable = CopyOut(plannable_ref, plannable_room, plannable, &copy.plannable_length);
    }
    LWLockRelease(Lock());
    if (fits) return copy;
    display_room = display_length;
    plannable_room = plannable_length;
  }
}

}  // namespace

TextCopy GetText(const TextKey& key) { return CopyText(key, true); }

TextCopy GetDisplayText(const TextKey& key) { return CopyText(key, false); }

SampleCopies GetSamples(const TextKey& key) {
  SampleCopies copies{};
  uint32 room[kMaxSamples] = {};
  for (;;) {
    char* buffers[kMaxSamples];
    for (int i = 0; i < kMaxSamples; i++) buffers[i] = static_cast<char*>(palloc(room[i] + 1));
    bool fits = true;
    LWLockAcquire(Lock(), LW_SHARED);
    const Text* text = Find(key);
    copies.count = 0;
    for (int i = 0; text != nullptr && i < kMaxSamples; i++) {
      const uint32 length = HeapLength(text->samples[i]);
      if (length == 0) continue;
      if (length > room[i]) fits = false;
      room[i] = Max(room[i], length);
      if (!fits) continue;
      copies.blob[copies.count] = CopyOut(text->samples[i], room[i], buffers[i], &copies.length[copies.count]);
      copies.count++;
    }
    LWLockRelease(Lock());
    if (fits) return copies;
  }
}

int ListTexts(Oid dbid, uint64* queryids, int capacity) {
  int count = 0;
  LWLockAcquire(Lock(), LW_SHARED);
  for (uint32 i = 0; i < table->capacity && count < capacity; i++)
    if (texts[i].put_no != 0 && texts[i].key.dbid == dbid) queryids[count++] = texts[i].key.queryid;
  LWLockRelease(Lock());
  return count;
}

int TextCapacity() { return static_cast<int>(table->capacity); }

uint64 TextsMissing() { return table->missing; }

void StartTakingTexts() {
  for (uint32 i = 0; i < table->capacity; i++) texts[i].referenced = false;
}

bool TakeText(const TextKey& key, StoredText* out) {
  Text* text = Find(key);
  if (text == nullptr || text->referenced) return false;
  text->referenced = true;
  *out = StoredText{text->key, text->userid, text->encoding, text->reason, text->display, text->plannable, {}};
  memcpy(out->samples, text->samples, sizeof out->samples);
  return true;
}

void RestoreText(const TextContents& saved) {
  if (Find(saved.key) != nullptr) return;
  Text* text = table->free != 0 ? Insert(saved.key) : nullptr;
  const bool filled =
      text != nullptr &&
      Fill(text, saved.display.data, saved.display.length, saved.plannable.data, saved.plannable.length);
  if (!filled) {
    if (text != nullptr) Remove(text);
    table->missing++;
    return;
  }
  text->userid = saved.userid;
  text->encoding = saved.encoding;
  text->reason = saved.reason;
  for (const Bytes& sample : saved.samples)
    if (sample.length > 0) (void)AddSample(text, sample);
}

void RestoreTextsMissing(uint64 missing) { table->missing = missing; }

void NoteRoomForTexts() {
  if (!table->exhausted) return;
  table->exhausted = false;
  table->generation++;
}

void ForgetTexts(Oid dbid, uint64 queryid) {
  for (uint32 i = 0; i < table->capacity; i++) {
    Text& text = texts[i];
    if (text.put_no == 0 || (OidIsValid(dbid) && text.key.dbid != dbid) || (queryid != 0 && text.key.queryid != queryid))
      continue;
    FreeSamples(&text);
    if (queryid != 0) Remove(&text);
  }
  table->exhausted = false;
  table->generation++;
}

void ResetTexts() {
  ForgetTexts(InvalidOid, 0);
  table->missing = 0;
}

}  // namespace steward::store
