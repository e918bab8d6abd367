// SPDX-License-Identifier: Apache-2.0
#include "server/topic_records.h"

#include <algorithm>
#include <condition_variable>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/result.h"
#include "base/text.h"
#include "console/iso_time.h"
#include "ingest/partitioner.h"
#include "kafka/protocol/record_batch_builder.h"
#include "kafka/protocol/record_batch_reader.h"
#include "server/json_body.h"

namespace floe::server {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kReadBytes = 1 << 20;

struct Line {
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::string>> headers;
  std::size_t partition = 0;
};

std::string TextOf(const ordered_json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

/// `turn` chooses the partition of a record without a key.
Result<Line> ParseLine(const log::Topic& topic, std::string_view text, std::int64_t number, std::int64_t turn) {
  auto refuse = [&](const std::string& why) {
    return Fail(ErrorKind::kInvalidInput, fmt::format("line {}: {}; nothing was written", number, why));
  };
  auto parsed = ParseJson(text);
  if (!parsed) return refuse(parsed.error().message());
  const ordered_json& json = *parsed;
  if (!json.is_object()) return refuse("not a JSON object");
  if (!json.contains("value")) return refuse("no 'value'");
  Line line;
  if (json.contains("key") && !json["key"].is_null()) line.key = TextOf(json["key"]);
  if (!json["value"].is_null()) line.value = TextOf(json["value"]);
  if (json.contains("headers")) {
    for (const auto& header : json["headers"]) {
      if (!header.is_object() || !header.contains("key")) return refuse("a header is {\"key\": ..., \"value\": ...}");
      line.headers.emplace_back(TextOf(header["key"]), header.contains("value") ? TextOf(header["value"]) : "");
    }
  }
  std::size_t partitions = topic.partitions.size();
  if (json.contains("partition") && json["partition"].is_number_unsigned()) {
    line.partition = json["partition"].get<std::size_t>();
    if (line.partition >= partitions)
      return refuse(fmt::format("topic '{}' has {} partitions", topic.name, partitions));
  } else if (line.key) {
    line.partition =
        static_cast<std::size_t>(ingest::PartitionOf(*line.key, static_cast<std::int32_t>(partitions)).value());
  } else {
    line.partition = static_cast<std::size_t>(turn) % partitions;
  }
  return line;
}

Status AppendBatch(log::Partition& partition, kafka::BatchBuilder& builder) {
  if (builder.empty()) return {};
  FLOE_TRY(std::span<std::byte> batch, builder.Finish());
  FLOE_TRY(log::AppendResult appended, partition.Append(batch));
  std::mutex mu;
  std::condition_variable changed;
  std::optional<Status> durable;
  partition.WhenDurable(appended.last_offset + 1, [&](Status status) {
    std::lock_guard lock(mu);
    durable = std::move(status);
    changed.notify_all();
  });
  std::unique_lock lock(mu);
  changed.wait(lock, [&] { return durable.has_value(); });
  builder.Reset();
  return std::move(*durable);
}

ordered_json BytesJson(const std::optional<std::string_view>& bytes) {
  if (!bytes) return nullptr;
  ordered_json text = std::string(*bytes);
  // nlohmann refuses what is not UTF-8.
  std::string dumped = text.dump(-1, ' ', false, ordered_json::error_handler_t::ignore);
  if (ordered_json::parse(dumped, nullptr, false) == text) return text;
  std::string hex;
  for (unsigned char byte : *bytes) hex += fmt::format("{:02x}", byte);
  return {{"hex", hex}};
}

struct Cursor {
  std::shared_ptr<log::Partition> partition;
  Offset next;
  Offset stop;  ///< where a bounded read ends
};

Result<Offset> StartOf(log::Partition& partition, const std::string& from) {
  if (from == "earliest") return partition.log_start_offset();
  if (from == "latest") return partition.high_watermark();
  if (auto offset = ParseInteger(from)) {
    if (*offset < 0) return std::max(partition.log_start_offset(), partition.high_watermark() + *offset);
    return std::max(partition.log_start_offset(), Offset(*offset));
  }
  FLOE_TRY(TimestampMs at, console::ParseTime(from));
  FLOE_TRY(log::OffsetAndTimestamp found, partition.OffsetForTimestamp(at));
  return found.offset.value() < 0 ? partition.high_watermark() : found.offset;
}

/// An offset that every partition of the read ends before would print nothing, and look like an empty topic. The end
/// itself is fine: whoever goes on from there has read all.
Status CheckFrom(const std::string& from, const std::vector<Cursor>& cursors) {
  auto offset = ParseInteger(from);
  if (!offset || *offset < 0) return {};
  std::string have;
  for (const Cursor& cursor : cursors) {
    const Offset end = cursor.partition->high_watermark();
    if (*offset <= end.value()) return {};
    have +=
        fmt::format("{}partition {} ends at {}", have.empty() ? "" : ", ", cursor.partition->id().value(), end.value());
  }
  return Fail(ErrorKind::kOutOfRange,
              fmt::format("topic '{}' has no offset {}: {}; start at a smaller one, or at 'earliest' or 'latest'",
                          cursors.front().partition->topic(), *offset, have));
}

/// Sends the records of one read; false when the limit is reached or the client is gone.
Result<bool> SendRecords(Cursor& cursor, const std::string& batches, std::int64_t& left, ApiReply& reply) {
  std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(batches.data()), batches.size());
  kafka::RecordReader reader;
  while (true) {
    FLOE_TRY(auto batch, kafka::NextBatch(bytes));
    if (!batch) return true;
    FLOE_TRY_VOID(reader.Open(*batch));
    kafka::RecordView record;
    std::string lines;
    while (reader.Next(record)) {
      if (record.offset < cursor.next) continue;
      if (record.offset >= cursor.stop) break;
      ordered_json line = {{"partition", cursor.partition->id().value()},
                           {"offset", record.offset.value()},
                           {"timestamp", record.timestamp.value()},
                           {"key", BytesJson(record.key)},
                           {"value", BytesJson(record.value)}};
      for (const kafka::HeaderView& header : record.Headers()) {
        line["headers"].push_back({{"key", std::string(header.key)}, {"value", BytesJson(header.value)}});
      }
      lines += JsonText(line) + "\n";
      cursor.next = record.offset + 1;
      if (--left == 0) break;
    }
    FLOE_TRY_VOID(reader.status());
    if (!lines.empty() && !reply.Write(lines)) return false;
    if (left == 0) return false;
    cursor.next = std::max(cursor.next, reader.header().last_offset() + 1);
  }
}

}  // namespace

Result<std::int64_t> AppendRecords(const log::Topic& topic, const std::string& ndjson, Clock& clock) {
  TimestampMs now = clock.WallNowMs();
  std::vector<Line> lines;
  std::string_view rest = ndjson;
  for (std::int64_t number = 1; !rest.empty(); ++number) {
    std::size_t end = rest.find('\n');
    std::string_view text = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    if (text.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    // Requests of one record each do not all begin with the same partition.
    FLOE_TRY(Line line, ParseLine(topic, text, number, now.value() + number));
    lines.push_back(std::move(line));
  }
  std::vector<kafka::BatchBuilder> builders(topic.partitions.size());
  constexpr std::size_t kBatchBytes = 512 << 10;
  for (const Line& line : lines) {
    std::vector<kafka::HeaderView> headers;
    for (const auto& [key, value] : line.headers) headers.push_back({key, value});
    kafka::BatchBuilder& builder = builders[line.partition];
    builder.Append(now, line.key, line.value, headers);
    if (builder.size_bytes() > kBatchBytes) FLOE_TRY_VOID(AppendBatch(*topic.partitions[line.partition], builder));
  }
  for (std::size_t i = 0; i < builders.size(); ++i) FLOE_TRY_VOID(AppendBatch(*topic.partitions[i], builders[i]));
  return static_cast<std::int64_t>(lines.size());
}

Status StreamRecords(const log::Topic& topic, const ApiRequest& request, ApiReply& reply) {
  auto parameter = [&](const char* name, const std::string& fallback) {
    auto found = request.query.find(name);
    return found == request.query.end() ? fallback : found->second;
  };
  FLOE_TRY(std::int64_t left, ParseInteger(parameter("limit", "-1")));
  FLOE_TRY(std::int64_t only, ParseInteger(parameter("partition", "-1")));
  FLOE_TRY(bool follow, ParseBoolean(parameter("follow", "false")));
  std::vector<Cursor> cursors;
  for (const auto& partition : topic.partitions) {
    if (only >= 0 && partition->id().value() != only) continue;
    FLOE_TRY(Offset start, StartOf(*partition, parameter("from", "earliest")));
    cursors.push_back({partition, start, follow ? Offset(INT64_MAX) : partition->high_watermark()});
  }
  if (cursors.empty())
    return Fail(ErrorKind::kNotFound, fmt::format("topic '{}' has no partition {}", topic.name, only));
  FLOE_TRY_VOID(CheckFrom(parameter("from", "earliest"), cursors));
  reply.Begin(200, "application/x-ndjson");
  while (!request.IsCancelled()) {
    bool moved = false;
    for (Cursor& cursor : cursors) {
      if (cursor.next >= std::min(cursor.stop, cursor.partition->high_watermark())) continue;
      FLOE_TRY(log::ReadResult read, cursor.partition->Read(cursor.next, kReadBytes));
      if (read.batches.empty()) continue;
      moved = true;
      FLOE_TRY(bool more, SendRecords(cursor, read.batches, left, reply));
      if (!more) return {};
    }
    if (moved) continue;
    if (!follow) return {};
    // Woken by new records, and now and then to notice that the client is gone.
    std::mutex mu;
    std::condition_variable changed;
    bool ready = false;
    std::vector<std::uint64_t> tokens;
    for (Cursor& cursor : cursors) {
      tokens.push_back(cursor.partition->WhenReadable(cursor.next, [&] {
        std::lock_guard lock(mu);
        ready = true;
        changed.notify_all();
      }));
    }
    {
      std::unique_lock lock(mu);
      changed.wait_for(lock, std::chrono::milliseconds(200), [&] { return ready; });
    }
    for (std::size_t i = 0; i < cursors.size(); ++i) cursors[i].partition->Forget(tokens[i]);
    if (!reply.Write("")) return {};
  }
  return {};
}

}  // namespace floe::server
