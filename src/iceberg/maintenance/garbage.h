// SPDX-License-Identifier: Apache-2.0
// Which files nothing refers to once a commit stands.
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "iceberg/commit/append.h"
#include "iceberg/commit/table_io.h"
#include "iceberg/maintenance/manifest_references.h"

namespace floe::iceberg {

/// Thread-safe. Keeps the manifest references of busy tables, so that a commit costs the same whatever the history.
class GarbageFinder {
 public:
  explicit GarbageFinder(TableIo& io) : io_(io) {}

  /// Old metadata files, manifest lists of expired snapshots, manifests and data files that only those named. With
  /// 'gc.enabled' = false only metadata files. A list that cannot be read keeps its files: leaking is better than
  /// failing a commit.
  std::vector<std::string> Find(const TableMetadata& before, const AppendPlan& plan);

 private:
  Status Manifests(const TableMetadata& before, const AppendPlan& plan, std::vector<std::string>& garbage);
  Status DataFiles(const TableMetadata& before, const AppendPlan& plan, std::vector<std::string>& garbage);

  TableIo& io_;
  std::mutex mu_;
  std::unordered_map<std::string, ManifestReferences> tables_;  // by table uuid; guarded by mu_
};

}  // namespace floe::iceberg
