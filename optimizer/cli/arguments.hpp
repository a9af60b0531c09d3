// The command line as data: commands, their options, and the help text in psql's layout.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "cli/load_options.hpp"
#include "db/connect_options.hpp"
#include "model/pool_suggestion.hpp"

namespace steward::cli {

enum class Command {
  kNone, kDoctor, kAdvise, kAdvisePool, kAdvisePrepared, kSnapshot, kSnapshotPool, kSnapshotPrepared, kDiff, kMute, kUnmute, kExplain, kPoolLint, kPoolConfig,
  kPoolVerify
};
enum class Format { kText, kJson, kSql };
/// Where statements and costs come from: kAuto is pg_steward where it is installed, else pg_stat_statements and HypoPG.
enum class Source { kAuto, kSteward, kHypopg };

/// What the commands "pool ..." take beside the common options.
struct PoolArguments {
  std::string ini;      // pgbouncer.ini
  std::string console;  // connection string of the admin console
  std::string app;      // file of the application's pools
  std::optional<int> pid;
  std::string plan;    // JSON of advise pool
  std::string folder;  // that configuration is written to
};

/// Of "advise pool" and "snapshot pool".
struct PoolAdviceArguments {
  model::PoolDemand demand;
  bool instances_given = false;
  bool processes_given = false;
  std::optional<int> cores;
  std::optional<std::int64_t> memory;
  double for_seconds = 0;  // between two readings; 0: since the last reset
};

/// Of "advise prepared".
struct PreparedArguments {
  bool measure = false;           // run statements that only read
  double measure_seconds = 2;     // for each at most
  std::optional<int> pooler;      // version of PgBouncer, 118 for 1.18, where it cannot be asked
  std::string pool_mode;          // empty: transaction
  std::int64_t min_calls = 100;
};

struct Arguments {
  /// A time as the server reads it, or, where `text` is empty, so long before another one (of `until`: from now).
  struct Instant {
    std::string text;
    double seconds_back = 0;
  };

  Command command = Command::kNone;
  std::string family;  // first word of commands of two, where help is asked of these
  bool opens_session = true;  // false: the command decides which connections it opens, if any
  bool help = false;
  bool version = false;
  db::ConnectOptions connect;
  Format format = Format::kText;
  std::string output;  // empty: standard output
  std::vector<std::string> schemas;
  std::vector<std::string> excluded_schemas;
  Source source = Source::kAuto;
  std::string from;          // workload file instead of the server's capture
  std::vector<std::string> standbys;  // workload files of standbys
  std::int64_t budget = 0;   // bytes, 0: none
  bool weigh_calls = false;  // --weight calls instead of time
  double min_gain_percent = 0.5;  // of the whole, that an index must save
  bool quick = false;
  bool verify = false;  // build on trial and measure
  bool yes = false;     // without asking
  std::int64_t limit = 10;
  Instant after;                  // end of the later window; counted back from now
  Instant before{"", 86400};      // end of the earlier one; counted back from `after`
  double window_seconds = 3600;   // length of both
  bool show_muted = false;
  std::string object;  // what mute, unmute and explain are about
  bool plans = false;
  bool psql = false;
  std::string reason;
  Instant until;  // end of a mute; 0 seconds: none
  LoadOptions load;  // of pool verify
  PoolAdviceArguments pool_advice;
  PreparedArguments prepared;
  bool save = true;
  PoolArguments pool;
  bool save_if_asked = false;  // not saved because it is about a part of the database or from a file
};

/// A command line that cannot be run; exit 2. Never quotes a value, which could be a password.
class UsageError : public std::runtime_error {
 public:
  UsageError(const std::string& message, std::string hint) : std::runtime_error(message), hint_(std::move(hint)) {}
  const std::string& hint() const { return hint_; }

 private:
  std::string hint_;
};

/// Throws UsageError.
Arguments ParseArguments(const std::vector<std::string>& words);

/// The help of one command, or of the whole program for kNone.
std::string HelpText(Command command);

/// What commands there are whose first word is `family`.
std::string FamilyHelpText(const std::string& family);

/// Milliseconds of "250ms" or of what ParseSpan reads. None when the text is nothing of the kind.
std::optional<double> ParseMilliseconds(const std::string& text);

/// Seconds of "90min", "2h", "1d", "30 s" or "1w". None when the text is nothing of the kind.
std::optional<double> ParseSpan(const std::string& text);

/// "2GB", "512 MB", "64kB" or plain bytes, in steps of 1024. None when the text is nothing of the kind.
std::optional<std::int64_t> ParseByteSize(const std::string& text);

}  // namespace steward::cli
