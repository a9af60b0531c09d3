// See path_order.hpp.
#include "whatif/path_order.hpp"

#include "pg/compat.hpp"
#include "pg/node_walk.hpp"

extern "C" {
#include "common/hashfn.h"
#include "lib/stringinfo.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
}

namespace steward::whatif {

namespace {

Node* WithoutRelabeling(Expr* expression) {
  while (IsA(expression, RelabelType)) expression = reinterpret_cast<RelabelType*>(expression)->arg;
  return reinterpret_cast<Node*>(expression);
}

// Members of partitions are left out: what their parent has stands for them.
bool IsOf(const EquivalenceMember* member, Index relid) {
  int only = 0;
  return !member->em_is_child && bms_get_singleton_member(member->em_relids, &only) &&
         static_cast<Index>(only) == relid;
}

// A hash could be told to be that of a guessed value.
Node* WithoutValues(Node* node, void* context) {
  if (node == nullptr || !IsA(node, Const))
    return node == nullptr ? nullptr : pg::MutateChildren(node, WithoutValues, context);
  const auto* constant = castNode(Const, node);
  return reinterpret_cast<Node*>(makeNullConst(constant->consttype, -1, constant->constcollid));
}

void AppendKey(StringInfo order, const EquivalenceClass* equal, Index relid) {
  int column = 0;
  Node* expression = nullptr;
  const ListCell* cell = nullptr;
  while (equal->ec_merged != nullptr) equal = equal->ec_merged;
  foreach (cell, equal->ec_members) {
    const auto* member = lfirst_node(EquivalenceMember, cell);
    if (!IsOf(member, relid)) continue;
    Node* plain = WithoutRelabeling(member->em_expr);
    const int attnum = IsA(plain, Var) ? reinterpret_cast<const Var*>(plain)->varattno : 0;
    if (attnum != 0 && (column == 0 || attnum < column)) column = attnum;
    if (expression == nullptr) expression = plain;
  }
  if (column != 0) {
    appendStringInfo(order, "%d", column);
    return;
  }
  const char* text = nodeToString(WithoutValues(expression, nullptr));
  appendStringInfo(order, "e%08x",
                   hash_bytes(reinterpret_cast<const unsigned char*>(text), static_cast<int>(strlen(text))));
}

}  // namespace

const char* OrderOfPath(const PlannerInfo* root, const Path* path, int count) {
  StringInfoData order;
  initStringInfo(&order);
  const Index relid = TopmostParent(root, path->parent->relid);
  const ListCell* cell = nullptr;
  foreach (cell, path->pathkeys) {
    if (count-- <= 0) break;
    const auto* key = lfirst_node(PathKey, cell);
    const bool descending = pg::SortsDescending(key);
    if (order.len > 0) appendStringInfoChar(&order, ' ');
    AppendKey(&order, key->pk_eclass, relid);
    if (descending) appendStringInfoChar(&order, '-');
    if (key->pk_nulls_first != descending) appendStringInfoChar(&order, 'n');
  }
  return order.data;
}

bool IsOrderPrefix(const char* prefix, const char* order) {
  const size_t length = strlen(prefix);
  return length == 0 || (strncmp(prefix, order, length) == 0 && (order[length] == '\0' || order[length] == ' '));
}

Index TopmostParent(const PlannerInfo* root, Index relid) {
  if (root->append_rel_array == nullptr || relid >= static_cast<Index>(root->simple_rel_array_size)) return relid;
  while (root->append_rel_array[relid] != nullptr) relid = root->append_rel_array[relid]->parent_relid;
  return relid;
}

}  // namespace steward::whatif
