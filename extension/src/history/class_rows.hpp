// The classes of transactions in history: at the end of each interval what each class of the database had counted in all. What
// happened in an interval is the difference to the row before; the view steward.class_history takes it.
#pragma once

#include "pg/postgres.hpp"
#include "store/history_base.hpp"

namespace steward::history {

/// Bytes that AddClasses is going to write, estimated.
[[nodiscard]] int64 ClassBytes(const store::HistoryBatch& batch);

/// One row for each class of the database that was seen since the interval began. SPI is open and the caller may write the tables.
void AddClasses(int64 interval, const store::HistoryBatch& batch);

}  // namespace steward::history
