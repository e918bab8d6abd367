// SPDX-License-Identifier: Apache-2.0
#include "server/node_metrics.h"

#include <functional>
#include <optional>

#include "base/text.h"
#include "server/node_view.h"
#include "server/parts.h"

namespace floe::server {
namespace {

using metrics::Registry;

double Seconds(std::int64_t ms) {
  return static_cast<double>(ms) / 1000;
}

struct JobMetric {
  const char* name;
  const char* help;
  bool is_counter;
  std::function<std::optional<double>(const stream::JobStatus&, const JobTotals&)> value;
};

/// A counter of the job's totals.
JobMetric Total(const char* name, const char* help, std::int64_t JobTotals::* member) {
  return {name, help, true,
          [member](const stream::JobStatus&, const JobTotals& totals) { return static_cast<double>(totals.*member); }};
}

JobMetric OfCheckpoint(const char* name, const char* help, double (*value)(const stream::CheckpointInfo&)) {
  return {name, help, false, [value](const stream::JobStatus& job, const JobTotals&) -> std::optional<double> {
            const auto& last = job.task.last_checkpoint;
            return last ? std::optional(value(*last)) : std::nullopt;
          }};
}

std::vector<JobMetric> JobMetrics() {
  return {
      Total("floe_job_records_in_total", "Records the job's sources have read", &JobTotals::in),
      Total("floe_job_records_out_total", "Rows the job's sinks have taken", &JobTotals::out),
      Total("floe_job_records_filtered_total", "Rows that conditions left out", &JobTotals::filtered),
      Total("floe_job_records_late_total", "Rows that came after their window had closed", &JobTotals::late),
      Total("floe_job_records_dead_lettered_total", "Records that could not be processed", &JobTotals::dead_lettered),
      Total("floe_job_records_skipped_total", "Records left out on purpose, such as tombstones", &JobTotals::skipped),
      {"floe_job_up", "1 while the job runs, 0 when it waits to start again or has failed; ended jobs have no series",
       false,
       [](const stream::JobStatus& job, const JobTotals&) -> std::optional<double> {
         return job.state == stream::JobState::kRunning ? 1 : 0;
       }},
      {"floe_job_restarts_total", "Failures since the node started", true,
       [](const stream::JobStatus& job, const JobTotals&) -> std::optional<double> { return job.restarts; }},
      {"floe_job_lag_records", "Records in the sources that the job has not read yet", false,
       [](const stream::JobStatus&, const JobTotals& totals) -> std::optional<double> {
         return static_cast<double>(totals.lag);
       }},
      {"floe_job_watermark_seconds", "Event time up to which the job's results are complete, since the epoch", false,
       [](const stream::JobStatus& job, const JobTotals&) -> std::optional<double> {
         const TimestampUs at = job.task.watermark;
         if (at == stream::kNoWatermark || at == stream::kFinalWatermark) return std::nullopt;
         return static_cast<double>(at.value()) / 1e6;
       }},
      OfCheckpoint("floe_job_checkpoint_id", "Number of the last checkpoint",
                   [](const stream::CheckpointInfo& last) { return static_cast<double>(last.id.value()); }),
      OfCheckpoint("floe_job_checkpoint_age_seconds", "Time since the last checkpoint",
                   [](const stream::CheckpointInfo& last) {
                     return Seconds(SystemClock().WallNowMs().value() - last.completed_ms);
                   }),
      OfCheckpoint("floe_job_checkpoint_duration_seconds", "How long the last checkpoint took",
                   [](const stream::CheckpointInfo& last) { return static_cast<double>(last.duration.count()) / 1e6; }),
      OfCheckpoint("floe_job_state_bytes", "State in the last checkpoint",
                   [](const stream::CheckpointInfo& last) { return static_cast<double>(last.state_bytes); }),
  };
}

void AddJobs(Node::Parts& p) {
  for (JobMetric& metric : JobMetrics()) {
    p.metrics.AddCallback(metric.name, metric.help, metric.is_counter, [&p, value = std::move(metric.value)] {
      std::vector<Registry::Sample> samples;
      for (const stream::JobStatus& job : p.jobs->List()) {
        // What ended as it should is no job any more: it would look like one that is down.
        if (stream::IsTerminal(job.state) && job.state != stream::JobState::kFailed) continue;
        if (auto now = value(job, TotalsOf(job.task)))
          samples.push_back({{{"id", job.job.id}, {"job", job.job.name}}, *now});
      }
      return samples;
    });
  }
}

void AddTopics(Node::Parts& p) {
  auto each = [&p](auto value) {
    return [&p, value] {
      std::vector<Registry::Sample> samples;
      for (const auto& topic : p.log->Topics()) {
        for (std::size_t i = 0; i < topic->partitions.size(); ++i) {
          samples.push_back({{{"partition", std::to_string(i)}, {"topic", topic->name}},
                             static_cast<double>(value(*topic->partitions[i]))});
        }
      }
      return samples;
    };
  };
  p.metrics.AddCallback("floe_topic_bytes", "Bytes on disk", false,
                        each([](const log::Partition& partition) { return partition.size_bytes(); }));
  p.metrics.AddCallback("floe_topic_log_start_offset", "First offset that is kept", false,
                        each([](const log::Partition& partition) { return partition.log_start_offset().value(); }));
  p.metrics.AddCallback("floe_topic_log_end_offset", "Offset of the next record", false,
                        each([](const log::Partition& partition) { return partition.high_watermark().value(); }));
}

using IcebergValue = std::function<std::optional<double>(const iceberg::TableMetadata&)>;

std::vector<Registry::Sample> EachIceberg(Node::Parts& p, const IcebergValue& value) {
  std::vector<Registry::Sample> samples;
  auto databases = p.iceberg->ListDatabases();
  for (const std::string& database : databases ? *databases : std::vector<std::string>{}) {
    auto names = p.iceberg->ListTables(database);
    for (const std::string& name : names ? *names : std::vector<std::string>{}) {
      auto loaded = p.iceberg->LoadTable({database, name});
      if (!loaded) continue;  // dropped this moment
      if (auto now = value(*loaded->metadata)) samples.push_back({{{"table", database + "." + name}}, *now});
    }
  }
  return samples;
}

void AddTables(Node::Parts& p) {
  auto summary = [](const char* key) -> IcebergValue {
    return [key](const iceberg::TableMetadata& metadata) -> std::optional<double> {
      const iceberg::Snapshot* snapshot = metadata.current_snapshot();
      if (snapshot == nullptr) return 0;
      auto found = snapshot->summary.find(key);
      if (found == snapshot->summary.end()) return std::nullopt;
      return static_cast<double>(ParseInteger(found->second).value_or(0));
    };
  };
  auto add = [&p](const char* name, const char* help, bool is_counter, IcebergValue value) {
    p.metrics.AddCallback(name, help, is_counter, [&p, value = std::move(value)] { return EachIceberg(p, value); });
  };
  add("floe_iceberg_commits_total", "Commits to the table", true, [](const iceberg::TableMetadata& metadata) {
    return std::optional(static_cast<double>(metadata.last_sequence_number));
  });
  add("floe_iceberg_last_commit_seconds", "Time of the last commit, since the epoch", false,
      [](const iceberg::TableMetadata& metadata) -> std::optional<double> {
        const iceberg::Snapshot* snapshot = metadata.current_snapshot();
        if (snapshot == nullptr) return std::nullopt;
        return Seconds(snapshot->timestamp.value());
      });
  add("floe_iceberg_rows", "Rows in the current snapshot", false, summary("total-records"));
  add("floe_iceberg_files", "Data files of the current snapshot", false, summary("total-data-files"));
  add("floe_iceberg_bytes", "Bytes of the current snapshot's files", false, summary("total-files-size"));
  auto live = [&p](auto value) {
    return [&p, value] {
      std::vector<Registry::Sample> samples;
      for (const auto& table : p.realtime->List())
        samples.push_back({{{"table", table->spec().name}}, static_cast<double>(value(*table))});
      return samples;
    };
  };
  p.metrics.AddCallback("floe_live_table_rows", "Rows of a live table", false,
                        live([](const realtime::Table& table) { return table.row_count(); }));
  p.metrics.AddCallback("floe_live_table_bytes", "Memory of a live table", false,
                        live([](const realtime::Table& table) { return table.size_bytes(); }));
}

}  // namespace

void AddNodeMetrics(Node::Parts& p) {
  AddJobs(p);
  AddTopics(p);
  AddTables(p);
}

}  // namespace floe::server
