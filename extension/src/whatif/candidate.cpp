// From text to Candidate: the statement's shape, its table and partitions, locks and roles. See candidate.hpp.
#include "whatif/candidate.hpp"

#include <cmath>

#include "pg/role.hpp"
#include "pg/subtransaction.hpp"
#include "whatif/code_trust.hpp"
#include "whatif/expression_statistics.hpp"
#include "whatif/index_statistics.hpp"
#include "whatif/text_trust.hpp"
#include "whatif/value_free_error.hpp"

extern "C" {
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "optimizer/optimizer.h"
#include "storage/lmgr.h"
#include "tcop/tcopprot.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rls.h"
#include "utils/syscache.h"
}

namespace steward::whatif {

namespace {

struct ParseInput {
  const char* text;
  KnownSize known;
  Candidate* candidate;
  Oid caller;
  int parts;  // of the table
};

IndexStmt* ParseIndexStatement(const char* text) {
  List* statements = pg_parse_query(text);
  if (list_length(statements) != 1 || !IsA(linitial_node(RawStmt, statements)->stmt, IndexStmt))
    ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("a candidate must be one CREATE INDEX statement")));
  auto* statement = reinterpret_cast<IndexStmt*>(linitial_node(RawStmt, statements)->stmt);
  if (statement->excludeOpNames != NIL)
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("exclusion constraints cannot be candidates")));
  return statement;
}

// Looks the table up without asking for the caller's rights on it: EXECUTE on the function is what grants the question.
Oid LockTable(const RangeVar* name) {
  if (name->schemaname == nullptr)
    ereport(ERROR, (errcode(ERRCODE_INVALID_NAME),
                    errmsg("table \"%s\" of a candidate must be named with its schema", name->relname)));
  const Oid schema = get_namespace_oid(name->schemaname, false);
  const Oid relid = get_relname_relid(name->relname, schema);
  if (OidIsValid(relid)) LockRelationOid(relid, AccessShareLock);
  if (!OidIsValid(relid) || !SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relid)))
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
                    errmsg("relation \"%s.%s\" does not exist", name->schemaname, name->relname)));
  return relid;
}

void CheckTable(Relation table) {
  const char kind = table->rd_rel->relkind;
  if (kind != RELKIND_RELATION && kind != RELKIND_MATVIEW && kind != RELKIND_PARTITIONED_TABLE)
    ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
                    errmsg("\"%s\" is neither a table nor a materialized view", RelationGetRelationName(table))));
  if (RelationUsesLocalBuffers(table))
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                    errmsg("temporary table \"%s\" cannot have candidates", RelationGetRelationName(table))));
}

// Whether the caller may read the columns of `part` that `expressions` name, by his rights on `table`.
bool IsReadable(Oid table, Oid caller, Relation part, List* expressions) {
  if (expressions == NIL) return true;
  if (check_enable_rls(table, caller, true) == RLS_ENABLED) return false;
  if (pg_class_aclcheck(table, caller, ACL_SELECT) == ACLCHECK_OK) return true;
  ListCell* cell = nullptr;
  foreach (cell, pull_var_clause(reinterpret_cast<Node*>(expressions), 0)) {
    const auto* var = lfirst_node(Var, cell);
    const char* name = get_attname(RelationGetRelid(part), var->varattno, true);
    const AttrNumber column = name == nullptr ? InvalidAttrNumber : get_attnum(table, name);
    if (!AttributeNumberIsValid(column) || pg_attribute_aclcheck(table, column, caller, ACL_SELECT) != ACLCHECK_OK)
      return false;
  }
  return true;
}

// The size of a partial index tells how many rows its predicate lets in, that is what values the columns have.
void RequireReadable(Oid table, Oid caller, Relation part, List* predicate) {
  if (!IsReadable(table, caller, part, predicate))
    ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                    errmsg("permission denied for columns of table \"%s\" in the predicate of a candidate",
                           get_rel_name(table)),
                    errhint("Grant the caller SELECT on these columns, or leave the predicate out.")));
}

// As the owner of `relation`. Where that is a superuser, nobody else's code may run: see planning_role.hpp.
void AddPart(const ParseInput& input, Relation relation, IndexStmt* statement) {
  Candidate* candidate = input.candidate;
  const pg::RoleSwitch before = pg::BecomeRestricted(relation->rd_rel->relowner);
  statement = castNode(IndexStmt, copyObject(statement));
  if (superuser()) RequireTrustedRelation(relation, InvalidOid);
  RequireTrustedIndex(statement, relation);
  HypotheticalIndex* part = &candidate->parts[candidate->nparts++];
  part->relid = RelationGetRelid(relation);
  List* options = statement->options;
  MakeIndexTemplate(relation, statement, candidate->index, part);
  RequireReadable(candidate->table, input.caller, relation, part->info->indpred);
  // So do, in other ways, the values of an expression.
  const bool may_sample = IsReadable(candidate->table, input.caller, relation, part->info->indexprs);
  SetIndexSize(relation, options, input.known, may_sample, part);
  if (may_sample) part->statistics = StatisticsOfExpressions(relation, part->info, part->rows, input.parts);
  pg::EndRole(before);
}

// Splits known pages over the parts by their rows, evenly where they have none; each gets at least one.
void SplitPages(int64 pages, Candidate* candidate) {
  double rows = 0;
  for (int i = 0; i < candidate->nparts; ++i) rows += candidate->parts[i].rows;
  double before = 0;
  for (int i = 0; i < candidate->nparts; ++i) {
    const double share = rows > 0 ? candidate->parts[i].rows / rows : 1.0 / candidate->nparts;
    const double pages_of_all = static_cast<double>(pages);
    const double own = std::rint(pages_of_all * (before + share)) - std::rint(pages_of_all * before);
    candidate->parts[i].info->pages = static_cast<BlockNumber>(Min(Max(1.0, own), static_cast<double>(MaxBlockNumber)));
    before += share;
  }
}

void AddParts(ParseInput input, Relation table, IndexStmt* statement) {
  Candidate* candidate = input.candidate;
  List* relids = list_make1_oid(candidate->table);
  if (table->rd_rel->relkind == RELKIND_PARTITIONED_TABLE)
    relids = find_all_inheritors(candidate->table, AccessShareLock, nullptr);
  input.parts = list_length(relids);
  candidate->parts =
      static_cast<HypotheticalIndex*>(palloc0(static_cast<Size>(list_length(relids)) * sizeof(HypotheticalIndex)));
  ListCell* cell = nullptr;
  foreach (cell, relids) {
    Relation relation = table_open(lfirst_oid(cell), NoLock);
    const char kind = relation->rd_rel->relkind;
    if (kind == RELKIND_RELATION || kind == RELKIND_MATVIEW) AddPart(input, relation, statement);
    table_close(relation, NoLock);
  }
  if (input.known.pages != KnownSize::kNoPages) SplitPages(input.known.pages, candidate);
  for (int i = 0; i < candidate->nparts; ++i) {
    candidate->pages += candidate->parts[i].info->pages;
    candidate->tree_height = Max(candidate->tree_height, candidate->parts[i].info->tree_height);
  }
}

void ParseOne(void* argument) {
  auto* input = static_cast<ParseInput*>(argument);
  Candidate* candidate = input->candidate;
  IndexStmt* statement = ParseIndexStatement(input->text);
  candidate->table = LockTable(statement->relation);
  Relation table = table_open(candidate->table, NoLock);
  CheckTable(table);
  AddParts(*input, table, statement);
  table_close(table, NoLock);
}

// An OID that no relation has, taken from the far end of the range.
Oid NextUnusedOid(Oid* next) {
  while (SearchSysCacheExists1(RELOID, ObjectIdGetDatum(*next))) --*next;
  return (*next)--;
}

}  // namespace

Candidate* ParseCandidates(const CandidateTexts& input) {
  auto* candidates = static_cast<Candidate*>(palloc0(static_cast<Size>(Max(input.count, 1)) * sizeof(Candidate)));
  Oid next = OID_MAX;
  for (int i = 0; i < input.count; ++i) {
    Candidate* candidate = &candidates[i];
    candidate->index = NextUnusedOid(&next);
    candidate->tree_height = -1;
    ParseInput one{input.texts[i], {}, candidate, GetUserId(), 1};
    if (input.pages != nullptr) one.known.pages = input.pages[i];
    if (input.tree_heights != nullptr) one.known.tree_height = input.tree_heights[i];
    candidate->error = pg::RunInSubtransaction(ParseOne, &one, true);
    pg::LetTravelOn(candidate->error);
    candidate->error = WithoutValues(candidate->error);
  }
  return candidates;
}

}  // namespace steward::whatif
