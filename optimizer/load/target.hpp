// Who may be put under load.
#pragma once

#include <string>

namespace steward::load {

/// The other end of a connection: a host name or socket directory, and for TCP its address.
struct Target {
  std::string host;
  std::string address;
};

inline bool IsLoopback(const std::string& address) {
  return address.starts_with("127.") || address == "::1";
}

/// This machine always; another only where it was named in `allowed`. Where there is an address, a name says nothing:
/// libpq goes to the address, whatever host it was given beside it.
inline bool MayBeLoaded(const Target& target, const std::string& allowed) {
  const bool local = target.address.empty() ? target.host.starts_with('/') || target.host.starts_with('@')
                                            : IsLoopback(target.address);
  return local || (!allowed.empty() && (target.host == allowed || target.address == allowed));
}

/// The server behind a pooler on this machine, by the addresses that it has for itself and for the pooler; empty: a unix
/// socket. Both are the same where they are one machine.
inline bool ServerMayBeLoaded(const std::string& server, const std::string& pooler, const std::string& allowed) {
  return server.empty() || IsLoopback(server) || server == pooler || (!allowed.empty() && server == allowed);
}

}  // namespace steward::load
