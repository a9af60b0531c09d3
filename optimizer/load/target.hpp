// Who may be put under load.
#pragma once

#include <string>

namespace steward::load {

/// The other end of a connection: a host name or socket directory, and for TCP its address.
struct Target {
  std::string host;
  std::string address;
};

/// This machine always; another only where it was named in `allowed`.
inline bool MayBeLoaded(const Target& target, const std::string& allowed) {
  return target.host.starts_with('/') || target.host.starts_with('@') || target.address.starts_with("127.") ||
         target.address == "::1" || (!allowed.empty() && (target.host == allowed || target.address == allowed));
}

}  // namespace steward::load
