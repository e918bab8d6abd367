// SPDX-License-Identifier: Apache-2.0
// Where reading starts and stops: scan.startup.* and scan.bounded.* as data.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "connect/api/connector.h"

namespace floe::connect::kafka {

enum class Position : std::uint8_t { kEarliest, kLatest, kGroup, kTimestamp, kSpecific, kUnbounded };

/// properties.auto.offset.reset.
enum class Reset : std::uint8_t { kEarliest, kLatest, kNone };

struct ScanBoundary {
  Position position = Position::kGroup;
  TimestampMs timestamp;
  std::map<PartitionId, Offset> offsets;  ///< kSpecific
};

/// What a table definition says about its topics.
struct TopicSelection {
  std::vector<std::string> topics;  ///< empty when `pattern` is set
  std::string pattern;
};

struct KafkaScan {
  TopicSelection topics;
  ScanBoundary start;
  ScanBoundary stop;
  std::string group;               ///< empty: none
  Reset reset = Reset::kEarliest;  ///< where a group without a usable committed offset begins
  std::int64_t discovery_ms = 300'000;
};

const std::vector<OptionSpec>& KafkaOptions();
/// kInvalidInput.
Result<KafkaScan> ReadKafkaScan(const ConnectorDescriptor& descriptor, const TableDefinition& table);
/// A group has no offset where one is needed: kFailedPrecondition with what to do about it.
Error NoCommittedOffset(const std::string& group, const std::string& topic, PartitionId partition,
                        const std::string& option);
/// The servers named by the table, or empty.
std::string BootstrapServers(const TableDefinition& table);

/// Positions of a reader, as Snapshot keeps them: next offset by topic and partition.
using Positions = std::map<std::pair<std::string, PartitionId>, Offset>;
/// Ids of the topics the positions belong to, where known: a topic that was made again has a new one.
using TopicIds = std::map<std::string, std::string>;
std::string EncodePositions(const Positions& positions, const TopicIds& ids = {});
/// kCorruption.
Result<Positions> DecodePositions(const std::string& text, TopicIds* ids = nullptr);

/// Names that match a Java-like pattern completely. kInvalidInput for a malformed one.
Result<std::vector<std::string>> MatchTopics(const std::string& pattern, const std::vector<std::string>& names);

}  // namespace floe::connect::kafka
