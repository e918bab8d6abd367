// SPDX-License-Identifier: Apache-2.0
// Committed offsets of consumer groups, as the kafka connector needs them; the composition root provides it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace floe::connect {

struct GroupOffset {
  std::string topic;
  PartitionId partition;
  Offset offset;
};

/// Thread-safe; may block on disk.
class GroupOffsets {
 public:
  virtual ~GroupOffsets() = default;
  virtual Result<std::optional<Offset>> Committed(const std::string& group, const std::string& topic,
                                                  PartitionId partition) = 0;
  virtual Status Commit(const std::string& group, const std::vector<GroupOffset>& offsets) = 0;
};

}  // namespace floe::connect
