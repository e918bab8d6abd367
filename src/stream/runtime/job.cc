// SPDX-License-Identifier: Apache-2.0
#include "stream/runtime/job.h"

#include <algorithm>

#include "base/logging.h"
#include "duck/guard.h"

namespace floe::stream {
namespace {

constexpr std::size_t kExceptionsKept = 16;
constexpr std::chrono::milliseconds kPublishEvery{100};

}  // namespace

Job::Job(const Services& services, const PlanBuilder& builder, RestartPolicy restart, JobStatus status,
         StateListener listener)
    : services_(services),
      builder_(builder),
      restart_(restart),
      listener_(std::move(listener)),
      status_(std::move(status)) {}

Job::~Job() {
  Ask(Request::kShutdown);
  Join();
}

void Job::Start() {
  Join();
  {
    const std::lock_guard lock(mu_);
    request_ = Request::kNone;
    ended_ = false;
    status_.state = JobState::kRunning;
    status_.ended_ms = 0;
  }
  thread_ = std::thread([this] { Run(); });
}

void Job::Ask(Request request) {
  {
    const std::lock_guard lock(mu_);
    request_ = std::max(request_, request);
  }
  changed_.notify_all();
  wakeup_->Interrupt();
}

void Job::Join() {
  if (thread_.joinable()) thread_.join();
}

Job::Request Job::request() const {
  const std::lock_guard lock(mu_);
  return request_;
}

JobStatus Job::status() const {
  const std::lock_guard lock(mu_);
  return status_;
}

bool Job::WaitEnd(std::optional<std::chrono::milliseconds> timeout) {
  std::unique_lock lock(mu_);
  if (timeout) return changed_.wait_for(lock, *timeout, [&] { return ended_; });
  changed_.wait(lock, [&] { return ended_; });
  return true;
}

Status Job::CheckpointNow() {
  std::unique_lock lock(mu_);
  if (ended_) return floe::Fail(ErrorKind::kFailedPrecondition, "job '" + status_.job.name + "' is not running");
  const std::int64_t mine = ++checkpoints_asked_;
  wakeup_->Interrupt();
  changed_.wait(lock, [&] { return ended_ || checkpoints_served_ >= mine; });
  if (checkpoints_served_ >= mine) return checkpoint_result_;
  return floe::Fail(ErrorKind::kFailedPrecondition, "job '" + status_.job.name + "' ended before the checkpoint");
}

void Job::Run() {
  int failures = 0;
  JobState last = JobState::kFailed;
  for (bool again = true; again;) {
    again = false;
    const auto begin = services_.clock.MonotonicNow();
    // The one catch-all of the job's thread.
    Result<End> end = duck::Guard([&] { return Attempt(); });
    if (end) {
      switch (*end) {
        case End::kFinished: last = JobState::kFinished; break;
        case End::kStop: last = JobState::kStopped; break;
        case End::kCancel: last = JobState::kCanceled; break;
        case End::kShutdown: last = JobState::kRunning; break;
      }
      break;
    }
    Fail(end.error());
    if (services_.clock.MonotonicNow() - begin > restart_.healthy_after) failures = 0;
    // An unknown outcome is decided by starting again: the manifest says what was committed, and Publish is idempotent.
    if (end.error().retry() != Retry::kNever) {
      SetState(JobState::kRestarting);
      again = BackOff(failures++);
      if (!again)
        last = request() == Request::kShutdown ? JobState::kRunning
               : request() == Request::kCancel ? JobState::kCanceled
                                               : JobState::kStopped;
    }
  }
  SetState(last);
  {
    const std::lock_guard lock(mu_);
    ended_ = true;
  }
  changed_.notify_all();
}

Status Job::Prepare() {
  Join();
  FLOE_TRY(first_, MakeTask());
  return {};
}

Result<std::unique_ptr<Task>> Job::MakeTask() {
  JobDefinition definition;
  {
    const std::lock_guard lock(mu_);
    definition = status_.job;
  }
  FLOE_TRY(sql::plan::Program program, builder_(definition));
  FLOE_TRY(TaskOptions options, OptionsFromSettings(definition.id, program.settings));
  return Task::Make(services_, std::move(program), options, wakeup_);
}

Result<Job::End> Job::Attempt() {
  auto task = std::exchange(first_, nullptr);
  if (!task) {
    FLOE_TRY(task, MakeTask());
  }
  SetState(JobState::kRunning);
  auto end = Loop(*task);
  Publish(*task, true);
  // After an error sinks are only let go: what they staged is recognised at the next start.
  if (end) FLOE_TRY_VOID(task->Close());
  return end;
}

Result<Job::End> Job::Loop(Task& task) {
  for (;;) {
    const Request asked = request();
    if (asked == Request::kCancel) return End::kCancel;
    if (asked == Request::kStop || asked == Request::kShutdown) {
      if (task.dirty()) FLOE_TRY_VOID(task.Checkpoint());
      return asked == Request::kStop ? End::kStop : End::kShutdown;
    }
    if (asked == Request::kDrain) FLOE_TRY_VOID(task.EndInput());
    FLOE_TRY(const Task::Step step, task.RunOnce());
    FLOE_TRY_VOID(ServeCheckpoints(task));
    if (step == Task::Step::kFinished) return End::kFinished;
    if (step == Task::Step::kIdle) Sleep(task);
    Publish(task, false);
  }
}

Status Job::ServeCheckpoints(Task& task) {
  std::int64_t asked = 0;
  {
    const std::lock_guard lock(mu_);
    if (checkpoints_asked_ == checkpoints_served_) return {};
    asked = checkpoints_asked_;
  }
  Status taken = task.dirty() ? task.Checkpoint() : Status{};
  Publish(task, true);
  {
    const std::lock_guard lock(mu_);
    checkpoints_served_ = asked;
    checkpoint_result_ = taken;
  }
  changed_.notify_all();
  return taken;
}

void Job::Sleep(const Task& task) {
  std::optional<std::chrono::microseconds> longest;
  if (const auto deadline = task.NextDeadline()) {
    longest =
        std::chrono::microseconds(std::max<std::int64_t>(0, deadline->value() - services_.clock.WallNow().value()));
  }
  // The status is shown at most every so often, and the last one always: a job with work to show wakes once more for
  // it, unless it wakes soon anyway.
  const auto age = services_.clock.MonotonicNow() - published_at_;
  if (age >= kPublishEvery) {
    Publish(task, true);
  } else if (!longest || *longest > kPublishEvery) {
    longest = std::chrono::duration_cast<std::chrono::microseconds>(kPublishEvery - age) + std::chrono::microseconds(1);
  }
  // A trickle of rows is taken in rounds; the first row after a rest is taken at once, and no deadline is put off.
  const auto since = std::chrono::duration_cast<std::chrono::microseconds>(services_.clock.MonotonicNow() - round_at_);
  std::chrono::microseconds pause = std::max(task.buffer_timeout() - since, std::chrono::microseconds(0));
  if (longest) pause = std::min(pause, *longest);
  wakeup_->Wait(longest, pause);
  round_at_ = services_.clock.MonotonicNow();
}

void Job::Publish(const Task& task, bool now) {
  const auto time = services_.clock.MonotonicNow();
  if (!now && time - published_at_ < kPublishEvery) return;
  published_at_ = time;
  TaskStatus snapshot = task.Snapshot();
  const std::lock_guard lock(mu_);
  snapshot.side_topics.merge(status_.task.side_topics);  // of earlier attempts
  status_.task = std::move(snapshot);
}

void Job::Fail(const Error& error) {
  const std::lock_guard lock(mu_);
  const bool again = error.retry() != Retry::kNever;
  logging::Write(again ? logging::Level::kWarn : logging::Level::kError, "stream",
                 again ? "job failed and starts again" : "job failed",
                 {{"job", status_.job.name}, {"id", status_.job.id}, {"error", error.ToString()}});
  status_.exceptions.push_back(
      {services_.clock.WallNowMs().value(), std::string(ToString(error.kind())), error.ToString()});
  if (status_.exceptions.size() > kExceptionsKept) status_.exceptions.erase(status_.exceptions.begin());
  ++status_.restarts;
}

bool Job::BackOff(int attempt) {
  const auto wait = std::min(restart_.longest, restart_.first * (std::int64_t{1} << std::min(attempt, 20)));
  std::unique_lock lock(mu_);
  changed_.wait_for(lock, wait, [&] { return request_ != Request::kNone; });
  return request_ == Request::kNone;
}

void Job::SetState(JobState state) {
  JobStatus copy;
  {
    const std::lock_guard lock(mu_);
    if (state != status_.state && state != JobState::kRestarting) {
      logging::Info("stream", "job changes its state",
                    {{"job", status_.job.name},
                     {"id", status_.job.id},
                     {"from", ToString(status_.state)},
                     {"to", ToString(state)}});
    }
    status_.state = state;
    if (IsTerminal(state)) status_.ended_ms = services_.clock.WallNowMs().value();
    copy = status_;
  }
  // A state that cannot be written down is a failure to see, and no reason to stop a job that works.
  if (auto written = listener_(copy); !written) Fail(written.error());
  changed_.notify_all();
}

}  // namespace floe::stream
