// See json_fields.hpp.
#include "collect/json_fields.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace steward::collect {

namespace {

constexpr int kDepthLimit = 200;

std::size_t LineOf(const std::string& text, std::size_t byte) {
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(byte, text.size()));
  return 1 + static_cast<std::size_t>(std::count(text.begin(), end, '\n'));
}

// Follows the parser, to say where it stopped at a number that no double holds.
class Place {
 public:
  void At(Json::parse_event_t event, const Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::key) {
      levels_.back() = "." + parsed.get<std::string>();
    } else if (event == Event::object_start || event == Event::array_start) {
      levels_.emplace_back(event == Event::array_start ? "[0]" : "");
      counts_.push_back(0);
    } else {
      if (event != Event::value) levels_.pop_back(), counts_.pop_back();
      if (!levels_.empty() && levels_.back().starts_with('[')) levels_.back() = fmt::format("[{}]", ++counts_.back());
    }
  }
  std::string Text() const {
    std::string text;
    for (const std::string& level : levels_) text += level;
    return text.starts_with('.') ? text.substr(1) : text;
  }

 private:
  std::vector<std::string> levels_;  // ".key" or "[index]"
  std::vector<std::size_t> counts_;
};

}  // namespace

Json ParseDocument(const std::string& text) {
  Place place;
  const auto follow = [&place](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > kDepthLimit) throw WorkloadFormatError("nested deeper than " + std::to_string(kDepthLimit) + " levels");
    place.At(event, parsed);
    return true;
  };
  try {
    return Json::parse(text, follow);
  } catch (const Json::parse_error& error) {
    throw WorkloadFormatError("invalid JSON in line " + std::to_string(LineOf(text, error.byte)));
  } catch (const Json::out_of_range&) {
    throw WorkloadFormatError("\"" + place.Text() + "\" is not in range");
  }
}

void CheckDocument(const Json& document, const std::string& kind, int version, const std::string& command) {
  const auto found = document.is_object() ? document.find("kind") : document.end();
  if (found == document.end() || *found != kind) throw WorkloadFormatError("not a workload written by " + command);
  const auto written = document.find("schema_version");
  if (written == document.end() || *written != version)
    throw WorkloadFormatError("written by another version of pgsteward; schema_version is not " + std::to_string(version));
}

}  // namespace steward::collect
