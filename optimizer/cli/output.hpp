// Where a report goes, and where messages go while it is made.
#pragma once

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>

namespace steward::cli {

/// The report could not be written.
class OutputError : public std::runtime_error {
 public:
  OutputError(const std::string& message, bool broken_pipe) : std::runtime_error(message), broken_pipe_(broken_pipe) {}
  bool broken_pipe() const { return broken_pipe_; }

 private:
  bool broken_pipe_;
};

/// Writes to standard output when `path` is empty, else to a file with mode 0600, replaced as a whole: written beside
/// and renamed, so that neither a symbolic link is followed nor half a file left behind.
void WriteOutput(const std::string& path, const std::string& text);

/// Reads a whole file of at most `limit_bytes`. Throws OutputError.
std::string ReadInput(const std::string& path, std::size_t limit_bytes);

/// "pgsteward: error: message", then DETAIL and HINT lines, on standard error.
void PrintError(const std::string& message, const std::string& detail, const std::string& hint);
void PrintWarning(const std::string& message, const std::string& hint);

/// What Progress shows on a terminal of `columns`: never as wide as that, where it would wrap and stay.
std::string ProgressLine(const std::string& phase, std::optional<double> share, std::size_t columns);

/// One line on standard error that is overwritten as work goes on, cut to the terminal's width. Silent unless that is a
/// terminal; where NO_COLOR or TERM=dumb forbids escape sequences, a line for each new phase instead.
class Progress {
 public:
  Progress();
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `share` (0..1) of the phase that is done; none: not known.
  void Say(const std::string& phase, std::optional<double> share = std::nullopt);
  /// Takes the line away until the next Say.
  void Clear();

 private:
  bool enabled_;
  bool plain_ = false;
  bool shown_ = false;
  std::string phase_;
};

}  // namespace steward::cli
