// See mute.hpp.
#include "act/mute.hpp"

#include <fmt/format.h>

#include "db/error.hpp"
#include "db/transaction.hpp"

namespace steward::act {

namespace {

constexpr db::TransactionLimits kLimits{std::chrono::seconds{30}, std::chrono::seconds{5}};

constexpr const char* kGrants =
    "As a superuser: GRANT EXECUTE ON FUNCTION steward.mute, steward.unmute TO ROLE; GRANT SELECT ON steward.suggestion "
    "TO ROLE; GRANT SELECT, INSERT, UPDATE, DELETE ON steward.muted_suggestion TO ROLE;";

template <typename Write>
void InTransaction(db::Database& database, Write write) {
  try {
    db::WriteTransaction transaction(database, kLimits);
    write();
    transaction.Commit();
  } catch (const db::InsufficientPrivilege& error) {
    throw db::InsufficientPrivilege({error.what(), error.detail(), kGrants, error.sqlstate()});
  } catch (const db::ReadOnlyServer& error) {
    throw db::ReadOnlyServer({error.what(), error.detail(), "Mutes are kept on the primary: connect there.",
                              error.sqlstate()});
  }
}

}  // namespace

void Mute(db::Database& database, const std::string& id, const std::string& reason, const MuteEnd& end) {
  const db::Parameter text = reason.empty() ? db::Parameter{} : db::Parameter{reason};
  InTransaction(database, [&] {
    if (!end.text.empty()) {
      // As the user writes times, not as reports print them.
      database.Execute("SET LOCAL TimeZone TO DEFAULT; SET LOCAL DateStyle TO DEFAULT");
      database.Query("SELECT steward.mute($1, $2, $3::timestamptz)", {id, text, end.text});
    } else if (end.seconds > 0) {
      database.Query("SELECT steward.mute($1, $2, now() + $3::float8 * interval '1 second')",
                     {id, text, fmt::format("{:.3f}", end.seconds)});
    } else {
      database.Query("SELECT steward.mute($1, $2)", {id, text});
    }
  });
}

void Unmute(db::Database& database, const std::string& id) {
  InTransaction(database, [&] { database.Query("SELECT steward.unmute($1)", {id}); });
}

}  // namespace steward::act
