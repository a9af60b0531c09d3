// What the JSON forms of reports are made of. Absent values are null.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "model/workload.hpp"

namespace steward::report {

using Json = nlohmann::ordered_json;

template <typename Value>
Json Optional(const std::optional<Value>& value) {
  return value ? Json(*value) : Json();
}

/// Null where it is empty.
inline Json Text(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

/// What is no UTF-8 is replaced. `indent` -1: on one line.
inline std::string Dump(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

/// The server that advice is about.
inline Json ServerObject(const model::ServerInfo& server) {
  return {{"database", server.database}, {"host", server.host}, {"port", server.port}, {"version", server.version},
          {"standby", server.standby}};
}

}  // namespace steward::report
