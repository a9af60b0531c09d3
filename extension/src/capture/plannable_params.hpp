// The parameters of a plannable text while it is being made: replaced constants and the statement's own parameters,
// with the place of each. Owns numbering and the reuse of equal ones; what to replace is plannable_replace's decision.
#pragma once

#include "capture/plannable_column.hpp"
#include "store/plannable_record.hpp"

extern "C" {
#include "nodes/primnodes.h"
}

namespace steward::capture {

constexpr int kMaxParams = 1000;

/// Where a value stands: what it is compared with, and how.
struct Site {
  store::ShapeKind kind;  // kNone: compared by `opno`, the shape decides the kind
  Column column;
  Oid opno;
  Oid collation;     // of the comparison
  bool column_left;  // column op value, not value op column
};

struct Item {
  const Const* value;  // the replaced constant; nullptr for an external parameter
  uint32 value_hash;
  Oid type;
  int32 typmod;
  Oid param_collation;
  int external_id;  // 0 for a replaced constant
  int final_id;     // 1.. after Renumber
  Site site;
};

struct ParamList {
  Item* items;
  int count;
  int capacity;
  bool overflow;  // more than kMaxParams: the statement is given up
};

ParamList NewParamList();

/// A Param node that stands for `value` from now on; nullptr on overflow. Equal constants at equal sites share a
/// parameter: GROUP BY and the select list must stay equal.
Param* AddConstant(ParamList* list, const Const* value, const Site& site);

/// Remembers an external parameter and, if it had none yet, its site (nullptr: none).
void AddExternal(ParamList* list, const Param* param, const Site* site);

/// Numbers all parameters of `query` densely: the statement's own first, in their order, then the replaced constants in
/// order of appearance. Adds external parameters that stand in places that were not visited.
void Renumber(ParamList* list, Query* query);

}  // namespace steward::capture
