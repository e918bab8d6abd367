// SPDX-License-Identifier: Apache-2.0
// Exactly-once appends to this node's topics: record batches staged with the checkpoint, appended after it, and never
// twice.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "io/file_system.h"
#include "kafka/protocol/record_batch_builder.h"
#include "log/log.h"

namespace floe::connect::kafka {

/// All outlive the writer.
struct TopicWriterDependencies {
  log::Log* log = nullptr;
  io::FileSystem* files = nullptr;
  std::string directory;  ///< for staged bytes too big for a manifest; made when needed
};

/// How staged batches reach the log:
///
///   Append* → Prepare: batches get this writer's producer id and sequence numbers; small ones go into the returned
///   state, big ones
///             into a synced file that the state names
///   Publish:  appends them and waits until they are durable; the file goes
///
/// A writer made from a state appends only those of its batches that the log does not hold yet: it looks for its own
/// producer id behind the offsets noted at Prepare. So Publish may run any number of times, however far an earlier one
/// came. One thread at a time.
class TopicWriter {
 public:
  /// `id` is unique among writers and stable over restarts: it names the files. With `direct`, Prepare itself appends
  /// and nothing is staged (at-least-once). kCorruption when the state is damaged.
  static Result<std::unique_ptr<TopicWriter>> Make(TopicWriterDependencies dependencies, std::string id,
                                                   const std::optional<std::string>& state, bool direct);

  /// Buffers one record. The topic exists and has the partition.
  Status Append(const std::string& topic, PartitionId partition, TimestampMs timestamp,
                std::optional<std::string_view> key, std::optional<std::string_view> value,
                std::span<const ::floe::kafka::HeaderView> headers = {});
  Result<std::string> Prepare(CheckpointId checkpoint);
  Status Publish(CheckpointId checkpoint);
  /// With `direct`: appends what is buffered, without waiting for the disk.
  Status Flush();
  bool has_buffered() const;

 private:
  using PartitionKey = std::pair<std::string, PartitionId>;
  struct Batch {
    PartitionKey partition;
    std::string bytes;
  };
  struct Target {
    ::floe::kafka::BatchBuilder builder;
    std::int32_t next_sequence = 0;
    Offset published_from{0};  ///< our batches of this checkpoint are at or behind this offset
  };

  TopicWriter(TopicWriterDependencies dependencies, std::string id, bool direct)
      : deps_(std::move(dependencies)), id_(std::move(id)), direct_(direct) {}
  Status Restore(const std::string& state);
  Status RemoveStale(const std::string& keep);
  Status Cut(const PartitionKey& key, Target& target);
  Result<std::string> EncodeState(CheckpointId checkpoint);
  Status AppendStaged();
  Status AppendBatches(std::vector<Batch>& batches);
  Status DropPublished();
  Result<std::shared_ptr<log::Partition>> Find(const PartitionKey& key) const;
  std::string FileName(CheckpointId checkpoint) const;

  TopicWriterDependencies deps_;
  std::string id_;
  bool direct_;
  ProducerId producer_{-1};
  std::map<PartitionKey, Target> targets_;
  std::vector<Batch> staged_;
  std::string staged_file_;  ///< path, empty when the bytes are in the state
  bool restored_ = false;    ///< staged_ comes from a state: parts may be in the log already
};

/// Kafka's hash of keys and the partition its producers choose for a key.
std::uint32_t Murmur2(std::string_view key);
inline PartitionId PartitionOfKey(std::string_view key, std::size_t partitions) {
  return PartitionId(static_cast<std::int32_t>((Murmur2(key) & 0x7fffffff) % partitions));
}

}  // namespace floe::connect::kafka
