// SPDX-License-Identifier: Apache-2.0
// Small pure parts of a session.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "query/consumer.h"
#include "sql/catalog/table.h"
#include "sql/plan/node.h"

namespace floe::query {

/// "2026-01-08 14:30:00.000" UTC.
std::string FormatTime(std::int64_t ms);

/// Flink's DESCRIBE: name, type, null, key, extras, watermark; and comment when any column has one.
bool HasComments(const sql::catalog::CatalogTable& table);
std::vector<std::vector<std::string>> DescribeRows(const sql::catalog::CatalogTable& table, const data::Schema& schema);

/// Whether every leaf is VALUES: such a program ends at once.
bool ReadsNoTable(const sql::plan::Program& program);

/// All scans below a node.
std::vector<const sql::plan::Scan*> ScansOf(const sql::plan::NodePtr& node);

/// For statements whose answer nobody reads.
class NullConsumer final : public ResultConsumer {
 public:
  Status OnSchema(const data::Schema&, bool, bool) override { return {}; }
  Status OnRows(const data::Batch&) override { return {}; }
  void OnProgress(double) override {}
  void OnWarning(const std::string&) override {}
  bool Cancelled() const override { return false; }
};

}  // namespace floe::query
