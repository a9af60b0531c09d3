// A Database that answers from a script: each entry is a piece of SQL and what to answer. Keeps what it was asked.
#pragma once

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "db/database.hpp"
#include "db/error.hpp"

namespace steward::test {

class FakeDatabase : public db::Database {
 public:
  using Answer = std::function<db::Result(const db::Parameters&)>;

  /// Answers a query that contains `piece`. Of several that match, the one said last.
  void On(std::string piece, db::Result result) {
    OnCall(std::move(piece), [result = std::move(result)](const db::Parameters&) { return result; });
  }
  void OnCall(std::string piece, Answer answer) { script_.emplace_back(std::move(piece), std::move(answer)); }
  void Fail(std::string piece, db::Diagnostics diagnostics) {
    OnCall(std::move(piece), [diagnostics](const db::Parameters&) -> db::Result { db::Throw(diagnostics); });
  }

  db::Result Query(std::string_view sql, const db::Parameters& parameters) override {
    asked.emplace_back(sql);
    for (auto entry = script_.rbegin(); entry != script_.rend(); ++entry)
      if (sql.find(entry->first) != std::string_view::npos) return entry->second(parameters);
    throw std::logic_error("no answer scripted for: " + std::string(sql));
  }
  void Execute(std::string_view script) override {
    asked.emplace_back(script);
    for (auto entry = script_.rbegin(); entry != script_.rend(); ++entry)
      if (script.find(entry->first) != std::string_view::npos) entry->second({});
  }
  const db::Endpoint& endpoint() const override { return endpoint_; }
  int announced_backend_pid() const override { return 4711; }

  [[nodiscard]] long Asked(std::string_view piece) const {
    return std::count_if(asked.begin(), asked.end(),
                         [&](const std::string& sql) { return sql.find(piece) != std::string::npos; });
  }

  std::vector<std::string> asked;

 private:
  db::Endpoint endpoint_{"db1", "5432", "shop", "alice"};
  std::vector<std::pair<std::string, Answer>> script_;
};

/// One row, written as column and value pairs; nullopt is NULL.
inline db::Result OneRow(const std::vector<std::pair<std::string, db::Parameter>>& values) {
  std::vector<std::string> columns;
  db::Result::Values row;
  for (const auto& [column, value] : values) {
    columns.push_back(column);
    row.push_back(value);
  }
  return {columns, {row}};
}

}  // namespace steward::test
