// SPDX-License-Identifier: Apache-2.0
// One Kafka message into one row: key columns, value columns, metadata columns.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connect/api/source.h"
#include "connect/table_format.h"
#include "formats/column.h"
#include "formats/format.h"
#include "formats/text.h"

namespace floe::connect::kafka {

using Headers = std::vector<std::pair<std::string_view, std::optional<std::string_view>>>;

/// A message as it was read, views into memory of the reader's.
struct Message {
  std::string_view topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = -1;
  bool log_append_time = false;
  std::int32_t leader_epoch = 0;
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  std::function<Headers()> headers;  ///< called only when the column is wanted
};

class MessageDecoder {
 public:
  static Result<std::unique_ptr<MessageDecoder>> Make(const ScanRequest& request, const MessageLayout& layout);
  /// The metadata columns the connector knows, with their own types.
  static const std::vector<MetadataSpec>& Metadata();

  /// `out` was just reset.
  void Bind(data::Batch& out);
  void SetBuffer(const formats::MessageBuffer& buffer);
  /// kSkipped for null values too.
  formats::DecodeStatus Append(const Message& message, std::size_t row);
  BadRecord Bad(const Message& message) const;

 private:
  struct Side {
    std::unique_ptr<formats::RowDecoder> decoder;
    std::vector<std::size_t> outputs;  ///< columns of the batch
  };
  enum class Field : std::uint8_t { kTopic, kPartition, kOffset, kTimestamp, kTimestampType, kHeaders, kLeaderEpoch };
  struct MetadataOutput {
    Field field;
    std::size_t output;
    formats::Column column;
  };

  Status MakeSide(Side& side, const SideLayout& layout, const ScanRequest& request, const SideLayout* winner);
  Status MakeMetadata(const ScanRequest& request);
  void WriteMetadata(const Message& message, MetadataOutput& output, std::size_t row);
  void WriteHeaders(const Message& message, formats::Column& column, std::size_t row);

  std::optional<Side> key_;
  Side value_;
  std::vector<MetadataOutput> metadata_;
  std::vector<duckdb::Vector*> key_vectors_;
  const formats::DecodeError* error_ = nullptr;
};

}  // namespace floe::connect::kafka
