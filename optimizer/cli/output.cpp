// See output.hpp.
#include "cli/output.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "pgbouncer/file.hpp"
#include "report/terminal_text.hpp"

namespace steward::cli {

namespace {

void WriteAll(int file, const std::string& text, const std::string& name) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t written = write(file, text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw OutputError("could not write to " + name + ": " + std::strerror(errno), errno == EPIPE);
    done += static_cast<std::size_t>(written);
  }
}

void Print(const char* severity, const std::string& message, const std::string& detail, const std::string& hint) {
  std::string text = fmt::format("pgsteward: {}: {}\n", severity, report::PrintableLines(message));
  if (!detail.empty()) text += fmt::format("pgsteward: detail: {}\n", report::PrintableLines(detail));
  if (!hint.empty()) text += fmt::format("pgsteward: hint: {}\n", report::PrintableLines(hint));
  std::fputs(text.c_str(), stderr);
}

// Of the terminal on standard error: what it says, else COLUMNS, else 80; at least what "..." takes.
std::size_t TerminalColumns() {
  constexpr std::size_t kLeast = 4;
  winsize size = {};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return std::max<std::size_t>(size.ws_col, kLeast);
  const char* columns = std::getenv("COLUMNS");
  const long number = columns == nullptr ? 0 : std::strtol(columns, nullptr, 10);
  return number > 0 ? std::max(static_cast<std::size_t>(number), kLeast) : 80;
}

}  // namespace

void WriteOutput(const std::string& path, const std::string& text) {
  if (path.empty() || path == "-") return WriteAll(STDOUT_FILENO, text, "standard output");
  std::error_code ignored;
  // A device or a pipe is written in place: replacing /dev/null by a file would do harm.
  if (std::filesystem::exists(path, ignored) && !std::filesystem::is_regular_file(path, ignored)) {
    const int device = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (device < 0) throw OutputError("could not open \"" + path + "\": " + std::strerror(errno), false);
    WriteAll(device, text, '"' + path + '"');
    close(device);
    return;
  }
  try {
    constexpr unsigned kModeOfReports = 0600;
    pgbouncer::FileBeside(path, text, kModeOfReports, nullptr).Rename();
  } catch (const pgbouncer::FileError& error) {
    throw OutputError(error.what(), false);
  }
}

std::string ReadInput(const std::string& path, std::size_t limit_bytes) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) throw OutputError("could not open \"" + path + "\": " + std::strerror(errno), false);
  std::string text;
  std::string piece(1 << 16, '\0');
  ssize_t got = 0;
  while ((got = read(file, piece.data(), piece.size())) > 0 && text.size() <= limit_bytes)
    text.append(piece, 0, static_cast<std::size_t>(got));
  const int failure = errno;
  close(file);
  if (got < 0) throw OutputError("could not read \"" + path + "\": " + std::strerror(failure), false);
  if (text.size() > limit_bytes) throw OutputError("file \"" + path + "\" is too large", false);
  return text;
}

void PrintError(const std::string& message, const std::string& detail, const std::string& hint) {
  Print("error", message, detail, hint);
}

void PrintWarning(const std::string& message, const std::string& hint) {
  Print("warning", message, "", hint);
}

std::string ProgressLine(const std::string& phase, std::optional<double> share, std::size_t columns) {
  return report::Excerpt(share ? fmt::format("{} {:.0f} %", phase, *share * 100) : phase, columns - 1);
}

Progress::Progress() : enabled_(isatty(STDERR_FILENO) != 0) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  plain_ = (no_color != nullptr && *no_color != '\0') || terminal == nullptr || std::strcmp(terminal, "dumb") == 0;
}

Progress::~Progress() {
  Clear();
}

void Progress::Clear() {
  if (shown_) std::fputs("\r\x1b[K", stderr);
  shown_ = false;
}

void Progress::Say(const std::string& phase, std::optional<double> share) {
  if (!enabled_ || (plain_ && phase == phase_)) return;
  phase_ = phase;
  if (plain_) {
    std::fprintf(stderr, "%s\n", phase.c_str());
    return;
  }
  std::fprintf(stderr, "\r\x1b[K%s", ProgressLine(phase, share, TerminalColumns()).c_str());
  std::fflush(stderr);
  shown_ = true;
}

}  // namespace steward::cli
