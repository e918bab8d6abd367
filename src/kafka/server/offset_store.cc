// SPDX-License-Identifier: Apache-2.0
// Group-committed writes of consumer offsets.
#include "kafka/server/offset_store.h"

#include <condition_variable>
#include <mutex>
#include <utility>
#include <variant>

namespace floe::kafka {
namespace {

const meta::Migration kMigration{
    .module = "kafka_offsets",
    .steps = {
        "CREATE TABLE kafka_groups (group_id TEXT PRIMARY KEY, protocol_type TEXT NOT NULL) WITHOUT ROWID",
        "CREATE TABLE kafka_group_offsets (group_id TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL,"
        " committed_offset INTEGER NOT NULL, leader_epoch INTEGER NOT NULL, metadata TEXT NOT NULL, committed_at_ms "
        "INTEGER NOT NULL,"
        " PRIMARY KEY (group_id, topic, partition)) WITHOUT ROWID",
        "ALTER TABLE kafka_groups ADD COLUMN empty_since_ms INTEGER"}};

struct CommitChange {
  std::string group;
  std::string protocol_type;
  GroupOffsets offsets;
};
struct RemoveChange {
  std::string group;
  std::optional<std::set<TopicPartition>> partitions;
};
struct RemoveTopicChange {
  std::string topic;
};
struct EmptySinceChange {
  std::string group;
  std::optional<TimestampMs> since;
};
struct RemoveExpiredChange {
  std::string group;
  std::map<TopicPartition, TimestampMs> expired;
};
using Change = std::variant<CommitChange, RemoveChange, RemoveTopicChange, EmptySinceChange, RemoveExpiredChange>;

struct Pending {
  Change change;
  std::function<void(Status)> done;
};

Status Write(meta::Transaction& transaction, const CommitChange& change) {
  FLOE_TRY_VOID(
      transaction.Execute("INSERT INTO kafka_groups (group_id, protocol_type) VALUES (?, ?) ON CONFLICT (group_id) DO "
                          "UPDATE SET protocol_type = "
                          "excluded.protocol_type"
                          " WHERE excluded.protocol_type <> '' AND protocol_type <> excluded.protocol_type",
                          {change.group, change.protocol_type}));
  for (const auto& [partition, offset] : change.offsets) {
    FLOE_TRY_VOID(transaction.Execute(
        "INSERT OR REPLACE INTO kafka_group_offsets VALUES (?, ?, ?, ?, ?, ?, ?)",
        {change.group, partition.topic, std::int64_t{partition.partition.value()}, offset.offset.value(),
         std::int64_t{offset.leader_epoch.value()}, offset.metadata, offset.committed_at.value()}));
  }
  return {};
}

Status Write(meta::Transaction& transaction, const RemoveChange& change) {
  if (change.partitions) {
    for (const auto& partition : *change.partitions) {
      FLOE_TRY_VOID(
          transaction.Execute("DELETE FROM kafka_group_offsets WHERE group_id = ? AND topic = ? AND partition = ?",
                              {change.group, partition.topic, std::int64_t{partition.partition.value()}}));
    }
    return {};
  }
  FLOE_TRY_VOID(transaction.Execute("DELETE FROM kafka_group_offsets WHERE group_id = ?", {change.group}));
  FLOE_TRY_VOID(transaction.Execute("DELETE FROM kafka_groups WHERE group_id = ?", {change.group}));
  return {};
}

Status Write(meta::Transaction& transaction, const RemoveTopicChange& change) {
  FLOE_TRY_VOID(transaction.Execute("DELETE FROM kafka_group_offsets WHERE topic = ?", {change.topic}));
  return {};
}

Status Write(meta::Transaction& transaction, const EmptySinceChange& change) {
  meta::Value since;
  if (change.since) since = change.since->value();
  FLOE_TRY_VOID(
      transaction.Execute("UPDATE kafka_groups SET empty_since_ms = ? WHERE group_id = ?", {since, change.group}));
  return {};
}

Status Write(meta::Transaction& transaction, const RemoveExpiredChange& change) {
  for (const auto& [partition, committed_at] : change.expired) {
    FLOE_TRY_VOID(transaction.Execute(
        "DELETE FROM kafka_group_offsets WHERE group_id = ? AND topic = ? AND partition = ? AND committed_at_ms = ?",
        {change.group, partition.topic, std::int64_t{partition.partition.value()}, committed_at.value()}));
  }
  FLOE_TRY_VOID(
      transaction.Execute("DELETE FROM kafka_groups WHERE group_id = ? AND NOT EXISTS"
                          " (SELECT 1 FROM kafka_group_offsets AS o WHERE o.group_id = kafka_groups.group_id)",
                          {change.group}));
  return {};
}

struct GroupEntry {
  std::string protocol_type;
  std::optional<TimestampMs> empty_since;
  std::shared_ptr<const GroupOffsets> offsets = std::make_shared<GroupOffsets>();
};
using GroupTable = std::map<std::string, GroupEntry>;

void Apply(GroupTable& groups, const CommitChange& change) {
  auto& entry = groups[change.group];
  if (!change.protocol_type.empty()) entry.protocol_type = change.protocol_type;
  auto offsets = std::make_shared<GroupOffsets>(*entry.offsets);
  for (const auto& [partition, offset] : change.offsets) (*offsets)[partition] = offset;
  entry.offsets = std::move(offsets);
}

void Apply(GroupTable& groups, const RemoveChange& change) {
  const auto group = groups.find(change.group);
  if (group == groups.end()) return;
  if (!change.partitions) {
    groups.erase(group);
    return;
  }
  auto offsets = std::make_shared<GroupOffsets>(*group->second.offsets);
  for (const auto& partition : *change.partitions) offsets->erase(partition);
  group->second.offsets = std::move(offsets);
}

void Apply(GroupTable& groups, const RemoveTopicChange& change) {
  for (auto& [name, entry] : groups) {
    auto offsets = std::make_shared<GroupOffsets>(*entry.offsets);
    if (std::erase_if(*offsets, [&](const auto& item) { return item.first.topic == change.topic; }) > 0) {
      entry.offsets = std::move(offsets);
    }
  }
}

void Apply(GroupTable& groups, const EmptySinceChange& change) {
  if (const auto group = groups.find(change.group); group != groups.end()) group->second.empty_since = change.since;
}

void Apply(GroupTable& groups, const RemoveExpiredChange& change) {
  const auto group = groups.find(change.group);
  if (group == groups.end()) return;
  auto offsets = std::make_shared<GroupOffsets>(*group->second.offsets);
  for (const auto& [partition, committed_at] : change.expired) {
    const auto found = offsets->find(partition);
    if (found != offsets->end() && found->second.committed_at == committed_at) offsets->erase(found);
  }
  if (offsets->empty()) {
    groups.erase(group);
  } else {
    group->second.offsets = std::move(offsets);
  }
}

}  // namespace

struct OffsetStore::State : std::enable_shared_from_this<OffsetStore::State> {
  State(meta::Store& s, ComputePool& p) : store(s), pool(p) {}

  meta::Store& store;
  ComputePool& pool;
  mutable std::mutex mu;
  // Guarded by mu.
  std::condition_variable idle;
  GroupTable groups;
  std::vector<Pending> queue;
  bool writing = false;

  void Enqueue(Pending pending) {
    {
      std::lock_guard lock(mu);
      queue.push_back(std::move(pending));
      if (std::exchange(writing, true)) return;
    }
    pool.Post([self = shared_from_this()] { self->WriteAll(); });
  }

  void WriteAll() {
    for (;;) {
      std::vector<Pending> batch;
      {
        std::lock_guard lock(mu);
        if (queue.empty()) {
          writing = false;
          idle.notify_all();
          return;
        }
        batch.swap(queue);
      }
      const Status status = store.Write([&batch](meta::Transaction& transaction) -> Status {
        for (const auto& pending : batch) {
          FLOE_TRY_VOID(std::visit([&](const auto& change) { return Write(transaction, change); }, pending.change));
        }
        return {};
      });
      if (status) {
        std::lock_guard lock(mu);
        for (const auto& pending : batch) {
          std::visit([&](const auto& change) { Apply(groups, change); }, pending.change);
        }
      }
      for (auto& pending : batch) pending.done(status);
    }
  }
};

OffsetStore::OffsetStore(std::shared_ptr<State> state) : state_(std::move(state)) {}

OffsetStore::~OffsetStore() {
  std::unique_lock lock(state_->mu);
  state_->idle.wait(lock, [this] { return !state_->writing; });
}

Result<std::unique_ptr<OffsetStore>> OffsetStore::Open(meta::Store& store, ComputePool& pool) {
  FLOE_TRY_VOID(store.Migrate(kMigration));
  auto state = std::make_shared<State>(store, pool);
  FLOE_TRY_VOID(store.Read([&](meta::Transaction& transaction) -> Status {
    FLOE_TRY_VOID(transaction.Query("SELECT group_id, protocol_type, empty_since_ms FROM kafka_groups", {},
                                    [&](const meta::Row& row) -> Status {
                                      auto& entry = state->groups[std::string(row.Bytes(0))];
                                      entry.protocol_type = std::string(row.Bytes(1));
                                      if (!row.IsNull(2)) entry.empty_since = TimestampMs(row.Int(2));
                                      return {};
                                    }));
    std::map<std::string, GroupOffsets> offsets;
    FLOE_TRY_VOID(transaction.Query(
        "SELECT group_id, topic, partition, committed_offset, leader_epoch, metadata, committed_at_ms FROM "
        "kafka_group_offsets",
        {}, [&](const meta::Row& row) -> Status {
          const TopicPartition key{std::string(row.Bytes(1)), PartitionId(static_cast<std::int32_t>(row.Int(2)))};
          offsets[std::string(row.Bytes(0))][key] = {Offset(row.Int(3)),
                                                     LeaderEpoch(static_cast<std::int32_t>(row.Int(4))),
                                                     std::string(row.Bytes(5)), TimestampMs(row.Int(6))};
          return {};
        }));
    for (auto& [group, items] : offsets)
      state->groups[group].offsets = std::make_shared<GroupOffsets>(std::move(items));
    return {};
  }));
  return std::unique_ptr<OffsetStore>(new OffsetStore(std::move(state)));
}

void OffsetStore::Commit(std::string group, std::string protocol_type, GroupOffsets offsets,
                         std::function<void(Status)> done) {
  state_->Enqueue({CommitChange{std::move(group), std::move(protocol_type), std::move(offsets)}, std::move(done)});
}

void OffsetStore::Remove(std::string group, std::optional<std::set<TopicPartition>> partitions,
                         std::function<void(Status)> done) {
  state_->Enqueue({RemoveChange{std::move(group), std::move(partitions)}, std::move(done)});
}

void OffsetStore::RemoveTopic(std::string topic, std::function<void(Status)> done) {
  state_->Enqueue({RemoveTopicChange{std::move(topic)}, std::move(done)});
}

void OffsetStore::SetEmptySince(std::string group, std::optional<TimestampMs> since, std::function<void(Status)> done) {
  state_->Enqueue({EmptySinceChange{std::move(group), since}, std::move(done)});
}

void OffsetStore::RemoveExpired(std::string group, std::map<TopicPartition, TimestampMs> expired,
                                std::function<void(Status)> done) {
  state_->Enqueue({RemoveExpiredChange{std::move(group), std::move(expired)}, std::move(done)});
}

std::map<std::string, StoredGroup> OffsetStore::Snapshot() const {
  std::lock_guard lock(state_->mu);
  std::map<std::string, StoredGroup> groups;
  for (const auto& [name, entry] : state_->groups)
    groups[name] = {entry.protocol_type, entry.empty_since, entry.offsets};
  return groups;
}

std::shared_ptr<const GroupOffsets> OffsetStore::Find(const std::string& group) const {
  std::lock_guard lock(state_->mu);
  const auto found = state_->groups.find(group);
  return found == state_->groups.end() ? nullptr : found->second.offsets;
}

std::map<std::string, std::string> OffsetStore::Groups() const {
  std::lock_guard lock(state_->mu);
  std::map<std::string, std::string> groups;
  for (const auto& [name, entry] : state_->groups) groups[name] = entry.protocol_type;
  return groups;
}

}  // namespace floe::kafka
