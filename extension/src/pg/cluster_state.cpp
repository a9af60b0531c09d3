// See cluster_state.hpp. The server's own get_controlfile raises when it cannot read.
#include "pg/cluster_state.hpp"

#include "pg/postgres.hpp"

extern "C" {
#include "access/xlog_internal.h"
#include "catalog/pg_control.h"
#include "port/pg_crc32c.h"
#include "storage/fd.h"
}

namespace steward::pg {

bool ClusterIsShutDown() {
  FILE* file = AllocateFile(XLOG_CONTROL_FILE, PG_BINARY_R);
  if (file == nullptr) return false;
  ControlFileData data;
  const bool whole = fread(&data, sizeof data, 1, file) == 1;
  FreeFile(file);
  if (!whole) return false;
  pg_crc32c crc;
  INIT_CRC32C(crc);
  COMP_CRC32C(crc, &data, offsetof(ControlFileData, crc));
  FIN_CRC32C(crc);
  return EQ_CRC32C(crc, data.crc) && (data.state == DB_SHUTDOWNED || data.state == DB_SHUTDOWNED_IN_RECOVERY);
}

}  // namespace steward::pg
