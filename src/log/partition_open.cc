// SPDX-License-Identifier: Apache-2.0
// Opening a partition: trust after a clean stop, recovery after anything else.
#include <algorithm>

#include "base/logging.h"
#include "log/batch_scanner.h"
#include "log/log_start.h"
#include "log/partition.h"

namespace floe::log {

Result<std::shared_ptr<PartitionLog>> PartitionLog::Open(Environment environment, Identity identity,
                                                         EffectiveConfig config, bool clean) {
  std::shared_ptr<PartitionLog> partition(new PartitionLog(std::move(environment), std::move(identity), config));
  Status loaded = partition->Load(clean);
  if (!loaded) {
    return Fail(std::move(loaded).error().WithContext("while opening '" + partition->identity_.topic + "' partition " +
                                                      std::to_string(partition->identity_.id.value()) + " in '" +
                                                      partition->identity_.directory + "'"));
  }
  return partition;
}

Status PartitionLog::Load(bool clean) {
  FLOE_TRY(auto listed, environment_.files.List(identity_.directory));
  std::vector<std::pair<Offset, std::uint64_t>> found;
  for (const io::FileInfo& file : listed) {
    if (auto base = ParseSegmentName(file.name, ".log")) found.emplace_back(*base, file.size);
    // Left by a crash in the middle of WriteFileDurably.
    if (file.name.find(".tmp") != std::string::npos)
      FLOE_TRY_VOID(environment_.files.Remove(identity_.directory + "/" + file.name));
  }
  std::sort(found.begin(), found.end());
  auto all = std::make_shared<Segments>();
  for (std::size_t i = 0; i + 1 < found.size(); ++i) {
    FLOE_TRY(auto segment, Segment::OpenSealed(environment_.files, identity_.directory, found[i].first,
                                               found[i + 1].first, found[i].second));
    size_ += segment->size();
    all->push_back(std::move(segment));
  }
  segments_ = all;
  FLOE_TRY_VOID(OpenLast(found.empty() ? Offset(0) : found.back().first, clean && !found.empty()));

  mark_ = AcknowledgedMark(environment_.files, identity_.directory);
  const Segment& last = *segments_->back();
  size_ += last.size();
  log_end_ = last.end().value();
  FLOE_TRY(Offset deleted, ReadLogStart(environment_.files, identity_.directory));
  // Only durable records are deleted, so it lies beyond the end only on a disk that lost some.
  log_start_ = std::clamp(deleted, segments_->front()->base(), log_end_offset()).value();
  high_watermark_ = last.end().value();
  durable_base_ = last.base();
  durable_position_ = written_position_ = last.size();
  active_since_ = environment_.clock.MonotonicNow();
  auto newest = std::max_element(segments_->begin(), segments_->end(),
                                 [](const auto& a, const auto& b) { return a->max_timestamp() < b->max_timestamp(); });
  if ((*newest)->max_timestamp().value() >= 0) {
    FLOE_TRY(Offset offset, (*newest)->FindMaxTimestamp());
    if (offset >= log_start_offset()) durable_max_ = written_max_ = {offset, (*newest)->max_timestamp()};
  }
  return RestoreProducers();
}

Status PartitionLog::OpenLast(Offset base, bool clean) {
  auto all = std::make_shared<Segments>(*segments_);
  FLOE_TRY(bool exists, environment_.files.Exists(SegmentPath(identity_.directory, base, ".log")));
  if (!exists) {
    FLOE_TRY(auto created, Segment::Create(environment_.files, identity_.directory, base));
    all->push_back(std::move(created));
    segments_ = std::move(all);
    return {};
  }
  if (clean) {
    auto opened = Segment::OpenClean(environment_.files, identity_.directory, base);
    if (opened) {
      all->push_back(std::move(*opened));
      segments_ = std::move(all);
      return {};
    }
    logging::Warn(
        "log", "the last segment does not fit its index; checking it record batch by record batch",
        {{"topic", identity_.topic}, {"partition", identity_.id.value()}, {"cause", opened.error().message()}});
  }
  FLOE_TRY(auto recovered, Segment::Recover(environment_.files, identity_.directory, base,
                                            AcknowledgedMark::Read(environment_.files, identity_.directory)));
  changed_ = true;  // the index files on disk are not those of this log
  for (const Segment::Damage& damage : recovered.damages) {
    logging::Failure("log", "acknowledged records are damaged on disk; readers get an error there, all others are kept",
                     {{"topic", identity_.topic},
                      {"partition", identity_.id.value()},
                      {"first_offset", damage.from.value()},
                      {"next_good_offset", damage.next.value()},
                      {"byte", damage.position},
                      {"cause", damage.reason}});
  }
  if (recovered.cut_bytes > 0) {
    logging::Warn("log", "cut what followed the last whole record batch",
                  {{"topic", identity_.topic},
                   {"partition", identity_.id.value()},
                   {"bytes", recovered.cut_bytes},
                   {"log_end", recovered.segment->end().value()},
                   {"cause", recovered.reason}});
  }
  all->push_back(std::move(recovered.segment));
  segments_ = std::move(all);
  return {};
}

Status PartitionLog::RestoreProducers() {
  Offset from = segments_->front()->base();  // deleted records still say what their producers sent
  FLOE_TRY(auto listed, environment_.files.List(identity_.directory));
  for (const io::FileInfo& file : listed) {
    auto offset = ParseSegmentName(file.name, ".snapshot");
    if (!offset || *offset < from) continue;
    if (*offset > log_end_offset()) {
      // Of a log that was longer than what the disk gave back.
      FLOE_TRY_VOID(environment_.files.Remove(identity_.directory + "/" + file.name));
      continue;
    }
    FLOE_TRY(std::string bytes, io::ReadFile(environment_.files, identity_.directory + "/" + file.name));
    auto parsed = ProducerState::Parse(bytes);
    if (!parsed || parsed->second != *offset) continue;  // a damaged one is replaced by a longer replay
    producers_ = std::move(parsed->first);
    from = *offset;
  }
  for (const auto& segment : *segments_) {
    if (segment->end() <= from) continue;
    FLOE_TRY(auto reader, segment->Reader());
    std::uint64_t position = 0;
    if (from > segment->base()) {
      FLOE_TRY(position, segment->Find(from, segment->size()));
    }
    BatchScanner scanner(*reader, BatchScanner::Depth::kHeaders, position, segment->size());
    while (true) {
      FLOE_TRY(auto item, segment->NextOverDamage(scanner));
      if (!item) break;
      producers_.Update(item->header);
    }
  }
  return {};
}

Status PartitionLog::WriteProducerSnapshot() {
  Offset offset = log_end_offset();
  FLOE_TRY_VOID(io::WriteFileDurably(environment_.files, SegmentPath(identity_.directory, offset, ".snapshot"),
                                     producers_.Serialize(offset)));
  // The one before stays, should this one be damaged.
  FLOE_TRY(auto listed, environment_.files.List(identity_.directory));
  std::vector<Offset> older;
  for (const io::FileInfo& file : listed)
    if (auto at = ParseSegmentName(file.name, ".snapshot"); at && *at != offset) older.push_back(*at);
  std::sort(older.begin(), older.end());
  if (!older.empty()) older.pop_back();
  for (Offset at : older) FLOE_TRY_VOID(environment_.files.Remove(SegmentPath(identity_.directory, at, ".snapshot")));
  return {};
}

}  // namespace floe::log
