// SPDX-License-Identifier: Apache-2.0
// Manifests in meta.db and state files beside it: the I/O around checkpoints.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/file_system.h"
#include "meta/store.h"
#include "stream/checkpoint/manifest.h"

namespace floe::stream {

/// One per job; used by its task thread. Files are in `directory` (DIR/checkpoints/<job>).
class CheckpointStore {
 public:
  CheckpointStore(meta::Store& meta, io::FileSystem& files, std::string directory, std::string job_id);

  /// The stream module's tables; call once per node before anything else.
  static Status Migrate(meta::Store& meta);

  /// kCorruption, kFailedPrecondition (newer format), kIo.
  Result<std::optional<Manifest>> Load();
  Result<std::vector<RecoveryFacts::File>> ListFiles();
  Result<std::string> ReadState(const OperatorSnapshot& snapshot);
  /// Durable when it returns, but known to nobody until Commit. kDiskFull, kIo.
  Status WriteState(const std::string& file, std::string_view bytes);
  /// THE transaction: the manifest and whatever `body` adds, or nothing. kConflict and other errors of `body` come
  /// through.
  Status Commit(const Manifest& manifest, const std::function<Status(meta::Transaction&)>& body);
  /// Best effort: a file that stays is removed at the next start.
  void Remove(const std::vector<std::string>& files);
  /// Everything of the job: manifest and files.
  Status Forget();

 private:
  meta::Store& meta_;
  io::FileSystem& files_;
  std::string directory_;
  std::string job_id_;
  bool directory_made_ = false;
};

}  // namespace floe::stream
