// SPDX-License-Identifier: Apache-2.0
#include "stream/runtime/job_manager.h"

#include <future>

#include <gtest/gtest.h>

#include "base/matchers.h"
#include "stream/testing/oracle.h"
#include "stream/testing/plans.h"

namespace floe::stream::testing {
namespace {

using data::Type;
using duckdb::Value;
using sql::plan::Program;

class JobManagerTest : public ::testing::Test {
 protected:
  JobManagerTest() {
    schema_.fields = {{"n", Type::BigInt(), {}, {}}};
    Fill(10);
  }
  void Fill(int rows) {
    auto& split = bench_.tables().sources["numbers"].splits;
    split.assign(1, {});
    for (int i = 0; i < rows; ++i) split[0].push_back({{Value::BIGINT(i)}});
  }
  /// Job threads use the machine's clock: they really sleep.
  std::unique_ptr<JobManager> Manager() {
    Services services{bench_.services().duck,
                      bench_.services().connectors,
                      bench_.meta(),
                      bench_.services().files,
                      SystemClock(),
                      bench_.side().Factory(),
                      bench_.services().checkpoint_root};
    PlanBuilder builder = [this](const JobDefinition& job) -> Result<Program> {
      if (job.program != "copy") return Fail(ErrorKind::kInvalidInput, "cannot parse '" + job.program + "'");
      Program program;
      program.settings = job.settings;
      program.sinks = {Sink(Scan("numbers", schema_), "out")};
      return program;
    };
    return std::make_unique<JobManager>(std::move(services), std::move(builder), random_,
                                        RestartPolicy{.first = std::chrono::milliseconds(1)});
  }
  std::size_t published() { return bench_.tables().sinks["out"].published.size(); }

  Bench bench_{1};
  SeededRandom random_{1};
  data::Schema schema_;
};

TEST_F(JobManagerTest, ABoundedJobFinishesWithItsCounters) {
  auto manager = Manager();
  ASSERT_OK(manager->Start());
  auto id = manager->Submit("copy numbers", "copy", {});
  ASSERT_OK(id);
  auto ended = manager->Wait(*id);
  ASSERT_OK(ended);
  EXPECT_EQ(ended->state, JobState::kFinished);
  EXPECT_EQ(published(), 10u);
  ASSERT_EQ(ended->task.sinks.size(), 1u);
  EXPECT_EQ(ended->task.sinks[0].counters.out, 10);
  EXPECT_EQ(ended->task.last_checkpoint->id, CheckpointId(1));
  EXPECT_OK(manager->Show("copy numbers"));
  EXPECT_OK(manager->Show(id->substr(0, 8)));
  EXPECT_THAT(manager->Show("nothing"), IsError(ErrorKind::kNotFound));
  EXPECT_THAT(manager->Stop(*id), IsError(ErrorKind::kFailedPrecondition));
  ASSERT_OK(manager->Remove(*id));
  EXPECT_TRUE(manager->List().empty());
}

TEST_F(JobManagerTest, SubmitRefusesWhatCannotRun) {
  auto manager = Manager();
  ASSERT_OK(manager->Start());
  EXPECT_THAT(manager->Submit("x", "SELEKT", {}), HasErrorMessage("SELEKT"));
  EXPECT_THAT(manager->Submit("x", "copy", {{"execution.checkpointing.interval", "soon"}}),
              IsError(ErrorKind::kInvalidInput));
  EXPECT_TRUE(manager->List().empty());
}

TEST_F(JobManagerTest, StopsWithACheckpointAndResumes) {
  bench_.tables().sources["numbers"].endless = true;
  auto manager = Manager();
  ASSERT_OK(manager->Start());
  auto id = manager->Submit("endless", "copy", {{"execution.checkpointing.interval", "1 h"}});
  ASSERT_OK(id);
  ASSERT_OK(manager->Checkpoint(*id));
  ASSERT_OK(manager->Stop(*id));
  EXPECT_EQ(manager->Show(*id)->state, JobState::kStopped);
  EXPECT_EQ(published(), 10u);
  bench_.tables().sources["numbers"].splits[0].push_back({{Value::BIGINT(10)}});
  ASSERT_OK(manager->Resume(*id));
  ASSERT_OK(manager->Stop(*id));
  EXPECT_GE(published(), 10u);
  ASSERT_OK(manager->Resume(*id));
  ASSERT_OK(manager->Checkpoint(*id));
  ASSERT_OK(manager->Cancel(*id));
  EXPECT_EQ(manager->Show(*id)->state, JobState::kCanceled);
}

TEST_F(JobManagerTest, JobsComeBackAfterARestart) {
  bench_.tables().sources["numbers"].endless = true;
  std::string id;
  {
    auto manager = Manager();
    ASSERT_OK(manager->Start());
    auto submitted = manager->Submit("endless", "copy", {});
    ASSERT_OK(submitted);
    id = *submitted;
    ASSERT_OK(manager->Checkpoint(id));
    manager->Shutdown();
  }
  bench_.tables().sources["numbers"].endless = false;
  bench_.tables().sources["numbers"].splits[0].push_back({{Value::BIGINT(10)}});
  auto manager = Manager();
  ASSERT_OK(manager->Start());
  auto ended = manager->Wait(id);
  ASSERT_OK(ended);
  EXPECT_EQ(ended->state, JobState::kFinished);
  EXPECT_EQ(published(), 11u);
}

TEST_F(JobManagerTest, TransientFailuresRestartAndOthersEnd) {
  int failures = 3;
  bench_.tables().sinks["out"].on_commit = [&]() -> Status {
    return failures-- > 0 ? Fail(ErrorKind::kUnavailable, "the other side sleeps") : Status{};
  };
  auto manager = Manager();
  ASSERT_OK(manager->Start());
  auto id = manager->Submit("flaky", "copy", {});
  ASSERT_OK(id);
  auto ended = manager->Wait(*id);
  ASSERT_OK(ended);
  EXPECT_EQ(ended->state, JobState::kFinished);
  EXPECT_EQ(ended->restarts, 3);
  EXPECT_EQ(ended->exceptions.size(), 3u);
  EXPECT_EQ(published(), 10u) << "once, however often it was tried";

  bench_.tables().sinks["out"].on_commit = []() -> Status { return Fail(ErrorKind::kInvalidInput, "never"); };
  id = manager->Submit("broken", "copy", {});
  ASSERT_OK(id);
  ended = manager->Wait(*id);
  ASSERT_OK(ended);
  EXPECT_EQ(ended->state, JobState::kFailed);
  EXPECT_THAT(ended->exceptions.back().message, ::testing::HasSubstr("never"));
}

TEST_F(JobManagerTest, ANameBelongsToOneUnfinishedJob) {
  bench_.tables().sources["numbers"].endless = true;
  auto manager = Manager();
  ASSERT_OK(manager->Start());
  auto id = manager->Submit("w", "copy", {{"pipeline.name", "w"}});
  ASSERT_OK(id);
  auto again = manager->Submit("w", "copy", {{"pipeline.name", "w"}});
  EXPECT_THAT(again, IsError(ErrorKind::kAlreadyExists));
  EXPECT_THAT(again, HasErrorMessage("floe job stop w"));
  EXPECT_THAT(manager->Submit("w", "copy", {}), IsError(ErrorKind::kAlreadyExists)) << "the same program";
  EXPECT_THAT(manager->SubmitOrResume("w", "copy", {{kForegroundSetting, "true"}}), HasErrorMessage("floe job stop w"))
      << "it was given to the node";
  ASSERT_OK(manager->Stop("w"));
  EXPECT_THAT(manager->Submit("w", "copy", {}), HasErrorMessage("floe job resume w"))
      << "all of it would be read twice";
  EXPECT_THAT(manager->Submit("w", "copy", {{"pipeline.name", "w"}}), HasErrorMessage("floe job remove w"));
  ASSERT_OK(manager->Resume("w"));
  EXPECT_THAT(manager->Resume("w"), IsError(ErrorKind::kFailedPrecondition));
  ASSERT_OK(manager->Drain("w"));
  auto second = manager->Submit("w", "copy", {{"pipeline.name", "w"}});
  ASSERT_OK(second) << "the first has finished";
  EXPECT_EQ(manager->Show("w")->job.id, *second);
  EXPECT_EQ(manager->Show(*id)->state, JobState::kFinished);
}

TEST_F(JobManagerTest, AFailedJobKeepsItsCountersAndIsResumed) {
  bench_.tables().sources["numbers"].endless = true;
  std::string id;
  {
    auto manager = Manager();
    ASSERT_OK(manager->Start());
    auto submitted = manager->Submit("w", "copy", {});
    ASSERT_OK(submitted);
    id = *submitted;
    ASSERT_OK(manager->Checkpoint(id));
    bench_.tables().sinks["out"].on_commit = []() -> Status { return Fail(ErrorKind::kInvalidInput, "never"); };
    bench_.tables().sources["numbers"].splits[0].push_back({{Value::BIGINT(10)}});
    (void)manager->Checkpoint(id);
    ASSERT_OK(manager->Wait(id));
    EXPECT_EQ(manager->Show(id)->state, JobState::kFailed);
    EXPECT_THAT(manager->Submit("w", "copy", {}), HasErrorMessage("floe job resume w"));
  }
  bench_.tables().sinks["out"].on_commit = nullptr;
  auto manager = Manager();
  ASSERT_OK(manager->Start());
  auto status = manager->Show(id);
  EXPECT_EQ(status->state, JobState::kFailed);
  ASSERT_EQ(status->task.sources.size(), 1u);
  EXPECT_GE(status->task.sources[0].counters.in, 10);
  ASSERT_OK(manager->Resume("w"));
  ASSERT_OK(manager->Checkpoint(id));
  EXPECT_EQ(published(), 11u);
}

TEST_F(JobManagerTest, AForegroundJobGoesOnAndIsNotBroughtBack) {
  bench_.tables().sources["numbers"].endless = true;
  const std::map<std::string, std::string> settings = {{kForegroundSetting, "true"}};
  std::string id;
  {
    auto manager = Manager();
    ASSERT_OK(manager->Start());
    auto submitted = manager->SubmitOrResume("w", "copy", settings);
    ASSERT_OK(submitted);
    EXPECT_FALSE(submitted->resumed);
    id = submitted->id;
    ASSERT_OK(manager->Checkpoint(id));
    manager->Shutdown();
  }
  auto manager = Manager();
  ASSERT_OK(manager->Start());
  EXPECT_EQ(manager->Show(id)->state, JobState::kStopped);
  EXPECT_EQ(manager->Show(id)->task.sources.at(0).counters.in, 10);
  auto again = manager->SubmitOrResume("w", "copy", settings);
  ASSERT_OK(again);
  EXPECT_TRUE(again->resumed);
  EXPECT_EQ(again->id, id);
  bench_.tables().sources["numbers"].splits[0].push_back({{Value::BIGINT(10)}});
  ASSERT_OK(manager->Stop(id));
  EXPECT_THAT(manager->SubmitOrResume("w", "another", settings), HasErrorMessage("floe job remove w"));
}

TEST_F(JobManagerTest, APausedStartHoldsJobsBackUntilTheyAreStopped) {
  bench_.tables().sources["numbers"].endless = true;
  {
    auto manager = Manager();
    ASSERT_OK(manager->Start());
    ASSERT_OK(manager->Submit("a", "copy", {}));
  }
  {
    auto manager = Manager();
    ASSERT_OK(manager->Start(true));
    EXPECT_EQ(manager->Show("a")->state, JobState::kStopped);
  }
  {
    auto manager = Manager();
    ASSERT_OK(manager->Start());
    EXPECT_EQ(manager->Show("a")->state, JobState::kRunning);
  }
  {
    auto manager = Manager();
    ASSERT_OK(manager->Start(true));
    ASSERT_OK(manager->Stop("a"));
  }
  auto manager = Manager();
  ASSERT_OK(manager->Start());
  EXPECT_EQ(manager->Show("a")->state, JobState::kStopped);
}

TEST_F(JobManagerTest, AStreamingQueryIsCancelledWhileItSleeps) {
  bench_.tables().sources["numbers"].endless = true;
  Program program;
  program.query = Scan("numbers", schema_);
  Services services{
      bench_.services().duck,  bench_.services().connectors,     bench_.meta(), bench_.services().files, SystemClock(),
      bench_.side().Factory(), bench_.services().checkpoint_root};
  StreamingQuery query(services, program);
  std::promise<void> all;
  std::int64_t seen = 0;
  auto run = std::async(std::launch::async, [&] {
    return query.Run([&](const data::Batch& batch) -> Status {
      seen += static_cast<std::int64_t>(batch.size());
      if (seen == 10) all.set_value();
      return {};
    });
  });
  all.get_future().wait();
  query.Cancel();
  EXPECT_THAT(run.get(), IsError(ErrorKind::kCancelled));
}

}  // namespace
}  // namespace floe::stream::testing
