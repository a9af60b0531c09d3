// A load made of what a server captured: its classes with their rates, and those of their statements that may be sent. Pure;
// who reads what was captured, and which statements may run, is the caller's business.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "load/plan.hpp"

namespace steward::load {

/// A statement of a role, over all of its classes.
struct CapturedStatement {
  std::string role;
  std::string query;  // as people see it: says which begin transactions. Empty: not visible
  double calls = 0;
  std::vector<std::string> texts;  // to be sent as they stand, one for each set of values; empty: none
  std::string left_out;            // why there are none
};

struct CapturedClass {
  std::string role;
  std::string application;
  double transactions = 0;
  int sessions = 0;  // most that were seen connected; 0: not known
};

/// Of one database.
struct CapturedLoad {
  std::string database;
  double seconds = 0;  // in which transactions and calls were counted
  std::vector<CapturedClass> classes;
  std::vector<CapturedStatement> statements;
};

/// A class as a file of the load has it: a section with its settings.
struct ClassSettings {
  std::string name;
  std::vector<Setting> settings;
};

/// What a class had and the load has not.
struct LeftOut {
  std::string name;
  bool whole = false;                                   // the class is not in the load
  std::vector<std::pair<std::string, double>> reasons;  // each with its share of the calls, largest first
};

struct CapturedPlan {
  std::vector<ClassSettings> classes;
  std::vector<LeftOut> left_out;
};

/// A request is one statement: a class's rate is that of its transactions, less those of several statements and the share of
/// the calls that are left out for other reasons. Texts that the file's form or a script would not give back as they are
/// count among these.
CapturedPlan PlanCaptured(const CapturedLoad& captured);

/// The classes as a file that --load takes.
std::string ToIni(const std::vector<ClassSettings>& classes);

/// One line of text.
std::string ToText(const LeftOut& left_out);

}  // namespace steward::load
