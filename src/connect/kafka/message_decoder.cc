// SPDX-License-Identifier: Apache-2.0
#include "connect/kafka/message_decoder.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace floe::connect::kafka {
namespace {

using data::Type;
using data::TypeKind;
using formats::DecodeStatus;

bool Fits(TypeKind kind, const std::string& key) {
  if (key == "timestamp")
    return kind == TypeKind::kTimestampLtz || kind == TypeKind::kTimestamp || kind == TypeKind::kBigInt;
  if (key == "partition" || key == "leader-epoch") return kind == TypeKind::kInt || kind == TypeKind::kBigInt;
  if (key == "offset") return kind == TypeKind::kBigInt;
  if (key == "headers") return kind == TypeKind::kMap;
  return kind == TypeKind::kVarchar || kind == TypeKind::kChar;
}

}  // namespace

const std::vector<MetadataSpec>& MessageDecoder::Metadata() {
  static const std::vector<MetadataSpec> kMetadata = {
      {"topic", Type::String().WithNullable(false), false},
      {"partition", Type::Int().WithNullable(false), false},
      {"offset", Type::BigInt().WithNullable(false), false},
      {"timestamp", Type::TimestampLtz(3).WithNullable(false), true},
      {"timestamp-type", Type::String().WithNullable(false), false},
      {"headers", Type::Map(Type::String(), Type::Bytes()).WithNullable(false), true},
      {"leader-epoch", Type::Int(), false},
  };
  return kMetadata;
}

Result<std::unique_ptr<MessageDecoder>> MessageDecoder::Make(const ScanRequest& request, const MessageLayout& layout) {
  auto decoder = std::make_unique<MessageDecoder>();
  FLOE_TRY_VOID(decoder->MakeSide(decoder->value_, layout.value, request, nullptr));
  if (layout.key) {
    // A column in both sides is taken from the value, as Flink does.
    decoder->key_.emplace();
    FLOE_TRY_VOID(decoder->MakeSide(*decoder->key_, *layout.key, request, &layout.value));
    if (decoder->key_->outputs.empty()) decoder->key_.reset();
  }
  FLOE_TRY_VOID(decoder->MakeMetadata(request));
  return decoder;
}

Status MessageDecoder::MakeSide(Side& side, const SideLayout& layout, const ScanRequest& request,
                                const SideLayout* winner) {
  formats::DecoderRequest decode;
  decode.format = layout.format;
  decode.schema = layout.schema;
  decode.options = layout.options;
  for (std::size_t output = 0; output < request.columns.size(); ++output) {
    int column = request.columns[output];
    auto it = std::ranges::find(layout.columns, column);
    if (it == layout.columns.end()) continue;
    if (winner != nullptr && std::ranges::find(winner->columns, column) != winner->columns.end()) continue;
    decode.columns.push_back(static_cast<int>(it - layout.columns.begin()));
    side.outputs.push_back(output);
  }
  FLOE_TRY(side.decoder, formats::MakeDecoder(std::move(decode)));
  return {};
}

Status MessageDecoder::MakeMetadata(const ScanRequest& request) {
  for (std::size_t i = 0; i < request.metadata.size(); ++i) {
    const MetadataColumn& column = request.table.metadata[static_cast<std::size_t>(request.metadata[i])];
    std::vector<std::string> names;
    for (const MetadataSpec& spec : Metadata()) names.push_back(spec.key);
    auto it = std::ranges::find(names, column.key);
    if (it == names.end()) {
      return Fail(ErrorKind::kNotSupported,
                  fmt::format("table {}: unknown metadata key '{}'.{}", request.table.FullName(), column.key,
                              DidYouMean(column.key, names)));
    }
    if (!Fits(column.type.kind(), column.key)) {
      return Fail(ErrorKind::kNotSupported,
                  fmt::format("table {}: metadata '{}' cannot be read as {}; declare it {}", request.table.FullName(),
                              column.key, column.type.ToString(),
                              Metadata()[static_cast<std::size_t>(it - names.begin())].type.ToString()));
    }
    metadata_.push_back({static_cast<Field>(it - names.begin()), request.columns.size() + i,
                         formats::Column::Make(column.type, column.key)});
  }
  return {};
}

void MessageDecoder::Bind(data::Batch& out) {
  auto bind = [&](Side& side) {
    std::vector<duckdb::Vector*> vectors;
    for (std::size_t output : side.outputs) vectors.push_back(&out.rows.data[output]);
    side.decoder->Bind(vectors);
    return vectors;
  };
  bind(value_);
  if (key_) key_vectors_ = bind(*key_);
  for (MetadataOutput& output : metadata_) output.column.Bind(out.rows.data[output.output]);
}

void MessageDecoder::SetBuffer(const formats::MessageBuffer& buffer) {
  value_.decoder->SetBuffer(buffer);
  if (key_) key_->decoder->SetBuffer(buffer);
}

DecodeStatus MessageDecoder::Append(const Message& message, std::size_t row) {
  if (!message.value) return DecodeStatus::kSkipped;
  DecodeStatus status = value_.decoder->Append(*message.value, row);
  if (status != DecodeStatus::kRow) {
    error_ = &value_.decoder->error();
    return status;
  }
  if (key_ && message.key) {
    status = key_->decoder->Append(*message.key, row);
    if (status != DecodeStatus::kRow) {
      error_ = &key_->decoder->error();
      return status;
    }
  } else if (key_) {
    for (duckdb::Vector* vector : key_vectors_) duckdb::FlatVector::SetNull(*vector, row, true);
  }
  for (MetadataOutput& output : metadata_) WriteMetadata(message, output, row);
  return DecodeStatus::kRow;
}

void MessageDecoder::WriteMetadata(const Message& message, MetadataOutput& output, std::size_t row) {
  formats::Column& column = output.column;
  switch (output.field) {
    case Field::kTopic: column.SetString(row, message.topic, {}); return;
    case Field::kPartition: formats::WriteInteger(column, row, message.partition); return;
    case Field::kOffset: formats::WriteInteger(column, row, message.offset); return;
    case Field::kLeaderEpoch: formats::WriteInteger(column, row, message.leader_epoch); return;
    case Field::kTimestampType:
      column.SetString(row, message.log_append_time ? "LogAppendTime" : "CreateTime", {});
      return;
    case Field::kHeaders: WriteHeaders(message, column, row); return;
    case Field::kTimestamp:
      // TIMESTAMP without zone is UTC, the session zone of this engine.
      column.Set(row, column.type.IsTimestamp() ? message.timestamp_ms * 1000 : message.timestamp_ms);
      return;
  }
}

void MessageDecoder::WriteHeaders(const Message& message, formats::Column& column, std::size_t row) {
  Headers headers = message.headers ? message.headers() : Headers();
  std::size_t offset = column.ListSize();
  std::size_t length = 0;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    // Kafka allows equal keys, a map does not: the last one stays.
    bool later = std::any_of(headers.begin() + static_cast<std::ptrdiff_t>(i) + 1, headers.end(),
                             [&](const auto& other) { return other.first == headers[i].first; });
    if (later) continue;
    column.ReserveList(offset + length + 1);
    column.children[0].SetString(offset + length, headers[i].first, {});
    if (headers[i].second) {
      column.children[1].SetString(offset + length, *headers[i].second, {});
    } else {
      column.children[1].SetNull(offset + length);
    }
    ++length;
  }
  column.SetList(row, offset, length);
}

BadRecord MessageDecoder::Bad(const Message& message) const {
  BadRecord bad;
  bad.topic = message.topic;
  bad.partition = message.partition;
  bad.offset = message.offset;
  bad.timestamp_ms = message.timestamp_ms;
  if (message.key) bad.key = std::string(*message.key);
  if (message.value) bad.value = std::string(*message.value);
  if (error_ != nullptr) {
    bad.error_class = error_->error_class;
    bad.message = error_->message;
  }
  bad.stage = "decode";
  return bad;
}

}  // namespace floe::connect::kafka
