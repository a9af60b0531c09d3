// See advice_header.hpp.
#include "report/advice_header.hpp"

#include <fmt/format.h>

#include "report/instants.hpp"
#include "report/terminal_text.hpp"

namespace steward::report {

std::string ServerLine(const model::ServerInfo& server, std::optional<std::int64_t> run_id) {
  const std::string place = server.host.empty() || server.host.starts_with('/')
                                ? fmt::format("local socket, port {}", Printable(server.port))
                                : fmt::format("{}:{}", Printable(server.host), Printable(server.port));
  const std::string run = run_id ? fmt::format("run {}, ", *run_id) : "";
  return fmt::format("database {} on {} (PostgreSQL {}, {})      {}{}\n", Printable(server.database), place,
                     Printable(server.version), server.standby ? "standby" : "primary", run, LongInstant(server.collected_at));
}

std::string HeaderLine(const std::string& name, const std::string& text) {
  return fmt::format("{:<9} {}\n", name, Wrap(Printable(text), 10));
}

}  // namespace steward::report
