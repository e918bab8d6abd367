// SPDX-License-Identifier: Apache-2.0
#include "stream/runtime/job_manager.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/logging.h"
#include "stream/runtime/job.h"
#include "stream/runtime/status_text.h"

namespace floe::stream {
namespace {

constexpr std::pair<JobState, std::string_view> kStates[] = {
    {JobState::kRunning, "RUNNING"}, {JobState::kRestarting, "RESTARTING"}, {JobState::kFinished, "FINISHED"},
    {JobState::kStopped, "STOPPED"}, {JobState::kCanceled, "CANCELED"},     {JobState::kFailed, "FAILED"}};

Result<JobState> ParseState(std::string_view text) {
  for (const auto& [state, name] : kStates) {
    if (name == text) return state;
  }
  return Fail(ErrorKind::kCorruption, "job with unknown state '" + std::string(text) + "'");
}

Result<std::map<std::string, std::string>> ParseSettings(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return Fail(ErrorKind::kCorruption, "job settings are not a JSON object");
  std::map<std::string, std::string> settings;
  for (const auto& [key, value] : json.items()) {
    if (!value.is_string()) return Fail(ErrorKind::kCorruption, "job setting '" + key + "' is not a string");
    settings[key] = value.get<std::string>();
  }
  return settings;
}

Result<std::vector<JobStatus>> LoadJobs(meta::Store& store) {
  std::vector<JobStatus> jobs;
  FLOE_TRY_VOID(store.Read([&](meta::Transaction& transaction) {
    return transaction.Query(
        "SELECT job_id, name, program, settings, state, failure, created_ms, ended_ms, status FROM stream_jobs", {},
        [&](const meta::Row& row) -> Status {
          JobStatus status;
          status.job.id = row.Bytes(0);
          status.job.name = row.Bytes(1);
          status.job.program = row.Bytes(2);
          FLOE_TRY(status.job.settings, ParseSettings(row.Bytes(3)));
          FLOE_TRY(status.state, ParseState(row.Bytes(4)));
          status.ended_ms = row.Int(7);
          if (!row.Bytes(5).empty()) status.exceptions.push_back({status.ended_ms, "", std::string(row.Bytes(5))});
          status.job.created_ms = row.Int(6);
          status.task = ParseStatusText(row.Bytes(8));
          jobs.push_back(std::move(status));
          return {};
        });
  }));
  return jobs;
}

bool IsForeground(const JobDefinition& job) {
  const auto found = job.settings.find(kForegroundSetting);
  return found != job.settings.end() && found->second == "true";
}

bool CanResume(JobState state) {
  return IsTerminal(state) && state != JobState::kFinished;
}

const char* const kOtherName = "or give this one another name (--name, SET 'pipeline.name')";

std::unexpected<Error> LivesAlready(const JobStatus& status) {
  return Fail(ErrorKind::kAlreadyExists, fmt::format("job '{0}' is {1} already; stop it with 'floe job stop {0}', {2}",
                                                     status.job.name, ToString(status.state), kOtherName));
}

}  // namespace

std::string_view ToString(JobState state) {
  for (const auto& [known, name] : kStates) {
    if (known == state) return name;
  }
  return "?";
}

bool IsTerminal(JobState state) {
  return state != JobState::kRunning && state != JobState::kRestarting;
}

JobManager::JobManager(Services services, PlanBuilder builder, Random& random, RestartPolicy restart)
    : services_(std::move(services)), builder_(std::move(builder)), random_(random), restart_(restart) {}

JobManager::~JobManager() {
  Shutdown();
}

Status JobManager::Start(bool paused) {
  FLOE_TRY_VOID(CheckpointStore::Migrate(services_.meta));
  FLOE_TRY(auto loaded, LoadJobs(services_.meta));
  for (JobStatus& status : loaded) FLOE_TRY_VOID(Bring(std::move(status), paused));
  return {};
}

Status JobManager::Bring(JobStatus status, bool paused) {
  const std::string id = status.job.id;
  CheckpointStore store(services_.meta, services_.files, services_.checkpoint_root + "/" + id, id);
  // After a crash the checkpoint is newer than what was written down when the job last changed its state. A damaged one
  // is the job's failure when it starts.
  const auto stored = store.Load();
  const bool known = stored && *stored;
  if (known && (!status.task.last_checkpoint || status.task.last_checkpoint->id < (*stored)->id)) {
    status.task = StatusOf(**stored, status.task);
  }
  if (!IsTerminal(status.state) && IsForeground(status.job)) {
    // Its command ended without a word.
    status.state = JobState::kStopped;
    status.ended_ms = services_.clock.WallNowMs().value();
    FLOE_TRY_VOID(Persist(status));
  }
  const bool lived = !IsTerminal(status.state);
  if (lived && paused) status.state = JobState::kStopped;
  const std::lock_guard lock(mu_);
  if (lived && paused) held_.insert(id);
  jobs_[id] = std::make_shared<Job>(services_, builder_, restart_, std::move(status),
                                    [this](const JobStatus& changed) { return Persist(changed); });
  if (lived && !paused) jobs_[id]->Start();
  return {};
}

Result<std::string> JobManager::Submit(const std::string& name, const std::string& program,
                                       std::map<std::string, std::string> settings) {
  const std::lock_guard submitting(submit_mu_);
  FLOE_TRY(const std::string free, FreeName(name, program, settings.contains("pipeline.name")));
  return Create(free, program, std::move(settings));
}

Result<Submission> JobManager::SubmitOrResume(const std::string& name, const std::string& program,
                                              std::map<std::string, std::string> settings) {
  const std::lock_guard submitting(submit_mu_);
  std::shared_ptr<Job> same;
  {
    const std::lock_guard lock(mu_);
    for (const auto& [id, job] : jobs_) {
      const JobStatus status = job->status();
      const std::string& known = status.job.name;
      if (status.state == JobState::kFinished || !(known == name || known.starts_with(name + "-"))) continue;
      if (status.job.program == program) {
        same = job;
      } else if (known == name && IsTerminal(status.state) && IsForeground(status.job)) {
        return Fail(ErrorKind::kAlreadyExists,
                    fmt::format("an earlier run was interrupted and left job '{}' with another statement, {}; "
                                "'floe job remove {}' forgets it and where it was, SET 'pipeline.name' gives this "
                                "one another name",
                                known, ToString(status.state), known));
      }
    }
  }
  if (same) {
    const JobStatus status = same->status();
    // Ctrl-C would stop a job that somebody gave to the node.
    if (!IsTerminal(status.state) && !IsForeground(status.job)) return LivesAlready(status);
    if (IsTerminal(status.state)) FLOE_TRY_VOID(ResumeJob(*same));
    return Submission{.id = same->status().job.id, .resumed = true};
  }
  FLOE_TRY(const std::string free, FreeName(name, program, settings.contains("pipeline.name")));
  FLOE_TRY(std::string id, Create(free, program, std::move(settings)));
  return Submission{.id = std::move(id), .resumed = false};
}

Result<std::string> JobManager::FreeName(const std::string& name, const std::string& program, bool chosen) const {
  const std::lock_guard lock(mu_);
  for (int number = 1;; ++number) {
    const std::string candidate = number == 1 ? name : fmt::format("{}-{}", name, number);
    const auto taken = std::ranges::find_if(jobs_, [&](const auto& entry) {
      const JobStatus status = entry.second->status();
      return status.job.name == candidate && status.state != JobState::kFinished;
    });
    if (taken == jobs_.end()) return candidate;
    const JobStatus status = taken->second->status();
    if (!chosen && status.job.program != program) continue;
    if (!IsTerminal(status.state)) return LivesAlready(status);
    // A new one would read from the beginning what this one has written already.
    return Fail(ErrorKind::kAlreadyExists,
                fmt::format("job '{0}' is {1}: 'floe job resume {0}' goes on from its last checkpoint, 'floe job "
                            "remove {0}' forgets it and where it was, {2}",
                            candidate, ToString(status.state), kOtherName));
  }
}

Result<std::string> JobManager::Create(const std::string& name, const std::string& program,
                                       std::map<std::string, std::string> settings) {
  JobStatus status;
  status.job.id = random_.Uuid();
  std::erase(status.job.id, '-');
  status.job.name = name;
  status.job.program = program;
  status.job.settings = std::move(settings);
  status.job.created_ms = services_.clock.WallNowMs().value();
  const std::string id = status.job.id;
  auto job = std::make_shared<Job>(services_, builder_, restart_, status,
                                   [this](const JobStatus& changed) { return Persist(changed); });
  FLOE_TRY_VOID(job->Prepare());
  FLOE_TRY_VOID(Persist(status));
  logging::Info("stream", "job starts", {{"job", name}, {"id", id}});
  const std::lock_guard lock(mu_);
  jobs_[id] = job;
  job->Start();
  return id;
}

Status JobManager::Persist(const JobStatus& status) {
  const std::string failure =
      status.state == JobState::kFailed && !status.exceptions.empty() ? status.exceptions.back().message : "";
  return services_.meta.Write([&](meta::Transaction& transaction) -> Status {
    FLOE_TRY_VOID(transaction.Execute(
        "INSERT INTO stream_jobs (job_id, name, program, settings, state, failure, created_ms, ended_ms, status) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (job_id) DO UPDATE SET state = excluded.state, failure = "
        "excluded.failure, "
        "ended_ms = excluded.ended_ms, status = excluded.status",
        {status.job.id, status.job.name, status.job.program, nlohmann::json(status.job.settings).dump(),
         std::string(ToString(status.state)), failure, status.job.created_ms, status.ended_ms,
         StatusText(status.task)}));
    return {};
  });
}

std::vector<JobStatus> JobManager::List() const {
  std::vector<JobStatus> all;
  const std::lock_guard lock(mu_);
  for (const auto& [id, job] : jobs_) all.push_back(job->status());
  std::ranges::sort(all, {}, [](const JobStatus& status) { return std::pair(status.job.created_ms, status.job.id); });
  return all;
}

Result<std::shared_ptr<Job>> JobManager::Find(const std::string& wanted) const {
  const std::lock_guard lock(mu_);
  if (auto exact = jobs_.find(wanted); exact != jobs_.end()) return exact->second;
  std::vector<std::shared_ptr<Job>> fits;
  std::vector<std::shared_ptr<Job>> preferred;
  std::shared_ptr<Job> newest;
  for (const auto& [id, job] : jobs_) {
    const JobStatus status = job->status();
    const bool prefix = wanted.size() >= 4 && id.starts_with(wanted);
    if (!prefix && status.job.name != wanted) continue;
    fits.push_back(job);
    if (status.state != JobState::kFinished) preferred.push_back(job);
    if (!newest || status.job.created_ms >= newest->status().job.created_ms) newest = job;
  }
  if (preferred.size() == 1) return preferred.front();
  if (fits.empty()) return Fail(ErrorKind::kNotFound, "no job '" + wanted + "'; `floe job list` shows them");
  if (preferred.empty()) return newest;
  std::string ids;
  for (const auto& job : preferred) ids += (ids.empty() ? "" : ", ") + job->status().job.id;
  return Fail(ErrorKind::kInvalidInput, "'" + wanted + "' fits several jobs; give the id of one: " + ids);
}

Result<JobStatus> JobManager::Show(const std::string& wanted) const {
  FLOE_TRY(auto job, Find(wanted));
  return job->status();
}

namespace {

Status End(Job& job, Job::Request request) {
  const JobStatus status = job.status();
  if (IsTerminal(status.state)) {
    return Fail(ErrorKind::kFailedPrecondition,
                "job '" + status.job.name + "' is " + std::string(ToString(status.state)) + " already");
  }
  job.Ask(request);
  job.WaitEnd(std::nullopt);
  return {};
}

/// The same, and a job that failed meanwhile is an error.
Status EndGently(Job& job, Job::Request request) {
  FLOE_TRY_VOID(End(job, request));
  const JobStatus status = job.status();
  if (status.state != JobState::kFailed) return {};
  return Fail(ErrorKind::kFailedPrecondition, "job '" + status.job.name + "' failed while stopping: " +
                                                  (status.exceptions.empty() ? "" : status.exceptions.back().message));
}

}  // namespace

Result<bool> JobManager::StopHeld(const Job& job) {
  JobStatus status = job.status();
  {
    const std::lock_guard lock(mu_);
    if (held_.erase(status.job.id) == 0) return false;
  }
  status.ended_ms = services_.clock.WallNowMs().value();
  FLOE_TRY_VOID(Persist(status));
  return true;
}

Status JobManager::Stop(const std::string& wanted) {
  FLOE_TRY(auto job, Find(wanted));
  FLOE_TRY(const bool held, StopHeld(*job));
  if (held) return {};
  return EndGently(*job, Job::Request::kStop);
}

Status JobManager::Drain(const std::string& wanted) {
  FLOE_TRY(auto job, Find(wanted));
  return EndGently(*job, Job::Request::kDrain);
}

Status JobManager::Cancel(const std::string& wanted) {
  FLOE_TRY(auto job, Find(wanted));
  FLOE_TRY(const bool held, StopHeld(*job));
  if (held) return {};
  return End(*job, Job::Request::kCancel);
}

Status JobManager::Resume(const std::string& wanted) {
  const std::lock_guard submitting(submit_mu_);
  FLOE_TRY(auto job, Find(wanted));
  const JobStatus status = job->status();
  if (!CanResume(status.state)) {
    return Fail(ErrorKind::kFailedPrecondition,
                fmt::format("job '{}' is {}; only a stopped, canceled or failed job can be resumed", status.job.name,
                            ToString(status.state)));
  }
  return ResumeJob(*job);
}

Status JobManager::ResumeJob(Job& job) {
  // What still stands in the way is the caller's to see.
  FLOE_TRY_VOID(job.Prepare());
  {
    const std::lock_guard lock(mu_);
    held_.erase(job.status().job.id);
  }
  job.Start();
  return {};
}

Status JobManager::Checkpoint(const std::string& wanted) {
  FLOE_TRY(auto job, Find(wanted));
  return job->CheckpointNow();
}

Result<JobStatus> JobManager::Wait(const std::string& wanted, std::optional<std::chrono::milliseconds> timeout) {
  FLOE_TRY(auto job, Find(wanted));
  if (!job->WaitEnd(timeout)) return Fail(ErrorKind::kTimeout, "job '" + wanted + "' is still running");
  return job->status();
}

Status JobManager::Remove(const std::string& wanted) {
  FLOE_TRY(auto job, Find(wanted));
  const JobStatus status = job->status();
  if (!IsTerminal(status.state)) {
    return Fail(ErrorKind::kFailedPrecondition, "job '" + status.job.name + "' is running; stop or cancel it first");
  }
  FLOE_TRY_VOID(services_.meta.Write([&](meta::Transaction& transaction) -> Status {
    FLOE_TRY_VOID(transaction.Execute("DELETE FROM stream_jobs WHERE job_id = ?", {status.job.id}));
    return {};
  }));
  CheckpointStore store(services_.meta, services_.files, services_.checkpoint_root + "/" + status.job.id,
                        status.job.id);
  FLOE_TRY_VOID(store.Forget());
  const std::lock_guard lock(mu_);
  held_.erase(status.job.id);
  jobs_.erase(status.job.id);
  return {};
}

void JobManager::Shutdown() {
  std::map<std::string, std::shared_ptr<Job>> jobs;
  {
    const std::lock_guard lock(mu_);
    jobs.swap(jobs_);
  }
  for (auto& [id, job] : jobs) job->Ask(Job::Request::kShutdown);
  for (auto& [id, job] : jobs) job->Join();
}

Status StreamingQuery::Run(const RowCollector& collector, const std::function<Status()>& ready) {
  FLOE_TRY(TaskOptions options, OptionsFromSettings("query", program_.settings));
  options.durable = false;
  options.bad_records =
      options.bad_records == BadRecordPolicy::kDeadLetter ? BadRecordPolicy::kSkip : options.bad_records;
  FLOE_TRY(auto task, Task::Make(services_, program_, options, wakeup_, collector));
  if (ready) FLOE_TRY_VOID(ready());
  for (;;) {
    if (cancelled_) return Fail(ErrorKind::kCancelled, "the query was cancelled");
    FLOE_TRY(const Task::Step step, task->RunOnce());
    if (step == Task::Step::kFinished) return task->Close();
    if (step != Task::Step::kIdle) continue;
    const auto deadline = task->NextDeadline();
    if (!deadline) {
      wakeup_->Wait(std::nullopt);
    } else if (const std::int64_t left = deadline->value() - services_.clock.WallNow().value(); left > 0) {
      wakeup_->Wait(std::chrono::microseconds(left));
    }
  }
}

void StreamingQuery::Cancel() {
  cancelled_ = true;
  wakeup_->Interrupt();
}

}  // namespace floe::stream
