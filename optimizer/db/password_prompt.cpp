// The password prompt on the controlling terminal. Declared in connection.hpp.
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <string>

#include "db/connection.hpp"
#include "db/error.hpp"

namespace steward::db {

namespace {

// The terminal with echo off, restored on the way out.
class SilentTerminal {
 public:
  SilentTerminal() : file_(open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    if (file_ < 0 || tcgetattr(file_, &saved_) != 0)
      throw SettingsError({"a password is needed, and there is no terminal to ask for it", "",
                           "Set PGPASSWORD, or use a password file (PGPASSFILE, ~/.pgpass).", ""});
    termios silent = saved_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(file_, TCSAFLUSH, &silent);
  }
  ~SilentTerminal() {
    tcsetattr(file_, TCSAFLUSH, &saved_);
    Write("\n");
    close(file_);
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;

  void Write(const std::string& text) const {
    if (write(file_, text.data(), text.size()) < 0) return;  // nobody to tell
  }
  std::string ReadLine() const {
    std::string line;
    char c = 0;
    while (read(file_, &c, 1) == 1 && c != '\n') line += c;
    return line;
  }

 private:
  int file_;
  termios saved_ = {};
};

}  // namespace

std::string PromptForPassword(const std::string& user) {
  const SilentTerminal terminal;
  terminal.Write(user.empty() ? "Password: " : "Password for user " + user + ": ");
  return terminal.ReadLine();
}

}  // namespace steward::db
