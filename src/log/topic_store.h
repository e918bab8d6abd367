// SPDX-License-Identifier: Apache-2.0
// Topic definitions and producer id blocks in meta.db (docs/format/meta-db.md).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"

namespace floe::meta {
class Store;
}

namespace floe::log {

struct TopicRecord {
  std::string id;
  std::string name;
  int partitions = 0;
  bool deleting = false;  ///< the deletion is decided; files may still be there
  std::map<std::string, std::string> config;
};

/// Thread-safe as the store is; every change is durable when it returns.
class TopicStore {
 public:
  explicit TopicStore(meta::Store& store) : store_(store) {}
  Status Open();
  Result<std::vector<TopicRecord>> List();
  /// kAlreadyExists.
  Status Insert(const TopicRecord& topic, TimestampMs now);
  Status SetPartitions(const std::string& id, int partitions);
  Status SetConfig(const std::string& id, const std::map<std::string, std::string>& config);
  Status MarkDeleting(const std::string& id);
  Status Erase(const std::string& id);
  /// Reserves `count` ids and returns the first.
  Result<std::int64_t> ReserveProducerIds(std::int64_t count);

 private:
  meta::Store& store_;
};

}  // namespace floe::log
