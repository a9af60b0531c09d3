// Plannable text of a statement whose parse tree is gone: it was prepared before its text was dropped or capture began.
// See plannable.hpp.
#include "capture/plannable.hpp"
#include "pg/protected_call.hpp"

extern "C" {
#include "parser/analyze.h"
#include "parser/parse_node.h"
#include "parser/parse_param.h"
#include "parser/parser.h"
}

namespace steward::capture {

namespace {

using store::NotCostable;

constexpr int kMaxReparsedBytes = 32 * 1024;

struct SourceJob {
  const char* text;
  int length;
  ParamListInfo values;
  MemoryContext result_context;
  Plannable result;
};

// The statement that a wrapper runs under its own query id.
Node* Wrapped(Node* statement) {
  switch (nodeTag(statement)) {
    case T_PrepareStmt:
      return castNode(PrepareStmt, statement)->query;
    case T_ExplainStmt:
      return castNode(ExplainStmt, statement)->query;
    case T_CreateTableAsStmt:
      return castNode(CreateTableAsStmt, statement)->query;
    case T_DeclareCursorStmt:
      return castNode(DeclareCursorStmt, statement)->query;
    default:
      return statement;
  }
}

bool IsQuery(const Node* statement) {
  switch (nodeTag(statement)) {
    case T_SelectStmt:
    case T_InsertStmt:
    case T_UpdateStmt:
    case T_DeleteStmt:
    case T_MergeStmt:
      return true;
    default:
      return false;
  }
}

// Analyses without the parse analysis hooks: this is not another sight of the statement.
void Analyze(void* argument) {
  auto* job = static_cast<SourceJob*>(argument);
  const char* text = pnstrdup(job->text, static_cast<Size>(job->length));
  List* statements = raw_parser(text, RAW_PARSE_DEFAULT);
  if (list_length(statements) != 1) return;
  auto* raw = linitial_node(RawStmt, statements);
  raw->stmt = Wrapped(raw->stmt);
  if (!IsQuery(raw->stmt)) return;
  ParseState* state = make_parsestate(nullptr);
  state->p_sourcetext = text;
  const int count = job->values == nullptr ? 0 : job->values->numParams;
  auto* types = static_cast<Oid*>(palloc0(sizeof(Oid) * static_cast<Size>(count + 1)));
  for (int i = 0; i < count; i++) types[i] = job->values->params[i].ptype;
  if (count > 0) setup_parse_fixed_parameters(state, types, count);
  const Query* query = transformTopLevelStmt(state, raw);
  free_parsestate(state);
  MemoryContextSwitchTo(job->result_context);
  job->result = MakePlannable(query, text);
}

}  // namespace

Plannable MakePlannableFromSource(const char* source, int location, int length, ParamListInfo values) {
  SourceJob job{nullptr, 0, values, CurrentMemoryContext, Plannable{}};
  job.result.reason = NotCostable::kNoText;
  // Parameters handed out on demand are PL/pgSQL's variables, which only its own parser hooks can resolve.
  if (source == nullptr || (values != nullptr && values->paramFetch != nullptr)) return job.result;
  job.text = source + Max(location, 0);
  job.length = static_cast<int>(strnlen(job.text, kMaxReparsedBytes + 1));
  if (length > 0) job.length = Min(job.length, length);
  if (job.length > kMaxReparsedBytes || !pg::RunProtected(Analyze, &job)) {
    job.result = Plannable{};
    job.result.reason = NotCostable::kNoText;
  }
  return job.result;
}

}  // namespace steward::capture
