// The JSON form of a pool workload. Declared in pool_workload.hpp.
#include "collect/json_fields.hpp"
#include "collect/pool_workload.hpp"

namespace steward::collect {

template <typename V>
void Visit(V& v, model::PoolSamples& s) {
  v.AtLeast0("samples", s.looks), v.AtLeast0("running_samples", s.running), v.AtLeast0("lock_samples", s.lock);
  v.AtLeast0("lwlock_samples", s.lwlock), v.AtLeast0("io_samples", s.io), v.AtLeast0("wal_samples", s.wal);
  v.AtLeast0("client_samples", s.client), v.AtLeast0("other_samples", s.other), v.AtLeast0("idle_samples", s.idle);
}

template <typename V>
void Visit(V& v, model::PoolClass& c) {
  v("datname", c.database), v("usename", c.role), v("application_name", c.application);
  v.AtLeast0("transactions", c.transactions), v.AtLeast0("commits", c.commits), v.AtLeast0("failures", c.failures);
  v.AtLeast0("total_xact_time", c.total_time), v.AtLeast0("stddev_xact_time", c.stddev_time);
  v.AtLeast0("p50_xact_time", c.p50_time), v.AtLeast0("p95_xact_time", c.p95_time), v.AtLeast0("p99_xact_time", c.p99_time);
  v.AtLeast0("max_xact_time", c.max_time), v("idle_in_transaction_time", c.idle_in_transaction_time);
  v("cpu_time", c.cpu_time), v("cpu_from_statements", c.cpu_from_statements), v("core_wait_time", c.core_wait_time);
  v("writing_transactions", c.writing_transactions), v("statements", c.statements), v("samples", c.samples);
  v("max_busy", c.max_busy), v("max_sessions", c.max_sessions), v("features_known", c.features_known), v("features", c.features);
}

template <typename V>
void Visit(V& v, model::PoolHost& h) {
  v.AtLeast0("cores", h.cores), v.AtLeast0("memory", h.memory), v("source", h.source), v("busy_cores", h.busy_cores);
  v("clients_local", h.clients_local);
}

template <typename V>
void Visit(V& v, model::PoolLimits& l) {
  v.AtLeast0("max_connections", l.max_connections), v.AtLeast0("reserved", l.reserved), v.AtLeast0("connections", l.connections);
  v.AtLeast0("work_mem", l.work_mem), v.AtLeast0("hash_mem_multiplier", l.hash_mem_multiplier);
  v.AtLeast0("shared_buffers", l.shared_buffers), v.AtLeast0("parallel_workers", l.parallel_workers);
  v.AtLeast0("statement_timeout", l.statement_timeout);
  v.AtLeast0("idle_in_transaction_session_timeout", l.idle_in_transaction_timeout);
  v("refused_connections", l.refused_connections);
}

template <typename V>
void Visit(V& v, model::PoolWorkload& w) {
  v("server", w.server), v.AtLeast0("seconds", w.seconds), v("since_reset", w.since_reset), v("host", w.host), v("limits", w.limits);
  v("classes", w.classes), v("missing", w.missing);
}

namespace {

constexpr int kVersion = 1;
constexpr const char* kKind = "pg_steward pool workload";

}  // namespace

std::string PoolWorkloadToJson(const model::PoolWorkload& workload) {
  return WriteDocument(kKind, kVersion, workload);
}

model::PoolWorkload PoolWorkloadFromJson(const std::string& text) {
  return ReadDocument<model::PoolWorkload>(text, kKind, kVersion, "pgsteward snapshot pool");
}

}  // namespace steward::collect
