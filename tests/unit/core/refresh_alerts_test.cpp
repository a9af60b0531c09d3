// Behaviour of core/refresh_alerts: each is raised once, and is over when it is over.
#include "core/refresh_alerts.hpp"

#include <gtest/gtest.h>

namespace steward::core {
namespace {

constexpr Micros kT0 = 1000 * kSecond;

TEST(RefreshAlerts, TellOfAThirdFailureOnce) {
  RefreshAlerts alerts;
  EXPECT_FALSE(NoteFailure(2, kT0, &alerts));
  EXPECT_TRUE(NoteFailure(3, kT0 + 1, &alerts));
  EXPECT_FALSE(NoteFailure(4, kT0 + 2, &alerts));
  EXPECT_EQ(alerts.failing_since, kT0 + 1);
  NoteSuccess(false, &alerts);
  EXPECT_EQ(alerts.failing_since, kNever);
  EXPECT_TRUE(NoteFailure(3, kT0 + 3, &alerts));
}

TEST(RefreshAlerts, AreLateUntilARefreshIsInTime) {
  RefreshAlerts alerts;
  EXPECT_TRUE(NoteLate(kT0, &alerts));
  NoteSuccess(false, &alerts);
  EXPECT_FALSE(NoteLate(kT0 + 1, &alerts));
  NoteSuccess(true, &alerts);
  EXPECT_TRUE(NoteLate(kT0 + 2, &alerts));
  EXPECT_EQ(alerts.late_since, kT0 + 2);
}

TEST(RefreshAlerts, TellOfTheSecondDriftInARow) {
  RefreshAlerts alerts;
  Learned known{5, 1e6, 1e4};
  EXPECT_FALSE(NoteDuration({2e6, 0}, known, kT0, &alerts));
  EXPECT_FALSE(NoteDuration({1e6, 0}, known, kT0, &alerts));
  EXPECT_FALSE(NoteDuration({2e6, 0}, known, kT0, &alerts));
  EXPECT_TRUE(NoteDuration({2e6, 0}, known, kT0 + 1, &alerts));
  EXPECT_FALSE(NoteDuration({2e6, 0}, known, kT0 + 2, &alerts));
  EXPECT_EQ(alerts.drifted_since, kT0 + 1);
  EXPECT_FALSE(NoteDuration({1e6, 0}, known, kT0, &alerts));
  EXPECT_EQ(alerts.drifted_since, kNever);
}

TEST(RefreshAlerts, TellOfADriftThatIsLearnedMeanwhile) {
  RefreshAlerts alerts;
  Learned known;
  for (int i = 0; i < 20; i++) Learn(1e6, &known);
  bool raised = false;
  for (int i = 0; i < 20; i++) {
    raised |= NoteDuration({3e6, 0}, known, kT0 + i, &alerts);
    Learn(3e6, &known);
  }
  EXPECT_TRUE(raised);
  EXPECT_EQ(alerts.drifted_since, kNever);
}

TEST(RefreshAlerts, LeaveWaitsForLocksAlone) {
  RefreshAlerts alerts;
  const Learned known{5, 1e6, 1e4};
  for (int i = 0; i < 3; i++) EXPECT_FALSE(NoteDuration({6e6, 5e6}, known, kT0, &alerts));
  EXPECT_FALSE(NoteDuration({8e6, 5e6}, known, kT0, &alerts));
  EXPECT_TRUE(NoteDuration({8e6, 5e6}, known, kT0, &alerts));
}

TEST(RefreshAlerts, LeaveMillisecondsAlone) {
  RefreshAlerts alerts;
  const Learned known{5, 1e4, 10};
  for (int i = 0; i < 3; i++) EXPECT_FALSE(NoteDuration({9e4, 0}, known, kT0, &alerts));
}

}  // namespace
}  // namespace steward::core
