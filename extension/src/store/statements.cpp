// Chained hashing over a fixed array. See statements.hpp.
#include "store/statements.hpp"

#include <algorithm>

extern "C" {
#include "port/pg_bitutils.h"
#include "utils/timestamp.h"
}

#include "settings.hpp"
#include "store/history_base.hpp"
#include "store/texts.hpp"

namespace steward::store {

namespace {

// As in pg_stat_statements: what one eviction round takes, and how fast old use is forgotten.
constexpr double kDecay = 0.99;
constexpr int kEvictPercent = 5;

struct Table {
  uint32 buckets;  // a power of two
  uint32 capacity;
  uint32 free;
  uint32 used;
  uint64 evicted;
  TimestampTz stats_since;
};

// Scratch for choosing whom to evict: no allocation under the lock.
struct Candidate {
  double usage;
  uint32 index;
};

Table* table = nullptr;
uint32* heads = nullptr;
Candidate* scratch = nullptr;
Statement* statements = nullptr;

uint32 Capacity() { return static_cast<uint32>(settings.max_statements); }

uint32 Buckets() { return pg_nextpower2_32(Capacity()); }

uint32& HeadOf(const StatementKey& key) { return heads[HashOf(key) & (table->buckets - 1)]; }

Statement* Find(const StatementKey& key) {
  for (uint32 i = HeadOf(key); i != 0; i = statements[i - 1].next)
    if (statements[i - 1].key == key) return &statements[i - 1];
  return nullptr;
}

void Remove(Statement* statement) {
  const auto index = static_cast<uint32>(statement - statements) + 1;
  uint32* link = &HeadOf(statement->key);
  while (*link != index) link = &statements[*link - 1].next;
  *link = statement->next;
  HistoryStatementGone(index - 1, *statement);
  memset(statement, 0, sizeof *statement);
  statement->next = table->free;
  table->free = index;
  table->used--;
}

uint64 Events(const Statement& statement) {
  const uint64* count = statement.totals.count;
  return count[core::kPlans] + count[core::kCalls] + count[core::kFailedCalls] + count[core::kCanceledCalls];
}

// Use is counted lazily: what happened since the last decay is added when the next one is due.
void Decay(Statement* statement) {
  const uint64 events = Events(*statement);
  statement->usage = (statement->usage + static_cast<double>(events - statement->calls_at_decay)) * kDecay;
  statement->calls_at_decay = events;
}

void EvictLeastUsed() {
  uint32 count = 0;
  for (uint32 i = 0; i < table->capacity; i++) {
    if (!statements[i].used) continue;
    Decay(&statements[i]);
    scratch[count++] = Candidate{statements[i].usage, i};
  }
  const uint32 victims = std::min(count, std::max<uint32>(10, count * kEvictPercent / 100));
  std::nth_element(scratch, scratch + victims - 1, scratch + count, [](const Candidate& a, const Candidate& b) {
    return a.usage != b.usage ? a.usage < b.usage : a.index < b.index;
  });
  for (uint32 i = 0; i < victims; i++) Remove(&statements[scratch[i].index]);
  table->evicted += victims;
  NoteRoomForTexts();
}

}  // namespace

core::StatementTotals* StatementFor(const StatementKey& key, TimestampTz now) {
  Statement* statement = Find(key);
  if (statement != nullptr) return &statement->totals;
  if (table->free == 0) EvictLeastUsed();
  const uint32 index = table->free;
  statement = &statements[index - 1];
  table->free = statement->next;
  table->used++;
  memset(statement, 0, sizeof *statement);
  statement->used = true;
  statement->key = key;
  statement->stats_since = now;
  uint32& head = HeadOf(key);
  statement->next = head;
  head = index;
  return &statement->totals;
}

bool HasStatement(Oid userid, Oid dbid, uint64 queryid) {
  return Find(StatementKey{userid, dbid, queryid, true}) != nullptr || Find(StatementKey{userid, dbid, queryid, false}) != nullptr;
}

const Statement* StatementAt(uint32 index) { return statements[index].used ? &statements[index] : nullptr; }

uint32 EntryOf(const Statement& statement) { return static_cast<uint32>(&statement - statements); }

const Statement* FindStatement(const StatementKey& key) { return Find(key); }

void ForEachStatement(void (*visit)(const StatementKey& key)) {
  for (uint32 i = 0; i < table->capacity; i++)
    if (statements[i].used) visit(statements[i].key);
}

int CopyStatements(Statement* out, int first, int count) {
  int copied = 0;
  const int end = std::min(first + count, static_cast<int>(table->capacity));
  for (int i = first; i < end; i++)
    if (statements[i].used) out[copied++] = statements[i];
  return copied;
}

uint32 RankStatements() {
  uint32 count = 0;
  for (uint32 i = 0; i < table->capacity; i++) {
    const Statement& s = statements[i];
    if (s.used) scratch[count++] = Candidate{s.usage + static_cast<double>(Events(s) - s.calls_at_decay), i};
  }
  std::sort(scratch, scratch + count, [](const Candidate& a, const Candidate& b) {
    return a.usage != b.usage ? a.usage > b.usage : a.index < b.index;
  });
  return count;
}

const Statement* StatementOfRank(uint32 rank) { return &statements[scratch[rank].index]; }

void RestoreStatement(const Statement& saved) {
  if (table->free == 0) {
    table->evicted++;
    return;
  }
  StatementFor(saved.key, saved.stats_since);
  Statement* statement = Find(saved.key);
  const uint32 next = statement->next;
  *statement = saved;
  statement->next = next;
  statement->used = true;
}

void RestoreStatementStatus(TimestampTz stats_since, uint64 evicted) {
  table->stats_since = stats_since;
  table->evicted = evicted;
}

int DropStatements(Oid userid, Oid dbid, uint64 queryid) {
  int dropped = 0;
  for (uint32 i = 0; i < table->capacity; i++) {
    Statement& s = statements[i];
    if (!s.used || (userid != 0 && s.key.userid != userid) || (dbid != 0 && s.key.dbid != dbid) ||
        (queryid != 0 && s.key.queryid != queryid))
      continue;
    Remove(&s);
    dropped++;
  }
  NoteRoomForTexts();
  return dropped;
}

StatementTableStatus StatementStatus() {
  return StatementTableStatus{static_cast<int>(table->used), static_cast<int>(table->capacity), table->evicted,
                              table->stats_since, sizeof(Statement)};
}

int StatementCapacity() { return static_cast<int>(table->capacity); }

void RestartStatementStatus(TimestampTz now) {
  table->evicted = 0;
  table->stats_since = now;
}

Size StatementRegionSize() {
  return MAXALIGN(sizeof(Table)) + MAXALIGN(sizeof(uint32) * Buckets()) + sizeof(Candidate) * Capacity() +
         sizeof(Statement) * Capacity();
}

void StatementAttach(void* base, bool init) {
  auto* next = static_cast<char*>(base);
  table = reinterpret_cast<Table*>(next);
  next += MAXALIGN(sizeof(Table));
  heads = reinterpret_cast<uint32*>(next);
  next += MAXALIGN(sizeof(uint32) * Buckets());
  scratch = reinterpret_cast<Candidate*>(next);
  statements = reinterpret_cast<Statement*>(next + sizeof(Candidate) * Capacity());
  if (!init) return;
  table->buckets = Buckets();
  table->capacity = Capacity();
  table->stats_since = GetCurrentTimestamp();
  for (uint32 i = table->capacity; i > 0; i--) {
    statements[i - 1].next = table->free;
    table->free = i;
  }
}

}  // namespace steward::store
