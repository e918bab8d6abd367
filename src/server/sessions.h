// SPDX-License-Identifier: Apache-2.0
// Open SQL sessions of a node.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "query/session.h"

namespace floe::server {

/// A session with the lock that its statements take in turn.
struct OpenSession {
  explicit OpenSession(query::SessionServices services) : session(std::move(services)) {}
  std::mutex mu;
  query::Session session;                      // guarded by mu
  std::chrono::steady_clock::time_point used;  // guarded by Sessions::mu_
};

/// Thread-safe. Sessions unused for `idle` are closed when another one opens.
class Sessions {
 public:
  Sessions(query::SessionServices services, Random& random, std::chrono::minutes idle = std::chrono::minutes(60))
      : services_(std::move(services)), random_(random), idle_(idle) {}
  std::string Open();
  /// kNotFound.
  Result<std::shared_ptr<OpenSession>> Find(const std::string& id);
  void Close(const std::string& id);

 private:
  const query::SessionServices services_;
  Random& random_;
  const std::chrono::minutes idle_;
  std::mutex mu_;
  std::map<std::string, std::shared_ptr<OpenSession>> sessions_;  // guarded by mu_
};

}  // namespace floe::server
