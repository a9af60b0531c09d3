// pgsteward mute and unmute: one short transaction that writes, safe through a pooler.
#include "act/mute.hpp"

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/requirements.hpp"
#include "db/error.hpp"
#include "report/terminal_text.hpp"

namespace steward::cli {

Outcome RunMute(db::Database& database, const Arguments& arguments) {
  RequireExtension(database);
  const std::string id = report::Printable(arguments.object);
  if (arguments.command == Command::kUnmute) {
    act::Unmute(database, arguments.object);
    return {"suggestion " + id + " is shown again\n", kExitOk};
  }
  try {
    act::Mute(database, arguments.object, arguments.reason, {arguments.until.text, arguments.until.seconds_back});
  } catch (const db::Error& error) {
    if (!error.sqlstate().starts_with("22007") && !error.sqlstate().starts_with("22008")) throw;
    throw UsageError("invalid value for option \"--until\"",
                     "Give a time such as \"2026-12-24 14:00\", or how long from now: 12h, 30d, 4w.");
  }
  return {"suggestion " + id + " is muted; to undo: pgsteward unmute " + id + "\n", kExitOk};
}

}  // namespace steward::cli
