// SPDX-License-Identifier: Apache-2.0
#include "stream/runtime/job_manager.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "stream/runtime/job.h"

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
        "SELECT job_id, name, program, settings, state, failure, created_ms, ended_ms FROM stream_jobs", {},
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
          jobs.push_back(std::move(status));
          return {};
        });
  }));
  return jobs;
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
  const std::lock_guard lock(mu_);
  for (JobStatus& status : loaded) {
    const std::string id = status.job.id;
    const bool start = !IsTerminal(status.state) && !paused;
    if (paused && !IsTerminal(status.state)) status.state = JobState::kStopped;
    jobs_[id] = std::make_shared<Job>(services_, builder_, restart_, std::move(status),
                                      [this](const JobStatus& changed) { return Persist(changed); });
    if (start) jobs_[id]->Start();
  }
  return {};
}

Result<std::string> JobManager::Submit(const std::string& name, const std::string& program,
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
        "INSERT INTO stream_jobs (job_id, name, program, settings, state, failure, created_ms, ended_ms) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (job_id) DO UPDATE SET state = excluded.state, failure = "
        "excluded.failure, "
        "ended_ms = excluded.ended_ms",
        {status.job.id, status.job.name, status.job.program, nlohmann::json(status.job.settings).dump(),
         std::string(ToString(status.state)), failure, status.job.created_ms, status.ended_ms}));
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
  std::shared_ptr<Job> found;
  int matches = 0;
  for (const auto& [id, job] : jobs_) {
    const bool prefix = wanted.size() >= 4 && id.starts_with(wanted);
    if (!prefix && job->status().job.name != wanted) continue;
    found = job;
    ++matches;
  }
  if (matches == 1) return found;
  if (matches > 1) return Fail(ErrorKind::kInvalidInput, "'" + wanted + "' fits several jobs; give the whole id");
  return Fail(ErrorKind::kNotFound, "no job '" + wanted + "'; `floe job list` shows them");
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

Status JobManager::Stop(const std::string& wanted) {
  FLOE_TRY(auto job, Find(wanted));
  return EndGently(*job, Job::Request::kStop);
}

Status JobManager::Drain(const std::string& wanted) {
  FLOE_TRY(auto job, Find(wanted));
  return EndGently(*job, Job::Request::kDrain);
}

Status JobManager::Cancel(const std::string& wanted) {
  FLOE_TRY(auto job, Find(wanted));
  return End(*job, Job::Request::kCancel);
}

Status JobManager::Resume(const std::string& wanted) {
  FLOE_TRY(auto job, Find(wanted));
  const JobStatus status = job->status();
  if (!IsTerminal(status.state) || status.state == JobState::kFinished) {
    return Fail(ErrorKind::kFailedPrecondition, "job '" + status.job.name + "' is " +
                                                    std::string(ToString(status.state)) +
                                                    "; only an ended job can be resumed");
  }
  job->Start();
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

Status StreamingQuery::Run(const RowCollector& collector) {
  FLOE_TRY(TaskOptions options, OptionsFromSettings("query", program_.settings));
  options.durable = false;
  options.bad_records =
      options.bad_records == BadRecordPolicy::kDeadLetter ? BadRecordPolicy::kSkip : options.bad_records;
  FLOE_TRY(auto task, Task::Make(services_, program_, options, wakeup_, collector));
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
