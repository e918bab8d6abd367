// SPDX-License-Identifier: Apache-2.0
#include "connect/kafka/start.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "connect/table_format.h"

namespace floe::connect::kafka {
namespace {

template <typename T>
bool Number(std::string_view text, T& value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

/// "partition:0,offset:42;partition:1,offset:300".
Result<std::map<PartitionId, Offset>> SpecificOffsets(const std::string& key, const std::string& text) {
  std::map<PartitionId, Offset> offsets;
  for (const std::string& entry : SplitList(text, ';')) {
    std::vector<std::string> parts = SplitList(entry, ',');
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    if (parts.size() != 2 || !parts[0].starts_with("partition:") || !parts[1].starts_with("offset:") ||
        !Number(std::string_view(parts[0]).substr(10), partition) ||
        !Number(std::string_view(parts[1]).substr(7), offset)) {
      return Fail(
          ErrorKind::kInvalidInput,
          fmt::format("option '{}' = '{}': expected 'partition:0,offset:42;partition:1,offset:300'", key, text));
    }
    offsets[PartitionId(partition)] = Offset(offset);
  }
  return offsets;
}

Result<ScanBoundary> Boundary(const OptionReader& reader, const std::string& family) {
  ScanBoundary boundary;
  std::string mode = reader.String(family + ".mode");
  if (mode == "earliest-offset") boundary.position = Position::kEarliest;
  if (mode == "latest-offset") boundary.position = Position::kLatest;
  if (mode == "group-offsets") boundary.position = Position::kGroup;
  if (mode == "unbounded") boundary.position = Position::kUnbounded;
  for (auto [name, key, position] : {std::tuple("timestamp", ".timestamp-millis", Position::kTimestamp),
                                     std::tuple("specific-offsets", ".specific-offsets", Position::kSpecific)}) {
    if (mode != name) continue;
    boundary.position = position;
    if (!reader.Has(family + key)) {
      return Fail(ErrorKind::kInvalidInput, fmt::format("'{}.mode' = '{}' needs '{}{}'", family, mode, family, key));
    }
  }
  if (boundary.position == Position::kTimestamp) {
    FLOE_TRY(std::int64_t millis, reader.Integer(family + ".timestamp-millis"));
    boundary.timestamp = TimestampMs(millis);
  }
  if (boundary.position == Position::kSpecific) {
    FLOE_TRY(boundary.offsets,
             SpecificOffsets(family + ".specific-offsets", reader.String(family + ".specific-offsets")));
  }
  return boundary;
}

Result<Reset> ResetPolicy(const OptionReader& reader) {
  std::string text = reader.String("properties.auto.offset.reset");
  if (text.empty() || text == "earliest") return Reset::kEarliest;
  if (text == "latest") return Reset::kLatest;
  if (text == "none") return Reset::kNone;
  return Fail(ErrorKind::kInvalidInput,
              fmt::format("option 'properties.auto.offset.reset' = '{}': expected earliest, latest or none", text));
}

}  // namespace

const std::vector<OptionSpec>& KafkaOptions() {
  static const std::vector<OptionSpec> kOptions = [] {
    std::vector<OptionSpec> options = {
        {.key = "topic", .help = "topic to read or write; several to read, separated by ';'"},
        {.key = "topic-pattern", .help = "regular expression of topics to read"},
        {.key = "properties.bootstrap.servers", .help = "an outside cluster; without it, this node's own log"},
        {.key = "properties.group.id", .help = "consumer group whose offsets are used and committed"},
        {.key = "properties.*", .help = "client properties for an outside cluster"},
        {.key = "scan.startup.mode",
         .type = OptionType::kEnum,
         .default_value = "group-offsets",
         .choices = {"earliest-offset", "latest-offset", "group-offsets", "timestamp", "specific-offsets"},
         .help = "where reading starts"},
        {.key = "scan.startup.specific-offsets", .help = "partition:0,offset:42;partition:1,offset:300"},
        {.key = "scan.startup.timestamp-millis", .type = OptionType::kInteger, .help = "milliseconds since the epoch"},
        {.key = "scan.bounded.mode",
         .type = OptionType::kEnum,
         .default_value = "unbounded",
         .choices = {"unbounded", "latest-offset", "group-offsets", "timestamp", "specific-offsets"},
         .help = "where reading stops"},
        {.key = "scan.bounded.specific-offsets", .help = "first offset not read, by partition"},
        {.key = "scan.bounded.timestamp-millis", .type = OptionType::kInteger, .help = "first timestamp not read"},
        {.key = "scan.topic-partition-discovery.interval",
         .type = OptionType::kDuration,
         .default_value = "5 min",
         .help = "how often new partitions are looked for; 0 is never"},
        {.key = "sink.partitioner",
         .type = OptionType::kEnum,
         .default_value = "default",
         .choices = {"default", "fixed", "round-robin"},
         .help = "default: by key, without one in turn"},
        {.key = "sink.delivery-guarantee",
         .type = OptionType::kEnum,
         .default_value = "exactly-once",
         .choices = {"exactly-once", "at-least-once", "none"},
         .help = "own log: all are exactly-once at the price of none; outside clusters: at-least-once"},
        {.key = "sink.transactional-id-prefix", .help = "not needed here", .accepted_and_ignored = true},
        {.key = "sink.semantic", .help = "old name of sink.delivery-guarantee", .accepted_and_ignored = true},
        {.key = "sink.buffer-flush.max-rows", .help = "sinks flush at checkpoints", .accepted_and_ignored = true},
        {.key = "sink.buffer-flush.interval", .help = "sinks flush at checkpoints", .accepted_and_ignored = true},
        {.key = "sink.parallelism", .help = "one sink task", .accepted_and_ignored = true},
        {.key = "scan.parallelism", .help = "one source task", .accepted_and_ignored = true},
    };
    for (OptionSpec& option : KeyAndValueOptions()) options.push_back(std::move(option));
    return options;
  }();
  return kOptions;
}

Result<KafkaScan> ReadKafkaScan(const ConnectorDescriptor& descriptor, const TableDefinition& table) {
  OptionReader reader(descriptor, table.options);
  KafkaScan scan;
  scan.topics.topics = SplitList(reader.String("topic"), ';');
  scan.topics.pattern = reader.String("topic-pattern");
  if (scan.topics.topics.empty() == scan.topics.pattern.empty()) {
    return Fail(ErrorKind::kInvalidInput,
                fmt::format("table {}: set exactly one of 'topic' and 'topic-pattern'", table.FullName()));
  }
  FLOE_TRY(scan.start, Boundary(reader, "scan.startup"));
  FLOE_TRY(scan.stop, Boundary(reader, "scan.bounded"));
  scan.group = reader.String("properties.group.id");
  FLOE_TRY(scan.reset, ResetPolicy(reader));
  if (scan.stop.position == Position::kGroup && scan.group.empty()) {
    return Fail(
        ErrorKind::kInvalidInput,
        fmt::format("table {}: 'scan.bounded.mode' = 'group-offsets' needs 'properties.group.id'", table.FullName()));
  }
  FLOE_TRY(std::chrono::milliseconds interval, reader.Duration("scan.topic-partition-discovery.interval"));
  scan.discovery_ms = interval.count();
  return scan;
}

Error NoCommittedOffset(const std::string& group, const std::string& topic, PartitionId partition,
                        const std::string& option) {
  return Error(ErrorKind::kFailedPrecondition,
               fmt::format("group '{}' has no committed offset for partition {} of topic '{}', which {} needs; commit "
                           "one, or choose another mode",
                           group, partition.value(), topic, option));
}

std::string BootstrapServers(const TableDefinition& table) {
  auto it = table.options.find("properties.bootstrap.servers");
  return it == table.options.end() ? std::string() : it->second;
}

std::string EncodePositions(const Positions& positions, const TopicIds& ids) {
  std::string text = "kafka 1\n";
  for (const auto& [topic, id] : ids) {
    if (!id.empty()) text += fmt::format("{} {}\n", topic, id);
  }
  for (const auto& [split, offset] : positions) {
    text += fmt::format("{} {} {}\n", split.first, split.second.value(), offset.value());
  }
  return text;
}

Result<Positions> DecodePositions(const std::string& text, TopicIds* ids) {
  Positions positions;
  std::vector<std::string> lines = SplitList(text, '\n');
  bool good = !lines.empty() && lines[0] == "kafka 1";
  for (std::size_t i = 1; i < lines.size() && good; ++i) {
    std::vector<std::string> words = SplitList(lines[i], ' ');
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    if (words.size() == 2) {
      if (ids != nullptr) (*ids)[words[0]] = words[1];
      continue;
    }
    good = words.size() == 3 && Number(words[1], partition) && Number(words[2], offset);
    if (good) positions[{words[0], PartitionId(partition)}] = Offset(offset);
  }
  if (!good) return Fail(ErrorKind::kCorruption, "the kafka source's positions in the checkpoint are damaged");
  return positions;
}

}  // namespace floe::connect::kafka
