// What the control file says of the cluster, for the postmaster, which must not raise while it starts or ends.
#pragma once

namespace steward::pg {

/// True when the shutdown checkpoint of a primary or a standby was completed and nothing was written since. After an
/// immediate shutdown it was not, although the postmaster's exit code is 0 then too. Never raises: false when the file
/// cannot be read.
[[nodiscard]] bool ClusterIsShutDown();

}  // namespace steward::pg
