// Files as a whole: reading with a bound, and replacing so that a reader never sees half of one.
#pragma once

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>

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

/// Replaces or creates the file: written beside it, synced, renamed; mode and owner of an existing one are kept, a new one
/// gets mode 0640. `at_most`: the mode of a new one, and an existing one keeps of its own what is in that. What a symbolic
/// link points at is replaced, not the link. An existing file is first kept as "PATH.bak", or "PATH.bak.2" and so on where
/// there is one; one that is right already is left alone. Returns the name of the copy, empty where there is none. Throws
/// FileError; then the file is as it was.
std::string ReplaceFile(const std::string& path, const std::string& text, std::optional<unsigned> at_most = std::nullopt);

}  // namespace steward::pgbouncer
