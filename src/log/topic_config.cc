// SPDX-License-Identifier: Apache-2.0
// The table of topic settings and how their values are read.
#include "log/topic_config.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <vector>

#include "base/text.h"

namespace floe::log {
namespace {

using enum ConfigType;

constexpr std::string_view kMaxLong = "9223372036854775807";

constexpr auto kSpecs = std::to_array<TopicConfigSpec>({
    {"cleanup.policy", "delete", kList, true,
     "What happens to old segments: 'delete' removes them. 'compact' is not supported yet."},
    {"compression.type", "producer", kString, true,
     "Codec of stored batches: producer (as sent), uncompressed, gzip, snappy, lz4 or zstd. Another codec than the "
     "producer's costs a recompression."},
    {"delete.retention.ms", "86400000", kLong, false, "How long tombstones stay on compacted topics."},
    {"file.delete.delay.ms", "60000", kLong, false,
     "Kafka's delay before files are removed; here readers hold their files open instead."},
    {"flush.messages", kMaxLong, kLong, false, "Kafka's forced sync; here every acknowledged batch is synced."},
    {"flush.ms", kMaxLong, kLong, false, "Kafka's forced sync; here every acknowledged batch is synced."},
    {"index.interval.bytes", "4096", kInt, false, "Distance of index entries; here always 4096."},
    {"max.compaction.lag.ms", kMaxLong, kLong, false, "Longest time a record of a compacted topic stays uncompacted."},
    {"max.message.bytes", "1048588", kInt, true, "The largest record batch, as stored, in bytes."},
    {"message.timestamp.after.max.ms", kMaxLong, kLong, true,
     "How far ahead of the clock a CreateTime timestamp may be; a batch beyond it is refused."},
    {"message.timestamp.before.max.ms", kMaxLong, kLong, true,
     "How far behind the clock a CreateTime timestamp may be; a batch beyond it is refused."},
    {"message.timestamp.type", "CreateTime", kString, true,
     "CreateTime (the producer's) or LogAppendTime (the broker's) timestamps."},
    {"min.cleanable.dirty.ratio", "0.5", kDouble, false, "When compaction begins."},
    {"min.compaction.lag.ms", "0", kLong, false, "Shortest time a record of a compacted topic stays uncompacted."},
    {"min.insync.replicas", "1", kInt, false,
     "Replicas that must have a record before it is acknowledged; one node has one."},
    {"preallocate", "false", kBoolean, false, "Whether space is reserved ahead; here always, in growing steps."},
    {"retention.bytes", "-1", kLong, true,
     "Size of a partition above which its oldest segments are removed; -1 is no limit."},
    {"retention.ms", "604800000", kLong, true,
     "Age at which segments are removed, by their newest timestamp; -1 keeps them for ever."},
    {"segment.bytes", "134217728", kInt, true, "Size at which a new segment file begins."},
    {"segment.index.bytes", "10485760", kInt, false, "Largest index file; here bounded by the segment."},
    {"segment.jitter.ms", "0", kLong, false, "Random delay of segment.ms."},
    {"segment.ms", "604800000", kLong, true, "Age at which a new segment file begins even if the old one is not full."},
    {"unclean.leader.election.enable", "false", kBoolean, false,
     "Whether a replica that lags may lead; there are no replicas."},
});

struct Limits {
  std::string_view key;
  std::int64_t low;
};
constexpr auto kLow = std::to_array<Limits>({
    {"retention.ms", -1},
    {"retention.bytes", -1},
    {"segment.bytes", 1024},
    {"segment.ms", 1},
    {"max.message.bytes", 0},
});

std::unexpected<Error> Bad(std::string_view key, std::string_view value, std::string_view want) {
  return Fail(ErrorKind::kInvalidInput, "topic configuration '" + std::string(key) + "' cannot be '" +
                                            std::string(value) + "': " + std::string(want));
}

Result<std::int64_t> Integer(const TopicConfigSpec& spec, std::string_view text) {
  std::int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  std::int64_t high =
      spec.type == kInt ? std::numeric_limits<std::int32_t>::max() : std::numeric_limits<std::int64_t>::max();
  auto limits = std::find_if(kLow.begin(), kLow.end(), [&](const Limits& l) { return l.key == spec.key; });
  std::int64_t low = limits == kLow.end() ? 0 : limits->low;
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > high)
    return Bad(spec.key, text, "give a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  return value;
}

Status CheckValue(const TopicConfigSpec& spec, std::string_view text) {
  switch (spec.type) {
    case kInt:
    case kLong: {
      FLOE_TRY([[maybe_unused]] std::int64_t value, Integer(spec, text));
      return {};
    }
    case kBoolean:
      if (text != "true" && text != "false") return Bad(spec.key, text, "give true or false");
      return {};
    case kDouble: {
      double value = 0;
      auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error != std::errc() || end != text.data() + text.size() || !(value >= 0 && value <= 1))
        return Bad(spec.key, text, "give a number from 0 to 1");
      return {};
    }
    case kString:
    case kList: return {};
  }
  return {};
}

Status CheckCleanupPolicy(std::string_view value) {
  if (value == "delete") return {};
  if (value.find("compact") != std::string_view::npos) {
    return Fail(ErrorKind::kNotSupported, "topic configuration 'cleanup.policy' = '" + std::string(value) +
                                              "': compaction is not supported yet; use 'delete'");
  }
  return Bad("cleanup.policy", value, "give delete");
}

}  // namespace

std::span<const TopicConfigSpec> TopicConfigs() {
  return kSpecs;
}

const TopicConfigSpec* FindTopicConfig(std::string_view key) {
  auto found = std::lower_bound(kSpecs.begin(), kSpecs.end(), key,
                                [](const TopicConfigSpec& s, std::string_view k) { return s.key < k; });
  return found != kSpecs.end() && found->key == key ? &*found : nullptr;
}

Result<EffectiveConfig> Resolve(const std::map<std::string, std::string>& overrides,
                                std::uint64_t default_segment_bytes) {
  for (const auto& [key, value] : overrides) {
    const TopicConfigSpec* spec = FindTopicConfig(key);
    if (spec == nullptr) {
      std::vector<std::string> known;
      for (const TopicConfigSpec& s : kSpecs) known.emplace_back(s.key);
      return Fail(ErrorKind::kInvalidInput, "unknown topic configuration '" + key + "'." + DidYouMean(key, known));
    }
    FLOE_TRY_VOID(CheckValue(*spec, value));
  }
  auto text = [&](std::string_view key) -> std::string_view {
    auto found = overrides.find(std::string(key));
    return found != overrides.end() ? std::string_view(found->second) : FindTopicConfig(key)->default_value;
  };
  auto number = [&](std::string_view key) { return *Integer(*FindTopicConfig(key), text(key)); };

  EffectiveConfig config;
  FLOE_TRY_VOID(CheckCleanupPolicy(text("cleanup.policy")));
  config.retention_ms = number("retention.ms");
  config.retention_bytes = number("retention.bytes");
  config.segment_bytes =
      overrides.contains("segment.bytes") ? number("segment.bytes") : static_cast<std::int64_t>(default_segment_bytes);
  config.segment_ms = number("segment.ms");
  config.max_message_bytes = number("max.message.bytes");
  config.timestamp_before_max_ms = number("message.timestamp.before.max.ms");
  config.timestamp_after_max_ms = number("message.timestamp.after.max.ms");
  std::string_view type = text("message.timestamp.type");
  if (type != "CreateTime" && type != "LogAppendTime")
    return Bad("message.timestamp.type", type, "give CreateTime or LogAppendTime");
  config.log_append_time = type == "LogAppendTime";
  std::string_view codec = text("compression.type");
  if (codec == "uncompressed") {
    config.compression = kafka::Compression::kNone;
  } else if (codec != "producer") {
    config.compression = kafka::CompressionFromName(codec);
    if (!config.compression || codec == "none")
      return Bad("compression.type", codec, "give producer, uncompressed, gzip, snappy, lz4 or zstd");
  }
  return config;
}

Status CheckTopicName(std::string_view name) {
  auto legal = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  if (name.empty()) return Fail(ErrorKind::kInvalidInput, "a topic name cannot be empty");
  if (name.size() > 249)
    return Fail(ErrorKind::kInvalidInput,
                "topic name has " + std::to_string(name.size()) + " characters; 249 are the most");
  if (name == "." || name == "..") return Fail(ErrorKind::kInvalidInput, "a topic name cannot be '.' or '..'");
  if (!std::all_of(name.begin(), name.end(), legal))
    return Fail(ErrorKind::kInvalidInput, "topic name '" + std::string(name.substr(0, 249)) +
                                              "' may hold only letters, digits, '.', '_' and '-'");
  return {};
}

}  // namespace floe::log
