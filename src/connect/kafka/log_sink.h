// SPDX-License-Identifier: Apache-2.0
// Writes rows to a topic of this node's own log.
#pragma once

#include <memory>

#include "connect/api/connector.h"
#include "connect/kafka/topic_writer.h"
#include "connect/table_format.h"
#include "formats/input.h"

namespace floe::connect::kafka {

struct LogSinkDependencies {
  TopicWriterDependencies writer;
  Clock* clock = nullptr;
};

/// With `upsert` (connector 'upsert-kafka'): -U is dropped, -D becomes a null value. A missing topic is created with
/// one partition.
Result<std::unique_ptr<Sink>> OpenLogSink(const LogSinkDependencies& dependencies,
                                          const ConnectorDescriptor& descriptor, SinkRequest request,
                                          const MessageLayout& layout, bool upsert);

/// Rows to key and value bytes, timestamps and headers; shared with the sink for outside clusters.
class MessageEncoder {
 public:
  static Result<std::unique_ptr<MessageEncoder>> Make(const SinkRequest& request, const MessageLayout& layout);
  void Bind(const data::Batch& batch);
  /// `tombstone`: the value is null. Views hold until the next call.
  struct Encoded {
    std::optional<std::string_view> key;
    std::optional<std::string_view> value;
    std::optional<TimestampMs> timestamp;
    std::vector<::floe::kafka::HeaderView> headers;
  };
  Result<Encoded> Encode(std::size_t row, bool tombstone);

 private:
  std::unique_ptr<formats::RowEncoder> key_;
  std::unique_ptr<formats::RowEncoder> value_;
  std::vector<int> key_columns_;
  std::vector<int> value_columns_;
  int timestamp_column_ = -1;
  int headers_column_ = -1;
  formats::Input timestamp_;
  formats::Input headers_;
  std::string key_bytes_;
  std::string value_bytes_;
};

}  // namespace floe::connect::kafka
