// SPDX-License-Identifier: Apache-2.0
#include "query/batch_scan.h"

#include <fmt/format.h>

#include "base/result.h"
#include "data/duckdb_type.h"

namespace floe::query {

Status SkippedRecords::OnBadRecord(connect::BadRecord record) {
  if (count_.fetch_add(1) == 0) {
    std::lock_guard lock(mu_);
    first_ = fmt::format("{} at {}/{} offset {}: {}", record.error_class, record.topic, record.partition, record.offset,
                         record.message);
  }
  return {};
}

std::string SkippedRecords::first() const {
  std::lock_guard lock(mu_);
  return first_;
}

Result<ScanSource> BoundedScan(const sql::plan::Scan& scan, connect::Connector& connector,
                               std::shared_ptr<SkippedRecords> skipped) {
  ScanSource source;
  auto add = [&](const std::string& name, const data::Type& type) -> Status {
    FLOE_TRY(duckdb::LogicalType duck, data::ToDuckDB(type));
    source.names.push_back(
        fmt::format("c{}_{}", source.names.size(), name));  // distinct, whatever the table calls them
    source.types.push_back(std::move(duck));
    return {};
  };
  // A scan that needs no column at all (COUNT(*)) still counts by one.
  std::vector<int> columns = scan.columns;
  if (columns.empty() && scan.metadata.empty()) columns.push_back(0);
  for (int column : columns) {
    const data::Field& field = scan.table.physical.fields[static_cast<std::size_t>(column)];
    FLOE_TRY_VOID(add(field.name, field.type));
  }
  source.physical = columns.size();
  for (int index : scan.metadata) {
    const connect::MetadataColumn& field = scan.table.metadata[static_cast<std::size_t>(index)];
    FLOE_TRY_VOID(add(field.key, field.type));
  }
  source.open = [table = scan.table, columns, metadata = scan.metadata, &connector,
                 skipped](const std::vector<int>& wanted) {
    connect::ScanRequest request;
    request.table = table;
    for (int i : wanted) {
      auto at = static_cast<std::size_t>(i);
      if (at < columns.size()) {
        request.columns.push_back(columns[at]);
      } else {
        request.metadata.push_back(metadata[at - columns.size()]);
      }
    }
    request.bounded = true;
    request.bad_records = skipped.get();
    return connector.OpenSource(std::move(request));
  };
  return source;
}

}  // namespace floe::query
