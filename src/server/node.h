// SPDX-License-Identifier: Apache-2.0
// The composition root: one node with all its parts, started in order and stopped in the reverse one.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/config.h"
#include "base/error.h"
#include "server/api.h"

namespace floe::server {

struct NodeOptions {
  bool listen = true;      ///< false: no sockets, for commands that carry a node inside themselves
  bool start_jobs = true;  ///< false: the directory's jobs wait for the next node
};

/// Thread-safe. Start and Stop are called by the main thread.
class Node {
 public:
  /// kUnavailable (directory or port taken), kFailedPrecondition (directory newer or moved), kInvalidInput (settings),
  /// kDiskFull, kCorruption.
  static Result<std::unique_ptr<Node>> Start(const config::Config& config, NodeOptions options);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  const Api& api() const;
  /// Service name -> "127.0.0.1:41234"; empty without listeners.
  const std::map<std::string, std::string>& addresses() const;
  /// Refuses new work, finishes what is under way, takes a last checkpoint of every job, syncs. Jobs come back at the
  /// next start.
  Status Stop();

  struct Parts;
  Parts& parts() { return *parts_; }

 private:
  explicit Node(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace floe::server
