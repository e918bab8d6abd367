// SPDX-License-Identifier: Apache-2.0
// A plan's Scan as something DuckDB can scan.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "connect/api/connector.h"
#include "query/scan_function.h"
#include "sql/plan/node.h"

namespace floe::query {

/// Records that a batch query could not decode; they are skipped and counted, since a query has no dead-letter topic.
class SkippedRecords final : public connect::BadRecordHandler {
 public:
  Status OnBadRecord(connect::BadRecord record) override;
  std::int64_t count() const { return count_; }
  /// What was wrong with the first one.
  std::string first() const;

 private:
  std::atomic<std::int64_t> count_{0};
  mutable std::mutex mu_;
  std::string first_;  // guarded by mu_
};

/// Reads what is there when the scan begins, then ends. `skipped` outlives the query through the returned source.
Result<ScanSource> BoundedScan(const sql::plan::Scan& scan, connect::Connector& connector,
                               std::shared_ptr<SkippedRecords> skipped);

}  // namespace floe::query
