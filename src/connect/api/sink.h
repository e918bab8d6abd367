// SPDX-License-Identifier: Apache-2.0
// What takes rows out of a job, exactly once through the checkpoint transaction.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "connect/api/table.h"
#include "data/batch.h"

namespace floe::meta {
class Transaction;
}

namespace floe::connect {

struct SinkRequest {
  TableDefinition table;
  data::Schema input;  ///< one field per written column: physical columns, then non-virtual metadata columns
  std::vector<int> input_metadata;   ///< index into table.metadata for each trailing input column
  std::string job_id;                ///< stable over restarts
  int sink_index = 0;                ///< of this sink in the job
  std::optional<std::string> state;  ///< what Prepare returned for the checkpoint restored from
};

/// One per sink of a job; all calls come from the job's task thread, in this order for each checkpoint:
///
///   Write* → Prepare → Commit (inside the checkpoint's transaction in meta.db) → Publish (the transaction is durable)
///
/// A crash between Commit and Publish is repaired on restart: the sink is made again with `state` and its first call is
/// Publish of that checkpoint, which must therefore be idempotent. A crash before Commit leaves nothing visible:
/// whatever Prepare staged is garbage that the sink recognises as its own (by job id and checkpoint id) and may remove
/// when it opens.
class Sink {
 public:
  virtual ~Sink() = default;
  /// Takes a batch; what is visible before the checkpoint depends on the connector (realtime tables: at once; Iceberg:
  /// nothing).
  virtual Status Write(const data::Batch& batch) = 0;
  /// Everything written so far is durable and staged when it returns. The bytes go into the checkpoint manifest.
  virtual Result<std::string> Prepare(CheckpointId checkpoint) = 0;
  /// Adds this sink's part to the checkpoint transaction (catalog pointer, rows). kConflict makes the runtime run
  /// Prepare and Commit again.
  virtual Status Commit(meta::Transaction& transaction, CheckpointId checkpoint) = 0;
  /// The checkpoint is durable: make effects outside meta.db (appends to topics, external transactions).
  virtual Status Publish(CheckpointId checkpoint) = 0;
  /// Whether others see rows at checkpoints only: then a job may let a trickle gather.
  virtual bool VisibleAtCheckpoint() const { return false; }
  /// Called about every second until a minute after the last row: flush by age and the like.
  virtual Status OnTick() { return {}; }
  /// Flushes, releases; nothing may be written after it.
  virtual Status Close() = 0;
};

}  // namespace floe::connect
