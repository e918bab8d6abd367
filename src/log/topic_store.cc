// SPDX-License-Identifier: Apache-2.0
// The SQL of topics.
#include "log/topic_store.h"

#include "meta/store.h"

namespace floe::log {
namespace {

using meta::Row;
using meta::Transaction;

// The name is unique among living topics only: one that is being deleted may be created again.
constexpr const char* kSchema = R"sql(
CREATE TABLE topic(
  id TEXT PRIMARY KEY, name TEXT NOT NULL, partitions INTEGER NOT NULL, deleting INTEGER NOT NULL DEFAULT 0,
  created_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX topic_name ON topic(name) WHERE deleting = 0;
CREATE TABLE topic_config(
  topic_id TEXT NOT NULL REFERENCES topic(id) ON DELETE CASCADE, key TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY(topic_id, key)) STRICT, WITHOUT ROWID;
CREATE TABLE producer_ids(only_row INTEGER PRIMARY KEY CHECK(only_row = 0), next_id INTEGER NOT NULL) STRICT;
INSERT INTO producer_ids VALUES(0, 0);
)sql";

Status InsertConfig(Transaction& t, const std::string& id, const std::map<std::string, std::string>& config) {
  for (const auto& [key, value] : config)
    FLOE_TRY_VOID(t.Execute("INSERT INTO topic_config(topic_id, key, value) VALUES(?, ?, ?)", {id, key, value}));
  return {};
}

}  // namespace

Status TopicStore::Open() {
  return store_.Migrate({.module = "log", .steps = {kSchema}});
}

Result<std::vector<TopicRecord>> TopicStore::List() {
  std::map<std::string, TopicRecord> topics;
  FLOE_TRY_VOID(store_.Read([&](Transaction& t) -> Status {
    FLOE_TRY_VOID(t.Query("SELECT id, name, partitions, deleting FROM topic", {}, [&](const Row& row) -> Status {
      std::string id(row.Bytes(0));
      topics[id] = {id, std::string(row.Bytes(1)), static_cast<int>(row.Int(2)), row.Int(3) != 0, {}};
      return {};
    }));
    return t.Query("SELECT topic_id, key, value FROM topic_config", {}, [&](const Row& row) -> Status {
      topics[std::string(row.Bytes(0))].config.emplace(row.Bytes(1), row.Bytes(2));
      return {};
    });
  }));
  std::vector<TopicRecord> list;
  for (auto& [id, topic] : topics) list.push_back(std::move(topic));
  return list;
}

Status TopicStore::Insert(const TopicRecord& topic, TimestampMs now) {
  return store_.Write([&](Transaction& t) -> Status {
    FLOE_TRY_VOID(t.Execute("INSERT INTO topic(id, name, partitions, created_ms) VALUES(?, ?, ?, ?)",
                            {topic.id, topic.name, std::int64_t{topic.partitions}, now.value()}));
    return InsertConfig(t, topic.id, topic.config);
  });
}

Status TopicStore::SetPartitions(const std::string& id, int partitions) {
  return store_.Write([&](Transaction& t) -> Status {
    FLOE_TRY_VOID(t.Execute("UPDATE topic SET partitions = ? WHERE id = ?", {std::int64_t{partitions}, id}));
    return {};
  });
}

Status TopicStore::SetConfig(const std::string& id, const std::map<std::string, std::string>& config) {
  return store_.Write([&](Transaction& t) -> Status {
    FLOE_TRY_VOID(t.Execute("DELETE FROM topic_config WHERE topic_id = ?", {id}));
    return InsertConfig(t, id, config);
  });
}

Status TopicStore::MarkDeleting(const std::string& id) {
  return store_.Write([&](Transaction& t) -> Status {
    FLOE_TRY_VOID(t.Execute("UPDATE topic SET deleting = 1 WHERE id = ?", {id}));
    return {};
  });
}

Status TopicStore::Erase(const std::string& id) {
  return store_.Write([&](Transaction& t) -> Status {
    FLOE_TRY_VOID(t.Execute("DELETE FROM topic WHERE id = ?", {id}));
    return {};
  });
}

Result<std::int64_t> TopicStore::ReserveProducerIds(std::int64_t count) {
  std::int64_t first = 0;
  FLOE_TRY_VOID(store_.Write([&](Transaction& t) -> Status {
    FLOE_TRY_VOID(t.Query("SELECT next_id FROM producer_ids", {}, [&](const Row& row) -> Status {
      first = row.Int(0);
      return {};
    }));
    FLOE_TRY_VOID(t.Execute("UPDATE producer_ids SET next_id = ?", {first + count}));
    return {};
  }));
  return first;
}

}  // namespace floe::log
