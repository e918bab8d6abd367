// SPDX-License-Identifier: Apache-2.0
// One job's thread: attempts, restarts, requests from outside.
#pragma once

#include <condition_variable>
#include <thread>

#include "stream/runtime/job_manager.h"

namespace floe::stream {

/// Called on the job's thread when the state changes; must not call back into the job.
using StateListener = std::function<Status(const JobStatus&)>;

class Job {
 public:
  Job(const Services& services, const PlanBuilder& builder, RestartPolicy restart, JobStatus status,
      StateListener listener);
  ~Job();
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  /// Builds the first attempt's task on the caller's thread, so that a plan that cannot run is the caller's to see.
  Status Prepare();
  void Start();
  enum class Request : std::uint8_t { kNone, kDrain, kStop, kCancel, kShutdown };
  /// The strongest request wins; shutdown leaves the written state RUNNING.
  void Ask(Request request);
  /// Until the thread has ended.
  void Join();
  Status CheckpointNow();
  JobStatus status() const;
  /// False when the time ran out.
  bool WaitEnd(std::optional<std::chrono::milliseconds> timeout);

 private:
  void Run();
  /// How an attempt ended without an error.
  enum class End : std::uint8_t { kFinished, kStop, kCancel, kShutdown };
  Result<End> Attempt();
  Result<std::unique_ptr<Task>> MakeTask();
  Result<End> Loop(Task& task);
  Status ServeCheckpoints(Task& task);
  void Sleep(const Task& task);
  void Publish(const Task& task, bool now);
  void Fail(const Error& error);
  /// False when a request came meanwhile.
  bool BackOff(int attempt);
  void SetState(JobState state);
  Request request() const;

  const Services& services_;
  const PlanBuilder& builder_;
  RestartPolicy restart_;
  StateListener listener_;
  std::shared_ptr<Wakeup> wakeup_ = std::make_shared<Wakeup>();

  mutable std::mutex mu_;
  std::condition_variable changed_;
  JobStatus status_;                     // guarded by mu_
  Request request_ = Request::kNone;     // guarded by mu_
  std::int64_t checkpoints_asked_ = 0;   // guarded by mu_
  std::int64_t checkpoints_served_ = 0;  // guarded by mu_
  Status checkpoint_result_;             // guarded by mu_
  bool ended_ = true;                    // guarded by mu_

  std::unique_ptr<Task> first_;               // made by Prepare; job thread only once started
  std::chrono::nanoseconds published_at_{0};  // job thread only
  std::chrono::nanoseconds round_at_{0};      // when the last sleep ended; job thread only
  std::thread thread_;
};

}  // namespace floe::stream
