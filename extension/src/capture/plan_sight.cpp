// See plan_sight.hpp.
#include "capture/plan_sight.hpp"

#include "capture/plan_outline.hpp"
#include "capture/plan_walk.hpp"
#include "pg/analyze_time.hpp"
#include "pg/node_walk.hpp"

extern "C" {
#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "catalog/pg_index.h"
#include "catalog/pg_statistic.h"
#include "lib/stringinfo.h"
#include "storage/bufmgr.h"
#include "utils/fmgroids.h"
#include "utils/guc_tables.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/syscache.h"
}

namespace steward::capture {

namespace {

// ---- what the plan was made for ----

bool HasClientParameter(Node* node, void* context) {
  if (node == nullptr) return false;
  if (IsA(node, Param) && reinterpret_cast<const Param*>(node)->paramkind == PARAM_EXTERN) return true;
  return pg::WalkChildren(node, HasClientParameter, context);
}

void LookForParameter(Node* expression, [[maybe_unused]] Plan* owner, void* context) {
  auto* found = static_cast<bool*>(context);
  *found = *found || HasClientParameter(expression, nullptr);
}

void LookForParameters(Plan* plan, void* context) {
  if (plan == nullptr || *static_cast<bool*>(context)) return;
  check_stack_depth();
  ForEachExpression(plan, LookForParameter, context);
  ForEachChild(plan, LookForParameters, context);
}

// A plan made for given values has them as constants.
core::PlanKind KindOf(const SightSource& source) {
  if (source.parameters == nullptr || source.parameters->numParams == 0) return core::PlanKind::kPlain;
  bool found = false;
  LookForParameters(source.statement->planTree, &found);
  ListCell* cell = nullptr;
  foreach (cell, source.statement->subplans) LookForParameters(static_cast<Plan*>(lfirst(cell)), &found);
  return found ? core::PlanKind::kGeneric : core::PlanKind::kCustom;
}

// ---- settings ----

// The planner is done with names.
bool MattersToPlans(const config_generic* setting) { return strcmp(setting->name, "search_path") != 0; }

// Those that EXPLAIN (SETTINGS) would list.
core::SightSettings SettingLines() {
  StringInfo lines = makeStringInfo();
  bool cut = false;
  int count = 0;
  config_generic** options = get_explain_guc_options(&count);
  for (int i = 0; i < count; i++) {
    if (!MattersToPlans(options[i])) continue;
    const int before = lines->len;
    appendStringInfo(lines, "%s = %s\t%s\n", options[i]->name, GetConfigOptionByName(options[i]->name, nullptr, true),
                     GucSource_Names[options[i]->source]);
    if (static_cast<Size>(lines->len) <= core::kMaxSettingsBytes) continue;
    lines->len = before;
    cut = true;
  }
  return core::SightSettings{{lines->data, static_cast<Size>(lines->len)}, cut};
}

// ---- relations ----

void NoteStatistics(Oid relid, core::RelationSight* sight) {
  ScanKeyData key;
  ScanKeyInit(&key, Anum_pg_statistic_starelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relid));
  Relation statistics = table_open(StatisticRelationId, AccessShareLock);
  SysScanDesc scan = systable_beginscan(statistics, StatisticRelidAttnumInhIndexId, true, nullptr, 1, &key);
  for (HeapTuple row = systable_getnext(scan); HeapTupleIsValid(row); row = systable_getnext(scan)) {
    sight->statistics_rows++;
    sight->statistics_version = sight->statistics_version * 31 + HeapTupleHeaderGetRawXmin(row->t_data);
  }
  systable_endscan(scan);
  table_close(statistics, AccessShareLock);
}

bool IndexIsValid(Oid index) {
  HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
  if (!HeapTupleIsValid(tuple)) return false;
  const bool valid = reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple))->indisvalid;
  ReleaseSysCache(tuple);
  return valid;
}

// Fills `indexes`, which has room for kMaxListedIndexes.
uint16 ValidIndexes(Relation relation, Oid* indexes) {
  uint16 count = 0;
  List* all = RelationGetIndexList(relation);
  ListCell* cell = nullptr;
  foreach (cell, all) {
    if (!IndexIsValid(lfirst_oid(cell))) continue;
    if (count == core::kMaxListedIndexes) return core::kIndexesUnknown;
    indexes[count++] = lfirst_oid(cell);
  }
  return count;
}

void AddRelation(core::SightWriter* writer, Oid relid) {
  Relation relation = try_relation_open(relid, AccessShareLock);
  if (relation == nullptr) return;
  Oid indexes[core::kMaxListedIndexes];
  core::RelationSight sight{};
  sight.relid = relid;
  sight.pages = RELKIND_HAS_TABLE_AM(relation->rd_rel->relkind) ? RelationGetNumberOfBlocks(relation) : 0;
  sight.analyzed = pg::LastAnalyzed(relid);
  NoteStatistics(relid, &sight);
  sight.extended_statistics = static_cast<uint16>(list_length(RelationGetStatExtList(relation)));
  sight.indexes = ValidIndexes(relation, indexes);
  writer->AddRelation(sight, RelationGetRelationName(relation), indexes);
  relation_close(relation, AccessShareLock);
}

}  // namespace

uint32 WriteSight(const SightSource& source, char* buffer) {
  Size outline_length = 0;
  const char* outline = OutlineText(source.statement, core::kMaxOutlineBytes, &outline_length);
  core::SightWriter writer(buffer, KindOf(source), SettingLines(), {outline, outline_length});
  for (int i = 0; i < source.index_count; i++) {
    const char* name = get_rel_name(source.indexes[i]);
    if (name != nullptr) writer.AddUsedIndex(source.indexes[i], name);
  }
  for (int i = 0; i < Min(source.relation_count, core::kMaxSightRelations); i++)
    AddRelation(&writer, source.relations[i]);
  return static_cast<uint32>(writer.Finish());
}

}  // namespace steward::capture
