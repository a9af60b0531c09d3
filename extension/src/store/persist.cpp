// See persist.hpp. The file is a header, records (kind, length, content), an end mark, and a CRC-32C of all before it. It is
// read twice: whole, to see that nothing is damaged, and then record by record into the tables. Lengths in it are believed
// only up to the size of one buffer.
#include "store/persist.hpp"

#include "pg/cluster_state.hpp"
#include "pg/compat.hpp"
#include "settings.hpp"
#include "store/drain.hpp"
#include "store/persist_records.hpp"
#include "store/shmem.hpp"

extern "C" {
#include "pgstat.h"
#include "port/pg_crc32c.h"
#include "storage/fd.h"
}

namespace steward::store {

namespace {

constexpr char kPath[] = PGSTAT_STAT_PERMANENT_DIRECTORY "/pg_steward.stat";
constexpr char kTemporaryPath[] = PGSTAT_STAT_PERMANENT_DIRECTORY "/pg_steward.stat.tmp";
constexpr char kMagic[8] = {'P', 'G', 'S', 'T', 'W', 'S', 'A', 'V'};
constexpr uint32 kFileVersion = 1;
constexpr uint32 kEndMark = UINT32_MAX;

struct FileHeader {
  char magic[8];
  uint32 file_version;
  uint32 record_format;
  uint32 server_major;
  RecordLayout layout;
};

struct RecordHeader {
  uint32 kind;  // index in RecordKinds(), or kEndMark
  uint32 length;
};

// An open file with the checksum of what went through it, and room for one record.
struct Stream {
  FILE* file;
  pg_crc32c crc;
  char* record;
};

FileHeader OwnHeader() {
  FileHeader header{};
  memcpy(header.magic, kMagic, sizeof header.magic);
  header.file_version = kFileVersion;
  header.record_format = kRecordFormat;
  header.server_major = pg::kServerMajor;
  header.layout = CurrentRecordLayout();
  return header;
}

char* AllocateRecord() {
  return static_cast<char*>(MemoryContextAllocExtended(TopMemoryContext, kMaxRecordBytes, MCXT_ALLOC_NO_OOM));
}

// ---- writing ----

bool Write(Stream* stream, const void* data, Size size) {
  COMP_CRC32C(stream->crc, data, size);
  return fwrite(data, 1, size, stream->file) == size;
}

bool WriteKind(Stream* stream, uint32 kind, const RecordKind& of) {
  const uint32 count = of.begin();
  for (uint32 i = 0; i < count; i++) {
    core::RecordWriter record(stream->record, kMaxRecordBytes);
    if (!of.save(i, &record) || !record.ok()) continue;
    const RecordHeader header{kind, static_cast<uint32>(record.size())};
    if (!Write(stream, &header, sizeof header) || !Write(stream, stream->record, header.length)) return false;
  }
  return true;
}

bool WriteAll(Stream* stream) {
  INIT_CRC32C(stream->crc);
  const FileHeader header = OwnHeader();
  if (!Write(stream, &header, sizeof header)) return false;
  uint32 kinds = 0;
  const RecordKind* kind = RecordKinds(&kinds);
  for (uint32 i = 0; i < kinds; i++)
    if (!WriteKind(stream, i, kind[i])) return false;
  const RecordHeader end{kEndMark, 0};
  if (!Write(stream, &end, sizeof end)) return false;
  FIN_CRC32C(stream->crc);
  return fwrite(&stream->crc, sizeof stream->crc, 1, stream->file) == 1;
}

void ReportUnsaved(const char* why) {
  ereport(LOG, (errmsg("pg_steward could not save its statistics: %s", why)));
}

// With the errno of what went wrong.
void ReportUnwritten() {
  ereport(LOG, (errcode_for_file_access(),
                errmsg("pg_steward could not save its statistics: could not write file \"%s\": %m", kTemporaryPath)));
}

void WriteFile(char* record) {
  Stream stream{AllocateFile(kTemporaryPath, PG_BINARY_W), 0, record};
  if (stream.file == nullptr) return ReportUnwritten();
  bool written = WriteAll(&stream);
  if (!written) ReportUnwritten();
  if (FreeFile(stream.file) != 0 && written) {
    ReportUnwritten();
    written = false;
  }
  // Tells itself what goes wrong.
  if (!written || durable_rename(kTemporaryPath, kPath, LOG) != 0) unlink(kTemporaryPath);
}

// ---- reading ----

bool Read(Stream* stream, void* data, Size size) {
  if (fread(data, 1, size, stream->file) != size) return false;
  COMP_CRC32C(stream->crc, data, size);
  return true;
}

bool RestoreRecord(const RecordKind& kind, const char* data, uint32 length) {
  core::RecordReader record(data, length);
  return kind.restore(&record) && record.Exhausted();
}

// The records up to the end mark, the checksum, and nothing behind it. Looks at the content only when told to `restore`.
bool ReadRecords(Stream* stream, bool restore) {
  uint32 kinds = 0;
  const RecordKind* kind = RecordKinds(&kinds);
  RecordHeader header;
  while (Read(stream, &header, sizeof header)) {
    if (header.kind == kEndMark) {
      FIN_CRC32C(stream->crc);
      pg_crc32c expected;
      return header.length == 0 && fread(&expected, sizeof expected, 1, stream->file) == 1 &&
             EQ_CRC32C(stream->crc, expected) && fgetc(stream->file) == EOF;
    }
    if (header.kind >= kinds || header.length > kMaxRecordBytes) return false;
    if (!Read(stream, stream->record, header.length)) return false;
    if (restore && !RestoreRecord(kind[header.kind], stream->record, header.length)) return false;
  }
  return false;
}

enum class Outcome { kGood, kDamaged, kForeign };

Outcome ReadFile(Stream* stream, bool restore) {
  rewind(stream->file);
  INIT_CRC32C(stream->crc);
  FileHeader header;
  const FileHeader own = OwnHeader();
  if (!Read(stream, &header, sizeof header) || memcmp(header.magic, own.magic, sizeof own.magic) != 0)
    return Outcome::kDamaged;
  if (memcmp(&header, &own, sizeof own) != 0) return Outcome::kForeign;
  return ReadRecords(stream, restore) ? Outcome::kGood : Outcome::kDamaged;
}

void ReportIgnored(const char* why) {
  ereport(LOG, (errmsg("pg_steward starts without the statistics saved in file \"%s\": %s", kPath, why)));
}

bool RestoreFrom(FILE* file) {
  Stream stream{file, 0, AllocateRecord()};
  if (stream.record == nullptr) {
    ReportIgnored("out of memory");
    return true;
  }
  Outcome outcome = ReadFile(&stream, false);
  bool usable = true;
  if (outcome == Outcome::kGood) {
    outcome = ReadFile(&stream, true);
    usable = outcome == Outcome::kGood;
  }
  pfree(stream.record);
  if (outcome == Outcome::kDamaged) ReportIgnored("the file is damaged");
  if (outcome == Outcome::kForeign) ReportIgnored("another version wrote it");
  return usable;
}

}  // namespace

// The file is gone before anything of it is used: were it still there after a crash, it would be read again.
bool RestoreTables() {
  unlink(kTemporaryPath);
  FILE* file = AllocateFile(kPath, PG_BINARY_R);
  if (file == nullptr && errno == ENOENT) return true;
  if (file == nullptr) ereport(LOG, (errcode_for_file_access(), errmsg("could not open file \"%s\": %m", kPath)));
  const bool removed = unlink(kPath) == 0;
  if (!removed) ereport(LOG, (errcode_for_file_access(), errmsg("could not remove file \"%s\": %m", kPath)));
  bool usable = true;
  if (file != nullptr && removed && settings.save) usable = RestoreFrom(file);
  if (file != nullptr) FreeFile(file);
  return usable;
}

void SaveTables(int code, [[maybe_unused]] Datum argument) {
  if (code != 0 || !Ready() || !settings.save || !pg::ClusterIsShutDown()) return;
  // Everybody has left, so the lock is free. Were it not, waiting for it would be the end of the postmaster.
  if (!LWLockConditionalAcquire(Lock(), LW_EXCLUSIVE)) return ReportUnsaved("its lock is held");
  DrainLocked();
  LWLockRelease(Lock());
  char* record = AllocateRecord();
  if (record == nullptr) return ReportUnsaved("out of memory");
  WriteFile(record);
  pfree(record);
}

}  // namespace steward::store
