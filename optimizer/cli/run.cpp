// See run.hpp. The one place that turns exceptions into messages and exit codes.
#include "cli/run.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <exception>

#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"
#include "cli/version.hpp"
#include "collect/workload_json.hpp"
#include "db/connection.hpp"
#include "db/error.hpp"
#include "db/interrupt.hpp"
#include "pgbouncer/file.hpp"

namespace steward::cli {

namespace {

std::string VersionText() {
  return std::string("pgsteward (pg_steward) ") + kToolVersion + "\n";
}

Outcome Dispatch(db::Database& database, const Arguments& arguments) {
  switch (arguments.command) {
    case Command::kDoctor:
      return RunDoctor(database, arguments);
    case Command::kAdvise:
      return RunAdvise(database, arguments);
    case Command::kSnapshot:
      return RunSnapshot(database);
    case Command::kAdvisePool:
      return RunAdvisePool(database, arguments);
    case Command::kSnapshotPool:
      return RunSnapshotPool(database, arguments);
    case Command::kAdvisePrepared:
      return RunAdvisePrepared(database, arguments);
    case Command::kSnapshotPrepared:
      return RunSnapshotPrepared(database);
    case Command::kDiff:
      return RunDiff(database, arguments);
    case Command::kExplain:
      return RunExplain(database, arguments);
    case Command::kMute:
    case Command::kUnmute:
      return RunMute(database, arguments);
    default:
      throw UsageError("no command given", "");
  }
}

// Streams that the caller closed: without this the connection's socket would get the number of one of them, and what is
// for the terminal would go to the server. Opened so that using one is an error still.
void FillStandardStreams() {
  for (const int file : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(file, F_GETFD) < 0 && open("/dev/null", file == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) return;
}

std::string Help(const Arguments& arguments) {
  return arguments.family.empty() ? HelpText(arguments.command) : FamilyHelpText(arguments.family);
}

Outcome RunInSession(const Arguments& arguments) {
  WarnOfPassword(arguments.connect);
  db::Connection connection(arguments.connect, db::PromptForPassword);
  db::InstallInterruptHandler();
  return Dispatch(connection, arguments);
}

int RunChecked(const std::vector<std::string>& words) {
  const Arguments arguments = ParseArguments(words);
  if (arguments.version || arguments.help) {
    WriteOutput("", arguments.version ? VersionText() : Help(arguments));
    return kExitOk;
  }
  const Outcome outcome = arguments.opens_session ? RunInSession(arguments) : RunPool(arguments);
  WriteOutput(arguments.output, outcome.text);
  return outcome.exit_code;
}

// Inside a catch block: says what is being handled, and returns the exit code.
int Explain() {
  try {
    throw;
  } catch (const UsageError& error) {
    PrintError(error.what(), "", error.hint());
    return kExitUsage;
  } catch (const db::Interrupted& error) {
    PrintError(error.what(), "", "");
    return kExitFailure;
  } catch (const db::SettingsError& error) {
    PrintError(error.what(), error.detail(), error.hint());
    return kExitUsage;
  } catch (const db::ConnectionError& error) {
    PrintError(error.what(), error.detail(), error.hint());
    return kExitUsage;
  } catch (const db::Error& error) {
    PrintError(error.what(), error.detail(), error.hint());
    return kExitFailure;
  } catch (const collect::WorkloadFormatError& error) {
    PrintError(std::string("could not read the workload file: ") + error.what(), "",
               "Write one with: pgsteward snapshot -o FILENAME, or with \"snapshot pool\" or \"snapshot prepared\" in its place");
    return kExitFailure;
  } catch (const pgbouncer::FileError& error) {
    PrintError(error.what(), "", error.hint());
    return kExitUsage;
  } catch (const OutputError& error) {
    if (!error.broken_pipe()) PrintError(error.what(), "", "");
    return kExitFailure;
  } catch (const std::bad_alloc&) {
    PrintError("out of memory", "", "");
    return kExitFailure;
  } catch (const std::exception& error) {
    PrintError(error.what(), "", "This is a fault of pgsteward; please report it.");
    return kExitFailure;
  }
}

}  // namespace

void WarnOfPassword(const db::ConnectOptions& options) {
  if (db::CheckOptions(options).password_in_arguments)
    PrintWarning("the password in the connection string can be read by every user of this machine",
                 "Use PGPASSWORD or a password file instead.");
}

int Run(const std::vector<std::string>& words) noexcept {
  std::signal(SIGPIPE, SIG_IGN);
  FillStandardStreams();
  try {
    return RunChecked(words);
  } catch (...) {
    return Explain();
  }
}

}  // namespace steward::cli
