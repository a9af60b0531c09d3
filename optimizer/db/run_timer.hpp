// Times statements as a client sees them. A seam of its own: only measuring needs it.
#pragma once

#include <string>
#include <vector>

namespace steward::db {

/// Of the same session as a Database. Throws as that does.
class RunTimer {
 public:
  virtual ~RunTimer() = default;
  /// Milliseconds that the server takes to answer one statement without parameters, in the simple protocol and as it stands. The rows are
  /// dropped as they come, however many there are.
  virtual double TimeText(const std::string& sql) = 0;
  /// The same of one that is prepared under that name, in the extended protocol.
  virtual double TimePrepared(const std::string& name, const std::vector<std::string>& values) = 0;
};

}  // namespace steward::db
