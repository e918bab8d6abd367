// SPDX-License-Identifier: Apache-2.0
// Group commit: one thread that makes everything written so far durable, round after round.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace floe::log {

/// What the syncer serves.
class Syncable {
 public:
  virtual ~Syncable() = default;
  /// Makes what is written durable and tells those who wait. Called by the syncer's thread only, one at a time.
  virtual void SyncRound() = 0;
};

/// While one round syncs, the appends of the next one gather: the slower the disk, the larger the groups. Thread-safe.
class Syncer {
 public:
  Syncer();
  ~Syncer();
  Syncer(const Syncer&) = delete;
  Syncer& operator=(const Syncer&) = delete;

  /// `syncable` gets a SyncRound that begins after this call. Ignored after Stop. Giving one
  /// again before its round begins costs an empty round.
  void Schedule(std::shared_ptr<Syncable> syncable);
  /// Returns when the rounds asked for before this call are done. Not from the syncer's thread.
  void Drain();
  /// Drains and ends the thread.
  void Stop();

 private:
  void Run();

  std::mutex mu_;
  std::condition_variable work_;
  std::condition_variable idle_;
  std::vector<std::shared_ptr<Syncable>> next_;  // guarded by mu_
  bool working_ = false;                         // guarded by mu_
  bool stopping_ = false;                        // guarded by mu_
  std::jthread thread_;
};

}  // namespace floe::log
