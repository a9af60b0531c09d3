// See file.hpp.
#include "pgbouncer/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace steward::pgbouncer {

namespace {

[[noreturn]] void Fail(const char* what, const std::string& path, int error) {
  throw FileError(std::string("could not ") + what + " \"" + path + "\": " + std::strerror(error), "");
}

/// An open file that closes itself.
class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

void WriteAll(int file, const std::string& text, const std::string& path) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t written = write(file, text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) Fail("write", path, errno);
    done += static_cast<std::size_t>(written);
  }
}

// So that the new name, too, survives a power failure. Some file systems cannot: then the file is there all the same.
void SyncFolderOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const File file(open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (file.get() >= 0) fsync(file.get());
}

// The first of its backups that is not there: the older ones are of what somebody may still want back.
std::string NameOfBackup(const std::string& target) {
  constexpr int kMost = 1000;
  std::string name = target + ".bak";
  struct stat status = {};
  for (int number = 2; lstat(name.c_str(), &status) == 0; ++number) {
    if (number > kMost) throw FileError("\"" + target + "\" has too many backups", "Remove those that nobody needs.");
    name = target + ".bak." + std::to_string(number);
  }
  return name;
}

// What ReplaceFiles writes before it replaces anything.
struct Prepared {
  std::string path;  // as it was given
  std::string target;
  std::string backup;                        // empty: there is none
  std::optional<FileBeside> backup_beside;
  std::optional<FileBeside> target_beside;  // none: it is right already
};

Prepared Prepare(const NewFile& file) {
  std::error_code error;
  const std::filesystem::path resolved = std::filesystem::weakly_canonical(file.path, error);
  Prepared prepared;
  prepared.path = file.path;
  prepared.target = error ? file.path : resolved.string();
  struct stat status = {};
  const bool exists = stat(prepared.target.c_str(), &status) == 0;
  if (exists && !S_ISREG(status.st_mode)) throw FileError("\"" + file.path + "\" is not a regular file", "");
  constexpr mode_t kModeOfNew = 0640;
  const mode_t old_mode = status.st_mode & 07777U;
  const mode_t mode = exists ? old_mode & file.at_most.value_or(old_mode) : file.at_most.value_or(kModeOfNew);
  const struct stat* like = exists ? &status : nullptr;
  if (exists) {
    constexpr std::size_t kLargest = std::size_t{1} << 24;
    const std::string old_text = ReadFile(prepared.target, kLargest);
    if (old_text == file.text && mode == old_mode) return prepared;
    prepared.backup = NameOfBackup(prepared.target);
    prepared.backup_beside.emplace(prepared.backup, old_text, mode, like);
  }
  prepared.target_beside.emplace(prepared.target, file.text, mode, like);
  return prepared;
}

void Replace(Prepared& prepared) {
  if (prepared.backup_beside) prepared.backup_beside->Rename();
  if (!prepared.target_beside) return;
  prepared.target_beside->Rename();
  SyncFolderOf(prepared.target);
}

}  // namespace

FileBeside::FileBeside(const std::string& path, const std::string& text, unsigned mode, const struct stat* like)
    : path_(path), beside_(path + ".XXXXXX") {
  const File file(mkostemp(beside_.data(), O_CLOEXEC));
  if (file.get() < 0) Fail("create a file beside", path, errno);
  try {
    WriteAll(file.get(), text, beside_);
    const bool other_owner = like != nullptr && (like->st_uid != geteuid() || like->st_gid != getegid());
    if (other_owner && fchown(file.get(), like->st_uid, like->st_gid) != 0) Fail("keep the owner of", path, errno);
    if (fchmod(file.get(), mode) != 0) Fail("set the mode of", path, errno);
    if (fsync(file.get()) != 0) Fail("write", beside_, errno);
  } catch (...) {
    unlink(beside_.c_str());
    throw;
  }
}

FileBeside::FileBeside(FileBeside&& other) noexcept : path_(std::move(other.path_)), beside_(std::exchange(other.beside_, "")) {}

FileBeside::~FileBeside() {
  if (!beside_.empty()) unlink(beside_.c_str());
}

void FileBeside::Rename() {
  if (rename(beside_.c_str(), path_.c_str()) != 0) Fail("replace", path_, errno);
  beside_.clear();
}

std::string ReadFile(const std::string& path, std::size_t limit_bytes) {
  const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) Fail("open", path, errno);
  std::string text;
  std::string piece(1 << 16, '\0');
  ssize_t got = 0;
  while ((got = read(file.get(), piece.data(), piece.size())) != 0) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) Fail("read", path, errno);
    text.append(piece, 0, static_cast<std::size_t>(got));
    if (text.size() > limit_bytes) throw FileError("file \"" + path + "\" is too large", "");
  }
  return text;
}

unsigned ModeOf(const std::string& path) {
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0) Fail("open", path, errno);
  return status.st_mode & 07777U;
}

std::vector<std::string> ReplaceFiles(const std::vector<NewFile>& files) {
  std::vector<Prepared> all;
  std::vector<std::string> backups;
  for (const NewFile& file : files) {
    all.push_back(Prepare(file));
    backups.push_back(all.back().backup);
  }
  std::string replaced;
  for (Prepared& prepared : all) {
    try {
      Replace(prepared);
    } catch (const FileError& failure) {
      if (replaced.empty()) throw;
      throw FileError(failure.what(), "Written already: " + replaced + ". What each was is beside it as .bak.");
    }
    if (prepared.target_beside) replaced += (replaced.empty() ? "" : ", ") + prepared.path;
  }
  return backups;
}

}  // namespace steward::pgbouncer
