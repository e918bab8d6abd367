// SPDX-License-Identifier: Apache-2.0
#include "connect/kafka/topic_writer.h"

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <sstream>

#include <fmt/format.h>

#include "kafka/protocol/record_batch_reader.h"

namespace floe::connect::kafka {
namespace {

namespace wire = ::floe::kafka;

/// Well under Kafka's default max.message.bytes.
constexpr std::size_t kBatchBytes = 512 << 10;
/// Staged bytes up to here travel in the checkpoint manifest and cost no file of their own.
constexpr std::size_t kInlineBytes = 32 << 10;
constexpr std::size_t kScanBytes = 1 << 20;

void PutNumber(std::string& out, std::uint32_t value) {
  char bytes[4];
  std::memcpy(bytes, &value, 4);
  out.append(bytes, 4);
}

bool TakeNumber(std::string_view& in, std::uint32_t& value) {
  if (in.size() < 4) return false;
  std::memcpy(&value, in.data(), 4);
  in.remove_prefix(4);
  return true;
}

bool TakeBytes(std::string_view& in, std::uint32_t length, std::string& out) {
  if (in.size() < length) return false;
  out = in.substr(0, length);
  in.remove_prefix(length);
  return true;
}

std::unexpected<Error> Damaged(const std::string& id) {
  return Fail(ErrorKind::kCorruption, fmt::format("the staged records of sink '{}' in the checkpoint are damaged", id));
}

/// Waits for several durability callbacks.
class Latch {
 public:
  explicit Latch(std::size_t count) : left_(count) {}
  void Done(Status status) {
    std::lock_guard lock(mu_);
    if (!status && status_) status_ = std::move(status);
    if (--left_ == 0) ready_.notify_all();
  }
  Status Wait() {
    std::unique_lock lock(mu_);
    ready_.wait(lock, [this] { return left_ == 0; });
    return status_;
  }

 private:
  std::mutex mu_;
  std::condition_variable ready_;
  std::size_t left_;  // guarded by mu_
  Status status_;     // guarded by mu_
};

/// The highest sequence number of `producer` at or behind `from`, plus one; nothing when there is none.
Result<std::optional<std::int32_t>> SequenceInLog(log::Partition& partition, Offset from, ProducerId producer) {
  std::optional<std::int32_t> next;
  Offset at = std::max(from, partition.log_start_offset());
  while (at < partition.high_watermark()) {
    FLOE_TRY(log::ReadResult read, partition.Read(at, kScanBytes));
    std::span<const std::byte> rest = std::as_bytes(std::span(read.batches));
    Offset before = at;
    for (;;) {
      FLOE_TRY(auto batch, wire::NextBatch(rest));
      if (!batch) break;
      FLOE_TRY(wire::BatchHeader header, wire::ParseBatchHeader(*batch));
      if (header.producer_id == producer) next = wire::BatchHeader::NextSequence(header.last_sequence(), 1);
      at = header.last_offset() + 1;
    }
    if (at == before) break;
  }
  return next;
}

}  // namespace

std::uint32_t Murmur2(std::string_view key) {
  constexpr std::uint32_t kM = 0x5bd1e995;
  auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(key[i])); };
  std::uint32_t hash = 0x9747b28cU ^ static_cast<std::uint32_t>(key.size());
  std::size_t whole = key.size() / 4 * 4;
  for (std::size_t i = 0; i < whole; i += 4) {
    std::uint32_t k = byte(i) | byte(i + 1) << 8 | byte(i + 2) << 16 | byte(i + 3) << 24;
    k *= kM;
    k ^= k >> 24;
    hash = (hash * kM) ^ (k * kM);
  }
  std::size_t rest = key.size() - whole;
  if (rest >= 3) hash ^= byte(whole + 2) << 16;
  if (rest >= 2) hash ^= byte(whole + 1) << 8;
  if (rest >= 1) hash = (hash ^ byte(whole)) * kM;
  hash = (hash ^ hash >> 13) * kM;
  return hash ^ hash >> 15;
}

Result<std::unique_ptr<TopicWriter>> TopicWriter::Make(TopicWriterDependencies dependencies, std::string id,
                                                       const std::optional<std::string>& state, bool direct) {
  std::unique_ptr<TopicWriter> writer(new TopicWriter(std::move(dependencies), std::move(id), direct));
  if (state && !state->empty()) FLOE_TRY_VOID(writer->Restore(*state));
  if (!direct) FLOE_TRY_VOID(writer->RemoveStale(writer->staged_file_));
  if (!direct && writer->producer_.value() < 0) {
    FLOE_TRY(writer->producer_, writer->deps_.log->AllocateProducerId());
  }
  return writer;
}

std::string TopicWriter::FileName(CheckpointId checkpoint) const {
  return fmt::format("{}.{}.batches", id_, checkpoint.value());
}

Status TopicWriter::RemoveStale(const std::string& keep) {
  FLOE_TRY(bool exists, deps_.files->Exists(deps_.directory));
  if (!exists) return {};
  FLOE_TRY(std::vector<io::FileInfo> files, deps_.files->List(deps_.directory));
  for (const io::FileInfo& file : files) {
    std::string path = deps_.directory + "/" + file.name;
    bool ours = file.name.starts_with(id_ + ".") && file.name.ends_with(".batches") &&
                file.name.find('.', id_.size() + 1) == file.name.size() - 8;
    if (ours && path != keep) FLOE_TRY_VOID(deps_.files->Remove(path));
  }
  return {};
}

Status TopicWriter::Append(const std::string& topic, PartitionId partition, TimestampMs timestamp,
                           std::optional<std::string_view> key, std::optional<std::string_view> value,
                           std::span<const wire::HeaderView> headers) {
  PartitionKey target_key(topic, partition);
  Target& target = targets_[target_key];
  if (target.builder.empty()) {
    wire::BatchOptions options;
    if (!direct_) {
      options.producer_id = producer_;
      options.producer_epoch = ProducerEpoch(0);
      options.base_sequence = target.next_sequence;
    }
    target.builder.Reset(options);
  }
  target.builder.Append(timestamp, key, value, headers);
  return target.builder.size_bytes() >= kBatchBytes ? Cut(target_key, target) : Status();
}

bool TopicWriter::has_buffered() const {
  return !staged_.empty() ||
         std::ranges::any_of(targets_, [](const auto& entry) { return !entry.second.builder.empty(); });
}

/// Closes the partition's open batch and stages it.
Status TopicWriter::Cut(const PartitionKey& key, Target& target) {
  std::int32_t count = target.builder.record_count();
  FLOE_TRY(std::span<std::byte> bytes, target.builder.Finish());
  staged_.push_back({key, std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size())});
  target.next_sequence = wire::BatchHeader::NextSequence(target.next_sequence, count);
  target.builder.Reset();
  return {};
}

Result<std::string> TopicWriter::Prepare(CheckpointId checkpoint) {
  for (auto& [key, target] : targets_) {
    if (!target.builder.empty()) FLOE_TRY_VOID(Cut(key, target));
  }
  if (direct_) {
    FLOE_TRY_VOID(AppendStaged());
    return std::string();
  }
  return EncodeState(checkpoint);
}

Result<std::string> TopicWriter::EncodeState(CheckpointId checkpoint) {
  std::string bytes;
  for (const Batch& batch : staged_) {
    PutNumber(bytes, static_cast<std::uint32_t>(batch.partition.first.size()));
    bytes += batch.partition.first;
    PutNumber(bytes, static_cast<std::uint32_t>(batch.partition.second.value()));
    PutNumber(bytes, static_cast<std::uint32_t>(batch.bytes.size()));
    bytes += batch.bytes;
  }
  std::string state = fmt::format("topic-writer 1\n{}\n{}\n", producer_.value(), targets_.size());
  for (auto& [key, target] : targets_) {
    FLOE_TRY(auto partition, Find(key));
    target.published_from = partition->log_end_offset();
    state += fmt::format("{} {} {} {}\n", key.first, key.second.value(), target.next_sequence,
                         target.published_from.value());
  }
  if (bytes.size() <= kInlineBytes) {
    staged_file_.clear();
    return state + fmt::format("inline {}\n", bytes.size()) + bytes;
  }
  FLOE_TRY_VOID(deps_.files->CreateDirectories(deps_.directory));
  staged_file_ = deps_.directory + "/" + FileName(checkpoint);
  FLOE_TRY_VOID(io::WriteFileDurably(*deps_.files, staged_file_, bytes));
  return state + fmt::format("file {}\n", FileName(checkpoint));
}

Status TopicWriter::Restore(const std::string& state) {
  std::istringstream in(state);
  std::string magic, version, kind;
  std::int64_t producer = -1;
  std::size_t targets = 0;
  if (!(in >> magic >> version >> producer >> targets) || magic != "topic-writer" || version != "1")
    return Damaged(id_);
  producer_ = ProducerId(producer);
  for (std::size_t i = 0; i < targets; ++i) {
    std::string topic;
    std::int32_t partition = 0, sequence = 0;
    std::int64_t from = 0;
    if (!(in >> topic >> partition >> sequence >> from)) return Damaged(id_);
    Target& target = targets_[{topic, PartitionId(partition)}];
    target.next_sequence = sequence;
    target.published_from = Offset(from);
  }
  std::string name;
  if (!(in >> kind >> name) || in.get() != '\n') return Damaged(id_);
  std::string bytes;
  if (kind == "file") {
    // The file goes only after everything in it is in the log.
    staged_file_ = deps_.directory + "/" + name;
    FLOE_TRY(bool exists, deps_.files->Exists(staged_file_));
    if (!exists) return {};
    FLOE_TRY(bytes, io::ReadFile(*deps_.files, staged_file_));
  } else {
    bytes = state.substr(static_cast<std::size_t>(in.tellg()));
    if (kind != "inline" || name != std::to_string(bytes.size())) return Damaged(id_);
  }
  std::string_view rest = bytes;
  while (!rest.empty()) {
    Batch batch;
    std::uint32_t length = 0, partition = 0;
    bool good = TakeNumber(rest, length) && TakeBytes(rest, length, batch.partition.first) &&
                TakeNumber(rest, partition) && TakeNumber(rest, length) && TakeBytes(rest, length, batch.bytes);
    if (!good) return Damaged(id_);
    batch.partition.second = PartitionId(static_cast<std::int32_t>(partition));
    staged_.push_back(std::move(batch));
  }
  restored_ = true;
  return {};
}

Status TopicWriter::Publish(CheckpointId) {
  if (direct_) return {};
  if (restored_) FLOE_TRY_VOID(DropPublished());
  restored_ = false;
  FLOE_TRY_VOID(AppendStaged());
  if (staged_file_.empty()) return {};
  FLOE_TRY(bool exists, deps_.files->Exists(staged_file_));
  if (exists) FLOE_TRY_VOID(deps_.files->Remove(staged_file_));
  staged_file_.clear();
  return {};
}

/// Recovery: takes away the batches that an interrupted Publish already appended.
Status TopicWriter::DropPublished() {
  for (auto& [key, target] : targets_) {
    bool any = std::ranges::any_of(staged_, [&](const Batch& batch) { return batch.partition == key; });
    if (!any) continue;
    FLOE_TRY(auto partition, Find(key));
    FLOE_TRY(std::optional<std::int32_t> next, SequenceInLog(*partition, target.published_from, producer_));
    if (!next) continue;
    // Batches are in sequence order; the one that begins at `next` is the first missing one.
    bool found = false;
    std::erase_if(staged_, [&](const Batch& batch) {
      if (batch.partition != key || found) return false;
      auto header = wire::ParseBatchHeader(std::as_bytes(std::span(batch.bytes)));
      found = header && header->base_sequence == *next;
      return !found;
    });
  }
  return {};
}

Status TopicWriter::Flush() {
  if (!direct_) return {};
  for (auto& [key, target] : targets_) {
    if (!target.builder.empty()) FLOE_TRY_VOID(Cut(key, target));
  }
  std::vector<Batch> batches = std::move(staged_);
  staged_.clear();
  return AppendBatches(batches);
}

Status TopicWriter::AppendBatches(std::vector<Batch>& batches) {
  for (Batch& batch : batches) {
    FLOE_TRY(auto partition, Find(batch.partition));
    auto appended = partition->Append(std::as_writable_bytes(std::span(batch.bytes)));
    if (!appended) {
      return Fail(std::move(appended.error())
                      .WithContext(fmt::format("while publishing to {}-{}", batch.partition.first,
                                               batch.partition.second.value())));
    }
  }
  return {};
}

/// Appends everything staged and waits until all of it is on disk.
Status TopicWriter::AppendStaged() {
  FLOE_TRY_VOID(AppendBatches(staged_));
  staged_.clear();
  auto latch = std::make_shared<Latch>(targets_.size());
  for (auto& [key, target] : targets_) {
    FLOE_TRY(auto partition, Find(key));
    partition->WhenDurable(partition->log_end_offset(), [latch](Status status) { latch->Done(std::move(status)); });
  }
  return targets_.empty() ? Status() : latch->Wait();
}

Result<std::shared_ptr<log::Partition>> TopicWriter::Find(const PartitionKey& key) const {
  auto topic = deps_.log->FindTopic(key.first);
  auto index = static_cast<std::size_t>(key.second.value());
  if (!topic || index >= topic->partitions.size()) {
    return Fail(ErrorKind::kNotFound,
                fmt::format("topic '{}' partition {} is gone; was it deleted?", key.first, key.second.value()));
  }
  return topic->partitions[index];
}

}  // namespace floe::connect::kafka
