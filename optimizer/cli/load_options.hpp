// The options of "pool verify", parsed.
#pragma once

#include <boost/program_options.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "load/plan.hpp"

namespace steward::cli {

struct LoadOptions {
  std::string file;                     // --load
  std::vector<load::Setting> settings;  // of the one class that options describe
  bool captured = false;                // classes are those that `server` captured
  std::string write_load;               // file to write these to; empty: they are driven
  double duration_s = 30;
  double warmup_s = 2;
  std::optional<std::uint64_t> seed;
  std::string server;      // connection string of the server behind the pooler; empty: none
  std::string console_user;  // of PgBouncer's console; empty: that of the connection options
  bool calibrate = false;
  int largest = 0;     // size that calibration may try; 0: what the server has room for
  int rounds = 6;      // of probes, at most
  double probe_s = 3;  // length of one
  std::string allow_host;  // beside this machine
};

/// Throws UsageError.
LoadOptions ParseLoadOptions(const boost::program_options::variables_map& values);

/// Adds them to a group of options.
void AddLoadOptions(boost::program_options::options_description& options);

}  // namespace steward::cli
