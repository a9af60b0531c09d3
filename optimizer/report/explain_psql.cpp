// Explanations as a script for psql. Declared in explain_report.hpp.
#include <fmt/format.h>

#include <algorithm>

#include "report/explain_report.hpp"
#include "report/sql_literal.hpp"
#include "report/terminal_text.hpp"

namespace steward::report {

namespace {

// What the statement is costed with: what its plan uses of the suggestions, else what would save most.
std::vector<model::CandidateAccount> Shown(const model::StatementAccount& account) {
  if (!account.uses.empty()) return account.uses;
  if (account.candidates.empty()) return {};
  return {account.candidates.front()};
}

std::string Call(const model::StatementAccount& account) {
  const std::vector<model::CandidateAccount> candidates = Shown(account);
  std::string texts;
  std::string numbers;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    texts += (i == 0 ? "" : ",\n         ") + Literal(model::CreateSql(candidates[i].definition, "", false));
    numbers += (i == 0 ? "" : " ") + std::to_string(i + 1);
  }
  const bool with = !candidates.empty();
  return fmt::format(
      "\n-- {}\n"
      "SELECT CASE w.request WHEN 1 THEN 'without' ELSE 'with' END AS indexes, w.total_cost, w.method, w.candidates_used,\n"
      "       w.workers, jsonb_pretty(w.plan::jsonb) AS plan, w.error\n"
      "FROM steward.whatif(ARRAY[{}]::oid[], ARRAY[{}]::bigint[],\n"
      "  ARRAY[{}]::text[], '{}', ARRAY[{}], plans => true) AS w\n"
      "ORDER BY w.request;\n",
      Excerpt(account.statement.query, 100), account.statement.userid, account.statement.queryid, texts,
      with ? "{1,1}" : "{1}", with ? "''" + fmt::format(", '{}'", numbers) : "''");
}

}  // namespace

std::string ExplainPsql(const Explanation& explanation, std::size_t limit) {
  std::string text = fmt::format(
      "-- For psql, connected to database {} as a role that may call steward.whatif: costs and plans without and with the\n"
      "-- indexes. Nothing is built and no statement is run.\n"
      "\\pset format aligned\n\\x on\n",
      Printable(explanation.database));
  std::size_t shown = 0;
  for (const model::StatementAccount& account : explanation.statements)
    if (account.not_costed.empty() && shown++ < limit) text += Call(account);
  if (shown == 0) text += "-- No statement is there that could be costed.\n";
  return text;
}

}  // namespace steward::report
