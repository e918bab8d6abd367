// SPDX-License-Identifier: Apache-2.0
// Fetch sessions (KIP-227): a client names its partitions once and is told only what changed.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "kafka/protocol/error_code.h"
#include "kafka/protocol/uuid.h"

namespace floe::kafka {

/// A topic as the client names it: by name up to Fetch v12, by id from v13 on; the other part is empty.
struct FetchTopic {
  std::string name;
  Uuid id;
  friend auto operator<=>(const FetchTopic&, const FetchTopic&) = default;
};
using FetchKey = std::pair<FetchTopic, std::int32_t>;

struct FetchTarget {
  FetchKey key;
  std::int64_t offset = 0;
  std::int32_t max_bytes = 0;
  std::int32_t leader_epoch = -1;
};

/// What one request asks for, sessions resolved.
struct FetchPlan {
  ErrorCode error = ErrorCode::kNone;
  std::int32_t session_id = 0;  ///< what the response carries
  bool incremental = false;     ///< partitions without news are left out of the response
  std::vector<FetchTarget> targets;
};

/// What a partition's answer looked like, to tell news from no news the next time.
struct FetchOutcome {
  FetchKey key;
  ErrorCode error = ErrorCode::kNone;
  std::int64_t high_watermark = -1;
  std::int64_t log_start_offset = -1;
  bool has_records = false;
};

/// Thread-safe. At most `max_sessions`; the one idle longest makes room.
class FetchSessions {
 public:
  FetchSessions(std::size_t max_sessions, Random& random) : max_sessions_(max_sessions), random_(random) {}

  /// session id and epoch as in the request: epoch -1 ends a session (or asks for none), 0 makes a new one, else the
  /// next in turn.
  FetchPlan Begin(std::int32_t session_id, std::int32_t epoch, std::vector<FetchTarget> targets,
                  const std::vector<FetchKey>& forgotten);
  /// For each outcome, whether it belongs in the response. Partitions that had records go to the back of the queue, for
  /// fairness.
  std::vector<bool> Finish(const FetchPlan& plan, const std::vector<FetchOutcome>& outcomes);
  std::size_t size() const;

 private:
  struct Partition {
    FetchTarget target;
    std::int64_t sent_high_watermark = -1;
    std::int64_t sent_log_start_offset = -1;
    std::uint64_t order = 0;
  };
  struct Session {
    std::int32_t next_epoch = 1;
    std::uint64_t last_used = 0;
    std::uint64_t next_order = 0;
    std::map<FetchKey, Partition> partitions;
  };

  FetchPlan Create(std::vector<FetchTarget> targets);
  static void Put(Session& session, FetchTarget target);

  const std::size_t max_sessions_;
  Random& random_;
  mutable std::mutex mu_;
  std::map<std::int32_t, Session> sessions_;  // guarded by mu_
  std::uint64_t uses_ = 0;                    // guarded by mu_
};

}  // namespace floe::kafka
