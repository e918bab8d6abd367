// SPDX-License-Identifier: Apache-2.0
// The jobs of a node: submitted, watched, stopped, restarted after failures, and brought back when the node starts.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "stream/runtime/task.h"

namespace floe::stream {

enum class JobState : std::uint8_t {
  kRunning,
  kRestarting,  ///< failed, waits before it tries again
  kFinished,    ///< all input has ended
  kStopped,     ///< on request, with a final checkpoint; can be resumed
  kCanceled,    ///< on request, without one; can be resumed from the last checkpoint
  kFailed,      ///< an error that trying again cannot help; can be resumed
};
/// "RUNNING", "RESTARTING", ...
std::string_view ToString(JobState state);
bool IsTerminal(JobState state);

struct JobDefinition {
  std::string id;  ///< 32 hex digits
  std::string name;
  std::string program;  ///< the script, as submitted
  std::map<std::string, std::string> settings;
  std::int64_t created_ms = 0;
};

struct JobException {
  std::int64_t at_ms = 0;
  std::string kind;
  std::string message;
};

struct JobStatus {
  JobDefinition job;
  JobState state = JobState::kRunning;
  int restarts = 0;
  std::int64_t ended_ms = 0;             ///< 0 while it lives
  std::vector<JobException> exceptions;  ///< newest last, at most 16
  TaskStatus task;                       ///< as of a moment ago; empty before the first start
};

/// Makes the plan of a job again, after a restart too; called on the job's thread.
using PlanBuilder = std::function<Result<sql::plan::Program>(const JobDefinition&)>;

struct RestartPolicy {
  std::chrono::milliseconds first{200};  ///< doubled each time
  std::chrono::milliseconds longest{30000};
  /// An attempt that lived this long makes the next failure the first one again.
  std::chrono::milliseconds healthy_after{60000};
};

/// Setting of a job that lives only as long as the command that runs it: a node does not bring it back, and submitting
/// the same statement under the same name again goes on from its last checkpoint.
inline constexpr const char* kForegroundSetting = "floe.job.foreground";

struct Submission {
  std::string id;
  bool resumed = false;  ///< an earlier job goes on, instead of a new one
};

class Job;

/// Thread-safe. One thread per job. Blocking calls (Stop, Cancel, Wait, Shutdown) belong on compute threads.
class JobManager {
 public:
  JobManager(Services services, PlanBuilder builder, Random& random, RestartPolicy restart = {});
  ~JobManager();

  /// Brings the tables up to date and restarts the jobs that were running when the node went down. With `paused`
  /// nothing is started: they are shown as stopped, and come back at the next start unless they are stopped or removed
  /// meanwhile.
  Status Start(bool paused = false);
  /// Checks that the plan can be built and run, writes the job down, starts it. Kinds: the builder's and Task::Make's;
  /// kAlreadyExists when a job of this name and program has not finished (stopped and failed ones are resumed, or
  /// removed first), or one of this name whatever its program when the name was chosen ('pipeline.name'). Other names
  /// get a number.
  Result<std::string> Submit(const std::string& name, const std::string& program,
                             std::map<std::string, std::string> settings);
  /// The same for a foreground job: an unfinished one of the same name and program goes on instead. kAlreadyExists also
  /// when that one lives in the node (it was submitted), and when an earlier run left one of this name with another
  /// program.
  Result<Submission> SubmitOrResume(const std::string& name, const std::string& program,
                                    std::map<std::string, std::string> settings);
  std::vector<JobStatus> List() const;
  /// By id or unique prefix of it, or by name: then the one that has not finished, else the newest. kNotFound,
  /// kInvalidInput when several fit.
  Result<JobStatus> Show(const std::string& job) const;
  /// Takes a final checkpoint and ends. kFailedPrecondition when it has ended already.
  Status Stop(const std::string& job);
  /// Takes what was read so far as all the input: open windows close, then the job is FINISHED for good.
  Status Drain(const std::string& job);
  Status Cancel(const std::string& job);
  /// A stopped, canceled or failed job goes on from its last checkpoint.
  Status Resume(const std::string& job);
  /// Takes a checkpoint now and waits for it.
  Status Checkpoint(const std::string& job);
  /// Until the job has ended; kTimeout.
  Result<JobStatus> Wait(const std::string& job, std::optional<std::chrono::milliseconds> timeout = std::nullopt);
  /// Forgets an ended job and its checkpoint.
  Status Remove(const std::string& job);
  /// Checkpoints and ends all jobs; they come back at the next Start.
  void Shutdown();

 private:
  /// Of several with the name, the only one that has not finished.
  Result<std::shared_ptr<Job>> Find(const std::string& job) const;
  Result<std::string> FreeName(const std::string& name, const std::string& program, bool chosen) const;
  Result<std::string> Create(const std::string& name, const std::string& program,
                             std::map<std::string, std::string> settings);
  Status Bring(JobStatus status, bool paused);
  Status ResumeJob(Job& job);
  /// True when the job was only held back by a paused start; then it is written down as stopped.
  Result<bool> StopHeld(const Job& job);
  Status Persist(const JobStatus& status);

  Services services_;
  PlanBuilder builder_;
  Random& random_;
  RestartPolicy restart_;

  std::mutex submit_mu_;  ///< one Submit or Resume at a time; taken before mu_
  mutable std::mutex mu_;
  std::set<std::string> held_;  // guarded by mu_; ids of jobs that a paused start did not start
  std::map<std::string, std::shared_ptr<Job>>
      jobs_;  // guarded by mu_; shared because a caller may wait while it is removed
};

/// Runs Program.query on the calling thread and gives its rows to `collector` until the input ends or Cancel. No
/// checkpoints: nothing of it survives, and side outputs are dropped. One use.
class StreamingQuery {
 public:
  StreamingQuery(const Services& services, sql::plan::Program program)
      : services_(services), program_(std::move(program)) {}
  /// kCancelled after Cancel; otherwise what the plan, the sources, `collector` or `ready` return. `ready` is called
  /// once the plan is known to run.
  Status Run(const RowCollector& collector, const std::function<Status()>& ready = nullptr);
  /// From any thread, at any time.
  void Cancel();

 private:
  const Services& services_;
  sql::plan::Program program_;
  std::shared_ptr<Wakeup> wakeup_ = std::make_shared<Wakeup>();
  std::atomic<bool> cancelled_ = false;
};

}  // namespace floe::stream
