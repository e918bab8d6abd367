// SPDX-License-Identifier: Apache-2.0
// A job's plan being run: polls sources, pushes batches through the graph, takes checkpoints. No thread of its own.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/memory_budget.h"
#include "connect/api/connector.h"
#include "duck/instance.h"
#include "io/file_system.h"
#include "meta/store.h"
#include "stream/checkpoint/checkpoint_store.h"
#include "stream/graph/builder.h"
#include "stream/runtime/side_outputs.h"
#include "stream/runtime/wakeup.h"

namespace floe::stream {

/// What a node gives to jobs; all of it outlives them.
struct Services {
  duck::Instance& duck;
  connect::ConnectorRegistry& connectors;
  meta::Store& meta;
  io::FileSystem& files;
  Clock& clock;
  SideOutputFactory side_outputs;
  std::string checkpoint_root;     ///< DIR/checkpoints
  MemoryBudget* memory = nullptr;  ///< state of operators is taken from it; null: not counted
  int memory_component = -1;
};

/// What becomes of records that cannot be processed ('floe.bad-records').
enum class BadRecordPolicy : std::uint8_t { kDeadLetter, kFail, kSkip };

struct TaskOptions {
  std::string job_id;
  bool durable = true;                                  ///< false for queries: no checkpoints, sinks are not published
  std::chrono::milliseconds checkpoint_interval{1000};  ///< 'execution.checkpointing.interval'
  /// 'execution.buffer-timeout.interval': how long rows that trickle in gather before they are taken together. Unless
  /// set: 10 ms, or the checkpoint interval (at most 250 ms) where results are visible at checkpoints only.
  std::optional<std::chrono::milliseconds> buffer_timeout;
  BadRecordPolicy bad_records = BadRecordPolicy::kDeadLetter;
  std::chrono::milliseconds idle_timeout{5000};
  std::uint64_t inline_state_limit = 16384;  ///< states up to this size travel in the manifest, without a file
};
/// From SET values. kInvalidInput names the setting.
Result<TaskOptions> OptionsFromSettings(const std::string& job_id, const std::map<std::string, std::string>& settings);

struct CheckpointInfo {
  CheckpointId id;
  std::int64_t completed_ms = 0;
  std::chrono::microseconds duration{0};
  std::uint64_t state_bytes = 0;
};

struct EdgeStatus {
  std::string table;
  Counters counters;  ///< a source's own; for a sink, the fate of all rows on the way to it
  std::optional<std::int64_t> lag;
};
struct TaskStatus {
  std::vector<EdgeStatus> sources;
  std::vector<EdgeStatus> sinks;
  std::vector<std::pair<std::string, Counters>> operators;
  TimestampUs watermark = kNoWatermark;  ///< the lowest that reaches a sink
  std::optional<CheckpointInfo> last_checkpoint;
  std::set<std::string> side_topics;  ///< hold its dead letters and late rows
};

/// Used by one thread at a time. After an error it is dead: make a new one, which goes on from the last checkpoint.
/// Destroying it at any moment is what a crash looks like to everything outside.
class Task {
 public:
  enum class Step : std::uint8_t { kBusy, kIdle, kFinished };

  /// Restores the job's last checkpoint if there is one. `program` is kept. Kinds: kNotSupported, kFailedPrecondition
  /// (checkpoint of another plan), kCorruption, what connectors return.
  static Result<std::unique_ptr<Task>> Make(const Services& services, sql::plan::Program program, TaskOptions options,
                                            std::shared_ptr<Wakeup> wakeup, RowCollector collector = nullptr);
  ~Task();

  /// One batch of every source that has one, then the timers that are due, then a checkpoint if it is time. kFinished:
  /// all input has ended, and the final checkpoint is committed.
  Result<Step> RunOnce();
  /// When RunOnce has something to do although no source woke it; nullopt: never.
  std::optional<TimestampUs> NextDeadline() const;
  /// Treats what was read so far as all there is: windows close, results are final, RunOnce comes to kFinished.
  /// Idempotent.
  Status EndInput();
  /// Now, even if nothing changed.
  Status Checkpoint();
  /// Whether a checkpoint would say something new.
  bool dirty() const { return dirty_; }
  /// Flushes and closes sinks; nothing may follow. Without a checkpoint before it, work since the last one is dropped.
  Status Close();

  TaskStatus Snapshot() const;
  bool finished() const { return finished_; }
  /// Time between two looks at sources that have little to say.
  std::chrono::microseconds buffer_timeout() const { return buffer_timeout_; }

 private:
  class Bad;
  class Late;
  Task(const Services& services, sql::plan::Program program, TaskOptions options);
  Status Open(std::shared_ptr<Wakeup> wakeup, RowCollector collector);
  Status OpenSideOutputs(const std::optional<Manifest>& manifest);
  Status Restore(const Manifest& manifest);
  Status PublishAll(CheckpointId id);
  Result<bool> PollSource(SourceSlot& source);
  Status RunTimers();
  /// kResourceExhausted when the state has outgrown the node's memory.
  Status AccountState();
  void MarkDirty();
  void ChooseBufferTimeout();
  Status EndSource(SourceSlot& source);
  Status Finish();
  Result<Manifest> PrepareCheckpoint(CheckpointId id);
  Result<OperatorSnapshot> SnapshotOperator(const Node& node, CheckpointId id);
  Status CommitOnce(const Manifest& manifest);
  void AfterCommit(const Manifest& manifest);
  bool AllRootsFinished() const;

  const Services& services_;
  sql::plan::Program program_;
  TaskOptions options_;
  CheckpointStore store_;
  std::unique_ptr<ExpressionContext> expressions_;
  std::unique_ptr<DeadLetterSink> dead_letters_;
  std::unique_ptr<LateRowSink> late_rows_;
  std::unique_ptr<Bad> bad_handler_;
  std::unique_ptr<Late> late_handler_;
  std::unique_ptr<OperatorContext> context_;
  std::unique_ptr<Graph> graph_;
  std::optional<MemoryReservation> state_memory_;

  Manifest last_;
  bool has_checkpoint_ = false;
  std::optional<CheckpointInfo> info_;
  std::vector<std::string> garbage_;  ///< written for a checkpoint that did not commit
  bool dirty_ = false;
  bool finished_ = false;
  bool closed_ = false;
  std::chrono::microseconds buffer_timeout_{0};
  std::int64_t dirty_since_us_ = 0;  ///< when the oldest row that is not in a checkpoint may have come
  std::int64_t looked_us_ = 0;       ///< when the sources were last asked
  std::int64_t last_tick_us_ = 0;
  std::int64_t tick_until_us_ = 0;
};

}  // namespace floe::stream
