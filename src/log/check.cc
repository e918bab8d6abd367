// SPDX-License-Identifier: Apache-2.0
// Scans segment files with checksums and decodes every record; compares the indexes with what was seen.
#include "log/check.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "io/file_system.h"
#include "kafka/protocol/record_batch_reader.h"
#include "log/acknowledged_mark.h"
#include "log/batch_scanner.h"
#include "log/index_entry.h"
#include "log/producer_state.h"
#include "log/segment.h"

namespace floe::log {
namespace {

/// What the indexes of a segment may say about it, in the order of the log.
struct BatchPlace {
  std::uint32_t relative_offset;
  std::uint64_t position;
  std::int64_t max_timestamp;  ///< of this and all batches before it in the segment
};

Status CheckRecords(std::span<const std::byte> batch, kafka::RecordReader& reader, PartitionReport& report) {
  FLOE_TRY_VOID(reader.OpenChecked(batch));
  kafka::RecordView record;
  while (reader.Next(record)) ++report.records;
  return reader.status();
}

/// False when something bad was found and noted.
Result<bool> CheckSegment(io::FileSystem& files, const std::string& path, PartitionReport& report,
                          std::vector<BatchPlace>& places) {
  const Offset base = report.log_end;
  std::int64_t max_timestamp = -1;
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
    max_timestamp = std::max(max_timestamp, header.max_timestamp.value());
    places.push_back({static_cast<std::uint32_t>(header.base_offset - base), (*item)->position, max_timestamp});
    ++report.batches;
    report.bytes += header.size_bytes();
    report.log_end = header.last_offset() + 1;
  }
}

Result<bool> EndsInReserve(io::FileSystem& files, const BadPosition& bad) {
  FLOE_TRY(auto file, files.OpenReadable(bad.file));
  return OnlyReserve(*file, bad.position);
}

/// The batch that holds the offset; null before the first one.
const BatchPlace* FindPlace(const std::vector<BatchPlace>& places, std::uint32_t relative_offset) {
  auto behind = std::ranges::upper_bound(places, relative_offset, {}, &BatchPlace::relative_offset);
  return behind == places.begin() ? nullptr : &*std::prev(behind);
}

/// What is wrong with an entry; empty when nothing is.
std::string Wrong(const OffsetEntry& entry, const OffsetEntry* before, const std::vector<BatchPlace>& places,
                  std::uint32_t /*last_offset*/) {
  if (before != nullptr && entry.relative_offset <= before->relative_offset) return "it does not follow the one before";
  if (before == nullptr && (entry.relative_offset != 0 || entry.position != 0)) return "it is not the first batch";
  const BatchPlace* place = FindPlace(places, entry.relative_offset);
  if (place == nullptr || place->relative_offset != entry.relative_offset)
    return fmt::format("no batch begins at offset +{}", entry.relative_offset);
  if (place->position != entry.position)
    return fmt::format("the batch at offset +{} is at byte {}, not {}", entry.relative_offset, place->position,
                       entry.position);
  return {};
}

std::string Wrong(const TimeEntry& entry, const TimeEntry* before, const std::vector<BatchPlace>& places,
                  std::uint32_t last_offset) {
  if (before != nullptr && entry.relative_offset <= before->relative_offset) return "it does not follow the one before";
  // It may name any offset of a batch: what was the end at a clean stop stays in the index.
  const BatchPlace* place = FindPlace(places, entry.relative_offset);
  if (place == nullptr || entry.relative_offset > last_offset)
    return fmt::format("offset +{} is not in the segment", entry.relative_offset);
  if (place->max_timestamp != entry.timestamp)
    return fmt::format("the largest timestamp up to offset +{} is {}, not {}", entry.relative_offset,
                       place->max_timestamp, entry.timestamp);
  return {};
}

/// An index against the batches of its segment. A segment without batches need not have one.
template <typename Entry>
Status CheckIndex(io::FileSystem& files, const std::string& path, const std::vector<BatchPlace>& places, Offset base,
                  PartitionReport& report) {
  auto content = io::ReadFile(files, path);
  auto bad = [&](std::uint64_t position, std::string reason) {
    report.bad_side_files.push_back({path, position, std::move(reason)});
  };
  if (!content && content.error().kind() != ErrorKind::kNotFound) return Fail(std::move(content).error());
  if (!content || content->empty()) {
    if (!places.empty()) bad(0, content ? "it is empty" : "it is missing");
    return {};
  }
  std::vector<Entry> entries;
  if (places.empty() || !DecodeAll(*content, entries)) {
    bad(content->size(), fmt::format("its {} bytes are no whole number of entries of batches", content->size()));
    return {};
  }
  const auto last_offset = static_cast<std::uint32_t>(report.log_end - base - 1);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    std::string wrong = Wrong(entries[i], i == 0 ? nullptr : &entries[i - 1], places, last_offset);
    if (wrong.empty()) continue;
    bad(i * kEncodedSize<Entry>, "its entry is wrong: " + wrong);
    break;
  }
  return {};
}

Status CheckSnapshots(io::FileSystem& files, const std::string& directory, const std::vector<io::FileInfo>& listed,
                      PartitionReport& report) {
  for (const io::FileInfo& file : listed) {
    auto offset = ParseSegmentName(file.name, ".snapshot");
    if (!offset) continue;
    const std::string path = directory + "/" + file.name;
    FLOE_TRY(std::string content, io::ReadFile(files, path));
    auto parsed = ProducerState::Parse(content);
    if (!parsed) {
      report.bad_side_files.push_back({path, 0, parsed.error().message()});
    } else if (parsed->second != *offset) {
      report.bad_side_files.push_back({path, 0, fmt::format("it stands for offset {}", parsed->second.value())});
    }
  }
  return {};
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
    std::vector<BatchPlace> places;
    FLOE_TRY(bool good, CheckSegment(files, path, report, places));
    if (!good) {
      report.bad->torn_tail = base == bases.back() && report.log_end >= acknowledged;
      if (!report.bad->torn_tail) break;
      FLOE_TRY(const bool reserved, EndsInReserve(files, *report.bad));
      if (!reserved) break;
      report.bad.reset();
    }
    // Those of the last segment are written at a clean stop; any other start makes them anew.
    if (base == bases.back() && !clean) continue;
    FLOE_TRY_VOID(CheckIndex<OffsetEntry>(files, SegmentPath(directory, base, ".index"), places, base, report));
    FLOE_TRY_VOID(CheckIndex<TimeEntry>(files, SegmentPath(directory, base, ".timeindex"), places, base, report));
  }
  FLOE_TRY_VOID(CheckSnapshots(files, directory, listed, report));
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
