// See drivers.hpp. From the documentation of pgjdbc, psycopg 3.2, asyncpg, node-postgres, Npgsql and pgx v5.
#include "advise/prepared/drivers.hpp"

namespace steward::advise {

namespace {

struct Spec {
  const char* driver;
  const char* on;
  const char* off;
  const char* pooler;  // added where one in transaction mode is in between
};

constexpr Spec kSpecs[] = {
    {"libpq", "PQprepare once a connection, then PQexecPrepared", "PQexecParams, which parses and plans each time", ""},
    {"pgjdbc",
     "a PreparedStatement; prepareThreshold=5 (the default; 1: from the first use on), not preferQueryMode=simple. "
     "autosave=conservative repeats what fails with \"cached plan must not change result type\" after DDL",
     "prepareThreshold=0", ""},
    {"psycopg 3", "prepare_threshold=5 (the default), or execute(..., prepare=True)",
     "prepare_threshold=None, or execute(..., prepare=False)", "; needs PgBouncer 1.22, libpq 17 and psycopg 3.2"},
    {"asyncpg", "statement_cache_size=100 (the default), or connection.prepare()", "statement_cache_size=0", ""},
    {"node-postgres", "a name: query({name: 'orders_by_id', text: ..., values: [...]})", "no name in query({text, values})", ""},
    {"Npgsql", "Max Auto Prepare=50 in the connection string (the default is 0: none), or NpgsqlCommand.Prepare()",
     "Max Auto Prepare=0 (the default) and no Prepare()", "; with No Reset On Close=true"},
    {"pgx", "default_query_exec_mode=cache_statement (the default)", "default_query_exec_mode=exec", ""},
};

}  // namespace

std::vector<DriverAdvice> DriversFor(bool on, model::PoolerVerdict pooler) {
  const bool through = pooler != model::PoolerVerdict::kNone && pooler != model::PoolerVerdict::kSession;
  std::vector<DriverAdvice> advice;
  for (const Spec& spec : kSpecs)
    advice.push_back({spec.driver, std::string(on ? spec.on : spec.off) + (on && through ? spec.pooler : "")});
  return advice;
}

}  // namespace steward::advise
