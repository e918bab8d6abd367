// SPDX-License-Identifier: Apache-2.0
#include "base/async/task_scope.h"

#include <condition_variable>
#include <list>
#include <mutex>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include "base/async/one_shot.h"
#include "base/logging.h"

namespace floe {

namespace asio = boost::asio;

namespace {

struct Entry {
  Executor executor;
  // Used on `executor` only.
  asio::cancellation_signal signal;
  bool done = false;
};

}  // namespace

struct TaskScope::State {
  Executor executor;
  std::string name;

  std::mutex mu;
  std::condition_variable idle;
  // Guarded by mu.
  std::list<std::shared_ptr<Entry>> entries;
  std::vector<OneShot<bool>> joiners;
  bool closed = false;
  std::uint64_t failures = 0;

  void Failed(const char* what) {
    {
      std::lock_guard lock(mu);
      ++failures;
    }
    logging::Failure("async", "a task ended with an exception", {{"scope", name}, {"error", what}});
  }

  void Finished(std::list<std::shared_ptr<Entry>>::iterator position) {
    std::vector<OneShot<bool>> wake;
    std::lock_guard lock(mu);
    (*position)->done = true;
    entries.erase(position);
    if (entries.empty()) {
      // Notified under the lock: the waiter may destroy the scope as soon as it sees an empty list.
      idle.notify_all();
      wake.swap(joiners);
      for (auto& joiner : wake) joiner.Set(true);
    }
  }
};

namespace {

// The task root: the one catch-all. Cancellation is not an error.
template <typename OnFailure>
Task<void> RunGuarded(std::move_only_function<Task<void>()> body, OnFailure on_failure) {
  try {
    co_await body();
  } catch (const boost::system::system_error& e) {
    if (e.code() != asio::error::operation_aborted) on_failure(e.what());
  } catch (const std::exception& e) {
    on_failure(e.what());
  } catch (...) {
    on_failure("not a std::exception");
  }
}

}  // namespace

TaskScope::TaskScope(Executor executor, std::string name) : state_(std::make_shared<State>()) {
  state_->executor = std::move(executor);
  state_->name = std::move(name);
}

TaskScope::~TaskScope() {
  StopAndWait();
}

bool TaskScope::Spawn(std::move_only_function<Task<void>()> body) {
  return SpawnOn(state_->executor, std::move(body));
}

bool TaskScope::SpawnOn(Executor executor, std::move_only_function<Task<void>()> body) {
  auto entry = std::make_shared<Entry>();
  entry->executor = executor;
  std::list<std::shared_ptr<Entry>>::iterator position;
  {
    std::lock_guard lock(state_->mu);
    if (state_->closed) return false;
    position = state_->entries.insert(state_->entries.end(), entry);
  }
  auto on_failure = [state = state_](const char* what) { state->Failed(what); };
  // Posted, so that the coroutine starts on its executor and never inside the caller's stack.
  asio::post(executor, [state = state_, entry, position, executor, body = std::move(body), on_failure]() mutable {
    asio::co_spawn(executor, RunGuarded(std::move(body), std::move(on_failure)),
                   asio::bind_cancellation_slot(entry->signal.slot(), [state, entry, position](std::exception_ptr) {
                     state->Finished(position);
                   }));
  });
  return true;
}

void TaskScope::Close() {
  std::lock_guard lock(state_->mu);
  state_->closed = true;
}

void TaskScope::Stop() {
  std::vector<std::shared_ptr<Entry>> running;
  {
    std::lock_guard lock(state_->mu);
    state_->closed = true;
    running.assign(state_->entries.begin(), state_->entries.end());
  }
  for (auto& entry : running) {
    asio::post(entry->executor, [entry] {
      if (!entry->done) entry->signal.emit(asio::cancellation_type::terminal);
    });
  }
}

bool TaskScope::WaitIdle(std::chrono::nanoseconds timeout) {
  std::unique_lock lock(state_->mu);
  return state_->idle.wait_for(lock, timeout, [this] { return state_->entries.empty(); });
}

void TaskScope::StopAndWait() {
  Stop();
  std::unique_lock lock(state_->mu);
  state_->idle.wait(lock, [this] { return state_->entries.empty(); });
}

Task<void> TaskScope::Join() {
  OneShot<bool> idle;
  {
    std::lock_guard lock(state_->mu);
    if (state_->entries.empty()) co_return;
    state_->joiners.push_back(idle);
  }
  auto joined = co_await idle.Wait();
  static_cast<void>(joined);  // kCancelled: the waiter itself is asked to stop
}

bool TaskScope::stopped() const {
  std::lock_guard lock(state_->mu);
  return state_->closed;
}

std::size_t TaskScope::running() const {
  std::lock_guard lock(state_->mu);
  return state_->entries.size();
}

std::uint64_t TaskScope::failures() const {
  std::lock_guard lock(state_->mu);
  return state_->failures;
}

}  // namespace floe
