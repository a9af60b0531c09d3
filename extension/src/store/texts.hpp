// Statement texts: display text, plannable record and parameter samples, kept once per (database, query id) in the text
// heap. Owns the text table and the backend's memory of what is known; what a text looks like is capture's business.
#pragma once

#include "pg/postgres.hpp"
#include "store/block_heap.hpp"
#include "store/plannable_record.hpp"

extern "C" {
#include "datatype/timestamp.h"
}

namespace steward::store {

struct TextKey {
  Oid dbid;
  uint64 queryid;
};

inline bool operator==(const TextKey& a, const TextKey& b) { return a.queryid == b.queryid && a.dbid == b.dbid; }

inline constexpr int kMaxSamples = 4;

/// What this backend knows to be stored (or not worth trying) in its own database.
struct KnownText {
  uint64 queryid;
  uint32 generation;
  bool full;  // not only found lexically
};
inline constexpr uint32 kKnownTexts = 8192;
extern STEWARD_LOCAL KnownText known_texts[kKnownTexts];
extern STEWARD_LOCAL const volatile uint32* texts_generation;

/// The first look of TextKnown, for hot paths: true means known, false means ask TextKnown.
inline bool TextSurelyKnown(uint64 queryid, bool has_tree) {
  const KnownText& slot = known_texts[queryid & (kKnownTexts - 1)];
  return slot.queryid == queryid && slot.generation == *texts_generation && (slot.full || !has_tree);
}

/// True when the text is stored already, or when this is no moment to store it (the lock is busy, the heap was full and
/// nothing was freed since). Usually one probe of backend-local memory; never waits. A text of reason kNoText was stored
/// without its parse tree at hand: whoever has one (`has_tree`) is told that it is not known, and puts the full text.
[[nodiscard]] bool TextKnown(const TextKey& key, bool has_tree);

/// Stores, for the current user, the display text with its plannable record (may be null) and why there is none. Never waits: false when the lock
/// is busy or there is no room, in which case the caller tries again at the next sight. Lack of room is counted. Takes the
/// place of a text of reason kNoText, and of no other.
bool PutText(const TextKey& key, const char* display, uint32 display_length, const char* plannable,
             uint32 plannable_length, NotCostable reason);

/// True while texts push each other out: room had to be made a short time before `now`.
[[nodiscard]] bool TextsCrowded(TimestampTz now);

/// Keeps one more sample of parameter values of a stored text; the oldest of kMaxSamples make room, so that a statement's
/// take at most 16 kB. Never waits. A sample that is longer, or finds the samples' share of the text memory full, is
/// counted as a missing text.
bool PutSample(const TextKey& key, const char* blob, uint32 length);

/// Copies for readers, palloc'ed and zero-terminated; null when absent. `encoding` is the display text's.
struct TextCopy {
  char* display;
  uint32 display_length;
  char* plannable;
  uint32 plannable_length;
  NotCostable reason;
  int encoding;
  Oid userid;  // whose statement was at hand when the text was stored
  bool found;
};
[[nodiscard]] TextCopy GetText(const TextKey& key);
/// The same without the plannable record, which is much longer.
[[nodiscard]] TextCopy GetDisplayText(const TextKey& key);

struct SampleCopies {
  int count;
  char* blob[kMaxSamples];
  uint32 length[kMaxSamples];
};
[[nodiscard]] SampleCopies GetSamples(const TextKey& key);

/// The texts of one database, for listings: copies up to `capacity` keys, returns how many.
int ListTexts(Oid dbid, uint64* queryids, int capacity);
[[nodiscard]] int TextCapacity();

/// For saving, in a process that is alone: the text of `key`, where it lies, unless it was taken since StartTakingTexts or
/// there is none.
struct StoredText {
  TextKey key;
  Oid userid;
  int encoding;
  NotCostable reason;
  HeapRef display;
  HeapRef plannable;
  HeapRef samples[kMaxSamples];
};
void StartTakingTexts();
[[nodiscard]] bool TakeText(const TextKey& key, StoredText* out);

/// What was saved comes back. A text that finds no room counts as missing, a sample that finds none is left out. In a process
/// that is alone.
struct TextContents {
  TextKey key;
  Oid userid;
  int encoding;
  NotCostable reason;
  Bytes display;
  Bytes plannable;
  Bytes samples[kMaxSamples];
};
void RestoreText(const TextContents& saved);
void RestoreTextsMissing(uint64 missing);

/// Texts and samples that could not be kept for lack of room, since the last reset.
[[nodiscard]] uint64 TextsMissing();

/// Forgets parameter samples and counts, not texts: a statement that is prepared already would never show its parse tree
/// again. Unused texts go when room is needed. Call with store::Lock() held exclusively.
void ResetTexts();

/// What a reset of some statements takes: the parameter samples of the texts that match (0: any), whoever ran them, and
/// where a query id is named the texts as well, which are learnt anew. Call with store::Lock() held exclusively.
void ForgetTexts(Oid dbid, uint64 queryid);

/// Tells that statements went away, so that room for texts can be made again. Call with store::Lock() held exclusively.
void NoteRoomForTexts();

Size TextRegionSize();
void TextAttach(void* base, bool init);

}  // namespace steward::store
