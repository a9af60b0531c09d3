// The GUCs of pg_steward in one struct. Owns their definition and nothing else; who reads them decides what they mean.
#pragma once

#include "pg/postgres.hpp"

namespace steward {

enum class Track : int { kNone, kTop, kAll };

struct Settings {
  int max_statements = 5000;
  int max_plans = 5000;
  int text_memory_kb = 32 * 1024;
  int track = static_cast<int>(Track::kTop);
  bool track_utility = true;
  bool track_planning = true;
  bool track_plans = true;
  bool track_predicates = true;
  int slow_min_duration_ms = 500;  // -1: off
  uint64 slow_min_ns = 500'000'000;  // the same, for the hot path; off: none is as long
  double sample_rate = 0.01;       // share of armed slow statements that are timed per node
  bool track_timing = false;
  bool capture_parameters = false;
  int max_query_length_bytes = 8 * 1024;
  bool save = true;  // keep everything over a clean restart
  int history_interval_s = 300;  // 0: off
  int history_retention_s = 7 * 24 * 3600;
  int history_max_size_kb = 256 * 1024;
  bool refresh = true;
  int max_refresh_workers = 2;
  int refresh_lock_timeout_ms = 100;
};

/// The live values; written by the GUC machinery only.
extern STEWARD_LOCAL Settings settings;

/// Defines every GUC. Call from _PG_init while shared_preload_libraries are being loaded.
void DefineSettings();

}  // namespace steward
