// SPDX-License-Identifier: Apache-2.0
// Plans by hand, for tests and benches that have no SQL front.
#pragma once

#include <string>
#include <vector>

#include "sql/plan/node.h"

namespace floe::stream::testing {

sql::plan::ExpressionPtr Col(const sql::plan::NodePtr& input, const std::string& name);
sql::plan::ExpressionPtr Col(const data::Schema& input, const std::string& name);
sql::plan::ExpressionPtr Lit(std::int64_t value, data::Type type);
sql::plan::ExpressionPtr Text(std::string value);
sql::plan::ExpressionPtr Fn(std::string name, std::vector<sql::plan::ExpressionPtr> args, data::Type type);
sql::plan::ExpressionPtr Is(std::string op, sql::plan::ExpressionPtr left, sql::plan::ExpressionPtr right);
sql::plan::ExpressionPtr As(sql::plan::ExpressionPtr value, data::Type type);
/// The time column minus some milliseconds.
sql::plan::ExpressionPtr Minus(sql::plan::ExpressionPtr time, std::int64_t ms);

connect::TableDefinition Table(std::string name, data::Schema schema, std::string connector = "memory");

sql::plan::NodePtr Scan(const std::string& table, const data::Schema& schema, bool retracts = false,
                        const std::string& connector = "memory");
sql::plan::NodePtr Watermark(sql::plan::NodePtr input, const std::string& column, std::int64_t delay_ms);
sql::plan::NodePtr Filter(sql::plan::NodePtr input, sql::plan::ExpressionPtr condition);
sql::plan::NodePtr Project(sql::plan::NodePtr input,
                           std::vector<std::pair<std::string, sql::plan::ExpressionPtr>> expressions);
sql::plan::NodePtr UnionAll(std::vector<sql::plan::NodePtr> inputs);
sql::plan::NodePtr Limit(sql::plan::NodePtr input, std::int64_t limit);
sql::plan::NodePtr Sink(sql::plan::NodePtr input, const std::string& table, std::vector<std::string> primary_key = {},
                        const std::string& connector = "memory");

sql::plan::AggregateCall Agg(std::string function, std::vector<sql::plan::ExpressionPtr> args, data::Type type,
                             bool distinct = false, sql::plan::ExpressionPtr filter = nullptr);
sql::plan::NodePtr GroupBy(sql::plan::NodePtr input, const std::vector<std::string>& keys,
                           std::vector<sql::plan::AggregateCall> calls);
sql::plan::WindowSpec Tumble(const sql::plan::NodePtr& input, const std::string& column, std::int64_t size_ms);
sql::plan::WindowSpec Hop(const sql::plan::NodePtr& input, const std::string& column, std::int64_t size_ms,
                          std::int64_t slide_ms);
sql::plan::WindowSpec Cumulate(const sql::plan::NodePtr& input, const std::string& column, std::int64_t size_ms,
                               std::int64_t step_ms);
sql::plan::NodePtr WindowBy(sql::plan::NodePtr input, sql::plan::WindowSpec window,
                            const std::vector<std::string>& keys, std::vector<sql::plan::AggregateCall> calls);
sql::plan::NodePtr AssignWindow(sql::plan::NodePtr input, sql::plan::WindowSpec window);

}  // namespace floe::stream::testing
