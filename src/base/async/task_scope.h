// SPDX-License-Identifier: Apache-2.0
// Owns background coroutines: none outlives its scope, none is forgotten, none dies silently.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/async/task.h"

namespace floe {

/// Background work belongs to a scope; `detached` is written nowhere else. Thread-safe.
///
/// Stop order of an owner: Stop() = refuse and cancel, then Join() or StopAndWait(), before anything the tasks refer to
/// goes. A cancelled task finds kCancelled in the call it is waiting in; if it goes on, its next co_await unwinds it.
class TaskScope {
 public:
  /// `name` appears in the log when a task throws.
  TaskScope(Executor executor, std::string name);
  /// Waits like StopAndWait().
  ~TaskScope();
  TaskScope(const TaskScope&) = delete;
  TaskScope& operator=(const TaskScope&) = delete;

  /// Starts `body` on the scope's executor. False (and `body` is not run) after Stop.
  /// `body` itself is kept alive until its coroutine ends, so it may be a capturing lambda.
  bool Spawn(std::move_only_function<Task<void>()> body);
  /// The same on another executor, which must run one thing at a time (IoThreads::Next, a strand).
  bool SpawnOn(Executor executor, std::move_only_function<Task<void>()> body);

  /// Refuses new tasks and cancels the running ones; does not wait.
  void Stop();
  /// Refuses new tasks, lets the running ones finish by themselves.
  void Close();
  /// Waits until no task is left; only useful after Close or Stop. True when that happened in time.
  bool WaitIdle(std::chrono::nanoseconds timeout);
  /// Stop, then wait. Never from a thread that runs the tasks.
  void StopAndWait();
  /// Awaits the end of all tasks; call after Stop, from a coroutine outside the scope.
  Task<void> Join();

  bool stopped() const;
  std::size_t running() const;
  /// Tasks that ended with an exception other than cancellation.
  std::uint64_t failures() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace floe
