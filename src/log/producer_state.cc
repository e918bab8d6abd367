// SPDX-License-Identifier: Apache-2.0
// Sequence and epoch checks of idempotent producers, and their snapshot.
#include "log/producer_state.h"

#include <algorithm>
#include <cstring>

#include "base/crc32c.h"

namespace floe::log {
namespace {

constexpr std::size_t kKeptBatches = 5;  // what a client may have in flight (max.in.flight.requests.per.connection)
constexpr std::string_view kMagic = "FLPS";
constexpr std::uint32_t kVersion = 1;

std::string Name(const kafka::BatchHeader& header) {
  return "producer " + std::to_string(header.producer_id.value()) + " (epoch " +
         std::to_string(header.producer_epoch.value()) + ")";
}

/// Little-endian, as x86 and ARM store it.
template <typename T>
void Put(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i)
    out.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i)));
}

template <typename T>
bool Get(std::string_view& in, T& value) {
  if (in.size() < sizeof(T)) return false;
  std::uint64_t raw = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    raw |= static_cast<std::uint64_t>(static_cast<unsigned char>(in[i])) << (8 * i);
  value = static_cast<T>(raw);
  in.remove_prefix(sizeof(T));
  return true;
}

std::unexpected<Error> Damaged() {
  return Fail(ErrorKind::kCorruption, "producer state snapshot is damaged");
}

}  // namespace

Result<std::optional<ProducerState::Stored>> ProducerState::Check(const kafka::BatchHeader& header) const {
  auto found = producers_.find(header.producer_id);
  if (found == producers_.end()) return std::nullopt;
  const Producer& producer = found->second;
  if (header.producer_epoch < producer.epoch) {
    return Fail(ErrorKind::kFailedPrecondition, Name(header) + " is fenced: epoch " +
                                                    std::to_string(producer.epoch.value()) +
                                                    " has written since; start a new producer");
  }
  if (header.producer_epoch > producer.epoch) {
    if (header.base_sequence == 0) return std::nullopt;
    return Fail(ErrorKind::kConflict,
                Name(header) + " began its epoch with sequence " + std::to_string(header.base_sequence) + ", not 0");
  }
  for (const Batch& batch : producer.batches) {
    if (batch.base_sequence == header.base_sequence && batch.last_sequence == header.last_sequence())
      return Stored{batch.first, batch.last, batch.timestamp};
  }
  std::int32_t expected = kafka::BatchHeader::NextSequence(producer.batches.back().last_sequence, 1);
  if (header.base_sequence == expected) return std::nullopt;
  return Fail(ErrorKind::kConflict, Name(header) + " sent sequence " + std::to_string(header.base_sequence) +
                                        ", expected " + std::to_string(expected));
}

void ProducerState::Update(const kafka::BatchHeader& header, Before* before) {
  if (!header.has_producer()) return;
  auto found = producers_.find(header.producer_id);
  // In a row of one producer's batches the first has noted it.
  if (before != nullptr && (before->producers_.empty() || before->producers_.back().first != header.producer_id)) {
    before->producers_.emplace_back(header.producer_id,
                                    found == producers_.end() ? std::nullopt : std::optional(found->second));
  }
  if (found == producers_.end()) found = producers_.try_emplace(header.producer_id).first;
  Producer& producer = found->second;
  if (header.producer_epoch != producer.epoch) producer.batches.clear();
  producer.epoch = header.producer_epoch;
  producer.batches.push_back(
      {header.base_sequence, header.last_sequence(), header.base_offset, header.last_offset(), header.max_timestamp});
  if (producer.batches.size() > kKeptBatches) producer.batches.pop_front();
}

void ProducerState::TakeBack(Before before) {
  for (auto noted = before.producers_.rbegin(); noted != before.producers_.rend(); ++noted) {
    if (noted->second) {
      producers_.insert_or_assign(noted->first, std::move(*noted->second));
    } else {
      producers_.erase(noted->first);
    }
  }
}

void ProducerState::Expire(TimestampMs before) {
  std::erase_if(producers_, [&](const auto& entry) { return entry.second.batches.back().timestamp < before; });
}

std::string ProducerState::Serialize(Offset offset) const {
  std::string out(kMagic);
  Put(out, kVersion);
  Put(out, offset.value());
  Put(out, static_cast<std::uint32_t>(producers_.size()));
  for (const auto& [id, producer] : producers_) {
    Put(out, id.value());
    Put(out, producer.epoch.value());
    Put(out, static_cast<std::uint8_t>(producer.batches.size()));
    for (const Batch& batch : producer.batches) {
      Put(out, batch.base_sequence);
      Put(out, batch.last_sequence);
      Put(out, batch.first.value());
      Put(out, batch.last.value());
      Put(out, batch.timestamp.value());
    }
  }
  Put(out, Crc32c(std::as_bytes(std::span(out))));
  return out;
}

Result<std::pair<ProducerState, Offset>> ProducerState::Parse(std::string_view bytes) {
  if (bytes.size() < kMagic.size() + 4 || !bytes.starts_with(kMagic)) return Damaged();
  std::string_view tail = bytes.substr(bytes.size() - 4);
  std::uint32_t crc = 0;
  Get(tail, crc);
  bytes.remove_suffix(4);
  if (Crc32c(std::as_bytes(std::span(bytes))) != crc) return Damaged();
  bytes.remove_prefix(kMagic.size());
  std::uint32_t version = 0, producers = 0;
  std::int64_t offset = 0;
  if (!Get(bytes, version) || version != kVersion || !Get(bytes, offset) || !Get(bytes, producers)) return Damaged();
  ProducerState state;
  for (std::uint32_t i = 0; i < producers; ++i) {
    std::int64_t id = 0;
    std::int16_t epoch = 0;
    std::uint8_t batches = 0;
    if (!Get(bytes, id) || !Get(bytes, epoch) || !Get(bytes, batches) || batches == 0 || batches > kKeptBatches)
      return Damaged();
    Producer& producer = state.producers_[ProducerId(id)];
    producer.epoch = ProducerEpoch(epoch);
    for (int b = 0; b < batches; ++b) {
      Batch batch{};
      std::int64_t first = 0, last = 0, timestamp = 0;
      if (!Get(bytes, batch.base_sequence) || !Get(bytes, batch.last_sequence) || !Get(bytes, first) ||
          !Get(bytes, last) || !Get(bytes, timestamp))
        return Damaged();
      batch.first = Offset(first);
      batch.last = Offset(last);
      batch.timestamp = TimestampMs(timestamp);
      producer.batches.push_back(batch);
    }
  }
  if (!bytes.empty()) return Damaged();
  return std::make_pair(std::move(state), Offset(offset));
}

}  // namespace floe::log
