// SPDX-License-Identifier: Apache-2.0
#include "connect/kafka/log_source.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <span>

#include <fmt/format.h>

#include "base/logging.h"
#include "base/piece_pool.h"
#include "connect/kafka/message_decoder.h"
#include "kafka/protocol/record_batch_reader.h"

namespace floe::connect::kafka {
namespace {

using formats::DecodeStatus;

/// Large reads, so that the cost per fetch vanishes beside decoding.
constexpr std::size_t kFetchBytes = 1 << 20;
/// New topics and partitions of the own log are looked for at least this often; it costs a map lookup.
constexpr std::int64_t kDiscoveryMs = 1000;
/// Group offsets show the progress of a job, they do not carry it: a transaction a second is enough for that.
constexpr std::chrono::seconds kCommitEvery{1};
/// Offsets that did not change are committed again from time to time, or the broker would forget them as unused.
constexpr std::chrono::hours kRepeatCommit{1};

/// The wakeup, reachable from the log's threads for as long as they may call.
struct Wakeup {
  std::mutex mu;
  std::function<void()> call;  // guarded by mu
  void Fire() {
    std::lock_guard lock(mu);
    if (call) call();
  }
};

/// Less than this is not worth a piece of the pool.
constexpr std::size_t kSmallFetch = 128 << 10;

/// Fetched record batches. Strings that were decoded may point into it for longer than the source lives.
struct Buffer {
  std::shared_ptr<PiecePool> pool;  // before what goes back to it
  std::optional<PiecePool::Piece> piece;
  std::unique_ptr<std::byte[]> own;  // where a piece is too large or too small
  std::span<const std::byte> bytes;

  std::string_view text() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
};

/// One partition being read. The reader's views point into `buffer`.
struct Split {
  std::string name;
  std::shared_ptr<log::Partition> partition;
  Offset next;
  std::optional<Offset> stop;
  std::shared_ptr<const Buffer> buffer;
  std::span<const std::byte> rest;
  ::floe::kafka::RecordReader reader;
  bool batch_open = false;
  bool waiting = false;
  bool gone = false;  ///< the topic was deleted, and that was said
  std::shared_ptr<std::atomic<bool>> fired;
  std::uint64_t token = 0;

  bool Finished() const { return stop && next >= *stop; }
};

class LogSource final : public SourceReader {
 public:
  LogSource(const LogSourceDependencies& dependencies, ScanRequest request, KafkaScan scan)
      : deps_(dependencies),
        request_(std::move(request)),
        scan_(std::move(scan)),
        wakeup_(std::make_shared<Wakeup>()) {}
  ~LogSource() override {
    SetWakeup(nullptr);
    for (auto& split : splits_) StopWaiting(*split);
    // The last offsets would otherwise stay unseen for ever. Who reads on does so from the checkpoint anyway.
    if (uncommitted_) static_cast<void>(CommitOffsets());
  }

  Status Open(const MessageLayout& layout) {
    FLOE_TRY(decoder_, MessageDecoder::Make(request_, layout));
    if (request_.state) {
      FLOE_TRY(restored_, DecodePositions(*request_.state, &topic_ids_));
    }
    commit_group_ = scan_.group.empty() ? request_.default_group_id : scan_.group;
    return Discover(true);
  }

  Result<PollResult> Poll(data::Batch& out) override;
  Result<std::string> Snapshot() override;
  Status OnCheckpointCommitted(const std::string& snapshot) override;

  void SetWakeup(std::function<void()> wakeup) override {
    std::lock_guard lock(wakeup_->mu);
    wakeup_->call = std::move(wakeup);
  }
  std::vector<std::string> SplitNames() const override {
    std::vector<std::string> names;
    for (const auto& split : splits_) names.push_back(split->name);
    return names;
  }
  std::optional<std::chrono::milliseconds> PollEvery() const override {
    if (!Bounded() && scan_.discovery_ms > 0)
      return std::chrono::milliseconds(std::min(scan_.discovery_ms, kDiscoveryMs));
    return uncommitted_ ? std::optional<std::chrono::milliseconds>(kCommitEvery) : std::nullopt;
  }
  std::optional<std::int64_t> Lag() const override {
    std::int64_t lag = 0;
    for (const auto& split : splits_) {
      lag += std::max<std::int64_t>(0, split->stop.value_or(split->partition->high_watermark()) - split->next);
    }
    return lag;
  }

 private:
  bool Bounded() const { return request_.bounded || scan_.stop.position != Position::kUnbounded; }
  Status Discover(bool first);
  Result<std::vector<std::string>> Topics();
  Status AddSplit(const std::shared_ptr<log::Partition>& partition, bool first);
  void NoteTopic(const log::Topic& topic);
  void Restart(Split& split, const std::shared_ptr<log::Partition>& partition);
  Result<Offset> Start(log::Partition& partition, bool first);
  Result<std::optional<Offset>> Stop(log::Partition& partition, Offset start);
  Result<std::optional<Offset>> Committed(const log::Partition& partition);
  Result<Offset> GroupOffset(const log::Partition& partition);
  Result<bool> Fill(Split& split);
  Result<std::shared_ptr<const Buffer>> Fetch(Split& split) const;
  Status Decode(Split& split, data::Batch& out, PollResult& result);
  Status DecodeRecord(Split& split, const ::floe::kafka::RecordView& record, std::size_t& row, PollResult& result);
  /// Says where the damage is.
  static std::unexpected<Error> At(const Split& split, Error error);
  Status CommitOffsets();
  void Wait(Split& split);
  void StopWaiting(Split& split);

  // Constant after Open.
  LogSourceDependencies deps_;
  ScanRequest request_;
  KafkaScan scan_;
  std::string commit_group_;  ///< the table's, or the job's own, which only shows how far the job is
  std::unique_ptr<MessageDecoder> decoder_;
  const std::shared_ptr<PiecePool> pool_ = std::make_shared<PiecePool>(kFetchBytes + 2 * PiecePool::kPage);
  Positions restored_;
  TopicIds topic_ids_;
  std::shared_ptr<Wakeup> wakeup_;
  // Of the task thread.
  std::vector<std::unique_ptr<Split>> splits_;
  std::size_t turn_ = 0;
  std::chrono::nanoseconds next_discovery_{0};
  std::string checkpointed_;  // positions of the last committed checkpoint
  bool uncommitted_ = false;  // the group does not have them yet
  std::chrono::nanoseconds next_commit_{0};
  std::chrono::nanoseconds repeat_commit_{0};
};

Result<std::vector<std::string>> LogSource::Topics() {
  if (scan_.topics.pattern.empty()) return scan_.topics.topics;
  std::vector<std::string> names;
  for (const auto& topic : deps_.log->Topics()) names.push_back(topic->name);
  return MatchTopics(scan_.topics.pattern, names);
}

Status LogSource::Discover(bool first) {
  FLOE_TRY(std::vector<std::string> names, Topics());
  for (const std::string& name : names) {
    std::shared_ptr<const log::Topic> topic = deps_.log->FindTopic(name);
    if (!topic && first) {
      if (request_.bounded) {
        return Fail(ErrorKind::kNotFound,
                    fmt::format("topic '{}' of table {} does not exist", name, request_.table.FullName()));
      }
      auto created = deps_.log->CreateTopic(name, 1, {});
      if (!created && created.error().kind() != ErrorKind::kAlreadyExists) return Fail(std::move(created.error()));
      topic = deps_.log->FindTopic(name);
    }
    if (!topic) continue;
    NoteTopic(*topic);
    for (const auto& partition : topic->partitions) {
      auto known = std::ranges::find_if(splits_, [&](const auto& s) {
        return s->partition->id() == partition->id() && s->partition->topic() == name;
      });
      if (known == splits_.end()) {
        FLOE_TRY_VOID(AddSplit(partition, first));
      } else if ((*known)->partition != partition) {
        Restart(**known, partition);
      }
    }
  }
  std::int64_t interval = std::min(scan_.discovery_ms, kDiscoveryMs);
  next_discovery_ = deps_.clock->MonotonicNow() + std::chrono::milliseconds(interval);
  return {};
}

/// A topic of this name with another id than before: positions in the old one say nothing about it.
void LogSource::NoteTopic(const log::Topic& topic) {
  auto [known, is_new] = topic_ids_.try_emplace(topic.name, topic.id);
  if (is_new || known->second == topic.id) return;
  logging::Warn("connect", "the topic was deleted and made again; the new one is read from its beginning",
                {{"topic", topic.name}, {"table", request_.table.FullName()}});
  known->second = topic.id;
  std::erase_if(restored_, [&](const auto& position) { return position.first.first == topic.name; });
}

void LogSource::Restart(Split& split, const std::shared_ptr<log::Partition>& partition) {
  StopWaiting(split);
  split.gone = false;
  split.partition = partition;
  split.next = partition->log_start_offset();
  split.buffer = nullptr;
  split.rest = {};
  split.batch_open = false;
}

Status LogSource::AddSplit(const std::shared_ptr<log::Partition>& partition, bool first) {
  auto split = std::make_unique<Split>();
  split->name = fmt::format("{}-{}", partition->topic(), partition->id().value());
  split->partition = partition;
  if (auto it = restored_.find({partition->topic(), partition->id()}); it != restored_.end()) {
    split->next = it->second;
  } else {
    FLOE_TRY(split->next, Start(*partition, first));
  }
  FLOE_TRY(split->stop, Stop(*partition, split->next));
  splits_.push_back(std::move(split));
  return {};
}

Result<Offset> LogSource::Start(log::Partition& partition, bool first) {
  Offset earliest = partition.log_start_offset();
  // Partitions that appear later, or are unknown to the checkpoint, are new: everything in them is.
  if (!first || request_.state) return earliest;
  Position position = scan_.start.position;
  // An ad-hoc read of "what is there" from a table made for jobs starts at the beginning unless it names a place.
  const bool adhoc = request_.bounded && scan_.stop.position == Position::kUnbounded;
  if (adhoc && (position == Position::kGroup || position == Position::kLatest)) return earliest;
  switch (position) {
    case Position::kLatest: return partition.high_watermark();
    case Position::kGroup: return GroupOffset(partition);
    case Position::kTimestamp: {
      FLOE_TRY(log::OffsetAndTimestamp found, partition.OffsetForTimestamp(scan_.start.timestamp));
      return found.offset.value() < 0 ? partition.high_watermark() : found.offset;
    }
    case Position::kSpecific: {
      auto it = scan_.start.offsets.find(partition.id());
      return it == scan_.start.offsets.end() ? GroupOffset(partition) : Result<Offset>(it->second);
    }
    default: return earliest;
  }
}

Result<std::optional<Offset>> LogSource::Committed(const log::Partition& partition) {
  if (deps_.groups == nullptr || scan_.group.empty()) return std::nullopt;
  return deps_.groups->Committed(scan_.group, partition.topic(), partition.id());
}

Result<Offset> LogSource::GroupOffset(const log::Partition& partition) {
  FLOE_TRY(std::optional<Offset> committed, Committed(partition));
  // Records that retention has removed, or of a topic that was made anew: as good as no offset, as in Kafka.
  if (committed && *committed >= partition.log_start_offset() && *committed <= partition.high_watermark())
    return *committed;
  switch (scan_.reset) {
    case Reset::kEarliest: return partition.log_start_offset();
    case Reset::kLatest: return partition.high_watermark();
    case Reset::kNone: break;
  }
  return Fail(
      NoCommittedOffset(scan_.group, partition.topic(), partition.id(), "'properties.auto.offset.reset' = 'none'"));
}

/// First offset not read. A batch query never waits for records to come, so its end is at most what is there.
Result<std::optional<Offset>> LogSource::Stop(log::Partition& partition, Offset start) {
  const Offset end = partition.high_watermark();
  Offset stop = end;
  switch (scan_.stop.position) {
    case Position::kGroup: {
      FLOE_TRY(std::optional<Offset> committed, Committed(partition));
      if (!committed) {
        return Fail(
            NoCommittedOffset(scan_.group, partition.topic(), partition.id(), "'scan.bounded.mode' = 'group-offsets'"));
      }
      stop = *committed;
      break;
    }
    case Position::kTimestamp: {
      FLOE_TRY(log::OffsetAndTimestamp found, partition.OffsetForTimestamp(scan_.stop.timestamp));
      if (found.offset.value() >= 0) stop = found.offset;
      break;
    }
    case Position::kSpecific: {
      // Partitions that are not named are not read.
      auto it = scan_.stop.offsets.find(partition.id());
      stop = it == scan_.stop.offsets.end() ? start : it->second;
      break;
    }
    case Position::kUnbounded:
      if (!request_.bounded) return std::nullopt;
      break;
    case Position::kEarliest:
    case Position::kLatest: break;
  }
  return request_.bounded ? std::min(stop, end) : stop;
}

Result<PollResult> LogSource::Poll(data::Batch& out) {
  out.rows.Reset();
  out.kinds.clear();
  if (scan_.discovery_ms > 0 && !Bounded() && deps_.clock->MonotonicNow() >= next_discovery_)
    FLOE_TRY_VOID(Discover(false));
  if (uncommitted_ && deps_.clock->MonotonicNow() >= next_commit_) FLOE_TRY_VOID(CommitOffsets());
  PollResult result;
  for (std::size_t i = 0; i < splits_.size(); ++i) {
    std::size_t index = (turn_ + i) % splits_.size();
    Split& split = *splits_[index];
    if (split.Finished()) continue;
    if (split.waiting && !split.fired->load(std::memory_order_acquire) &&
        split.partition->high_watermark() <= split.next)
      continue;
    StopWaiting(split);
    FLOE_TRY_VOID(Decode(split, out, result));
    if (result.records_read == 0) {
      if (!split.Finished()) Wait(split);
      continue;
    }
    turn_ = index + 1;
    result.split = static_cast<std::int32_t>(index);
    result.status = PollStatus::kRows;
    return result;
  }
  bool finished = Bounded() && std::ranges::all_of(splits_, [](const auto& split) { return split->Finished(); });
  result.status = finished ? PollStatus::kEndOfInput : PollStatus::kIdle;
  return result;
}

std::unexpected<Error> LogSource::At(const Split& split, Error error) {
  return Fail(std::move(error).WithContext(
      fmt::format("reading topic '{}' partition {} at offset {}; `floe check` looks for damage on disk",
                  split.partition->topic(), split.partition->id().value(), split.next.value())));
}

/// Makes the next record batch of the split the open one; false when there is nothing to read now.
Result<bool> LogSource::Fill(Split& split) {
  for (;;) {
    auto next = ::floe::kafka::NextBatch(split.rest);
    if (!next) return At(split, std::move(next.error()));
    if (*next) {
      if (auto opened = split.reader.Open(**next); !opened) return At(split, std::move(opened.error()));
      if (split.reader.header().control()) {
        split.next = split.reader.header().last_offset() + 1;
        continue;
      }
      split.batch_open = true;
      return true;
    }
    if (split.Finished() || split.partition->high_watermark() <= split.next) return false;
    auto read = Fetch(split);
    if (!read && read.error().kind() == ErrorKind::kOutOfRange && split.next < split.partition->log_start_offset()) {
      split.next = split.partition->log_start_offset();  // retention was faster than this reader
      continue;
    }
    // The topic was deleted: whatever comes under its name next is found by Discover.
    if (!read && read.error().kind() == ErrorKind::kNotFound && !Bounded()) return false;
    if (!read) return At(split, std::move(read).error());
    if ((*read)->bytes.empty()) return false;
    split.buffer = std::move(*read);
    split.rest = split.buffer->bytes;
    decoder_->SetBuffer({split.buffer->text(), split.buffer});
  }
}

Result<std::shared_ptr<const Buffer>> LogSource::Fetch(Split& split) const {
  FLOE_TRY(const log::FileRange range, split.partition->Locate(split.next, kFetchBytes));
  auto buffer = std::make_shared<Buffer>();
  if (range.length > kSmallFetch && range.length + log::FileRange::kBlock <= pool_->piece_bytes()) {
    buffer->pool = pool_;
    FLOE_TRY(buffer->bytes, range.ReadPiece(0, buffer->piece.emplace(pool_->Take()).bytes()));
  } else if (range.length > 0) {
    buffer->own = std::make_unique_for_overwrite<std::byte[]>(range.length);
    FLOE_TRY_VOID(range.Read(0, {buffer->own.get(), range.length}));
    buffer->bytes = {buffer->own.get(), range.length};
  }
  return buffer;
}

Status LogSource::Decode(Split& split, data::Batch& out, PollResult& result) {
  decoder_->Bind(out);
  if (split.buffer) decoder_->SetBuffer({split.buffer->text(), split.buffer});
  std::size_t row = 0;
  ::floe::kafka::RecordView record;
  while (row < STANDARD_VECTOR_SIZE && !split.Finished()) {
    if (!split.batch_open) {
      FLOE_TRY(bool more, Fill(split));
      if (!more) break;
    }
    if (!split.reader.Next(record)) {
      if (!split.reader.status()) return At(split, split.reader.status().error());
      split.next = std::max(split.next, split.reader.header().last_offset() + 1);
      split.batch_open = false;
      continue;
    }
    if (record.offset < split.next) continue;  // the batch begins before the place asked for
    if (split.stop && record.offset >= *split.stop) {
      split.next = *split.stop;
      break;
    }
    FLOE_TRY_VOID(DecodeRecord(split, record, row, result));
    split.next = record.offset + 1;
  }
  out.rows.SetCardinality(row);
  return {};
}

Status LogSource::DecodeRecord(Split& split, const ::floe::kafka::RecordView& record, std::size_t& row,
                               PollResult& result) {
  Message message;
  message.topic = split.partition->topic();
  message.partition = split.partition->id().value();
  message.offset = record.offset.value();
  message.timestamp_ms = record.timestamp.value();
  message.log_append_time = split.reader.header().log_append_time();
  message.leader_epoch = split.reader.header().leader_epoch.value();
  message.key = record.key;
  message.value = record.value;
  if (record.header_count > 0 && !request_.metadata.empty()) {
    message.headers = [&record] {
      Headers headers;
      for (const auto& header : record.Headers()) headers.emplace_back(header.key, header.value);
      return headers;
    };
  }
  ++result.records_read;
  result.bytes_read += static_cast<std::int64_t>(record.value.value_or("").size() + record.key.value_or("").size());
  switch (decoder_->Append(message, row)) {
    case DecodeStatus::kRow: ++row; return {};
    case DecodeStatus::kSkipped: ++result.records_skipped; return {};
    case DecodeStatus::kBad: return request_.bad_records->OnBadRecord(decoder_->Bad(message));
  }
  return {};
}

void LogSource::Wait(Split& split) {
  if (split.waiting) return;
  // A deleted partition would call back at once, for ever: PollEvery brings us back to look for a new one.
  auto topic = deps_.log->FindTopic(split.partition->topic());
  if (!topic || std::ranges::find(topic->partitions, split.partition) == topic->partitions.end()) {
    next_discovery_ = {};
    if (!std::exchange(split.gone, true)) {
      logging::Warn("connect", "the topic was deleted; the job waits until one of that name is made",
                    {{"topic", split.partition->topic()}, {"table", request_.table.FullName()}});
    }
    return;
  }
  split.waiting = true;
  split.fired = std::make_shared<std::atomic<bool>>(false);
  split.token = split.partition->WhenReadable(split.next, [wakeup = wakeup_, fired = split.fired] {
    fired->store(true, std::memory_order_release);
    wakeup->Fire();
  });
}

void LogSource::StopWaiting(Split& split) {
  if (!split.waiting) return;
  split.waiting = false;
  if (!split.fired->load(std::memory_order_acquire)) split.partition->Forget(split.token);
}

Result<std::string> LogSource::Snapshot() {
  // Positions of partitions that are gone for now stay, so that they are not read twice when they come back.
  Positions positions = restored_;
  for (const auto& split : splits_) positions[{split->partition->topic(), split->partition->id()}] = split->next;
  return EncodePositions(positions, topic_ids_);
}

Status LogSource::OnCheckpointCommitted(const std::string& snapshot) {
  pool_->Trim();
  if (deps_.groups == nullptr || commit_group_.empty() || request_.bounded) return {};
  const auto now = deps_.clock->MonotonicNow();
  if (snapshot != checkpointed_) {
    checkpointed_ = snapshot;
    uncommitted_ = true;
  }
  return (uncommitted_ && now >= next_commit_) || now >= repeat_commit_ ? CommitOffsets() : Status();
}

Status LogSource::CommitOffsets() {
  FLOE_TRY(Positions positions, DecodePositions(checkpointed_));
  std::vector<::floe::connect::GroupOffset> offsets;
  for (const auto& [split, offset] : positions) offsets.push_back({split.first, split.second, offset});
  FLOE_TRY_VOID(deps_.groups->Commit(commit_group_, offsets));
  const auto now = deps_.clock->MonotonicNow();
  uncommitted_ = false;
  next_commit_ = now + kCommitEvery;
  repeat_commit_ = now + kRepeatCommit;
  return {};
}

}  // namespace

Result<std::unique_ptr<SourceReader>> OpenLogSource(const LogSourceDependencies& dependencies, ScanRequest request,
                                                    KafkaScan scan, const MessageLayout& layout) {
  auto source = std::make_unique<LogSource>(dependencies, std::move(request), std::move(scan));
  FLOE_TRY_VOID(source->Open(layout));
  return source;
}

}  // namespace floe::connect::kafka
