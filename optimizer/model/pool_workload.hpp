// What pool advice starts from, as plain data: transactions by class with what was measured of them, the machine, and the
// limits that are set now. Times are milliseconds, sizes bytes. Demand and promises are options of the advisor.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/workload.hpp"

namespace steward::model {

/// Looks at sessions: how many of a class were found doing what. A kind over `looks` is its mean concurrency.
struct PoolSamples {
  std::int64_t looks = 0;    // at all sessions, while the class was there
  std::int64_t running = 0;  // in a transaction, on a CPU or waiting for one
  std::int64_t lock = 0;     // heavyweight locks
  std::int64_t lwlock = 0;   // contention inside the server
  std::int64_t io = 0;       // data and temporary files
  std::int64_t wal = 0;      // writing and flushing WAL, synchronous replication
  std::int64_t client = 0;   // idle in transaction
  std::int64_t other = 0;
  std::int64_t idle = 0;  // connected, outside a transaction
};

/// Transactions of one class, in the window.
struct PoolClass {
  std::string database;  // empty: the rest of the server's classes together ("other")
  std::string role;
  std::string application;
  std::int64_t transactions = 0;
  std::int64_t commits = 0;
  std::int64_t failures = 0;
  // Hold time: from a transaction's first statement to its end. Where the window is the difference of two readings the
  // deviation and the percentiles are those since the last reset.
  double total_time = 0;
  double stddev_time = 0;
  double p50_time = 0;
  double p95_time = 0;
  double p99_time = 0;
  double max_time = 0;
  std::optional<double> idle_in_transaction_time;  // of total_time
  std::optional<double> cpu_time;                  // of its backends
  bool cpu_from_statements = false;  // cpu_time is that of the role's statements, shared out by time: an estimate
  std::optional<double> core_wait_time;  // of its backends: ready to run, in transactions and between them
  std::optional<std::int64_t> writing_transactions;
  std::optional<double> statements;  // a transaction, the mean over the role's transactions in the database
  std::optional<PoolSamples> samples;
  std::optional<std::int64_t> max_busy;      // most sessions seen at once in a transaction
  std::optional<std::int64_t> max_sessions;  // connected
  bool features_known = false;
  std::vector<std::string> features;  // of the session, that do not survive a change of hands: set, listen, ...

  double MeanTime() const { return transactions > 0 ? total_time / static_cast<double>(transactions) : 0; }
};

/// The machine that the server runs on.
struct PoolHost {
  int cores = 0;            // 0: not known
  std::int64_t memory = 0;  // 0: not known
  std::string source;       // of both, for people: "this machine", "given", "not known"
  std::optional<double> busy_cores;  // mean over the window or since it started, all processes
  bool clients_local = false;  // most client sessions come from the same machine: they share its cores
};

/// Settings that bound connections, as the server has them now.
struct PoolLimits {
  std::int64_t max_connections = 0;
  std::int64_t reserved = 0;       // superuser_reserved_connections and reserved_connections
  std::int64_t connections = 0;    // client sessions now, ours not counted
  std::int64_t work_mem = 0;       // bytes
  double hash_mem_multiplier = 1;
  std::int64_t shared_buffers = 0;  // bytes
  int parallel_workers = 0;         // max_parallel_workers_per_gather
  double statement_timeout = 0;     // ms, of the database's sessions by default; 0: none
  double idle_in_transaction_timeout = 0;
  std::optional<std::int64_t> refused_connections;  // too many clients already, in the window
};

struct PoolWorkload {
  ServerInfo server;
  double seconds = 0;        // length of the window
  bool since_reset = true;   // else the difference of two readings
  PoolHost host;
  PoolLimits limits;
  std::optional<std::int64_t> waiting_clients;  // at the pooler, where it was asked. Not part of a snapshot
  std::vector<PoolClass> classes;     // of this server, all databases; our own sessions are not among them
  std::vector<std::string> missing;  // what could not be read, for people
};

}  // namespace steward::model
