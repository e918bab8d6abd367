// SPDX-License-Identifier: Apache-2.0
// What an operator is: batches, watermarks and the end of input come in, the same go out; its state can be saved and
// loaded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "data/batch.h"
#include "stream/graph/progress.h"

namespace floe::stream {

/// A batch on an edge. The rows belong to the sender and are valid during the call only: keep a copy of what must stay.
/// A receiver may flatten vectors in place, and must not change values, because a shared edge hands the same batch to
/// several receivers.
struct Chunk {
  data::Batch& batch;
  std::int32_t split = 0;  ///< of the source the rows came from, while they are still one split's
};

/// Where an operator sends what it makes; rows are counted here.
class Output {
 public:
  virtual ~Output() = default;
  virtual Status Emit(Chunk chunk) = 0;
  /// Rows at or before it have all been sent. Never goes back: a lower value is ignored.
  virtual Status Advance(TimestampUs watermark) = 0;
  /// Idle outputs do not hold back the watermark downstream.
  virtual Status SetIdle(bool idle) = 0;
};

class StateWriter;
class StateReader;

/// One thread at a time. Inputs are numbered ports; watermarks arrive already merged over them (minimum of those not
/// idle).
class Operator {
 public:
  virtual ~Operator() = default;
  virtual Status Process(int port, Chunk chunk, Output& out) = 0;
  virtual Status OnWatermark(TimestampUs watermark, Output& out) { return out.Advance(watermark); }
  virtual Status OnIdle(bool idle, Output& out) { return out.SetIdle(idle); }
  /// All inputs have ended; the final watermark came before. Emit what is left.
  virtual Status OnEndOfInput(Output&) { return {}; }
  /// When OnTimer wants to be called (wall clock); nullopt: not at all.
  virtual std::optional<TimestampUs> NextTimer() const { return std::nullopt; }
  virtual Status OnTimer(TimestampUs, Output&) { return {}; }
  /// Whether it wants no more input and will emit nothing more (a LIMIT that is reached).
  virtual bool Done() const { return false; }

  virtual bool stateful() const { return false; }
  /// Between batches only. Save writes what Load of a fresh operator over the same plan node reads.
  virtual Status Save(StateWriter&) const { return {}; }
  virtual Status Load(StateReader&) { return {}; }

  /// Of the state, for the node's budget; cheap.
  virtual std::uint64_t memory_bytes() const { return 0; }

  Counters& counters() { return counters_; }
  const Counters& counters() const { return counters_; }

 protected:
  Counters counters_;
};

}  // namespace floe::stream
