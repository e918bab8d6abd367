// SPDX-License-Identifier: Apache-2.0
// A file system in memory that knows what was synced, so that a test can pull the plug.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "io/file_system.h"

namespace floe::io {

/// Thread-safe. Behaves like a journalling file system: names change in order and are durable after SyncDirectory (of
/// any directory), content is durable after Sync. Parent directories must exist, as on a disk.
class MemoryFileSystem final : public FileSystem {
 public:
  MemoryFileSystem();
  ~MemoryFileSystem() override;

  Result<std::unique_ptr<WritableFile>> OpenWritable(const std::string& path, bool truncate) override;
  Result<std::unique_ptr<ReadableFile>> OpenReadable(const std::string& path) override;
  Status CreateDirectories(const std::string& path) override;
  Result<std::vector<FileInfo>> List(const std::string& directory) override;
  Result<bool> Exists(const std::string& path) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Remove(const std::string& path) override;
  Status RemoveAll(const std::string& path) override;
  Status SyncDirectory(const std::string& path) override;

  /// Power failure: each unsynced write is kept, lost or torn by `random`, in any combination; of the unsynced name
  /// changes a prefix is kept. Handles opened before go on working on files that nobody can reach any more: the dead
  /// process's view.
  void Crash(Random& random);
  /// Changes one stored byte, as a failing disk does.
  Status FlipBit(const std::string& path, std::uint64_t position);

  struct File;

 private:
  /// One step of the journal: names set to files (nullptr: removed).
  using NameChange = std::vector<std::pair<std::string, std::shared_ptr<File>>>;

  Result<std::shared_ptr<File>> Find(const std::string& path) const;
  Status CheckParent(const std::string& path) const;
  void Apply(NameChange change);

  const std::shared_ptr<std::mutex> contents_ = std::make_shared<std::mutex>();  // of all files; files outlive names
  mutable std::mutex mu_;
  std::map<std::string, std::shared_ptr<File>> names_;    // guarded by mu_; directories are entries too
  std::map<std::string, std::shared_ptr<File>> durable_;  // guarded by mu_
  std::vector<NameChange> pending_;                       // guarded by mu_: what leads from durable_ to names_
};

}  // namespace floe::io
