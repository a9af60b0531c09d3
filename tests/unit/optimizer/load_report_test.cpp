// What is printed of a load and of a calibration.
#include <gtest/gtest.h>

#include <limits>

#include "report/calibration_report.hpp"
#include "report/load_report.hpp"
#include "unit/optimizer/golden.hpp"

namespace steward::report {
namespace {

model::LoadClassResult Missing() {
  model::LoadClassResult missed;
  missed.name = "report\x1b[31m";
  missed.database = "shop";
  missed.user = "admin";
  missed.rate = 40;
  missed.connections = 30;
  missed.offered = 40;
  missed.throughput = 12;
  missed.throughput_high = std::numeric_limits<double>::infinity();
  missed.requests = 1200;
  missed.succeeded = 360;
  missed.acquire_timeouts = 700;
  missed.query_timeouts = 100;
  missed.failed = 30;
  missed.unfinished = 10;
  missed.connections_lost = 100;
  missed.connection_failures = 3;
  missed.response = {1170, 990, 1003, 1500, 2000, 1001, 1005, true};
  missed.acquire = {1200, 900, 1000, 1000, 1001, 1000, 1000, false};
  missed.service = {470, 300, 600, 610, 620, 590, 610, false};
  missed.errors = {{"08P01", "query_wait_timeout", 100}, {"", "server closed the connection unexpectedly", 30}};
  missed.missed = {"P95 1003.0 ms, to be below 100 ms", "timeouts 66.7 %, to be below 5 %"};
  return missed;
}

model::LoadResult Example() {
  model::LoadResult result;
  result.host = "/run/pgbouncer";
  result.port = "6432";
  result.seed = 42;
  result.warmup_s = 2;
  result.duration_s = 30;
  result.connections = 530;
  result.connect_s = 0.18;
  result.connect_retries = 12;
  result.machine_cpu = 0.625;
  result.cores = 2;
  result.pooler_cpu = 0.21;
  result.pooler_memory = 17 << 20;
  result.server_cpu = 0.8;
  result.foreign_cpu = 0.04;
  result.driver_cpu = 0.15;
  result.lateness_p99_ms = 0.2;
  model::LoadClassResult kept;
  kept.name = "main";
  kept.database = "shop";
  kept.user = "app";
  kept.users = kept.connections = 500;
  kept.think_time_ms = 5000;
  kept.offered = kept.throughput = 99.8;
  kept.throughput_low = 95;
  kept.throughput_high = 104;
  kept.requests = 2994;
  kept.succeeded = 2993;
  kept.unfinished = 1;
  kept.response = {2994, 0.213, 4.12, 87.3, 1202, 4.0, 4.3, false};
  kept.service = {2994, 0.2, 4, 80, 1200, 3.9, 4.1, false};
  kept.pool = model::PoolUse{8, 6, 1.25, 5};
  result.classes = {kept, Missing()};
  result.notes = {"interrupted: this is what was measured until then"};
  return result;
}

TEST(LoadReport, Text) {
  test::ExpectGolden("load.txt", LoadText(Example()));
}
TEST(LoadReport, Json) {
  test::ExpectGolden("load.json", LoadJson(Example()));
}

model::CalibrationResult ExampleCalibration() {
  model::CalibrationResult result;
  result.original = 40;
  result.chosen = 12;
  result.proven = result.slo_feasible = true;
  result.probes = 18;
  result.discarded = 2;
  result.why = "the smallest size whose throughput is within 5 % of the best (20) and that keeps the promises";
  result.sizes = {{5, 1, 310, 0.31, 0, std::numeric_limits<double>::infinity(), 420, 0.4, false, true},
                  {12, 4, 980, 0.98, 0.961, 1.0, 61.2, 0, true, false},
                  {20, 4, 1000, 1, 1, 1, 58.5, 0, true, false},
                  {40, 4, 920, 0.92, 0.88, 0.945, 104, 0.012, false, false}};
  return result;
}

const CalibrationContext kContext{"/run/pgbouncer", "6432", 90, 3, 7};

TEST(CalibrationReport, Text) {
  test::ExpectGolden("calibration.txt", CalibrationText(ExampleCalibration(), kContext));
}
TEST(CalibrationReport, Json) {
  test::ExpectGolden("calibration.json", CalibrationJson(ExampleCalibration(), kContext));
}

}  // namespace
}  // namespace steward::report
