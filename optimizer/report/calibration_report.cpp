// See calibration_report.hpp.
#include "report/calibration_report.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "report/terminal_text.hpp"

namespace steward::report {

namespace {

std::string Line(const model::CalibratedSize& size, int chosen) {
  const std::string interval = std::isfinite(size.ratio_high)
                                   ? fmt::format("[{:.0f}, {:.0f}]", 100 * size.ratio_low, 100 * size.ratio_high)
                                   : std::string("once");
  std::string text =
      fmt::format("{}{:>5}{:>8}{:>12}{:>10.1f} % {:<12}{:>10}{:>9.1f} %", size.size == chosen ? '*' : ' ', size.size,
                  size.probes, Grouped(size.throughput, size.throughput < 100 ? 1 : 0), 100 * size.ratio, interval,
                  Grouped(size.p95_ms, size.p95_ms < 100 ? 1 : 0), 100 * size.timeout_ratio);
  if (size.harmful) return text + "   clients timed out: given up\n";
  return text + (size.slo_kept ? "\n" : "   misses the promises\n");
}

}  // namespace

std::string CalibrationText(const model::CalibrationResult& result, const CalibrationContext& context) {
  std::string text = fmt::format(
      "calibration on {}:{}   default_pool_size {}, sizes up to {}, probes of {:.4g} s, seed {}\n",
      Printable(context.host), Printable(context.port), result.original, context.most, context.probe_s, context.seed);
  text += fmt::format("{} probes{}\n\n", result.probes,
                      result.discarded > 0
                          ? fmt::format(", {} of them repeated, because others used the machine or the load was not "
                                        "what it was to be",
                                        result.discarded)
                          : "");
  text += fmt::format(" {:>5}{:>8}{:>12}{:>12} {:<12}{:>10}{:>11}\n", "size", "probes", "served/s", "of the best",
                      "95 %", "P95 ms", "timeouts");
  for (const model::CalibratedSize& size : result.sizes) text += Line(size, result.chosen);
  text += fmt::format("\n{} is {}.\n", result.chosen, result.why);
  if (result.chosen != result.original)
    text += fmt::format(
        "Nothing has been changed. To try it: SET default_pool_size={} on the console{}, until the next RELOAD.\n"
        "To keep it: default_pool_size = {} in pgbouncer.ini, then RELOAD.\n",
        result.chosen, result.chosen < result.original ? ", then RECONNECT" : "", result.chosen);
  else
    text += "That is what is set now.\n";
  return text;
}

std::string CalibrationJson(const model::CalibrationResult& result, const CalibrationContext& context) {
  using Json = nlohmann::ordered_json;
  Json sizes = Json::array();
  for (const model::CalibratedSize& size : result.sizes)
    sizes.push_back({{"size", size.size},
                     {"probes", size.probes},
                     {"throughput", size.throughput},
                     {"ratio", size.ratio},
                     {"ratio_low", size.ratio_low},
                     {"ratio_high", std::isfinite(size.ratio_high) ? Json(size.ratio_high) : Json()},
                     {"p95_time", size.p95_ms},
                     {"timeout_ratio", size.timeout_ratio},
                     {"slo_kept", size.slo_kept},
                     {"harmful", size.harmful}});
  const Json document = {{"host", context.host},
                         {"port", context.port},
                         {"seed", std::to_string(context.seed)},
                         {"original_size", result.original},
                         {"largest_size", context.most},
                         {"probe_seconds", context.probe_s},
                         {"probes", result.probes},
                         {"discarded", result.discarded},
                         {"chosen_size", result.chosen},
                         {"proven", result.proven},
                         {"slo_feasible", result.slo_feasible},
                         {"reason", result.why},
                         {"sizes", sizes}};
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace steward::report
