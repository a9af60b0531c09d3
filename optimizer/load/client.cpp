// See client.hpp.
#include "load/client.hpp"

#include <cctype>
#include <string_view>

namespace steward::load {

namespace {

void DropNotice(void*, const PGresult*) {}

std::string OneLine(const char* message) {
  std::string text = message == nullptr ? "" : message;
  // libpq says where and to whom, then what; the place in the server's source follows in a line of its own.
  const std::size_t location = text.find("\nLOCATION:");
  if (location != std::string::npos) text.erase(location);
  for (char& c : text)
    if (c == '\n') c = ' ';
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

}  // namespace

std::string SqlstateOf(const std::string& verbose_message) {
  // "FATAL:  28P01: password authentication failed", whatever the language of its first word.
  for (std::size_t at = verbose_message.find(":  "); at != std::string::npos;
       at = verbose_message.find(":  ", at + 1)) {
    const std::string_view state = std::string_view(verbose_message).substr(at + 3, 6);
    bool code = state.size() == 6 && state[5] == ':';
    for (std::size_t i = 0; code && i < 5; ++i)
      code = (std::isdigit(static_cast<unsigned char>(state[i])) != 0) || (state[i] >= 'A' && state[i] <= 'Z');
    if (code) return std::string(state.substr(0, 5));
  }
  return "";
}

bool IsPermanent(const Failure& failure) {
  if (failure.sqlstate.starts_with("28") || failure.sqlstate == "3D000" || failure.sqlstate == "42704") return true;
  // PgBouncer before 1.21 gives every refusal the same SQLSTATE.
  for (const char* text :
       {"authentication failed", "auth failed", "no such user", "no such database", "no password supplied"})
    if (failure.message.find(text) != std::string::npos) return true;
  return false;
}

bool Client::Connect(const db::Keywords& keywords) {
  const db::KeywordArrays arrays(keywords);
  failure_.reset();
  connection_.reset(PQconnectStartParams(arrays.names.data(), arrays.values.data(), 0));
  if (connection_ == nullptr || PQstatus(connection_.get()) == CONNECTION_BAD) {
    Broken();
    return false;
  }
  PQsetErrorVerbosity(connection_.get(), PQERRORS_VERBOSE);
  PQsetNoticeReceiver(connection_.get(), DropNotice, nullptr);
  state_ = State::kConnecting;
  wants_write_ = true;
  wants_read_ = false;
  return true;
}

void Client::Close() {
  connection_.reset();
  state_ = State::kClosed;
}

Client::Event Client::Ready() {
  switch (state_) {
    case State::kConnecting:
      return PollConnection();
    case State::kReady:
    case State::kBusy:
      return ReadAnswer();
    default:
      return Event::kNone;
  }
}

Client::Event Client::PollConnection() {
  switch (PQconnectPoll(connection_.get())) {
    case PGRES_POLLING_READING:
      wants_read_ = true;
      wants_write_ = false;
      return Event::kNone;
    case PGRES_POLLING_WRITING:
      wants_read_ = false;
      wants_write_ = true;
      return Event::kNone;
    case PGRES_POLLING_OK:
      PQsetnonblocking(connection_.get(), 1);
      PQsetErrorVerbosity(connection_.get(), PQERRORS_TERSE);
      state_ = State::kReady;
      wants_read_ = true;
      wants_write_ = false;
      return Event::kConnected;
    default:
      return Broken();
  }
}

Client::Event Client::Broken() {
  if (!failure_) {
    const std::string message = connection_ == nullptr ? "out of memory" : OneLine(PQerrorMessage(connection_.get()));
    failure_ = Classify(SqlstateOf(message), message);
  }
  Close();
  return Event::kBroken;
}

bool Client::Sent(int sent) {
  failure_.reset();
  if (sent == 0 || !Flush()) {
    Broken();
    return false;
  }
  state_ = State::kBusy;
  return true;
}

bool Client::Flush() {
  const int left = PQflush(connection_.get());
  wants_write_ = left > 0;
  return left >= 0;
}

bool Client::SendText(const char* text) {
  return Sent(PQsendQuery(connection_.get(), text));
}

bool Client::Send(const ScriptStatement& statement, const std::vector<std::int64_t>& values, bool extended) {
  if (!extended)
    return SendText(statement.values.empty() ? statement.pieces.front().c_str() : Render(statement, values).c_str());
  std::vector<std::string> texts;
  for (const std::size_t value : statement.values) texts.push_back(std::to_string(values[value]));
  std::vector<const char*> parameters;
  for (const std::string& text : texts) parameters.push_back(text.c_str());
  return Sent(PQsendQueryParams(connection_.get(), statement.parameterized.c_str(), static_cast<int>(parameters.size()),
                                nullptr, parameters.data(), nullptr, nullptr, 0));
}

void Client::NoteError(const PGresult* result) {
  const char* sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  failure_ = Classify(sqlstate == nullptr ? "" : sqlstate,
                      OneLine(message == nullptr ? PQresultErrorMessage(result) : message));
}

Client::Event Client::ReadAnswer() {
  if (wants_write_ && !Flush()) return Broken();
  if (PQconsumeInput(connection_.get()) == 0) return Broken();
  while (PQisBusy(connection_.get()) == 0) {
    PGresult* result = PQgetResult(connection_.get());
    if (result == nullptr) {
      if (PQstatus(connection_.get()) == CONNECTION_BAD) return Broken();
      if (state_ != State::kBusy) return Event::kNone;
      state_ = State::kReady;
      return Event::kAnswered;
    }
    const ExecStatusType status = PQresultStatus(result);
    const bool copy = status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH;
    if (status == PGRES_FATAL_ERROR) NoteError(result);
    PQclear(result);
    if (copy) {
      failure_ = Failure{false, "0A000", "COPY cannot be part of a load"};
      return Broken();
    }
  }
  return Event::kNone;
}

bool Client::in_transaction() const {
  const PGTransactionStatusType status = PQtransactionStatus(connection_.get());
  return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

}  // namespace steward::load
