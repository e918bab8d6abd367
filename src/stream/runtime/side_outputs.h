// SPDX-License-Identifier: Apache-2.0
// Where dead letters and late rows go: staged like a sink's rows, visible with the checkpoint.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "connect/api/source.h"
#include "stream/ops/context.h"

namespace floe::meta {
class Transaction;
}

namespace floe::stream {

/// The life of anything written exactly once, as of connect::Sink: Write* → Prepare → Commit → Publish, all from the
/// task thread. Made again after a crash with what Prepare returned, its first call is Publish of that checkpoint
/// (idempotent).
class StagedOutput {
 public:
  virtual ~StagedOutput() = default;
  virtual Result<std::string> Prepare(CheckpointId checkpoint) = 0;
  virtual Status Commit(meta::Transaction& transaction, CheckpointId checkpoint) = 0;
  virtual Status Publish(CheckpointId checkpoint) = 0;
  virtual Status Close() = 0;
  /// Where it has written since it was made, for whoever looks for it.
  virtual std::vector<std::string> Topics() const { return {}; }
};

/// Keeps records that could not be processed, with their cause ("<topic>.dlq").
class DeadLetterSink : public StagedOutput {
 public:
  virtual Status Write(connect::BadRecord record) = 0;
};

/// Keeps rows that came after their window had closed. The rows are valid during the call only.
class LateRowSink : public StagedOutput {
 public:
  virtual Status Write(const LateRows& rows) = 0;
};

/// How the composition root gives jobs their side outputs; thread-safe. `state`: of Prepare, when restored.
struct SideOutputFactory {
  std::function<Result<std::unique_ptr<DeadLetterSink>>(const std::string& job_id, std::optional<std::string> state)>
      dead_letters;
  std::function<Result<std::unique_ptr<LateRowSink>>(const std::string& job_id, std::optional<std::string> state)>
      late_rows;
};

/// Published records in memory, for tests and for queries whose side outputs nobody keeps. Thread-safe.
class MemorySideOutputs {
 public:
  SideOutputFactory Factory();
  std::vector<connect::BadRecord> dead_letters() const;
  /// Rendered as "stage: a, b, c".
  std::vector<std::string> late_rows() const;

 private:
  friend class MemoryDeadLetters;
  friend class MemoryLateRows;
  mutable std::mutex mu_;
  std::vector<connect::BadRecord> dead_letters_;  // guarded by mu_
  std::vector<std::string> late_rows_;            // guarded by mu_
};

}  // namespace floe::stream
