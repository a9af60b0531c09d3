// See alerts.hpp.
#include "refresh/alerts.hpp"

#include "pg/spi.hpp"
#include "pg/transaction.hpp"

namespace steward::refresh {

namespace {

struct Wording {
  const char* kind;
  const char* message;  // of the view's name
  const char* hint;
};

Wording WordingOf(AlertKind kind) {
  switch (kind) {
    case AlertKind::kFailing:
      return {"failing", "refreshes of materialized view \"%s\" keep failing", "steward.matviews shows its last error."};
    case AlertKind::kLate:
      return {"late", "materialized view \"%s\" will be staler than promised",
              "A longer max_staleness helps, a cheaper query, or a higher priority than that of others."};
    case AlertKind::kDrifted:
      break;
  }
  return {"drifted", "refreshes of materialized view \"%s\" cost something else than they did",
          "Base tables may have grown, or a plan may have changed."};
}

}  // namespace

void RaiseAlert(const ScheduledView& view, AlertKind kind, core::Micros since, const char* detail) {
  const Wording wording = WordingOf(kind);
  ereport(LOG, (errmsg(wording.message, view.name), errdetail("%s", detail), errhint("%s", wording.hint)));
  const ErrorData* error = pg::InTransaction([&] {
    pg::SpiArgs args;
    args.AddOid(view.relid);
    args.AddText(wording.kind);
    args.AddTime(since);
    args.AddText(detail);
    pg::SpiRun(R"(
SELECT pg_catalog.pg_notify('steward_alerts', pg_catalog.json_build_object('database', pg_catalog.current_database(),
         'view', $1::pg_catalog.regclass::text, 'kind', $2, 'since', $3, 'detail', $4)::text))",
               args);
  });
  if (error != nullptr)
    ereport(WARNING, (errcode(error->sqlerrcode), errmsg("cannot notify of an alert: %s", error->message),
                      errhint("The log and steward.matviews have it.")));
}

}  // namespace steward::refresh
