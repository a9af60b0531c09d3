// The rules of `pool lint`: for each one that fires and ones that stay quiet, at its bounds; and what it needs to be checked.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "unit/optimizer/pool_facts_builder.hpp"
#include "pgbouncer/rules.hpp"

namespace steward::pgbouncer {
namespace {

using test::FactsBuilder;
using test::PlainServer;

struct Case {
  int rule;
  const char* what;
  FactsBuilder facts;
  std::vector<std::string> objects;  // of its findings; empty: stays quiet
  model::LintSeverity severity = model::LintSeverity::kError;
};

constexpr auto kError = model::LintSeverity::kError;
constexpr auto kWarning = model::LintSeverity::kWarning;
constexpr auto kInfo = model::LintSeverity::kInfo;

FactsBuilder Make() {
  return {};
}
constexpr const char* kTransaction = "pool_mode = transaction";
constexpr const char* kWeb = "[web]\ndatabase = app\nuser = web\n";

std::vector<Case> BudgetCases() {
  const std::string app4 = "a = user=u\nb = user=u\nc = user=u\nd = user=u";
  const auto with_limit = [](const char* role, std::int64_t limit) {
    return [=](ServerFacts& server) { server.roles.push_back({role, limit, false}); };
  };
  return {
      {1, "97 of 97", Make().Ini("a = user=u pool_size=97", "").Server(), {}},
      {1, "98 of 97", Make().Ini("a = user=u pool_size=98", "").Server(), {"all pools"}},
      {1, "the reserve counts", Make().Ini("a = user=u pool_size=90", "reserve_pool_size = 8").Server(), {"all pools"}},
      {1, "direct pools count", Make().Ini("a = user=u pool_size=50", "").App("[d]\nthrough=direct\ninstances=3\npool_size=16\n").Server(), {"all pools"}},
      {1, "auth_user's connections count", Make().Ini("a = user=u pool_size=97", "auth_user = x").Server(), {"all pools"}},
      {1, "a cap of the database holds", Make().Ini("a = user=u pool_size=200 max_db_connections=50", "reserve_pool_size = 20").Server(), {}},
      {1, "a cap of the user holds", Make().Ini("a = user=u pool_size=200", "", "u = max_user_connections=50").Server(), {}},
      {1, "each user has a pool", Make().Ini("a =", "default_pool_size = 40").Clients("a", "x", 1).Clients("a", "y", 1).Clients("a", "z", 1).Server(), {"all pools"}},
      {1, "reserved connections of 16", Make().Ini("a = user=u pool_size=95", "").ServerWith([](ServerFacts& s) { s.reserved = 3; }), {"all pools"}},
      {1, "an unlimited pool", Make().Ini("a = user=u pool_size=0", "").Server(), {"all pools"}},
      {3, "four pools of 25", Make().Ini(app4, "default_pool_size = 25").Server(), {"default_pool_size"}},
      {3, "four pools of 24", Make().Ini(app4, "default_pool_size = 24").Server(), {}},
      {3, "three processes", Make().Ini("a = user=u", "default_pool_size = 40\nso_reuseport = 1").App("[pgbouncer]\nprocesses = 3\n").Server(), {"default_pool_size"}},
      {3, "two processes fit", Make().Ini("a = user=u", "default_pool_size = 40\nso_reuseport = 1").App("[pgbouncer]\nprocesses = 2\n").Server(), {}},
      {16, "max_connections of ten times the pools", Make().Ini("a = user=u pool_size=10", "").Server(), {}},
      {16, "and more", Make().Ini("a = user=u pool_size=9", "").Server(), {"max_connections"}, kWarning},
      {16, "41 connections on 2 cores, bound by CPU", Make().Ini("a = user=u pool_size=41", "").Class("a", "u", "x", 10, 5, 0.5).Server(), {"all pools"}, kWarning},
      {16, "40 of them", Make().Ini("a = user=u pool_size=40", "").Class("a", "u", "x", 10, 5, 0.5).Server(), {}},
      {16, "not bound by CPU", Make().Ini("a = user=u pool_size=41", "").Class("a", "u", "x", 10, 5, 0.49).Server(), {}},
      {18, "only with the reserve too many", Make().Ini("a = user=u pool_size=90", "reserve_pool_size = 8").Server(), {"reserve_pool_size"}},
      {18, "the reserve fits", Make().Ini("a = user=u pool_size=90", "reserve_pool_size = 7").Server(), {}},
      {18, "too many without it", Make().Ini("a = user=u pool_size=98", "reserve_pool_size = 8").Server(), {}},
      {21, "a cap below the pool", Make().Ini("a = user=u pool_size=20 max_db_connections=19", ""), {"a"}, kWarning},
      {21, "a cap of the pool's size", Make().Ini("a = user=u pool_size=20 max_db_connections=20", ""), {}},
      {21, "a cap below the users' pools", Make().Ini("a = max_db_connections=30", "").Clients("a", "x", 1).Clients("a", "y", 1), {"a"}, kWarning},
      {21, "a user's cap", Make().Ini("a = user=u", "max_user_connections = 19"), {"a/u"}, kWarning},
      {21, "the user's own cap", Make().Ini("a = user=u", "max_user_connections = 19", "u = max_user_connections=20"), {}},
      {23, "a role's limit", Make().Ini("a = user=u", "").ServerWith(with_limit("u", 19)), {"role u"}},
      {23, "a role's limit that is enough", Make().Ini("a = user=u", "").ServerWith(with_limit("u", 20)), {}},
      {23, "no limit", Make().Ini("a = user=u", "").ServerWith(with_limit("u", -1)), {}},
      {23, "another role's", Make().Ini("a = user=u", "").ServerWith(with_limit("v", 1)), {}},
      {23, "a database's limit", Make().Ini("a = dbname=x user=u\nb = dbname=x user=v", "").ServerWith([](ServerFacts& s) { s.database_limits["x"] = 39; }), {"database x"}},
      {23, "a database's limit that is enough", Make().Ini("a = dbname=x user=u\nb = dbname=x user=v", "").ServerWith([](ServerFacts& s) { s.database_limits["x"] = 40; }), {}},
      {27, "auth_user", Make().Ini("a = user=u\nb = user=u", "auth_user = x"), {"auth_user"}, kInfo},
      {27, "auth_user of one database", Make().Ini("a = user=u auth_user=x", ""), {"auth_user"}, kInfo},
      {27, "none", Make().Ini("a = user=u", ""), {}},
      {31, "two proxies of 60 %", Make().App("[a]\nthrough=rds_proxy\nproxy=p\nmax_connections_percent=60\n[b]\nthrough=rds_proxy\nproxy=q\nmax_connections_percent=60\n"), {"RDS proxies"}, kWarning},
      {31, "one proxy for both", Make().App("[a]\nthrough=rds_proxy\nproxy=p\nmax_connections_percent=60\n[b]\nthrough=rds_proxy\nproxy=p\nmax_connections_percent=60\n"), {}},
      {31, "a proxy and direct ones", Make().App("[a]\nthrough=rds_proxy\nmax_connections_percent=90\n[b]\nthrough=direct\npool_size=11\n").Server(), {"RDS proxies"}, kWarning},
      {31, "that fit", Make().App("[a]\nthrough=rds_proxy\nmax_connections_percent=90\n[b]\nthrough=direct\npool_size=10\n").Server(), {}},
      {31, "pinned sessions", Make().App("[a]\nthrough=rds_proxy\npinned_sessions=1\n"), {"a"}, kWarning},
      {31, "no pinned sessions", Make().App("[a]\nthrough=rds_proxy\npinned_sessions=0\n"), {}},
  };
}

std::vector<Case> ClientCases() {
  const std::string web = kWeb;
  return {
      {2, "39 connections in front of 40", Make().Ini("app = user=u", "default_pool_size = 40").App(web + "instances=3\npool_size=13\n"), {"app/u"}, kWarning},
      {2, "40 of them", Make().Ini("app = user=u", "default_pool_size = 40").App(web + "instances=4\npool_size=10\n"), {}},
      {2, "more than max_client_conn", Make().Ini("app = user=u", "max_client_conn = 100").App(web + "instances=101\npool_size=1\n"), {"max_client_conn"}, kWarning},
      {2, "as many", Make().Ini("app = user=u", "max_client_conn = 100").App(web + "instances=100\npool_size=1\n"), {}},
      {4, "one file too few", Make().Ini("a = user=u", "max_client_conn = 1000\nreserve_pool_size = 5").Process(1074), {"process 77"}},
      {4, "enough files", Make().Ini("a = user=u", "max_client_conn = 1000\nreserve_pool_size = 5").Process(1075), {}},
      {4, "no limit", Make().Ini("a = user=u", "max_client_conn = 100000").Process(std::nullopt), {}},
      {5, "101 expected by a default of 100", Make().Ini("app = user=u", "").App(web + "clients=101\n"), {"max_client_conn"}},
      {5, "100 expected", Make().Ini("app = user=u", "").App(web + "clients=100\n"), {}},
      {5, "91 of 100 connected", Make().Ini("app = user=u", "").Clients("app", "u", 91), {"max_client_conn"}},
      {5, "90 of 100 connected", Make().Ini("app = user=u", "").Clients("app", "u", 90), {}},
      {6, "129 clients by a backlog of 128", Make().Ini("app = user=u", "").App(web + "clients=129\n"), {"listen_backlog"}, kWarning},
      {6, "128 clients", Make().Ini("app = user=u", "").App(web + "clients=128\n"), {}},
      {6, "10,000 by 4096", Make().Ini("app = user=u", "listen_backlog = 4096").App(web + "clients=10000\n"), {}},
      {6, "that the kernel does not grant", Make().Machine(2, 1 << 30, 128).Ini("app = user=u", "listen_backlog = 4096").App(web + "clients=10000\n").Process(100), {"listen_backlog"}, kWarning},
      {22, "21 clients for 20", Make().Ini("app = user=u", "").App(web + "clients=21\n"), {"app/u"}},
      {22, "20 clients", Make().Ini("app = user=u", "").App(web + "clients=20\n"), {}},
      {22, "in transaction mode", Make().Ini("app = user=u", kTransaction).App(web + "clients=21\n"), {}},
      {22, "21 connected now", Make().Ini("app = user=u", "").Clients("app", "u", 21), {"app/u"}},
      {22, "a user's own mode", Make().Ini("app = user=u", kTransaction, "u = pool_mode=session").App(web + "clients=21\n"), {"app/u"}},
      {24, "monitoring in the main pool", Make().App(web + "[watch]\nrole=monitoring\ndatabase=app\nuser=web\n").Server(), {"watch"}, kWarning},
      {24, "with a user of its own", Make().App(web + "[watch]\nrole=monitoring\ndatabase=app\nuser=watch\n").Server(), {}},
      {24, "directly", Make().App(web + "[watch]\nrole=monitoring\nthrough=direct\ndatabase=app\nuser=web\n").Server(), {}},
      {24, "nothing kept for a superuser", Make().ServerWith([](ServerFacts& s) { s.superuser_reserved = 0; }), {"superuser_reserved_connections"}, kWarning},
      {33, "full pools of two instances", Make().Ini("app = user=u", "").App(web + "instances=2\npool_size=10\nminimum_idle=10\n"), {"web"}, kWarning},
      {33, "that leave room", Make().Ini("app = user=u", "").App(web + "instances=2\npool_size=9\nminimum_idle=9\n"), {}},
      {33, "that shrink", Make().Ini("app = user=u", "").App(web + "instances=2\npool_size=10\nminimum_idle=9\n"), {}},
      {33, "in transaction mode", Make().Ini("app = user=u", kTransaction).App(web + "instances=2\npool_size=10\nminimum_idle=10\n"), {}},
  };
}

std::vector<Case> TimeoutCases() {
  const std::string web = kWeb;
  const auto server = [](double statement, double idle) {
    return [=](ServerFacts& s) {
      s.statement_timeout = statement;
      s.idle_in_transaction_timeout = idle;
    };
  };
  const auto override_of = [](const char* name, const char* value) {
    return [=](ServerFacts& s) { s.overrides.push_back({"u", "", name, value}); };
  };
  return {
      {7, "PgBouncer waits as long", Make().Ini("app = user=u", "query_wait_timeout = 0.4").App(web + "acquire_timeout=400ms\n"), {"web"}},
      {7, "PgBouncer waits less", Make().Ini("app = user=u", "query_wait_timeout = 0.2").App(web + "acquire_timeout=400ms\n"), {}},
      {7, "PgBouncer waits for ever", Make().Ini("app = user=u", "query_wait_timeout = 0").App(web + "acquire_timeout=1s\n"), {"web"}},
      {7, "by default 120 s", Make().Ini("app = user=u", "").App(web + "acquire_timeout=30s\n"), {"web"}},
      {7, "statements of 3 s in requests of 2", Make().Ini("app = user=u", "").App(web + "request_timeout=2s\nstatement_timeout=3s\n"), {"web"}},
      {7, "as long as the request", Make().Ini("app = user=u", "").App(web + "request_timeout=2s\nstatement_timeout=2s\n"), {}},
      {7, "no statement_timeout anywhere", Make().Ini("app = user=u", "").App(web + "request_timeout=2s\n").ServerWith(server(0, 1)), {"web"}},
      {7, "the role's statement_timeout", Make().Ini("app = user=u", "").App(web + "request_timeout=2s\n").ServerWith(override_of("statement_timeout", "2500")), {"web"}},
      {7, "a role's that is short", Make().Ini("app = user=u", "").App(web + "request_timeout=2s\n").ServerWith(override_of("statement_timeout", "1500ms")), {}},
      {8, "none in transaction mode", Make().Ini("app = user=u", kTransaction).ServerWith(server(1, 0)), {"app/u"}, kWarning},
      {8, "as long as others wait", Make().Ini("app = user=u", "pool_mode = transaction\nquery_wait_timeout = 5").ServerWith(server(1, 5)), {}},
      {8, "longer", Make().Ini("app = user=u", "pool_mode = transaction\nquery_wait_timeout = 5").ServerWith(server(1, 5.1)), {"app/u"}, kWarning},
      {8, "PgBouncer's own", Make().Ini("app = user=u", "pool_mode = transaction\nidle_transaction_timeout = 60").ServerWith(server(1, 0)), {}},
      {8, "in session mode", Make().Ini("app = user=u", "").ServerWith(server(1, 0)), {}},
      {8, "the role's own", Make().Ini("app = user=u", kTransaction).ServerWith(override_of("idle_in_transaction_session_timeout", "0")), {"app/u"}, kWarning},
      {9, "as long as the server's", Make().Ini("app = user=u", "server_lifetime = 1800").App(web + "max_lifetime=30min\n"), {"web"}, kWarning},
      {9, "shorter", Make().Ini("app = user=u", "server_lifetime = 1801").App(web + "max_lifetime=30min\n"), {}},
      {9, "for ever", Make().Ini("app = user=u", "").App(web + "max_lifetime=0\n"), {"web"}, kWarning},
      {9, "a firewall without keepalive", Make().Ini("app = user=u", "").App(web + "firewall_idle=350s\n"), {"web"}, kWarning},
      {9, "a keepalive below it", Make().Ini("app = user=u", "").App(web + "firewall_idle=350s\nkeepalive=349s\n"), {}},
      {9, "a lifetime below it", Make().Ini("app = user=u", "").App(web + "firewall_idle=350s\nmax_lifetime=5min\n"), {}},
      {10, "bursts after 601 s", Make().Ini("app = user=u", "").App(web + "burst_period=601s\n"), {"app/u"}, kInfo},
      {10, "bursts after 600 s", Make().Ini("app = user=u", "").App(web + "burst_period=600s\n"), {}},
      {10, "a min_pool_size", Make().Ini("app = user=u min_pool_size=1", "").App(web + "burst_period=1h\n"), {}},
      {10, "never closed", Make().Ini("app = user=u", "server_idle_timeout = 0").App(web + "burst_period=1h\n"), {}},
  };
}

std::vector<Case> PatienceCases() {
  const std::string web = kWeb;
  const auto no_timeout = [](ServerFacts& s) { s.statement_timeout = 0; };
  return {
      {17, "after clients have given up", Make().Ini("app = user=u", "reserve_pool_size = 2\nquery_wait_timeout = 5"), {"app/u"}},
      {17, "before", Make().Ini("app = user=u", "reserve_pool_size = 2\nquery_wait_timeout = 5.1"), {}},
      {17, "no reserve", Make().Ini("app = user=u", "query_wait_timeout = 1"), {}},
      {17, "after the application has", Make().Ini("app = user=u", "reserve_pool_size = 2").App(web + "acquire_timeout=1s\n"), {"app/u"}},
      {17, "turned off", Make().Ini("app = user=u", "reserve_pool_size = 2\nreserve_pool_timeout = 0"), {"app/u"}},
      {17, "of one database", Make().Ini("app = user=u reserve_pool=2", "query_wait_timeout = 1"), {"app/u"}},
      {25, "as long as the server's", Make().Ini("app = user=u", "query_timeout = 1").Server(), {"app/u"}, kWarning},
      {25, "longer", Make().Ini("app = user=u", "query_timeout = 1.1").Server(), {}},
      {25, "the server has none", Make().Ini("app = user=u", "query_timeout = 10").ServerWith(no_timeout), {"app/u"}, kWarning},
      {25, "not set", Make().Ini("app = user=u", "").Server(), {}},
      {26, "as long as clients wait", Make().Ini("app = user=u", "query_wait_timeout = 15"), {"server_login_retry"}, kWarning},
      {26, "less", Make().Ini("app = user=u", "query_wait_timeout = 15.1"), {}},
      {26, "clients wait for ever", Make().Ini("app = user=u", "query_wait_timeout = 0"), {}},
  };
}

std::vector<Case> SessionCases() {
  const std::string web = kWeb;
  const std::vector<std::string> none;
  return {
      {11, "without a forced user", Make().Ini("app =", "min_pool_size = 2"), {"app"}, kInfo},
      {11, "with one", Make().Ini("app = user=u", "min_pool_size = 2"), {}},
      {11, "with one, before 1.21", Make().Ini("app = user=u", "min_pool_size = 2").Version(120), {"app/u"}, kInfo},
      {11, "with one, from 1.21 on", Make().Ini("app = user=u", "min_pool_size = 2").Version(121), {}},
      {11, "more than the pool", Make().Ini("app = user=u min_pool_size=21", ""), {"app/u"}, kInfo},
      {11, "as much", Make().Ini("app = user=u min_pool_size=20", ""), {}},
      {12, "SET in transaction mode", Make().Ini("app = user=u", kTransaction).Class("app", "u", "web", 5, 1, 0.1, {{"set", "listen"}}), {"app/u/web"}},
      {12, "in statement mode", Make().Ini("app = user=u", "pool_mode = statement").Class("app", "u", "web", 5, 1, 0.1, {{"load"}}), {"app/u/web"}},
      {12, "in session mode", Make().Ini("app = user=u", "").Class("app", "u", "web", 5, 1, 0.1, {{"set"}}), {}},
      {12, "no feature seen", Make().Ini("app = user=u", kTransaction).Class("app", "u", "web", 5, 1, 0.1, none), {}},
      {12, "another database", Make().Ini("app = user=u", kTransaction).Class("other", "u", "web", 5, 1, 0.1, {{"set"}}), {}},
      {12, "of an application that goes around", Make().Ini("app =", kTransaction).App("[w]\nthrough=direct\ndatabase=app\nuser=w\n").Class("app", "w", "", 5, 1, 0.1, {{"set"}}), {}},
      {12, "by the fallback line", Make().Ini("* = host=h", kTransaction).Class("app", "u", "web", 5, 1, 0.1, {{"set"}}), {"app/u/web"}},
      {12, "the fallback line is not for what has its own", Make().Ini("app = pool_mode=session\n* = host=h", kTransaction).Class("app", "u", "web", 5, 1, 0.1, {{"set"}}), {}},
      {12, "told to use a line in session mode", Make().Ini("app =\nses = dbname=app pool_mode=session", kTransaction).App("[w]\ndatabase=ses\nuser=u\n").Class("app", "u", "web", 5, 1, 0.1, {{"set"}}), {}},
      {13, "by protocol before 1.21", Make().Ini("app = user=u", kTransaction).Version(120).App(web + "prepared=protocol\n"), {"web"}},
      {13, "turned off", Make().Ini("app = user=u", kTransaction).Version(121).App(web + "prepared=protocol\n"), {"web"}},
      {13, "turned on", Make().Ini("app = user=u", "pool_mode = transaction\nmax_prepared_statements = 1").Version(121).App(web + "prepared=protocol\n"), {}},
      {13, "on by default from 1.24 on", Make().Ini("app = user=u", kTransaction).App("[pgbouncer]\nversion = 1.24\n" + web + "prepared=protocol\n"), {}},
      {13, "in SQL", Make().Ini("app = user=u", kTransaction).Version(126).App(web + "prepared=sql\n"), {"web"}},
      {13, "in session mode", Make().Ini("app = user=u", "").Version(118).App(web + "prepared=sql\n"), {}},
      {13, "not at all", Make().Ini("app = user=u", kTransaction).Version(118).App(web + "prepared=no\n"), {}},
      {14, "always in transaction mode", Make().Ini("app = user=u", "pool_mode = transaction\nserver_reset_query_always = 1"), {"server_reset_query_always"}, kWarning},
      {14, "always in session mode", Make().Ini("app = user=u", "server_reset_query_always = 1"), {}},
      {14, "none in session mode", Make().Ini("app = user=u", "server_reset_query ="), {"server_reset_query"}, kWarning},
      {14, "none in transaction mode", Make().Ini("app = user=u", "pool_mode = transaction\nserver_reset_query ="), {}},
      {28, "on", Make().Ini("app = user=u", "server_round_robin = 1"), {"server_round_robin"}, kInfo},
      {28, "off", Make().Ini("app = user=u", "server_round_robin = 0"), {}},
  };
}

std::vector<Case> LoadCases() {
  const std::string admin = "[a]\nrole=admin\ndatabase=app\n";
  const std::string tls = "client_tls_sslmode = require\nserver_tls_sslmode = require\nlisten_addr = 127.0.0.1";
  const auto workers = [](std::int64_t number) { return [=](ServerFacts& s) { s.parallel_workers = number; }; };
  const std::int64_t needed = std::int64_t{100} * 4 * 2 * 2 << 20;  // connections x work_mem x operations x hash_mem_multiplier
  const auto memory = [&](std::int64_t more) { return static_cast<std::int64_t>(static_cast<double>(needed + (128 << 20)) / 0.9) + more; };
  return {
      {15, "just enough memory", Make().Machine(2, memory(1 << 20)).Server(), {}},
      {15, "just too little", Make().Machine(2, memory(-(1 << 20))).Server(), {"max_connections"}, kWarning},
      {15, "parallel workers count", Make().Machine(2, memory(1 << 20)).ServerWith(workers(1)), {"max_connections"}, kWarning},
      {19, "20 times as long", Make().Ini("app = user=u", kTransaction).Class("app", "u", "web", 1000, 2).Class("app", "u", "report", 5, 40), {"app/u"}, kWarning},
      {19, "19 times", Make().Ini("app = user=u", kTransaction).Class("app", "u", "web", 1000, 2).Class("app", "u", "report", 5, 39.9), {}},
      {19, "in a pool of its own", Make().Ini("app = user=u\nrep = dbname=app user=r", kTransaction).Class("app", "u", "web", 1000, 2).Class("app", "r", "report", 5, 400), {}},
      {20, "two connections of one worker on two cores", Make().Ini("app = user=u pool_size=2", "").App(admin).ServerWith(workers(1)), {"app/u"}, kWarning},
      {20, "one connection of one worker", Make().Ini("app = user=u pool_size=1", "").App(admin).ServerWith(workers(1)), {}},
      {20, "the role has none", Make().Ini("app = user=u pool_size=9", "").App(admin).ServerWith([](ServerFacts& s) {
        s.parallel_workers = 2;
        s.overrides.push_back({"u", "", "max_parallel_workers_per_gather", "0"});
      }), {}},
      {20, "the main pool", Make().Ini("app = user=u pool_size=9", "").App("[w]\ndatabase=app\n").ServerWith(workers(2)), {}},
      {29, "TLS on both hops of one host", Make().Ini("app = host=127.0.0.1 user=u", tls), {"client_tls_sslmode"}, kInfo},
      {29, "to another host", Make().Ini("app = host=db1 user=u", tls), {}},
      {29, "on one hop", Make().Ini("app = host=127.0.0.1 user=u", "client_tls_sslmode = require\nlisten_addr = 127.0.0.1\nserver_tls_sslmode = disable"), {}},
      {29, "beside a server bound by CPU", Make().Ini("app = user=u", "").Process(100, 0.2).Class("app", "u", "", 5, 1, 0.5).Server(), {"PgBouncer"}, kInfo},
      {29, "taking little", Make().Ini("app = user=u", "").Process(100, 0.19).Class("app", "u", "", 5, 1, 0.5).Server(), {}},
      {30, "0.81 of a core", Make().Process(100, 0.81), {"process 77"}, kWarning},
      {30, "0.8 of a core", Make().Process(100, 0.8), {}},
      {34, "no activity", Make().ServerWith([](ServerFacts& s) { s.track_activities = false; }), {"track_activities"}, kInfo},
      {34, "no query ids", Make().ServerWith([](ServerFacts& s) { s.compute_query_id = "off"; }), {"compute_query_id"}, kInfo},
      {34, "no library", Make().ServerWith([](ServerFacts& s) { s.preload = "auto_explain"; }), {"shared_preload_libraries"}, kInfo},
      {34, "a library that may not be seen", Make().ServerWith([](ServerFacts& s) { s.preload.reset(); }), {}},
      {34, "all of it", Make().Server(), {}},
  };
}

std::vector<Case> FileCases() {
  return {
      {32, "a SET that a reload undoes", Make().Ini("a = user=u", "default_pool_size = 20").Running("default_pool_size", "30", "20"), {"default_pool_size"}, kWarning},
      {32, "a SET of what the file does not say", Make().Ini("a = user=u", "").Running("default_pool_size", "30", "20"), {"default_pool_size"}, kWarning},
      {32, "the same", Make().Ini("a = user=u", "default_pool_size = 0x1e").Running("default_pool_size", "30", "20"), {}},
      {32, "the same word and time", Make().Ini("a = user=u", "pool_mode = Session\nquery_wait_timeout = 1.50").Running("pool_mode", "session").Running("query_wait_timeout", "1.5"), {}},
      {32, "what takes a restart", Make().Ini("a = user=u", "listen_backlog = 4096").Running("listen_backlog", "128", "128", false), {"listen_backlog"}, kWarning},
      {32, "of the command line", Make().Ini("a = user=u", "verbose = 0").Running("verbose", "2").Running("conffile", "x"), {}},
      {35, "no such setting", Make().Ini("", "default_poolsize = 5"), {"default_poolsize"}},
      {35, "not in this release", Make().Ini("", "max_prepared_statements = 5").Version(118), {"max_prepared_statements"}},
      {35, "in this release", Make().Ini("", "max_prepared_statements = 5").Version(121), {}},
      {35, "in one that is not known yet", Make().Ini("a = new_key=1", "new_setting = 5").Version(127), {}},
      {36, "no number", Make().Ini("", "default_pool_size = many"), {"default_pool_size"}},
      {36, "a number", Make().Ini("", "default_pool_size = 5"), {}},
      {37, "cut off", Make().Whole("[pgbouncer]\ndefault_pool_size = 2"), {"end of file"}, kWarning},
      {37, "whole", Make().Whole("[pgbouncer]\ndefault_pool_size = 20\n"), {}},
      {38, "twice", Make().Whole("[pgbouncer]\ndefault_pool_size = 20\n[databases]\n[pgbouncer]\n"), {"pgbouncer"}, kWarning},
      {38, "twice, nothing lost", Make().Whole("[pgbouncer]\nauth_file = x\n[databases]\n[pgbouncer]\n"), {}},
  };
}

std::vector<Case> AllCases() {
  std::vector<Case> cases;
  for (auto part : {BudgetCases, ClientCases, TimeoutCases, PatienceCases, SessionCases, LoadCases, FileCases})
    for (Case& one : part()) cases.push_back(std::move(one));
  return cases;
}

model::LintReport Checked(int number, const Facts& facts) {
  model::LintReport report;
  for (const Rule& rule : AllRules())
    if (rule.number == number) {
      Findings findings(rule.number, rule.name, report);
      rule.check(facts, findings);
    }
  return report;
}

TEST(PoolRules, EachFiresAndStaysQuiet) {
  for (const Case& one : AllCases()) {
    SCOPED_TRACE(std::to_string(one.rule) + ": " + one.what);
    const model::LintReport report = Checked(one.rule, one.facts.Get());
    std::vector<std::string> objects;
    for (const model::LintFinding& finding : report.findings) {
      objects.push_back(finding.object);
      EXPECT_EQ(finding.severity, one.severity);
      EXPECT_FALSE(finding.message.empty() || finding.fix.empty() || finding.evidence.empty());
    }
    EXPECT_EQ(objects, one.objects);
  }
}

TEST(PoolRules, TheCasesHaveBothKindsForEveryRule) {
  std::map<int, std::set<bool>> kinds;
  for (const Case& one : AllCases()) kinds[one.rule].insert(one.objects.empty());
  ASSERT_EQ(AllRules().size(), 38U);
  int number = 0;
  for (const Rule& rule : AllRules()) {
    EXPECT_EQ(rule.number, ++number);
    EXPECT_EQ(kinds[rule.number].size(), 2U) << "rule " << rule.number;
  }
}

TEST(PoolRules, AQuietCaseWasReallyChecked) {
  for (const Case& one : AllCases()) {
    if (!one.objects.empty() || one.rule == 16) continue;  // half of 16 asks for more than most cases give
    EXPECT_TRUE(Checked(one.rule, one.facts.Get()).unchecked.empty()) << one.rule << ": " << one.what;
  }
}

TEST(PoolRules, WithoutFactsNothingIsFoundAndAllSaysWhatItNeeds) {
  const model::LintReport report = CheckAll(Facts{});
  EXPECT_TRUE(report.findings.empty());
  EXPECT_EQ(report.unchecked.size(), 38U);
  EXPECT_EQ(report.rules, 38);
}

TEST(PoolRules, WhatAPartOfARuleNeedsIsSaidOnlyWhereItFoundNothing) {
  const auto unchecked = [](const FactsBuilder& facts, int rule) {
    const model::LintReport report = CheckAll(facts.Get());
    for (const model::LintUnchecked& one : report.unchecked)
      if (one.rule == rule) return one.needs;
    return std::string();
  };
  EXPECT_EQ(unchecked(Make().Ini("a = user=u pool_size=10", "").Server(), 16), "the CPU time of classes (steward.classes)");
  EXPECT_EQ(unchecked(Make().Ini("a = user=u pool_size=1", "").Server(), 16), "");
  EXPECT_EQ(unchecked(Make().Ini("a =", "").Running("x", "1").OtherFile("/etc/p.ini"), 32),
            "the file that this process reads: --ini /etc/p.ini");
  EXPECT_EQ(unchecked(Make().Ini("app = user=u", kTransaction).App("[w]\nprepared=protocol\n"), 13),
            "PgBouncer's release (--console, or version in [pgbouncer] of --app)");
  EXPECT_EQ(unchecked(Make().Ini("a = user=u", "so_reuseport = 1").Server(), 3),
            "the number of processes that share the port (processes in [pgbouncer] of --app)");
}

TEST(PoolRules, ErrorsComeFirst) {
  const model::LintReport report =
      CheckAll(Make().Ini("a = user=u pool_size=98 max_db_connections=4", "server_round_robin = 1\nx = 1").Server().Get());
  ASSERT_GE(report.findings.size(), 3U);
  EXPECT_EQ(report.findings.front().severity, kError);
  EXPECT_EQ(report.findings.back().severity, kInfo);
}

}  // namespace
}  // namespace steward::pgbouncer
