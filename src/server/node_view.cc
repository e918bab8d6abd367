// SPDX-License-Identifier: Apache-2.0
#include "server/node_view.h"

#include <algorithm>

#include <duckdb.hpp>
#include <fmt/format.h>
#include <sys/statvfs.h>

#include "base/result.h"
#include "base/text.h"
#include "server/parts.h"

#ifndef FLOE_VERSION
#error "FLOE_VERSION comes from CMake"
#endif

namespace floe::server {
namespace {

/// Columns of the live table by what they hold: the series' name, the time, the value.
struct LiveColumns {
  int series = -1;
  int time = -1;
  int value = -1;
};

LiveColumns ColumnsOf(const data::Schema& schema) {
  LiveColumns columns;
  for (std::size_t i = 0; i < schema.size(); ++i) {
    const data::Type& type = schema.fields[i].type;
    int at = static_cast<int>(i);
    if (columns.series < 0 && type.IsCharacter()) columns.series = at;
    if (columns.time < 0 && type.IsTimestamp()) columns.time = at;
    if (columns.value < 0 && type.IsApproximate()) columns.value = at;
  }
  return columns;
}

void AppendPoints(const duckdb::DataChunk& rows, const LiveColumns& columns, TimestampMs after,
                  std::vector<console::SeriesPoint>& points) {
  duckdb::UnifiedVectorFormat series, time, value;
  auto count = rows.size();
  const_cast<duckdb::Vector&>(rows.data[static_cast<std::size_t>(columns.series)]).ToUnifiedFormat(count, series);
  const_cast<duckdb::Vector&>(rows.data[static_cast<std::size_t>(columns.time)]).ToUnifiedFormat(count, time);
  const_cast<duckdb::Vector&>(rows.data[static_cast<std::size_t>(columns.value)]).ToUnifiedFormat(count, value);
  const auto* names = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(series);
  const auto* times = duckdb::UnifiedVectorFormat::GetData<std::int64_t>(time);
  const auto* values = duckdb::UnifiedVectorFormat::GetData<double>(value);
  for (duckdb::idx_t row = 0; row < count; ++row) {
    auto s = series.sel->get_index(row), t = time.sel->get_index(row), v = value.sel->get_index(row);
    if (!series.validity.RowIsValid(s) || !time.validity.RowIsValid(t) || !value.validity.RowIsValid(v)) continue;
    TimestampMs at(times[t] / 1000);
    if (at > after) points.push_back({names[s].GetString(), at, values[v]});
  }
}

Result<std::vector<console::SeriesPoint>> RowsOf(Node::Parts& p, const std::string& name, TimestampMs after) {
  std::string full = name.find('.') != std::string::npos ? name : "default_catalog.default_database." + name;
  auto table = p.realtime->Find(full);
  if (!table) return Fail(ErrorKind::kNotFound, "there is no live table '" + full + "'");
  LiveColumns columns = ColumnsOf(table->spec().schema);
  std::vector<console::SeriesPoint> points;
  if (columns.series < 0 || columns.time < 0 || columns.value < 0) return points;
  realtime::Snapshot snapshot = table->TakeSnapshot();
  for (const auto& segment : snapshot.segments) AppendPoints(segment->rows, columns, after, points);
  return points;
}

void AddTopics(Node::Parts& p, console::NodeStatus& status) {
  for (const auto& topic : p.log->Topics()) {
    console::TopicStatus one{.name = topic->name, .partitions = static_cast<int>(topic->partitions.size())};
    for (const auto& partition : topic->partitions) {
      one.records += partition->high_watermark() - partition->log_start_offset();
      one.end_offset += partition->high_watermark().value();
      one.bytes += partition->size_bytes();
    }
    status.topics.push_back(std::move(one));
  }
}

void AddJobs(Node::Parts& p, console::NodeStatus& status) {
  for (const stream::JobStatus& job : p.jobs->List()) {
    JobTotals totals = TotalsOf(job.task);
    console::JobStatus one{.id = job.job.id, .name = job.job.name, .state = std::string(stream::ToString(job.state))};
    one.rows_in = totals.in;
    one.rows_out = totals.out;
    one.filtered = totals.filtered;
    one.late = totals.late;
    one.dead_lettered = totals.dead_lettered;
    one.lag_records = totals.lag;
    if (job.task.watermark != stream::kNoWatermark && job.task.watermark != stream::kFinalWatermark)
      one.watermark = TimestampMs(job.task.watermark.value() / 1000);
    if (job.task.last_checkpoint) one.last_checkpoint = TimestampMs(job.task.last_checkpoint->completed_ms);
    if (!job.exceptions.empty()) one.error = job.exceptions.back().message;
    status.jobs.push_back(std::move(one));
  }
}

Status AddTables(Node::Parts& p, console::NodeStatus& status) {
  for (const auto& table : p.realtime->List()) {
    status.tables.push_back({.name = table->spec().name,
                             .kind = "realtime",
                             .rows = static_cast<std::int64_t>(table->row_count()),
                             .bytes = table->size_bytes()});
  }
  FLOE_TRY(std::vector<std::string> databases, p.iceberg->ListDatabases());
  for (const std::string& database : databases) {
    FLOE_TRY(std::vector<std::string> names, p.iceberg->ListTables(database));
    for (const std::string& name : names) {
      FLOE_TRY(iceberg::LoadedTable loaded, p.iceberg->LoadTable({database, name}));
      console::TableStatus one{.name = "iceberg." + database + "." + name, .kind = "iceberg"};
      if (const iceberg::Snapshot* snapshot = loaded.metadata->current_snapshot()) {
        one.snapshot = std::to_string(snapshot->snapshot_id.value());
        one.last_commit = snapshot->timestamp;
        auto total = [&](const char* key) {
          auto found = snapshot->summary.find(key);
          return found == snapshot->summary.end() ? std::int64_t{0} : ParseInteger(found->second).value_or(0);
        };
        one.rows = total("total-records");
        one.bytes = static_cast<std::uint64_t>(total("total-files-size"));
      }
      status.tables.push_back(std::move(one));
    }
  }
  return {};
}

/// Below this an append or a checkpoint does not fit any more.
constexpr std::uint64_t kLeastSpace = 4ULL << 20;

/// Whether the log can grow; reading goes on without. On a tiny file system a tenth of it counts.
console::ComponentHealth DiskHealth(Node::Parts& p) {
  console::ComponentHealth health{.name = "disk", .ready = true, .reason = ""};
  struct statvfs info{};
  if (::statvfs(p.directory->path().c_str(), &info) != 0) return health;
  const std::uint64_t unit = info.f_frsize;
  const std::uint64_t available = info.f_bavail * unit;
  if (available >= std::min(kLeastSpace, info.f_blocks * unit / 10)) return health;
  health.ready = false;
  health.reason = fmt::format(
      "disk full: {} left on the file system of '{}'; records and checkpoints are refused until "
      "there is space",
      HumanBytes(available), p.directory->path());
  return health;
}

/// A quota can be used up where the file system has space.
console::ComponentHealth JobsHealth(Node::Parts& p) {
  for (const auto& job : p.jobs->List()) {
    if (job.state != stream::JobState::kRestarting || job.exceptions.empty()) continue;
    const stream::JobException& last = job.exceptions.back();
    if (last.kind != ToString(ErrorKind::kDiskFull)) continue;
    return {.name = "jobs", .ready = false, .reason = fmt::format("job '{}' waits: {}", job.job.name, last.message)};
  }
  return {.name = "jobs", .ready = true, .reason = ""};
}

}  // namespace

JobTotals TotalsOf(const stream::TaskStatus& task) {
  JobTotals totals;
  for (const auto& source : task.sources) {
    totals.in += source.counters.in;
    totals.lag += source.lag.value_or(0);
    totals.skipped += source.counters.skipped;
  }
  // Sources are among the operators.
  for (const auto& [name, counters] : task.operators) {
    totals.filtered += counters.filtered;
    totals.late += counters.late;
    totals.dead_lettered += counters.dead_lettered;
  }
  for (const auto& sink : task.sinks) totals.out += sink.counters.out;
  return totals;
}

Result<console::NodeStatus> StatusOf(Node::Parts& p) {
  console::NodeStatus status;
  status.version = FLOE_VERSION;
  auto uptime = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - p.started);
  status.started = TimestampMs(SystemClock().WallNowMs().value() - uptime.count());
  status.addresses = p.addresses;
  AddTopics(p, status);
  AddJobs(p, status);
  FLOE_TRY_VOID(AddTables(p, status));
  return status;
}

console::NodeView ViewOf(Node::Parts& p) {
  console::NodeView view;
  view.rows_of = [&p](const std::string& table, TimestampMs after) { return RowsOf(p, table, after); };
  view.status = [&p] { return StatusOf(p); };
  view.metrics = [&p] { return p.metrics.Print(); };
  view.health = [&p] {
    return std::vector<console::ComponentHealth>{
        {.name = "node", .ready = true, .reason = ""}, DiskHealth(p), JobsHealth(p)};
  };
  return view;
}

}  // namespace floe::server
