// Values that a statement asks for whenever it runs, as far as samples show: conditions of partial indexes.
#pragma once

#include <string>

#include "db/database.hpp"

namespace steward::collect {

/// May the connected role read parameter samples? It needs EXECUTE on steward.parameter_samples() and pg_read_all_stats.
/// Raises db::Error.
[[nodiscard]] bool ReadsSamples(db::Database& database);

/// SELECT of (queryid, root, attname, test): columns that statements of the connected database compare for equality with one
/// value in every one of their parameter samples, where all samples that are kept are there. `root` is the table, or the
/// topmost one that it is a partition of; `test` is the comparison as the server writes it: "status = 'open'::text". Only
/// columns of few distinct values: of others an index on the column serves as well, and one value is likely one customer's.
/// No rows unless pg_steward.capture_parameters was on and samples are `readable`.
[[nodiscard]] std::string RecurringValuesSql(bool readable);

}  // namespace steward::collect
