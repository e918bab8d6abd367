// SPDX-License-Identifier: Apache-2.0
// Connector 'feed': a source whose rows the file feeds, replayable from any position, and a sink that keeps what is
// published.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <duckdb.hpp>

#include "connect/api/connector.h"

namespace floe::slt {

/// Rows as text that came in one feed; a reader hands them out as one batch, in the order of feeding, before and after
/// a crash.
struct FedBatch {
  std::int32_t split = 0;
  std::vector<std::vector<std::string>> rows;
  std::vector<std::int64_t> positions;  ///< of each row in its split
};

struct FedTable {
  std::int32_t splits = 1;
  std::vector<FedBatch> batches;
};

/// "+I|1|a": what a job has published, in order.
struct PublishedTable {
  std::map<std::int64_t, std::vector<std::string>> staged;
  std::int64_t published_through = 0;
  std::vector<std::string> rows;
};

/// Used by one thread; tables by name, made at first use.
class FeedConnector final : public connect::Connector {
 public:
  FeedConnector();
  const connect::ConnectorDescriptor& descriptor() const override { return descriptor_; }
  Result<std::unique_ptr<connect::SourceReader>> OpenSource(connect::ScanRequest request) override;
  Result<std::unique_ptr<connect::Sink>> OpenSink(connect::SinkRequest request) override;

  std::map<std::string, FedTable> fed;
  std::map<std::string, PublishedTable> published;
  std::size_t largest_batch = STANDARD_VECTOR_SIZE;

 private:
  connect::ConnectorDescriptor descriptor_;
};

/// A value as files write it: NULL bare, text that is empty or has spaces around it in single quotes.
std::string CellText(const duckdb::Value& value);
/// The cell as a value of the type.
Result<duckdb::Value> CellValue(const std::string& cell, const data::Type& type);
/// "a|b|c" of a row.
std::string RowText(const data::Batch& batch, duckdb::idx_t row);

}  // namespace floe::slt
