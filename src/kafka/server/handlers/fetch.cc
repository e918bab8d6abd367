// SPDX-License-Identifier: Apache-2.0
// Fetch: stored batches as they are, with sessions (KIP-227) and the long poll.
#include "kafka/protocol/messages/fetch.h"

#include <algorithm>

#include "kafka/server/error_map.h"
#include "kafka/server/fetch_session.h"
#include "kafka/server/handlers/handlers.h"
#include "kafka/server/topic_directory.h"

namespace floe::kafka {
namespace {

/// A larger answer of a partition is read piece by piece while it is sent.
constexpr std::size_t kReadAtOnce = 128U << 10;

class SegmentRecords final : public StoredRecords {
 public:
  static_assert(kBlock == log::FileRange::kBlock);
  explicit SegmentRecords(log::FileRange range) : range_(std::move(range)) {}
  std::size_t size() const override { return range_.length; }
  Status Read(std::size_t position, std::span<std::byte> out) const override { return range_.Read(position, out); }
  Result<std::span<const std::byte>> ReadPiece(std::size_t position, std::span<std::byte> buffer) const override {
    return range_.ReadPiece(position, buffer);
  }

 private:
  log::FileRange range_;
};

struct Target {
  FetchTarget asked;
  std::shared_ptr<log::Partition> partition;
  FetchResponse::Topic::Partition answer;
};

FetchPlan MakePlan(Services& services, const FetchRequest& asked) {
  std::vector<FetchTarget> targets;
  for (const auto& topic : asked.topics) {
    for (const auto& partition : topic.partitions) {
      targets.push_back({.key = {{topic.name, topic.topic_id}, partition.index},
                         .offset = partition.fetch_offset,
                         .max_bytes = partition.max_bytes,
                         .leader_epoch = partition.current_leader_epoch});
    }
  }
  std::vector<FetchKey> forgotten;
  for (const auto& topic : asked.forgotten_topics) {
    for (const auto index : topic.partitions) forgotten.push_back({{topic.name, topic.topic_id}, index});
  }
  return services.sessions.Begin(asked.session_id, asked.session_epoch, std::move(targets), forgotten);
}

void SetOffsets(Target& target) {
  target.answer.high_watermark = target.partition->high_watermark().value();
  // Without transactions everything readable is stable.
  target.answer.last_stable_offset = target.answer.high_watermark;
  target.answer.log_start_offset = target.partition->log_start_offset().value();
}

void SetError(Target& target, ErrorCode code) {
  target.answer.error_code = Code(code);
  target.answer.high_watermark = target.answer.last_stable_offset = target.answer.log_start_offset = -1;
}

std::vector<Target> Resolve(Services& services, const FetchPlan& plan, bool by_id) {
  std::vector<Target> targets;
  targets.reserve(plan.targets.size());
  std::shared_ptr<const log::Topic> topic;
  const FetchTopic* looked_up = nullptr;
  for (const auto& asked : plan.targets) {
    const auto& [name, index] = asked.key;
    if (looked_up == nullptr || *looked_up != name) {
      topic = by_id ? services.topics.FindById(name.id) : services.topics.FindByName(name.name);
      looked_up = &name;
    }
    auto& target = targets.emplace_back();
    target.asked = asked;
    target.answer.index = index;
    target.partition = TopicDirectory::PartitionOf(topic, index);
    if (target.partition == nullptr) {
      SetError(target, topic == nullptr && by_id ? ErrorCode::kUnknownTopicId : ErrorCode::kUnknownTopicOrPartition);
    } else if (asked.leader_epoch > kLeaderEpoch) {
      SetError(target, ErrorCode::kUnknownLeaderEpoch);
    } else {
      SetOffsets(target);
    }
  }
  return targets;
}

bool Readable(const Target& target) {
  if (target.answer.error_code != 0) return false;
  const auto at = target.asked.offset;
  return at != target.partition->high_watermark().value();  // beyond it Read says that the offset is out of range
}

struct ReadOutcome {
  std::size_t bytes = 0;
  std::uint64_t memory = 0;  // taken until the answer is sent
  bool failed = false;
};

/// The piece that stored records are sent through counts once, also for many of them.
void CountMemory(const std::vector<Target>& targets, ReadOutcome& outcome) {
  bool stored = false;
  for (const auto& target : targets) {
    stored |= target.answer.records.stored != nullptr;
    outcome.memory += target.answer.records.bytes.size();
  }
  outcome.memory += stored ? kSendPieceBytes : 0;
}

Status TakeRecords(log::FileRange range, Records& out) {
  if (range.length > kReadAtOnce) {
    out.stored = std::make_shared<SegmentRecords>(std::move(range));
    return {};
  }
  auto owner = std::make_shared_for_overwrite<std::byte[]>(range.length);
  out.bytes = {owner.get(), range.length};
  out.owner = std::move(owner);
  return range.Read(0, out.bytes);
}

/// On a compute thread. The first batch found goes out whatever its size (KIP-74); then `max_bytes` holds.
ReadOutcome ReadAll(std::vector<Target>& targets, std::size_t max_bytes) {
  ReadOutcome outcome;
  for (auto& target : targets) {
    if (target.answer.error_code != 0) {
      outcome.failed = true;
      continue;
    }
    SetOffsets(target);
    target.answer.records = {};
    if (!Readable(target) || (outcome.bytes > 0 && outcome.bytes >= max_bytes)) continue;
    const auto limit =
        std::min<std::size_t>(max_bytes - outcome.bytes, static_cast<std::size_t>(std::max(target.asked.max_bytes, 0)));
    auto range = target.partition->Locate(Offset(target.asked.offset), limit);
    Status read;
    if (range) {
      target.answer.high_watermark = target.answer.last_stable_offset = range->high_watermark.value();
      target.answer.log_start_offset = range->log_start_offset.value();
      if (range->length == 0 || (outcome.bytes > 0 && range->length > limit)) continue;
      outcome.bytes += range->length;
      read = TakeRecords(std::move(*range), target.answer.records);
    } else {
      read = Fail(std::move(range).error());
    }
    if (read) continue;
    SetError(target, ToErrorCode(read.error().kind(), ErrorSubject::kOffset));
    outcome.failed = true;
  }
  CountMemory(targets, outcome);
  return outcome;
}

/// What the records of a response can take of memory at most. The first batch goes out whatever was asked for.
std::uint64_t Weight(const std::vector<Target>& targets, std::size_t max_bytes) {
  std::uint64_t weight = 0;
  std::uint64_t first_batch = 0;
  bool stored = false;
  for (const auto& target : targets) {
    if (!Readable(target)) continue;
    const auto size = target.partition->size_bytes();
    const auto asked = static_cast<std::uint64_t>(std::max(target.asked.max_bytes, 0));
    stored |= size > kReadAtOnce;
    first_batch = std::max(first_batch, std::min<std::uint64_t>(size, kReadAtOnce));
    weight += std::min({size, asked, std::uint64_t{kReadAtOnce}});
  }
  return std::max(first_batch, std::min<std::uint64_t>(weight, max_bytes)) + (stored ? kSendPieceBytes : 0);
}

/// Asks every partition to wake one waiter; takes the requests back when it dies, also when the coroutine is unwound.
class Readiness {
 public:
  explicit Readiness(const std::vector<Target>& targets) {
    for (const auto& target : targets) {
      if (target.answer.error_code != 0) continue;
      auto wake = wake_;
      // Past the end as this request saw it: what was appended since then counts as new.
      const auto token =
          target.partition->WhenReadable(Offset(target.answer.high_watermark), [wake] { wake.Set(true); });
      tokens_.emplace_back(target.partition, token);
    }
  }
  ~Readiness() {
    for (auto& [partition, token] : tokens_) partition->Forget(token);
  }
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;
  Task<Result<bool>> WaitFor(std::chrono::nanoseconds timeout) { return wake_.WaitFor(timeout); }

 private:
  OneShot<bool> wake_;
  std::vector<std::pair<std::shared_ptr<log::Partition>, std::uint64_t>> tokens_;
};

FetchResponse MakeResponse(Services& services, const FetchPlan& plan, std::vector<Target> targets) {
  FetchResponse response;
  response.session_id = plan.session_id;
  std::vector<FetchOutcome> outcomes;
  outcomes.reserve(targets.size());
  for (const auto& target : targets) {
    outcomes.push_back({target.asked.key, static_cast<ErrorCode>(target.answer.error_code),
                        target.answer.high_watermark, target.answer.log_start_offset,
                        target.answer.records.size() != 0});
  }
  const auto include = services.sessions.Finish(plan, outcomes);
  const FetchTopic* current = nullptr;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (!include[i]) continue;
    const auto& topic = targets[i].asked.key.first;
    if (current == nullptr || *current != topic) {
      response.topics.emplace_back();
      response.topics.back().name = topic.name;
      response.topics.back().topic_id = topic.id;
      current = &topic;
    }
    response.topics.back().partitions.push_back(std::move(targets[i].answer));
  }
  return response;
}

}  // namespace

HandlerResult HandleFetch(Services& services, Request& request) {
  FLOE_CO_TRY(const auto asked, request.Decode<FetchRequest>());
  const auto plan = MakePlan(services, asked);
  if (plan.error != ErrorCode::kNone) {
    FetchResponse refused;
    refused.error_code = Code(plan.error);
    co_return Reply(request.Encode(refused));
  }
  auto targets = Resolve(services, plan, request.header.api_version >= 13);
  const auto max_bytes =
      std::min<std::size_t>(static_cast<std::size_t>(std::max(asked.max_bytes, 0)), services.options.max_fetch_bytes);
  const auto min_bytes = static_cast<std::size_t>(std::max(asked.min_bytes, 0));
  const auto deadline = services.clock.MonotonicNow() + std::chrono::milliseconds(std::max(asked.max_wait_ms, 0));
  ByteBudget::Lease lease;
  for (;;) {
    lease.Release();
    FLOE_CO_TRY(lease, co_await services.response_budget.Acquire(Weight(targets, max_bytes)));
    ReadOutcome outcome;
    if (std::ranges::any_of(targets, Readable)) {
      outcome = co_await Offload(services.compute, [&] { return ReadAll(targets, max_bytes); });
    } else {
      outcome.failed = std::ranges::any_of(targets, [](const Target& target) { return target.answer.error_code != 0; });
    }
    lease.ShrinkTo(outcome.memory);
    const auto left = deadline - services.clock.MonotonicNow();
    if (outcome.failed || outcome.bytes >= min_bytes || targets.empty() || left.count() <= 0) break;
    // What was read so far is read again with what comes: holding it would keep memory for as long as the client likes.
    for (auto& target : targets) target.answer.records = {};
    lease.Release();
    Readiness ready(targets);
    const auto woken = co_await ready.WaitFor(left);
    if (!woken && woken.error().kind() == ErrorKind::kCancelled) co_return Fail(woken.error());
  }
  co_return Reply(request.Encode(MakeResponse(services, plan, std::move(targets))), std::move(lease));
}

}  // namespace floe::kafka
