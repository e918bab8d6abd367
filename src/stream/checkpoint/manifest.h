// SPDX-License-Identifier: Apache-2.0
// What a checkpoint is, as one value: everything a job needs to go on exactly where it was.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "stream/graph/progress.h"

namespace floe::stream {

/// An operator's state: bytes here when small, else a file of its own beside the other state files.
struct OperatorSnapshot {
  std::string uid;
  std::string inline_state;
  std::string file;  ///< name without directory; empty when inline
  std::uint64_t file_size = 0;
  std::vector<TimestampUs> port_watermarks;
  TimestampUs sent_watermark = kNoWatermark;
  Counters counters;
};

struct NamedBytes {
  std::string name;
  std::string bytes;
};

struct Manifest {
  CheckpointId id;
  std::string fingerprint;  ///< of the plan; state of another plan is not loaded
  std::int64_t taken_ms = 0;
  std::vector<NamedBytes> sources;  ///< by operator uid: SourceReader::Snapshot
  std::vector<NamedBytes> sinks;    ///< by operator uid: Sink::Prepare
  std::string dead_letters;
  std::string late_rows;
  std::vector<OperatorSnapshot> operators;
  bool finished = false;  ///< all input had ended

  const NamedBytes* FindSource(std::string_view uid) const;
  const NamedBytes* FindSink(std::string_view uid) const;
  const OperatorSnapshot* FindOperator(std::string_view uid) const;
  std::uint64_t state_bytes() const;
};

std::string EncodeManifest(const Manifest& manifest);
/// kCorruption, kFailedPrecondition (newer version).
Result<Manifest> DecodeManifest(std::string_view bytes);

/// What is known when a job starts.
struct RecoveryFacts {
  std::optional<Manifest> manifest;
  std::string fingerprint;  ///< of the plan about to run
  struct File {
    std::string name;
    std::uint64_t size = 0;
  };
  std::vector<File> files;  ///< in the job's checkpoint directory
};

struct RecoveryDecision {
  enum class Action : std::uint8_t {
    kStartFresh,  ///< no checkpoint was ever committed
    kRestore,     ///< load the manifest's state, publish its sinks again, go on
    kFinished,    ///< the checkpoint is of a job that had ended: publish, and that is all
    kRefuse,      ///< going on would lose or repeat data
  };
  Action action = Action::kStartFresh;
  std::vector<std::string> garbage;  ///< files no manifest knows: leftovers of a checkpoint that never committed
  std::optional<Error> refusal;
};

/// Pure: facts to a decision, tested as a table.
RecoveryDecision Decide(const RecoveryFacts& facts);

}  // namespace floe::stream
