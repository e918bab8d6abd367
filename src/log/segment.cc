// SPDX-License-Identifier: Apache-2.0
// Segment files: write, seal, recover, and search through the sparse indexes.
#include "log/segment.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "log/index_entry.h"

namespace floe::log {
namespace {

constexpr std::uint64_t kIndexInterval = 4096;
/// Space is reserved in steps that grow with the file, so that an idle partition costs nothing and a busy one rarely
/// reserves.
constexpr std::uint64_t kMinReserve = 1 << 20;
constexpr std::uint64_t kMaxReserve = 32 << 20;
/// Small appends overwrite zeros: then a sync writes their blocks and nothing else, while a growing file's new size and
/// blocks cost a second wait for the disk. At most as many zeros as there are bytes, so that a trickle costs little.
constexpr std::size_t kSmallWrite = 32 << 10;
constexpr std::uint64_t kMostZeros = 256 << 10;
constexpr std::uint64_t kPage = 4096;

using Depth = BatchScanner::Depth;

/// The first whole, unharmed batch at or behind `position` that holds offsets above `after`.
Result<std::optional<BatchScanner::Item>> FindGoodBatch(const io::ReadableFile& file, std::uint64_t position,
                                                        std::uint64_t size, Offset after) {
  constexpr std::size_t kWindow = 1 << 20;
  constexpr std::size_t kMagicAt = 16;
  std::string window(kWindow + kafka::kBatchHeaderSize, '\0');
  for (; position + kafka::kBatchHeaderSize <= size; position += kWindow) {
    FLOE_TRY(std::size_t n, file.ReadAt(position, std::as_writable_bytes(std::span(window))));
    for (std::size_t i = 0; i < kWindow && i + kafka::kBatchHeaderSize <= n; ++i) {
      if (window[i + kMagicAt] != 2) continue;
      auto header = kafka::ParseBatchHeader(std::as_bytes(std::span(window).subspan(i, kafka::kBatchHeaderSize)));
      // A batch of k records is longer than k bytes, so offsets cannot have run further than bytes did.
      const std::uint64_t at = position + i;
      if (!header || header->base_offset <= after || at + header->size_bytes() > size ||
          static_cast<std::uint64_t>(header->base_offset - after) > size)
        continue;
      if (auto item = BatchScanner(file, Depth::kWhole, at, at + header->size_bytes()).Next(); item && *item) {
        (*item)->bytes = {};
        return *item;
      }
    }
  }
  return std::nullopt;
}

std::unexpected<Error> BadIndex(const std::string& path) {
  return Fail(ErrorKind::kCorruption, "index '" + path + "' does not fit its log");
}

}  // namespace

Result<bool> OnlyReserve(const io::ReadableFile& file, std::uint64_t end) {
  FLOE_TRY(const std::uint64_t size, file.Size());
  if (size <= end) return size == end;
  if (size - end > std::min(end, kMostZeros)) return false;
  std::vector<std::byte> rest(size - end);
  FLOE_TRY(const std::size_t n, file.ReadAt(end, rest));
  return n == rest.size() && std::ranges::all_of(rest, [](std::byte b) { return b == std::byte{0}; });
}

std::string SegmentPath(const std::string& directory, Offset base, const char* extension) {
  char name[40];
  std::snprintf(name, sizeof(name), "/%020lld%s", static_cast<long long>(base.value()), extension);
  return directory + name;
}

std::optional<Offset> ParseSegmentName(const std::string& name, const char* extension) {
  if (name.size() < 21 || name.substr(20) != extension) return std::nullopt;
  std::int64_t base = 0;
  auto [end, error] = std::from_chars(name.data(), name.data() + 20, base);
  if (error != std::errc() || end != name.data() + 20 || base < 0) return std::nullopt;
  return Offset(base);
}

Segment::Segment(io::FileSystem& files, std::string directory, Offset base)
    : files_(files), directory_(std::move(directory)), base_(base), end_(base.value()) {}

Status Segment::OpenWriter() {
  FLOE_TRY(writer_, files_.OpenWritable(SegmentPath(directory_, base_, ".log"), /*truncate=*/false));
  allocated_ = zeroed_ = size();
  return {};
}

Result<std::shared_ptr<Segment>> Segment::Create(io::FileSystem& files, std::string directory, Offset base) {
  std::shared_ptr<Segment> segment(new Segment(files, std::move(directory), base));
  FLOE_TRY_VOID(segment->OpenWriter());
  // A file of this name can only be the empty one of a roll that did not finish.
  FLOE_TRY_VOID(segment->writer_->Truncate(0));
  FLOE_TRY_VOID(segment->writer_->Sync());
  FLOE_TRY_VOID(files.SyncDirectory(segment->directory_));
  return segment;
}

Result<std::shared_ptr<Segment>> Segment::OpenSealed(io::FileSystem& files, std::string directory, Offset base,
                                                     Offset next_base, std::uint64_t size) {
  std::shared_ptr<Segment> segment(new Segment(files, std::move(directory), base));
  segment->end_ = next_base.value();
  segment->size_ = size;
  segment->index_in_memory_ = false;
  auto last = segment->LastWhere<TimeEntry>({}, ".timeindex", [](const TimeEntry&) { return true; });
  bool fits = last && (*last ? (*last)->relative_offset < next_base - base : size == 0);
  if (!fits) {
    FLOE_TRY_VOID(segment->RebuildIndexes());
  } else if (*last) {
    segment->max_timestamp_ = (*last)->timestamp;
  }
  return segment;
}

Result<std::shared_ptr<Segment>> Segment::OpenClean(io::FileSystem& files, std::string directory, Offset base) {
  std::shared_ptr<Segment> segment(new Segment(files, std::move(directory), base));
  FLOE_TRY(auto reader, segment->Reader());
  FLOE_TRY(std::uint64_t size, reader->Size());
  segment->size_ = size;
  // An empty one may never have had index files.
  if (size > 0) FLOE_TRY_VOID(segment->LoadIndexes());
  std::uint64_t position = segment->offset_index_.empty() ? 0 : segment->offset_index_.back().position;
  if (segment->offset_index_.empty() && size > 0) return BadIndex(SegmentPath(segment->directory_, base, ".index"));
  segment->indexed_position_ = position;
  BatchScanner scanner(*reader, Depth::kHeaders, position, size);
  std::optional<Offset> expected;
  while (true) {
    FLOE_TRY(auto item, scanner.Next());
    if (!item) break;
    if (!expected) expected = base + segment->offset_index_.back().relative_offset;
    if (item->header.base_offset != *expected) return BadIndex(SegmentPath(segment->directory_, base, ".index"));
    expected = item->header.last_offset() + 1;
    segment->end_ = expected->value();
    if (item->header.max_timestamp > segment->max_timestamp())
      segment->max_timestamp_ = item->header.max_timestamp.value();
  }
  FLOE_TRY_VOID(segment->OpenWriter());
  return segment;
}

Result<Segment::Recovered> Segment::Recover(io::FileSystem& files, std::string directory, Offset base,
                                            Offset acknowledged) {
  Recovered result;
  std::shared_ptr<Segment> segment(new Segment(files, std::move(directory), base));
  FLOE_TRY(auto reader, segment->Reader());
  FLOE_TRY(std::uint64_t size, reader->Size());
  std::uint64_t position = 0;
  bool after_damage = false;
  while (true) {
    FLOE_TRY(result.reason, segment->RecoverFrom(*reader, position, size, after_damage));
    if (segment->size() >= size || segment->end() >= acknowledged) break;
    FLOE_TRY(auto good, FindGoodBatch(*reader, segment->size() + 1, size, segment->end()));
    if (!good) {
      return Fail(ErrorKind::kCorruption,
                  fmt::format("'{}' is damaged at byte {} ({}): acknowledged records from offset {} to {} cannot be "
                              "read. Bring the file back from a backup, or accept the loss by removing the file "
                              "'acknowledged' beside it",
                              SegmentPath(segment->directory_, base, ".log"), segment->size(), result.reason,
                              segment->end().value(), acknowledged.value() - 1));
    }
    result.damages.push_back({segment->end(), good->header.base_offset, segment->size(), std::move(result.reason)});
    segment->end_ = good->header.base_offset.value();
    position = good->position;
    after_damage = true;
  }
  FLOE_TRY_VOID(segment->OpenWriter());
  if (segment->size() < size) {
    FLOE_TRY(const bool reserved, OnlyReserve(*reader, segment->size()));
    if (!reserved) result.cut_bytes = size - segment->size();
    FLOE_TRY_VOID(segment->writer_->Truncate(segment->size()));
  }
  // What was only in the page cache of the process that died becomes readable now, so it must be durable first.
  FLOE_TRY_VOID(segment->writer_->Sync());
  result.segment = std::move(segment);
  return result;
}

Result<std::string> Segment::RecoverFrom(const io::ReadableFile& file, std::uint64_t position, std::uint64_t size,
                                         bool after_damage) {
  BatchScanner scanner(file, Depth::kWhole, position, size);
  while (true) {
    auto item = scanner.Next();
    if (!item) {
      // What cannot be read is not a torn tail: cutting would destroy it.
      if (item.error().kind() != ErrorKind::kCorruption && item.error().kind() != ErrorKind::kNotSupported)
        return Fail(std::move(item).error());
      return item.error().message();
    }
    if (!*item) return std::string();
    if ((*item)->header.base_offset != end()) {
      return fmt::format("record batch has offset {}, expected {}", (*item)->header.base_offset.value(), end().value());
    }
    // Walks to offsets behind a damage must begin behind it.
    Added((*item)->position, (*item)->header, std::exchange(after_damage, false));
    size_ = scanner.position();
  }
}

void Segment::Added(std::uint64_t position, const kafka::BatchHeader& header, bool indexed) {
  if (header.max_timestamp > max_timestamp()) max_timestamp_ = header.max_timestamp.value();
  {
    std::lock_guard lock(mu_);
    if (indexed || offset_index_.empty() || position - indexed_position_ >= kIndexInterval) {
      auto relative = static_cast<std::uint32_t>(header.base_offset - base_);
      offset_index_.push_back({relative, static_cast<std::uint32_t>(position)});
      if (time_index_.empty() || time_index_.back().timestamp < max_timestamp().value())
        time_index_.push_back({max_timestamp().value(), relative});
      indexed_position_ = position;
    }
  }
  end_.store((header.last_offset() + 1).value(), std::memory_order_release);
}

Segment::WriteOutcome Segment::Write(std::span<const std::byte> bytes, std::span<const kafka::BatchHeader> headers) {
  std::uint64_t position = size();
  if (position + bytes.size() > allocated_) {
    std::uint64_t reserve = position + bytes.size() + std::clamp(position, kMinReserve, kMaxReserve);
    // Only a hint: whether there is space is for the write to say.
    if (writer_->Allocate(reserve)) allocated_ = reserve;
  }
  if (Status written = writer_->WriteAt(position, bytes); !written) {
    allocated_ = zeroed_ = 0;
    Status restored = writer_->Truncate(position);
    // Synced now: a roll may follow with nothing else to sync, and a sealed segment must not get the torn bytes back.
    if (restored) restored = writer_->Sync();
    return {std::move(written), std::move(restored)};
  }
  std::uint64_t at = position;
  for (const kafka::BatchHeader& header : headers) {
    Added(at, header);
    at += header.size_bytes();
  }
  size_.store(at, std::memory_order_release);
  if (bytes.size() <= kSmallWrite && at > zeroed_) ZeroAhead(at);
  return {};
}

void Segment::ZeroAhead(std::uint64_t end) {
  static std::array<std::byte, kMostZeros> zeros;  // never written, so it takes no memory
  zeroed_ = std::min(end + std::min(end, kMostZeros), allocated_) / kPage * kPage;
  // Only a hint. What a full disk leaves of it counts as there.
  if (zeroed_ > end) static_cast<void>(writer_->WriteAt(end, std::span(zeros).first(zeroed_ - end)));
}

Result<bool> Segment::CutReserve() {
  if (allocated_ == size() && zeroed_ <= size()) return false;
  FLOE_TRY_VOID(writer_->Truncate(size()));
  allocated_ = size();
  return std::exchange(zeroed_, 0) > size();
}

Status Segment::Sync() {
  return writer_->Sync();
}

void Segment::Seal() {
  std::lock_guard lock(mu_);
  index_in_memory_ = false;
  offset_index_ = {};
  time_index_ = {};
}

Status Segment::Remove() {
  // The log goes last: without it the rest would be orphans that nobody names.
  for (const char* extension : {".index", ".timeindex", ".snapshot", ".log"}) {
    Status removed = files_.Remove(SegmentPath(directory_, base_, extension));
    if (!removed && removed.error().kind() != ErrorKind::kNotFound) return removed;
  }
  return {};
}

Status Segment::WriteIndexes() {
  std::string offsets, times;
  {
    std::lock_guard lock(mu_);
    for (const OffsetEntry& entry : offset_index_) Encode(entry, offsets);
    // The last entry tells the largest timestamp of the whole segment.
    if (end() > base_) {
      auto last = static_cast<std::uint32_t>(end() - base_ - 1);
      for (const TimeEntry& entry : time_index_) Encode(entry, times);
      if (time_index_.empty() || time_index_.back().timestamp < max_timestamp().value())
        Encode(TimeEntry{max_timestamp().value(), last}, times);
    }
  }
  for (auto [extension, bytes] : {std::pair(".index", &offsets), std::pair(".timeindex", &times)}) {
    FLOE_TRY_VOID(io::WriteFileDurably(files_, SegmentPath(directory_, base_, extension), *bytes));
  }
  return {};
}

Status Segment::LoadIndexes() {
  FLOE_TRY(std::string offsets, io::ReadFile(files_, SegmentPath(directory_, base_, ".index")));
  FLOE_TRY(std::string times, io::ReadFile(files_, SegmentPath(directory_, base_, ".timeindex")));
  std::lock_guard lock(mu_);
  if (!DecodeAll(offsets, offset_index_) || !DecodeAll(times, time_index_))
    return BadIndex(SegmentPath(directory_, base_, ".index"));
  for (std::size_t i = 0; i < offset_index_.size(); ++i) {
    const OffsetEntry& entry = offset_index_[i];
    bool grows = i == 0 ? entry.position == 0 && entry.relative_offset == 0
                        : entry.position > offset_index_[i - 1].position &&
                              entry.relative_offset > offset_index_[i - 1].relative_offset;
    if (!grows || entry.position >= size()) return BadIndex(SegmentPath(directory_, base_, ".index"));
  }
  if (!time_index_.empty()) max_timestamp_ = time_index_.back().timestamp;
  return {};
}

Status Segment::RebuildIndexes() {
  FLOE_TRY(auto reader, Reader());
  Segment scratch(files_, directory_, base_);
  BatchScanner scanner(*reader, Depth::kHeaders, 0, size());
  while (true) {
    FLOE_TRY(auto item, scanner.Next());
    if (!item) break;
    scratch.Added(item->position, item->header);
  }
  max_timestamp_ = scratch.max_timestamp().value();
  return scratch.WriteIndexes();
}

template <typename Entry, typename Before>
Result<std::optional<Entry>> Segment::LastWhere(const std::vector<Entry>& memory, const char* extension,
                                                Before before) {
  {
    std::lock_guard lock(mu_);
    if (index_in_memory_) {
      auto after = std::partition_point(memory.begin(), memory.end(), before);
      if (after == memory.begin()) return std::nullopt;
      return *std::prev(after);
    }
  }
  std::string path = SegmentPath(directory_, base_, extension);
  FLOE_TRY(auto file, files_.OpenReadable(path));
  FLOE_TRY(std::uint64_t bytes, file->Size());
  if (bytes % kEncodedSize<Entry> != 0) return BadIndex(path);
  std::uint64_t low = 0,
                high =
                    bytes / kEncodedSize<Entry>;  // the answer is the entry before the first one that is not `before`
  std::optional<Entry> best;
  while (low < high) {
    std::uint64_t middle = low + (high - low) / 2;
    std::array<std::byte, kEncodedSize<Entry>> raw;
    FLOE_TRY(std::size_t n, file->ReadAt(middle * raw.size(), raw));
    if (n != raw.size()) return BadIndex(path);
    Entry entry = Decode<Entry>(raw.data());
    if (before(entry)) {
      best = entry;
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return best;
}

Result<std::uint64_t> Segment::StartOf(Offset offset, std::uint64_t limit) {
  auto relative = static_cast<std::uint32_t>(offset - base_);
  for (int attempt = 0; attempt < 2; ++attempt) {
    auto entry = LastWhere<OffsetEntry>(offset_index_, ".index",
                                        [&](const OffsetEntry& e) { return e.relative_offset <= relative; });
    if (entry && *entry && (*entry)->position < limit) {
      FLOE_TRY(auto reader, Reader());
      auto item = BatchScanner(*reader, Depth::kHeaders, (*entry)->position, limit).Next();
      if (item && *item && (*item)->header.base_offset == base_ + (*entry)->relative_offset) return (*entry)->position;
    }
    if (attempt == 0) FLOE_TRY_VOID(RebuildIndexes());
  }
  return Fail(ErrorKind::kCorruption, "'" + SegmentPath(directory_, base_, ".log") + "' is damaged near offset " +
                                          std::to_string(offset.value()));
}

Result<std::uint64_t> Segment::Find(Offset offset, std::uint64_t limit) {
  FLOE_TRY(std::uint64_t start, StartOf(offset, limit));
  FLOE_TRY(auto reader, Reader());
  BatchScanner scanner(*reader, Depth::kHeaders, start, limit);
  while (true) {
    FLOE_TRY(auto item, scanner.Next());
    if (!item)
      return Fail(ErrorKind::kOutOfRange, "offset " + std::to_string(offset.value()) + " is not in the segment");
    if (item->header.last_offset() >= offset) return item->position;
  }
}

Result<std::uint64_t> Segment::EndOfRange(std::uint64_t from, std::uint64_t max_bytes, std::uint64_t limit) {
  if (limit - from <= max_bytes) return limit;
  std::uint64_t target = from + max_bytes;
  auto entry =
      LastWhere<OffsetEntry>(offset_index_, ".index", [&](const OffsetEntry& e) { return e.position <= target; });
  FLOE_TRY(auto reader, Reader());
  std::uint64_t start = from;
  if (entry && *entry && (*entry)->position > from) {
    // A wrong entry would cut a batch in two; then walk the long way.
    auto item = BatchScanner(*reader, Depth::kHeaders, (*entry)->position, limit).Next();
    if (item && *item && (*item)->header.base_offset == base_ + (*entry)->relative_offset) start = (*entry)->position;
  }
  BatchScanner scanner(*reader, Depth::kHeaders, start, limit);
  std::uint64_t end = start;
  while (true) {
    auto item = scanner.Next();
    // Up to a damage everything can be read; who stands on it hears of it.
    if (!item && end > from) return end;
    FLOE_TRY(auto next, std::move(item));
    if (!next) return end;
    if (scanner.position() > target) return end > from ? end : scanner.position();
    end = scanner.position();
  }
}

Result<std::uint64_t> Segment::FindTimestamp(TimestampMs timestamp, std::uint64_t limit) {
  auto entry = LastWhere<TimeEntry>(time_index_, ".timeindex",
                                    [&](const TimeEntry& e) { return e.timestamp < timestamp.value(); });
  if (!entry || !*entry) return 0;
  if (base_ + (*entry)->relative_offset >= end()) return 0;
  auto found = Find(base_ + (*entry)->relative_offset, limit);
  // Behind what is readable yet: the walk from the start will find nothing either, but says so itself.
  if (!found && found.error().kind() == ErrorKind::kOutOfRange) return limit;
  return found;
}

Result<std::optional<BatchScanner::Item>> Segment::NextOverDamage(BatchScanner& scanner) {
  while (true) {
    const std::uint64_t position = scanner.position();
    auto item = scanner.Next();
    const bool bad = !item && item.error().kind() == ErrorKind::kCorruption;
    if (!bad && (!item || !*item)) return item;
    std::lock_guard lock(mu_);
    auto behind = std::ranges::upper_bound(offset_index_, position, {}, &OffsetEntry::position);
    // A good batch ends where an indexed one begins, or before.
    if (behind == offset_index_.end() || (!bad && scanner.position() <= behind->position)) return item;
    scanner.JumpTo(behind->position);
  }
}

Result<Offset> Segment::FindMaxTimestamp() {
  FLOE_TRY(std::uint64_t position, FindTimestamp(max_timestamp(), size()));
  FLOE_TRY(auto reader, Reader());
  BatchScanner scanner(*reader, Depth::kHeaders, position, size());
  while (true) {
    FLOE_TRY(auto item, NextOverDamage(scanner));
    if (!item) return Offset(-1);
    if (item->header.max_timestamp == max_timestamp()) return item->header.last_offset();
  }
}

Result<std::shared_ptr<const io::ReadableFile>> Segment::Reader() {
  std::lock_guard lock(mu_);
  if (!reader_) {
    FLOE_TRY(reader_, files_.OpenReadable(SegmentPath(directory_, base_, ".log")));
  }
  return reader_;
}

}  // namespace floe::log
