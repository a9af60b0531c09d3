// The process-id comparison. See pooler.hpp.
#include "db/pooler.hpp"

namespace steward::db {

PoolerCheck CheckPooler(Database& database) {
  const Result result = database.Query(
      "SELECT pg_catalog.pg_backend_pid() AS pid, pg_catalog.host(pg_catalog.inet_server_addr()) AS address,"
      " pg_catalog.current_setting('port') AS port");
  const Row row = result.Only();
  return {row.Int("pid") != database.announced_backend_pid(), row.Text("address"), row.Text("port")};
}

std::string DirectConnectionAdvice(const PoolerCheck& check) {
  if (check.server_address.empty()) return "-p " + check.server_port + " (and -h with the server's socket directory)";
  return "-h " + check.server_address + " -p " + check.server_port;
}

}  // namespace steward::db
