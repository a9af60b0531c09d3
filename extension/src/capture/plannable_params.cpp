// See plannable_params.hpp. While a tree is being changed, item i is a PARAM_EXTERN with paramid -(i + 1), which no
// real parameter can have.
#include "capture/plannable_params.hpp"

#include "pg/query_walk.hpp"

extern "C" {
#include "nodes/makefuncs.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
}

namespace steward::capture {

namespace {

Item* Append(ParamList* list) {
  if (list->count >= kMaxParams) {
    list->overflow = true;
    return nullptr;
  }
  if (list->count == list->capacity) {
    list->capacity *= 2;
    list->items = static_cast<Item*>(repalloc(list->items, sizeof(Item) * static_cast<Size>(list->capacity)));
  }
  Item* item = &list->items[list->count++];
  *item = Item{};
  return item;
}

bool SameSite(const Site& a, const Site& b) {
  return a.kind == b.kind && a.opno == b.opno && a.column_left == b.column_left && a.column.relid == b.column.relid &&
         a.column.attnum == b.column.attnum && a.column.scope == b.column.scope && a.column.varno == b.column.varno;
}

int FindConstant(const ParamList* list, const Const* value, uint32 hash, const Site& site) {
  for (int i = 0; i < list->count; i++) {
    const Item& item = list->items[i];
    if (item.value == nullptr || item.value_hash != hash || item.type != value->consttype) continue;
    if (SameSite(item.site, site) &&
        datumIsEqual(item.value->constvalue, value->constvalue, value->constbyval, value->constlen))
      return i;
  }
  return -1;
}

struct ExternalWalk {
  ParamList* list;
};

bool CollectExternals(Node* node, void* context) {
  if (node == nullptr) return false;
  auto* walk = static_cast<ExternalWalk*>(context);
  if (IsA(node, Param)) {
    const auto* param = castNode(Param, node);
    if (param->paramkind == PARAM_EXTERN && param->paramid > 0) AddExternal(walk->list, param, nullptr);
    return walk->list->overflow;
  }
  if (IsA(node, Query)) return pg::WalkQueryTree(castNode(Query, node), CollectExternals, context, 0);
  return pg::WalkChildren(node, CollectExternals, context);
}

bool AssignNumbers(Node* node, void* context) {
  if (node == nullptr) return false;
  auto* list = static_cast<ParamList*>(context);
  if (IsA(node, Param)) {
    auto* param = castNode(Param, node);
    if (param->paramkind != PARAM_EXTERN) return false;
    for (int i = 0; i < list->count; i++) {
      const Item& item = list->items[i];
      if (param->paramid == (item.external_id > 0 ? item.external_id : -(i + 1))) {
        param->paramid = item.final_id;
        break;
      }
    }
    return false;
  }
  if (IsA(node, Query)) return pg::WalkQueryTree(castNode(Query, node), AssignNumbers, context, 0);
  return pg::WalkChildren(node, AssignNumbers, context);
}

}  // namespace

ParamList NewParamList() {
  constexpr int kInitial = 16;
  return ParamList{static_cast<Item*>(palloc(sizeof(Item) * kInitial)), 0, kInitial, false};
}

Param* AddConstant(ParamList* list, const Const* value, const Site& site) {
  const uint32 hash = datum_image_hash(value->constvalue, value->constbyval, value->constlen);
  int index = FindConstant(list, value, hash, site);
  if (index < 0) {
    Item* item = Append(list);
    if (item == nullptr) return nullptr;
    item->value = value;
    item->value_hash = hash;
    item->type = value->consttype;
    item->typmod = -1;
    item->param_collation = get_typcollation(value->consttype);
    item->site = site;
    index = list->count - 1;
  }
  Param* param = makeNode(Param);
  param->paramkind = PARAM_EXTERN;
  param->paramid = -(index + 1);
  param->paramtype = value->consttype;
  param->paramtypmod = -1;
  param->paramcollid = list->items[index].param_collation;
  param->location = -1;
  return param;
}

void AddExternal(ParamList* list, const Param* param, const Site* site) {
  Item* item = nullptr;
  for (int i = 0; i < list->count && item == nullptr; i++)
    if (list->items[i].external_id == param->paramid) item = &list->items[i];
  if (item == nullptr) {
    item = Append(list);
    if (item == nullptr) return;
    item->external_id = param->paramid;
    item->type = param->paramtype;
    item->typmod = param->paramtypmod;
    item->param_collation = param->paramcollid;
    item->site.kind = store::ShapeKind::kNone;
  }
  if (site != nullptr && !OidIsValid(item->site.column.relid)) item->site = *site;
}

void Renumber(ParamList* list, Query* query) {
  ExternalWalk walk{list};
  CollectExternals(reinterpret_cast<Node*>(query), &walk);
  if (list->overflow) return;
  int next = 0;
  for (int last = 0;;) {
    int lowest = -1;
    for (int i = 0; i < list->count; i++)
      if (list->items[i].external_id > last &&
          (lowest < 0 || list->items[i].external_id < list->items[lowest].external_id))
        lowest = i;
    if (lowest < 0) break;
    list->items[lowest].final_id = ++next;
    last = list->items[lowest].external_id;
  }
  for (int i = 0; i < list->count; i++)
    if (list->items[i].external_id == 0) list->items[i].final_id = ++next;
  AssignNumbers(reinterpret_cast<Node*>(query), list);
}

}  // namespace steward::capture
