// SPDX-License-Identifier: Apache-2.0
// The loop of the syncer thread.
#include "log/syncer.h"

namespace floe::log {

Syncer::Syncer() : thread_([this] { Run(); }) {}

Syncer::~Syncer() {
  Stop();
}

void Syncer::Schedule(std::shared_ptr<Syncable> syncable) {
  Add(std::move(syncable), true, 0);
}

void Syncer::ScheduleSmall(std::shared_ptr<Syncable> syncable, bool request) {
  Add(std::move(syncable), false, request ? 1 : 0);
}

// The thread is woken without the lock, which it needs at once.
void Syncer::Add(std::shared_ptr<Syncable> syncable, bool urgent, std::size_t requests) {
  std::unique_lock lock(mu_);
  if (stopping_) return;
  if (syncable) next_.push_back(std::move(syncable));
  urgent_ |= urgent;
  small_ += requests;
  const bool wake = !working_ && (urgent || small_ >= wanted_);
  lock.unlock();
  if (wake) work_.notify_one();
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
    WaitForWork(lock);
    if (next_.empty()) return;
    round.swap(next_);
    small_ = 0;
    urgent_ = false;
    working_ = true;
    lock.unlock();
    const auto begin = std::chrono::steady_clock::now();
    for (auto& syncable : round) syncable->SyncRound();
    round.clear();
    gather_.Took(std::chrono::steady_clock::now() - begin);
    lock.lock();
    working_ = false;
    if (next_.empty()) idle_.notify_all();
  }
}

void Syncer::WaitForWork(std::unique_lock<std::mutex>& lock) {
  const auto no_delay = [&] { return urgent_ || stopping_; };
  const std::size_t had = small_;
  if (const Gather::Wait wait = gather_.Next(had); wait.appends > 0 && !no_delay()) {
    wanted_ = wait.appends;
    work_.wait_for(lock, wait.limit, [&] { return no_delay() || small_ >= wanted_; });
    wanted_ = 0;
    if (!no_delay()) gather_.Waited(wait, had, small_);
  }
  work_.wait(lock, [&] { return !next_.empty() || stopping_; });
}

}  // namespace floe::log
