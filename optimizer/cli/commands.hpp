// The commands. Each works on an open session and returns what to print, so that a test runs it on a fake.
#pragma once

#include <string>

#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "db/database.hpp"

namespace steward::cli {

struct Outcome {
  std::string text;  // the report
  int exit_code = 0;
};

Outcome RunDoctor(db::Database& database, const Arguments& arguments);
Outcome RunAdvise(db::Database& database, const Arguments& arguments);
Outcome RunSnapshot(db::Database& database);
Outcome RunAdvisePool(db::Database& database, const Arguments& arguments);
/// With --from: without a server.
Outcome RunAdvisePool(const Arguments& arguments);
Outcome RunSnapshotPool(db::Database& database, const Arguments& arguments);
Outcome RunAdvisePrepared(db::Database& database, const Arguments& arguments);
/// With --from: without a server.
Outcome RunAdvisePrepared(const Arguments& arguments);
Outcome RunSnapshotPrepared(db::Database& database);
Outcome RunExplain(db::Database& database, const Arguments& arguments);
Outcome RunMute(db::Database& database, const Arguments& arguments);
Outcome RunDiff(db::Database& database, const Arguments& arguments);
/// The commands "pool ...": they open what connections they need, to a pooler or a server, or none.
Outcome RunPool(const Arguments& arguments);
Outcome RunPoolLint(const Arguments& arguments);
Outcome RunPoolConfig(const Arguments& arguments);

/// What RunPool leads to.
Outcome RunPoolVerify(const Arguments& arguments);

/// Warns of a password on the command line, which everybody can read. Throws db::SettingsError.
void WarnOfPassword(const db::ConnectOptions& options);

}  // namespace steward::cli
