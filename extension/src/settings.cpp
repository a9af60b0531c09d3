// Definition of the GUCs. See settings.hpp and INTERFACE for names, defaults and contexts.
#include "settings.hpp"

namespace steward {

Settings settings;

namespace {

const config_enum_entry kTrackOptions[] = {{"none", static_cast<int>(Track::kNone), false},
                                           {"top", static_cast<int>(Track::kTop), false},
                                           {"all", static_cast<int>(Track::kAll), false},
                                           {nullptr, 0, false}};

void Int(const char* name, const char* text, int* value, int low, int high, GucContext context, int flags,
         GucIntAssignHook assign = nullptr) {
  DefineCustomIntVariable(name, text, nullptr, value, *value, low, high, context, flags, nullptr, assign, nullptr);
}

void AssignSlowMinDuration(int ms, void*) {
  settings.slow_min_ns = ms < 0 ? ~uint64{0} : static_cast<uint64>(ms) * 1000000;
}

void Bool(const char* name, const char* text, bool* value, GucContext context) {
  DefineCustomBoolVariable(name, text, nullptr, value, *value, context, 0, nullptr, nullptr, nullptr);
}

void DefineMemory() {
  Int("pg_steward.max_statements", "Sets the maximum number of statements tracked by pg_steward.", &settings.max_statements,
      100, INT_MAX / 1024, PGC_POSTMASTER, 0);
  Int("pg_steward.max_plans", "Sets the maximum number of plans tracked by pg_steward.", &settings.max_plans, 100,
      INT_MAX / 1024, PGC_POSTMASTER, 0);
  Int("pg_steward.text_memory", "Sets the shared memory for statement texts and plans.", &settings.text_memory_kb, 1024,
      INT_MAX / 2, PGC_POSTMASTER, GUC_UNIT_KB);
  Bool("pg_steward.save", "Saves what pg_steward collected across a clean restart.", &settings.save, PGC_SIGHUP);
}

void DefineCapture() {
  DefineCustomEnumVariable("pg_steward.track", "Selects which statements are tracked by pg_steward.", nullptr,
                           &settings.track, settings.track, kTrackOptions, PGC_SUSET, 0, nullptr, nullptr, nullptr);
  Bool("pg_steward.track_utility", "Selects whether utility commands are tracked.", &settings.track_utility, PGC_SUSET);
  Bool("pg_steward.track_planning", "Selects whether planning time is tracked.", &settings.track_planning, PGC_SUSET);
  Bool("pg_steward.track_plans", "Selects whether plans of slow statements are kept.", &settings.track_plans, PGC_SUSET);
  Bool("pg_steward.track_predicates", "Selects whether predicates of plans are kept.", &settings.track_predicates,
       PGC_SUSET);
  Int("pg_steward.slow_min_duration", "Sets the execution time above which a statement counts as slow (-1: off).",
      &settings.slow_min_duration_ms, -1, INT_MAX, PGC_SUSET, GUC_UNIT_MS, AssignSlowMinDuration);
  DefineCustomRealVariable("pg_steward.sample_rate", "Share of armed slow statements whose plan nodes are timed.", nullptr,
                           &settings.sample_rate, settings.sample_rate, 0.0, 1.0, PGC_SUSET, 0, nullptr, nullptr, nullptr);
  Bool("pg_steward.track_timing", "Times plan nodes of every instrumented slow statement.", &settings.track_timing,
       PGC_SUSET);
  Bool("pg_steward.capture_parameters", "Keeps samples of constants and parameters; they may be sensitive.",
       &settings.capture_parameters, PGC_SUSET);
  Int("pg_steward.max_query_length", "Sets the number of bytes kept of a statement's text.",
      &settings.max_query_length_bytes, 128, 1024 * 1024, PGC_SUSET, GUC_UNIT_BYTE);
}

void DefineHistory() {
  Int("pg_steward.history_interval", "Sets how often statistics are written to history (0: never).",
      &settings.history_interval_s, 0, 24 * 3600, PGC_SIGHUP, GUC_UNIT_S);
  Int("pg_steward.history_retention", "Sets how long history is kept.", &settings.history_retention_s, 60, INT_MAX,
      PGC_SIGHUP, GUC_UNIT_S);
  Int("pg_steward.history_max_size", "Sets how much history is kept in a database; the oldest makes room.",
      &settings.history_max_size_kb, 1024, INT_MAX, PGC_SIGHUP, GUC_UNIT_KB);
}

void DefineRefresh() {
  Bool("pg_steward.refresh", "Refreshes scheduled materialized views.", &settings.refresh, PGC_SIGHUP);
  Int("pg_steward.max_refresh_workers", "Sets the maximum number of workers that refresh materialized views.",
      &settings.max_refresh_workers, 1, 64, PGC_SIGHUP, 0);
  Int("pg_steward.refresh_lock_timeout", "Sets how long a plain refresh may wait for its lock; it waits 100 ms of that while there is time for another try.",
      &settings.refresh_lock_timeout_ms, 1, INT_MAX, PGC_SIGHUP, GUC_UNIT_MS);
}

}  // namespace

void DefineSettings() {
  DefineMemory();
  DefineCapture();
  DefineHistory();
  DefineRefresh();
  MarkGUCPrefixReserved("pg_steward");
}

}  // namespace steward
