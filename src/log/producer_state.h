// SPDX-License-Identifier: Apache-2.0
// What a partition remembers of idempotent producers: the rule that a retry is stored once and a gap is refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "kafka/protocol/record_batch.h"

namespace floe::log {

/// Pure state, no I/O. One thread at a time.
class ProducerState {
  struct Producer;

 public:
  /// Where the batch of a retry is already.
  struct Stored {
    Offset first;
    Offset last;
    TimestampMs timestamp;
  };

  /// Whether a batch with this header may be appended: nullopt is yes; a value says it is there already (one of the
  /// last five). A producer that is not known may begin with any sequence: its state may have expired.
  /// kFailedPrecondition: the epoch is old. kConflict: the sequence does not follow the last one.
  Result<std::optional<Stored>> Check(const kafka::BatchHeader& header) const;
  /// What was remembered before some updates.
  class Before {
    friend class ProducerState;
    std::vector<std::pair<ProducerId, std::optional<Producer>>> producers_;  // oldest first
  };
  /// Remembers an appended batch; `header` holds its final offsets. Also used to replay batches, so it never refuses.
  /// With `before`, the update can be taken back.
  void Update(const kafka::BatchHeader& header, Before* before = nullptr);
  /// All updates that were noted there.
  void TakeBack(Before before);
  /// Forgets producers whose last batch has an older append time than `before`.
  void Expire(TimestampMs before);
  void Clear() { producers_.clear(); }
  std::size_t size() const { return producers_.size(); }

  /// The bytes of a snapshot file (docs/format/log-segment.md): all batches below `offset` are in it.
  std::string Serialize(Offset offset) const;
  /// Returns the state and the offset it stands for. kCorruption.
  static Result<std::pair<ProducerState, Offset>> Parse(std::string_view bytes);

 private:
  struct Batch {
    std::int32_t base_sequence;
    std::int32_t last_sequence;
    Offset first;
    Offset last;
    TimestampMs timestamp;
  };
  struct Producer {
    ProducerEpoch epoch;
    std::deque<Batch> batches;  // the last five, oldest first; never empty
  };
  std::unordered_map<ProducerId, Producer> producers_;
};

}  // namespace floe::log
