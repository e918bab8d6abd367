// SPDX-License-Identifier: Apache-2.0
// What can be set on a topic: keys, defaults, types and help texts, and the values in force.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "kafka/protocol/compression.h"

namespace floe::log {

/// The numbers are those of DescribeConfigs.
enum class ConfigType : std::uint8_t { kBoolean = 1, kString = 2, kInt = 3, kLong = 5, kDouble = 6, kList = 7 };

struct TopicConfigSpec {
  std::string_view key;
  std::string_view default_value;
  ConfigType type;
  /// False: known to Kafka's clients and tools and stored, without an effect on a single node.
  bool has_effect;
  std::string_view doc;
};

/// All keys, sorted by name.
std::span<const TopicConfigSpec> TopicConfigs();
/// nullptr when there is no such key.
const TopicConfigSpec* FindTopicConfig(std::string_view key);

/// The values in force.
struct EffectiveConfig {
  std::int64_t retention_ms = 0;     ///< -1: for ever
  std::int64_t retention_bytes = 0;  ///< -1: no limit
  std::int64_t segment_bytes = 0;
  std::int64_t segment_ms = 0;
  std::int64_t max_message_bytes = 0;
  std::int64_t timestamp_before_max_ms = 0;
  std::int64_t timestamp_after_max_ms = 0;
  bool log_append_time = false;
  std::optional<kafka::Compression> compression;  ///< nullopt: as the producer sent it
};

/// kInvalidInput for an unknown key (with a did-you-mean) or a bad value, kNotSupported for what Kafka has and Floe has
/// not.
Result<EffectiveConfig> Resolve(const std::map<std::string, std::string>& overrides,
                                std::uint64_t default_segment_bytes);

/// Kafka's rule: 1 to 249 of a-z A-Z 0-9 . _ -, and not "." or "..". kInvalidInput.
Status CheckTopicName(std::string_view name);

}  // namespace floe::log
