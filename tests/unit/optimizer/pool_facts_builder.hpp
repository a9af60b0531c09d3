// Facts for the tests of pool rules, put together from the texts of files and a few numbers.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "pgbouncer/rules.hpp"

namespace steward::test {

inline pgbouncer::Ini IniOf(const std::string& name, const std::string& text) {
  return pgbouncer::ReadIni(name, [&](const std::string&) { return text; });
}

/// A server on this machine, of 2 cores and 8 GB, with 97 connections for ordinary roles.
inline pgbouncer::ServerFacts PlainServer() {
  pgbouncer::ServerFacts server;
  server.version_num = 150020;
  server.local = true;
  server.max_connections = 100;
  server.superuser_reserved = 3;
  server.statement_timeout = 1;
  server.idle_in_transaction_timeout = 1;
  server.work_mem = 4 << 20;
  server.hash_mem_multiplier = 2;
  server.parallel_workers = 0;
  server.shared_buffers = 128 << 20;
  server.compute_query_id = "auto";
  server.preload = "pg_stat_statements, pg_steward";
  return server;
}

class FactsBuilder {
 public:
  FactsBuilder() { facts_.machine = pgbouncer::MachineFacts{2, std::int64_t{8} << 30, 4096}; }

  /// `databases` and `settings`: the lines of the sections.
  FactsBuilder& Ini(const std::string& databases, const std::string& settings, const std::string& users = "") {
    const std::string text = "[databases]\n" + databases + "\n[users]\n" + users + "\n[pgbouncer]\n" + settings + "\n";
    ini_ = text;
    return *this;
  }
  FactsBuilder& Whole(const std::string& text) {
    ini_ = text;
    return *this;
  }
  FactsBuilder& App(const std::string& text) {
    facts_.app = pgbouncer::ParseAppFile(IniOf("app.ini", text));
    return *this;
  }
  FactsBuilder& Server(const pgbouncer::ServerFacts& server = PlainServer()) {
    facts_.server = server;
    return *this;
  }
  template <typename Change>
  FactsBuilder& ServerWith(Change change) {
    facts_.server = PlainServer();
    change(*facts_.server);
    return *this;
  }
  FactsBuilder& Process(std::optional<std::int64_t> open_files, double cores = 0.1) {
    facts_.process = pgbouncer::ProcessFacts{77, open_files, cores};
    return *this;
  }
  FactsBuilder& Version(int version) {
    Console().version = version;
    return *this;
  }
  /// A line of SHOW CONFIG.
  FactsBuilder& Running(const std::string& name, const std::string& value, std::optional<std::string> fallback = std::nullopt,
                        bool changeable = true) {
    Console().config[name] = {value, std::move(fallback), changeable};
    return *this;
  }
  /// A line of SHOW POOLS.
  FactsBuilder& Clients(const std::string& database, const std::string& user, std::int64_t clients) {
    pgbouncer::LivePool pool;
    pool.database = database;
    pool.user = user;
    pool.clients = clients;
    Console().pools.push_back(pool);
    return *this;
  }
  FactsBuilder& Class(const std::string& database, const std::string& role, const std::string& application, std::int64_t transactions,
                      double mean_time, std::optional<double> cpu_share = std::nullopt,
                      std::optional<std::vector<std::string>> features = std::nullopt) {
    pgbouncer::ClassFacts one;
    one.database = database;
    one.role = role;
    one.application = application;
    one.transactions = transactions;
    one.mean_time = mean_time;
    one.total_time = mean_time * static_cast<double>(transactions);
    if (cpu_share) one.cpu_time = *cpu_share * one.total_time;
    one.features = std::move(features);
    if (!facts_.classes) facts_.classes.emplace();
    facts_.classes->push_back(one);
    return *this;
  }
  FactsBuilder& Machine(int cores, std::int64_t memory, std::int64_t somaxconn = 4096) {
    facts_.machine = pgbouncer::MachineFacts{cores, memory, somaxconn};
    return *this;
  }
  FactsBuilder& OtherFile(const std::string& path) {
    facts_.other_file = path;
    return *this;
  }

  [[nodiscard]] pgbouncer::Facts Get() const {
    pgbouncer::Facts facts = facts_;
    if (!ini_.empty()) facts.file = pgbouncer::LoadPgBouncerFile(IniOf("p.ini", ini_), facts.Version());
    return facts;
  }

 private:
  pgbouncer::ConsoleFacts& Console() {
    if (!facts_.console) {
      facts_.console.emplace();
      facts_.console->local = true;
    }
    return *facts_.console;
  }

  pgbouncer::Facts facts_;
  std::string ini_;
};

}  // namespace steward::test
