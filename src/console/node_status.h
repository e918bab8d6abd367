// SPDX-License-Identifier: Apache-2.0
// What the console shows of a node, as plain values that the composition root fills in.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"

namespace floe::console {

struct TopicStatus {
  std::string name;
  int partitions = 0;
  std::int64_t records = 0;     ///< end minus start, over all partitions
  std::int64_t end_offset = 0;  ///< sum over all partitions: only grows, the rate is made from it
  std::uint64_t bytes = 0;
};

struct JobStatus {
  std::string id;
  std::string name;
  std::string state;  ///< "running", "finished", "failed", "stopped", ...
  std::int64_t rows_in = 0;
  std::int64_t rows_out = 0;
  std::int64_t filtered = 0;
  std::int64_t late = 0;
  std::int64_t dead_lettered = 0;
  std::optional<TimestampMs> watermark;
  std::int64_t lag_records = 0;
  std::int64_t lag_ms = 0;
  std::optional<TimestampMs> last_checkpoint;
  std::string error;  ///< empty when there is none
};

struct TableStatus {
  std::string name;
  std::string kind;  ///< "iceberg", "realtime"
  std::int64_t rows = 0;
  std::uint64_t bytes = 0;
  std::string snapshot;  ///< empty when there is none
  std::optional<TimestampMs> last_commit;
};

struct NodeStatus {
  std::string version;
  TimestampMs started;
  std::map<std::string, std::string> addresses;  ///< service -> "127.0.0.1:9092"
  std::vector<TopicStatus> topics;
  std::vector<JobStatus> jobs;
  std::vector<TableStatus> tables;
};

/// Records per second of each topic over the last seconds, from samples of end offsets.
class TopicRates {
 public:
  void Sample(const std::vector<TopicStatus>& topics, TimestampMs now);
  double RateOf(const std::string& topic) const;

 private:
  struct Point {
    TimestampMs time;
    std::int64_t end;
  };
  std::map<std::string, std::vector<Point>> points_;
};

/// The body of /api/status. 64-bit ids are strings, counters are numbers.
std::string StatusJson(const NodeStatus& status, const TopicRates& rates, TimestampMs now);

}  // namespace floe::console
