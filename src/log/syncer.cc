// SPDX-License-Identifier: Apache-2.0
// The loop of the syncer thread.
#include "log/syncer.h"

namespace floe::log {

Syncer::Syncer() : thread_([this] { Run(); }) {}

Syncer::~Syncer() {
  Stop();
}

void Syncer::Schedule(std::shared_ptr<Syncable> syncable) {
  std::lock_guard lock(mu_);
  if (stopping_) return;
  next_.push_back(std::move(syncable));
  if (!working_) work_.notify_one();
}

void Syncer::Drain() {
  std::unique_lock lock(mu_);
  idle_.wait(lock, [&] { return next_.empty() && !working_; });
}

void Syncer::Stop() {
  {
    std::lock_guard lock(mu_);
    stopping_ = true;
  }
  work_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Syncer::Run() {
  std::vector<std::shared_ptr<Syncable>> round;
  std::unique_lock lock(mu_);
  while (true) {
    work_.wait(lock, [&] { return !next_.empty() || stopping_; });
    if (next_.empty()) return;
    round.swap(next_);
    working_ = true;
    lock.unlock();
    for (auto& syncable : round) syncable->SyncRound();
    round.clear();
    lock.lock();
    working_ = false;
    if (next_.empty()) idle_.notify_all();
  }
}

}  // namespace floe::log
