// See script.hpp.
#include "load/script.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>

#include "load/plan.hpp"

namespace steward::load {

namespace {

bool IsWord(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Script Read() {
    statement_.pieces.emplace_back();
    while (at_ < text_.size()) Step();
    EndStatement();
    if (script_.statements.empty()) throw PlanError("the script holds no statement", "");
    return std::move(script_);
  }

 private:
  void Step() {
    const char c = text_[at_];
    if (c == '\'' || c == '"') return Copy(EndOfQuote(c));
    if (c == '$') return Copy(EndOfDollarQuote());
    if (text_.substr(at_, 2) == "--") return Copy(std::min(text_.find('\n', at_), text_.size()));
    if (text_.substr(at_, 2) == "/*") {
      const std::size_t end = text_.find("*/", at_ + 2);
      return Copy(end == std::string_view::npos ? text_.size() : end + 2);
    }
    if (c == ';') {
      ++at_;
      return EndStatement();
    }
    if (c == ':' && at_ + 1 < text_.size()) return Colon();
    Copy(at_ + 1);
  }

  void Copy(std::size_t end) {
    statement_.pieces.back().append(text_.substr(at_, end - at_));
    at_ = end;
  }

  std::size_t EndOfQuote(char quote) const {
    const bool escapes = quote == '\'' && at_ > 0 && (text_[at_ - 1] == 'E' || text_[at_ - 1] == 'e') &&
                         (at_ < 2 || !IsWord(text_[at_ - 2]));
    for (std::size_t i = at_ + 1; i < text_.size(); ++i) {
      if (escapes && text_[i] == '\\')
        ++i;
      else if (text_[i] == quote)
        return i + 1;
    }
    throw PlanError("a quote in the statement is not closed", "");
  }

  std::size_t EndOfDollarQuote() const {
    const bool in_word = at_ > 0 && IsWord(text_[at_ - 1]);
    std::size_t tag_end = at_ + 1;
    while (tag_end < text_.size() && IsWord(text_[tag_end])) ++tag_end;
    if (in_word || tag_end >= text_.size() || text_[tag_end] != '$') return at_ + 1;
    const std::string_view tag = text_.substr(at_, tag_end + 1 - at_);
    const std::size_t end = text_.find(tag, tag_end + 1);
    if (end == std::string_view::npos) throw PlanError("a dollar quote in the statement is not closed", "");
    return end + tag.size();
  }

  void Colon() {
    const char next = text_[at_ + 1];
    if (next == ':' || next == '=') return Copy(at_ + 2);
    std::size_t end = at_ + 1;
    while (end < text_.size() && IsWord(text_[end])) ++end;
    const std::string name(text_.substr(at_ + 1, end - at_ - 1));
    if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front())) != 0) return Copy(at_ + 1);
    if (name == "random" && end < text_.size() && text_[end] == '(') return Draw(end + 1);
    const auto known = names_.find(name);
    if (known == names_.end())
      throw PlanError("unknown parameter \":" + name + "\" in a statement",
                      "Draw it first, as :random(1,100," + name + ").");
    at_ = end;
    Place(known->second);
  }

  void Draw(std::size_t begin) {
    const std::size_t close = text_.find(')', begin);
    std::vector<std::string> words(1);
    for (std::size_t i = begin; close != std::string_view::npos && i < close; ++i) {
      if (text_[i] == ',')
        words.emplace_back();
      else if (text_[i] != ' ')
        words.back() += text_[i];
    }
    std::pair<std::int64_t, std::int64_t> range;
    if (close == std::string_view::npos || words.size() < 2 || words.size() > 3 || !Number(words[0], range.first) ||
        !Number(words[1], range.second) || range.first > range.second)
      throw PlanError("a parameter of a statement cannot be read",
                      "Write it as :random(1,100) or :random(1,100,name).");
    script_.ranges.push_back(range);
    if (words.size() == 3) names_[words[2]] = script_.ranges.size() - 1;
    at_ = close + 1;
    Place(script_.ranges.size() - 1);
  }

  static bool Number(const std::string& word, std::int64_t& number) {
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    return error == std::errc{} && end == word.data() + word.size();
  }

  void Place(std::size_t value) {
    statement_.values.push_back(value);
    statement_.pieces.emplace_back();
  }

  void EndStatement() {
    const bool blank =
        statement_.values.empty() && statement_.pieces.front().find_first_not_of(" \t\r\n") == std::string::npos;
    if (!blank) {
      std::string& first = statement_.pieces.front();
      first.erase(0, first.find_first_not_of(" \t\r\n"));
      if (first.starts_with("\\sleep")) statement_.pause_s = Pause(first);
      for (std::size_t i = 0; i < statement_.pieces.size(); ++i)
        statement_.parameterized += (i == 0 ? "" : '$' + std::to_string(i)) + statement_.pieces[i];
      script_.statements.push_back(std::move(statement_));
    }
    statement_ = {};
    statement_.pieces.emplace_back();
  }

  static double Pause(const std::string& text) {
    const std::size_t begin = text.find_first_not_of(' ', std::string_view("\\sleep").size());
    const std::size_t end = text.find_last_not_of(" \t\r\n") + 1;
    const auto seconds = begin == std::string::npos ? std::nullopt : ParseSeconds(text.substr(begin, end - begin));
    if (!seconds || *seconds <= 0 || *seconds > kMaxDurationS)
      throw PlanError("a pause of a script cannot be read", "Write it as \\sleep 300ms or \\sleep 2s.");
    return *seconds;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Script script_;
  ScriptStatement statement_;
  std::map<std::string, std::size_t> names_;
};

bool BeginsTransaction(const ScriptStatement& statement) {
  std::string word;
  for (const char c : statement.pieces.front()) {
    if (!IsWord(c)) break;
    word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return word == "begin" || word == "start";
}

}  // namespace

Script ParseScript(std::string_view text) {
  Script script = Reader(text).Read();
  if (script.statements.size() > 1 && !BeginsTransaction(script.statements.front())) {
    script.statements.insert(script.statements.begin(), {{"BEGIN"}, {}, "BEGIN"});
    script.statements.push_back({{"COMMIT"}, {}, "COMMIT"});
  }
  return script;
}

std::vector<std::int64_t> DrawValues(const Script& script, Random& random) {
  std::vector<std::int64_t> values;
  values.reserve(script.ranges.size());
  for (const auto& [low, high] : script.ranges) values.push_back(random.Between(low, high));
  return values;
}

std::string Render(const ScriptStatement& statement, const std::vector<std::int64_t>& values) {
  std::string text = statement.pieces.front();
  for (std::size_t i = 0; i < statement.values.size(); ++i)
    text += std::to_string(values[statement.values[i]]) + statement.pieces[i + 1];
  return text;
}

}  // namespace steward::load
