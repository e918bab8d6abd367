// SPDX-License-Identifier: Apache-2.0
// Scans segment files with checksums and decodes every record.
#include "log/check.h"

#include <algorithm>
#include <limits>

#include "io/file_system.h"
#include "kafka/protocol/record_batch_reader.h"
#include "log/acknowledged_mark.h"
#include "log/batch_scanner.h"
#include "log/segment.h"

namespace floe::log {
namespace {

Status CheckRecords(std::span<const std::byte> batch, kafka::RecordReader& reader, PartitionReport& report) {
  FLOE_TRY_VOID(reader.Open(batch));
  kafka::RecordView record;
  while (reader.Next(record)) ++report.records;
  return reader.status();
}

/// False when something bad was found and noted.
Result<bool> CheckSegment(io::FileSystem& files, const std::string& path, PartitionReport& report) {
  FLOE_TRY(auto file, files.OpenReadable(path));
  FLOE_TRY(std::uint64_t size, file->Size());
  BatchScanner scanner(*file, BatchScanner::Depth::kWhole, 0, size);
  kafka::RecordReader reader;
  auto bad = [&](std::uint64_t position, std::string reason) {
    report.bad = {.file = path, .position = position, .expected_offset = report.log_end, .reason = std::move(reason)};
    return false;
  };
  while (true) {
    auto item = scanner.Next();
    if (!item && item.error().kind() == ErrorKind::kIo) return Fail(std::move(item).error());
    if (!item) return bad(scanner.position(), item.error().message());
    if (!*item) return true;
    const kafka::BatchHeader& header = (*item)->header;
    if (header.base_offset != report.log_end)
      return bad((*item)->position, "record batch has offset " + std::to_string(header.base_offset.value()));
    if (Status records = CheckRecords((*item)->bytes, reader, report); !records)
      return bad((*item)->position, records.error().message());
    ++report.batches;
    report.bytes += header.size_bytes();
    report.log_end = header.last_offset() + 1;
  }
}

/// `clean`: the log was closed in order, so all that is there was acknowledged.
Result<PartitionReport> CheckPartition(io::FileSystem& files, const std::string& root, std::string name, bool clean) {
  PartitionReport report{.directory = std::move(name)};
  std::string directory = root + "/" + report.directory;
  FLOE_TRY(auto listed, files.List(directory));
  std::vector<Offset> bases;
  for (const io::FileInfo& file : listed)
    if (auto base = ParseSegmentName(file.name, ".log")) bases.push_back(*base);
  std::sort(bases.begin(), bases.end());
  if (!bases.empty()) report.log_start = report.log_end = bases.front();
  const Offset acknowledged =
      clean ? Offset(std::numeric_limits<std::int64_t>::max()) : AcknowledgedMark::Read(files, directory);
  for (Offset base : bases) {
    ++report.segments;
    std::string path = SegmentPath(directory, base, ".log");
    if (base != report.log_end) {
      report.bad = {.file = path,
                    .position = 0,
                    .expected_offset = report.log_end,
                    .reason = "segment begins at offset " + std::to_string(base.value())};
      break;
    }
    FLOE_TRY(bool good, CheckSegment(files, path, report));
    if (!good) {
      report.bad->torn_tail = base == bases.back() && report.log_end >= acknowledged;
      break;
    }
  }
  return report;
}

}  // namespace

Result<std::vector<PartitionReport>> CheckDirectory(io::FileSystem& files, const std::string& directory) {
  std::vector<PartitionReport> reports;
  FLOE_TRY(auto topics, files.List(directory));
  FLOE_TRY(const bool clean, files.Exists(directory + kCleanMarker));
  for (const io::FileInfo& topic : topics) {
    if (!topic.is_directory) continue;
    FLOE_TRY(auto partitions, files.List(directory + "/" + topic.name));
    for (const io::FileInfo& partition : partitions) {
      if (!partition.is_directory) continue;
      FLOE_TRY(PartitionReport report, CheckPartition(files, directory, topic.name + "/" + partition.name, clean));
      reports.push_back(std::move(report));
    }
  }
  std::sort(reports.begin(), reports.end(), [](const auto& a, const auto& b) { return a.directory < b.directory; });
  return reports;
}

}  // namespace floe::log
