// Whoever answers is not to be trusted: announced gigabytes, rows without an end, answers that are none, no answer (S10, C8).
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "db/connection.hpp"
#include "db/console_session.hpp"
#include "db/error.hpp"

namespace steward::db {
namespace {

using std::chrono::milliseconds;

std::string Number(std::uint32_t value, int bytes) {
  std::string text;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) text += static_cast<char>(value >> shift);
  return text;
}

std::string Message(char type, const std::string& body) {
  return std::string(1, type) + Number(static_cast<std::uint32_t>(body.size()) + 4, 4) + body;
}

// What announces `bytes` and is not all there.
std::string Beginning(char type, std::uint32_t bytes) { return std::string(1, type) + Number(bytes, 4) + Number(1, 2) + Number(bytes - 10, 4) + "x"; }

std::string Columns() { return Message('T', Number(1, 2) + "key" + '\0' + std::string(4, '\0') + std::string(2, '\0') + Number(25, 4) + std::string(8, '\0')); }

std::string RowOf(const std::string& value) {
  return Message('D', Number(1, 2) + Number(static_cast<std::uint32_t>(value.size()), 4) + value);
}

std::string Prologue(bool extended) { return (extended ? Message('1', "") + Message('2', "") : "") + Columns(); }

std::string Epilogue() { return Message('C', std::string("SELECT 1") + '\0') + Message('Z', "I"); }

// Lets one client in, waits for what it asks, and hands its socket to `answer`; then waits for it to go.
class Server {
 public:
  using Answer = std::function<void(int socket)>;

  explicit Server(Answer answer) : answer_(std::move(answer)) {
    std::string folder = "/tmp/hostile.XXXXXX";
    if (mkdtemp(folder.data()) == nullptr) std::abort();
    folder_ = folder;
    listener_ = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    Path().copy(address.sun_path, sizeof(address.sun_path) - 1);
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 || listen(listener_, 1) != 0) std::abort();
    thread_ = std::thread([this] { Serve(); });
  }
  ~Server() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
    unlink(Path().c_str());
    rmdir(folder_.c_str());
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  ConnectOptions Options() const {
    ConnectOptions options;
    options.host = folder_;
    options.port = "1";
    options.user = "u";
    options.dbname = "sslmode=disable gssencmode=disable";
    options.prompt = ConnectOptions::Password::kNever;
    return options;
  }
  // False once the other end is gone.
  static bool Send(int socket, const std::string& text) {
    for (std::size_t done = 0; done < text.size();) {
      const ssize_t sent = send(socket, text.data() + done, text.size() - done, MSG_NOSIGNAL);
      if (sent <= 0) return false;
      done += static_cast<std::size_t>(sent);
    }
    return true;
  }

 private:
  std::string Path() const { return folder_ + "/.s.PGSQL.1"; }
  void Serve() {
    const int client = accept(listener_, nullptr, nullptr);
    if (client < 0) return;
    std::array<char, 65536> asked;
    const std::string welcome = Message('R', Number(0, 4)) + Message('Z', "I");
    if (read(client, asked.data(), asked.size()) > 0 && Send(client, welcome) && read(client, asked.data(), asked.size()) > 0)
      answer_(client);
    while (read(client, asked.data(), asked.size()) > 0) continue;
    close(client);
  }

  Answer answer_;
  std::string folder_;
  int listener_ = -1;
  std::thread thread_;
};

std::string WhatQuerySays(const Server& server, bool console, milliseconds timeout = milliseconds(20000)) {
  try {
    if (console) {
      ConsoleSession(server.Options(), timeout).Query("SHOW POOLS");
    } else {
      Connection connection(server.Options(), PromptForPassword);
      connection.AnswerWithin(timeout);
      connection.Query("SELECT 1");
    }
  } catch (const ConnectionError& error) {
    return error.what() + std::string(" / ") + error.hint();
  } catch (const Error& error) {
    return "an error: " + std::string(error.what());
  }
  return "answered";
}

std::string Says(const Server::Answer& answer, bool console, milliseconds timeout = milliseconds(20000)) {
  const Server server(answer);
  return WhatQuerySays(server, console, timeout);
}

class Hostile : public testing::TestWithParam<bool> {
 protected:
  bool console() const { return GetParam(); }
  std::string prologue() const { return Prologue(!console()); }
};

INSTANTIATE_TEST_SUITE_P(Sessions, Hostile, testing::Bool(),
                         [](const auto& tested) { return std::string(tested.param ? "Console" : "Connection"); });

TEST_P(Hostile, AnOrdinaryAnswerIsRead) {
  EXPECT_EQ(Says([&](int socket) { Server::Send(socket, prologue() + RowOf("default_pool_size") + Epilogue()); }, console()), "answered");
}

// libpq would wait for the rest of it, in a buffer of as much.
TEST_P(Hostile, ARowOfAGigabyteIsRefusedWhenItIsAnnounced) {
  const std::string said =
      Says([&](int socket) { Server::Send(socket, prologue() + Beginning('D', 1U << 30)); }, console());
  EXPECT_NE(said.find("memory"), std::string::npos) << said;
  EXPECT_NE(said.find("check which server or pooler it is"), std::string::npos) << said;
}

TEST_P(Hostile, SoIsAnErrorOfAGigabyte) {
  const std::string said = Says([](int socket) { Server::Send(socket, Beginning('E', 1U << 30)); }, console());
  EXPECT_NE(said.find("memory"), std::string::npos) << said;
  EXPECT_NE(said.find("check which server or pooler it is"), std::string::npos) << said;
}

TEST_P(Hostile, RowsWithoutAnEndAreNotReadToIt) {
  bool all_taken = true;
  const std::string said = Says(
      [&](int socket) {
        std::string rows;
        const std::string row = RowOf(std::string(100'000, 'x'));
        for (int i = 0; i < 20; ++i) rows += row;
        Server::Send(socket, prologue());
        for (int i = 0; i < (console() ? 16 : 160) && all_taken; ++i) all_taken = Server::Send(socket, rows);
        Server::Send(socket, Epilogue());
      },
      console());
  EXPECT_NE(said.find(console() ? "more than 16 MB" : "more than 256 MB"), std::string::npos) << said;
  EXPECT_NE(said.find("check which server or pooler it is"), std::string::npos) << said;
  EXPECT_FALSE(all_taken);
}

// What is timed may answer with more than is read of an answer.
TEST(RunTimerTest, RowsAreDroppedAsTheyCome) {
  bool all_taken = true;
  const Server server([&](int socket) {
    std::string rows;
    const std::string row = RowOf(std::string(100'000, 'x'));
    for (int i = 0; i < 100; ++i) rows += row;
    Server::Send(socket, Columns());
    for (int i = 0; i < 100 && all_taken; ++i) all_taken = Server::Send(socket, rows);  // a gigabyte
    Server::Send(socket, Epilogue());
  });
  Connection connection(server.Options(), PromptForPassword);
  EXPECT_NO_THROW(connection.TimeText("SELECT 1"));
  EXPECT_TRUE(all_taken);
}

TEST(RunTimerTest, AnErrorAmongTheRowsIsThrown) {
  const Server server([](int socket) {
    Server::Send(socket, Columns() + RowOf("x") + Message('E', std::string("SERROR") + '\0' + "C57014" + '\0' + "Mtoo long" + '\0' + '\0') + Message('Z', "I"));
  });
  Connection connection(server.Options(), PromptForPassword);
  try {
    connection.TimeText("SELECT 1");
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate(), "57014");
  }
}

TEST_P(Hostile, ALongErrorIsSaidInPart) {
  const std::string said = Says(
      [](int socket) {
        Server::Send(socket, Message('E', std::string("SERROR") + '\0' + "CXX000" + '\0' + "M" + std::string(1'000'000, 'x') + '\0' + '\0') +
                                 Message('Z', "I"));
      },
      console());
  EXPECT_LT(said.size(), 20'000U);
  EXPECT_EQ(said.substr(0, 13), "an error: xxx");
}

// COPY stays what it is until the client ends it.
TEST_P(Hostile, CopyIsNoAnswer) {
  const std::string said =
      Says([&](int socket) { Server::Send(socket, (console() ? "" : Message('1', "") + Message('2', "")) + Message('H', std::string(3, '\0'))); }, console());
  EXPECT_NE(said.find("something else"), std::string::npos) << said;
}

TEST_P(Hostile, OneStatementHasOneAnswer) {
  const std::string one = Columns() + RowOf("x") + Message('C', std::string("SELECT 1") + '\0');
  const std::string said = Says([&](int socket) { Server::Send(socket, (console() ? "" : Message('1', "") + Message('2', "")) + one + one + Message('Z', "I")); }, console());
  EXPECT_NE(said, "answered");
}

TEST_P(Hostile, AnErrorWithoutTextIsAnError) {
  const std::string said = Says(
      [](int socket) { Server::Send(socket, Message('E', std::string("SERROR") + '\0' + "CXX000" + '\0' + "M" + '\0' + '\0') + Message('Z', "I")); }, console());
  EXPECT_EQ(said, "an error: ");
}

TEST_P(Hostile, NoAnswerIsWaitedForSoLong) {
  const std::string said = Says([](int) {}, console(), milliseconds(100));
  EXPECT_NE(said.find("within 100 ms"), std::string::npos) << said;
  EXPECT_NE(said.find("hangs"), std::string::npos) << said;
}

TEST_P(Hostile, NorIsOneThatNeverEnds) {
  const std::string said = Says(
      [&](int socket) {
        const std::string notice = Message('N', std::string("SNOTICE") + '\0' + "C00000" + '\0' + "Mx" + '\0' + '\0');
        while (Server::Send(socket, notice)) continue;
      },
      console(), milliseconds(100));
  EXPECT_NE(said.find("within 100 ms"), std::string::npos) << said;
}

}  // namespace
}  // namespace steward::db
