// See pooler.hpp.
#include "advise/prepared/pooler.hpp"

#include <fmt/format.h>

namespace steward::advise {

using model::PoolerVerdict;
using model::PreparedPooler;

namespace {

constexpr int kFirstWithSupport = 121;
constexpr int kFirstWithItOn = 124;

PoolerVerdict VerdictOf(const PoolerFacts& facts) {
  if (facts.mode == "session") return PoolerVerdict::kSession;
  if (facts.version && *facts.version < kFirstWithSupport) return PoolerVerdict::kTooOld;
  if (!facts.version && !facts.max_prepared_statements) return PoolerVerdict::kUnknown;
  const std::int64_t most = facts.max_prepared_statements.value_or(facts.version >= kFirstWithItOn ? 200 : 0);
  return most > 0 ? PoolerVerdict::kSupported : PoolerVerdict::kTurnedOff;
}

std::string NoteOf(const PreparedPooler& pooler) {
  const std::string name = "PgBouncer" + (pooler.version.empty() ? "" : " " + pooler.version);
  switch (pooler.verdict) {
    case PoolerVerdict::kNone:
      return "no pooler is known of: with PgBouncer in transaction mode, prepared statements of the protocol take 1.21 or later "
             "with max_prepared_statements above 0 (say which it is with --console, --ini or --pgbouncer-version)";
    case PoolerVerdict::kSession:
      return fmt::format("{} in session mode: prepared statements work as without it, and end with the session", name);
    case PoolerVerdict::kSupported:
      return fmt::format("{} in {} mode: prepared statements of the protocol work (max_prepared_statements = {}); SQL's PREPARE "
                         "does not", name, pooler.mode, pooler.max_prepared_statements.value_or(0));
    case PoolerVerdict::kTurnedOff:
      return fmt::format("{} in {} mode has max_prepared_statements = 0, so that prepared statements do not work through it: set "
                         "it to 200 and reload first; SQL's PREPARE never does", name, pooler.mode);
    case PoolerVerdict::kTooOld:
      return fmt::format("no prepared statement works through {} in {} mode, of the protocol or of SQL. Upgrade to 1.21 or later with "
                         "max_prepared_statements = 200, give these clients a pool in session mode, or connect them to the server; "
                         "until then turn preparing off in the driver", name, pooler.mode);
    case PoolerVerdict::kUnknown:
      return fmt::format("whether prepared statements work through {} in {} mode depends on its version: say it with --pgbouncer-version "
                         "(\"pgbouncer --version\" has it); from 1.21 on they do where max_prepared_statements is above 0", name, pooler.mode);
  }
  return "";
}

}  // namespace

PreparedPooler JudgePooler(const std::optional<PoolerFacts>& facts) {
  PreparedPooler pooler;
  if (facts) {
    pooler.version = facts->version_text;
    pooler.mode = facts->mode;
    pooler.max_prepared_statements = facts->max_prepared_statements;
    pooler.verdict = VerdictOf(*facts);
    if (pooler.verdict == PoolerVerdict::kSupported && !pooler.max_prepared_statements) pooler.max_prepared_statements = 200;
  }
  pooler.note = NoteOf(pooler);
  return pooler;
}

}  // namespace steward::advise
