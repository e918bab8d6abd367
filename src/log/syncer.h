// SPDX-License-Identifier: Apache-2.0
// Group commit: one thread that makes everything written so far durable, round after round.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "log/gather.h"

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
  /// again before its round begins costs an empty round; null: the round that one waits for must not be put off.
  void Schedule(std::shared_ptr<Syncable> syncable);
  /// As Schedule, for a small append; the round may begin up to a millisecond later, so that others join it. Null:
  /// one more for a syncable whose round is to come. `request`: it counts as one of those who wait for an answer.
  void ScheduleSmall(std::shared_ptr<Syncable> syncable, bool request);
  /// Returns when the rounds asked for before this call are done. Not from the syncer's thread.
  void Drain();
  /// Drains and ends the thread.
  void Stop();

 private:
  void Add(std::shared_ptr<Syncable> syncable, bool urgent, std::size_t requests);
  void Run();
  /// Returns when there is something to sync, or the end; waits for more small appends if that pays.
  void WaitForWork(std::unique_lock<std::mutex>& lock);

  std::mutex mu_;
  std::condition_variable work_;
  std::condition_variable idle_;
  std::vector<std::shared_ptr<Syncable>> next_;  // guarded by mu_
  std::size_t small_ = 0;                        // guarded by mu_: small requests since the last round began
  std::size_t wanted_ = 0;                       // guarded by mu_: the thread waits for so many; 0: it does not
  bool urgent_ = false;                          // guarded by mu_: somebody asked for a round without delay
  bool working_ = false;                         // guarded by mu_
  bool stopping_ = false;                        // guarded by mu_
  Gather gather_;                                // syncer thread
  std::jthread thread_;
};

}  // namespace floe::log
