// Files as a whole: reading with a bound, and replacing so that a reader never sees half of one.
#pragma once

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

struct stat;

namespace steward::pgbouncer {

/// A file that cannot be read, parsed or written. The message names the file and, where there is one, the line; it never
/// quotes what stands there, which may be a password.
class FileError : public std::runtime_error {
 public:
  FileError(const std::string& message, std::string hint) : std::runtime_error(message), hint_(std::move(hint)) {}
  const std::string& hint() const { return hint_; }

 private:
  std::string hint_;
};

/// The whole file, at most `limit_bytes` of it. Throws FileError.
std::string ReadFile(const std::string& path, std::size_t limit_bytes);

/// The permission bits of a file. Throws FileError.
unsigned ModeOf(const std::string& path);

/// A file written beside another, synced, and ready to take its place; removed again where it never does.
class FileBeside {
 public:
  /// `like` says whose owner it gets; nullptr: nobody's. Throws FileError.
  FileBeside(const std::string& path, const std::string& text, unsigned mode, const struct stat* like);
  FileBeside(FileBeside&& other) noexcept;
  ~FileBeside();

  /// Puts it in its place: what a symbolic link there points at stays. Throws FileError.
  void Rename();

 private:
  std::string path_;
  std::string beside_;  // empty: it is in its place
};

/// A file that is to be: `at_most` is the mode of a new one (0640 where none is given), and an existing one keeps of its own
/// what is in that.
struct NewFile {
  std::string path;
  std::string text;
  std::optional<unsigned> at_most;
};

/// Replaces or creates files, in this order, but only once each is written beside its place and synced. Mode and owner of an
/// existing one are kept. What a symbolic link points at is replaced, not the link. An existing file is first kept as
/// "PATH.bak", or "PATH.bak.2" and so on where there is one; one that is right already is left alone. Returns the names of
/// the copies, empty where there is none. Throws FileError; then no file is as it should be, but for those the hint names.
std::vector<std::string> ReplaceFiles(const std::vector<NewFile>& files);

}  // namespace steward::pgbouncer
