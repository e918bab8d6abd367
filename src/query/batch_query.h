// SPDX-License-Identifier: Apache-2.0
// One DuckDB query, its rows pushed to a consumer.
#pragma once

#include <string>

#include "duck/instance.h"
#include "query/consumer.h"

namespace floe::query {

/// Runs `sql` and hands its rows on. `schema`: the columns as Flink types (their DuckDB form is what the query gives);
/// null means "take DuckDB's own". kCancelled when the consumer asked for it; kInvalidInput and friends as DuckDB
/// reports them.
Status RunDuckDB(duck::Instance& instance, const std::string& sql, const data::Schema* schema,
                 ResultConsumer& consumer);
/// On a connection of the caller's; what still runs on it is interrupted.
Status RunDuckDB(duckdb::Connection& connection, const std::string& sql, const data::Schema* schema,
                 ResultConsumer& consumer);

}  // namespace floe::query
