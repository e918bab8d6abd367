// SPDX-License-Identifier: Apache-2.0
// All topics of a node: create, change, delete, retention, orderly stop.
#include "log/log.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/logging.h"
#include "io/file_system.h"
#include "log/acknowledged_mark.h"
#include "log/partition.h"
#include "log/topic_config.h"
#include "log/topic_store.h"

namespace floe::log {
namespace {

constexpr std::int64_t kProducerIdBlock = 1000;
constexpr int kMaxPartitions = 10'000;

using TopicMap = std::map<std::string, std::shared_ptr<const Topic>>;

/// "weather-6fa459ea/0": readable, and a topic created again under its old name never meets old files.
std::string TopicDirectory(const std::string& root, const std::string& name, const TopicId& id) {
  return root + "/" + name + "-" + id.substr(0, 8);
}

class TopicLog final : public Log {
 public:
  TopicLog(io::FileSystem& files, meta::Store& store, Clock& clock, LogOptions options)
      : files_(files),
        clock_(clock),
        options_(std::move(options)),
        store_(store),
        syncer_(std::make_shared<Syncer>()) {}

  ~TopicLog() override {
    StopRetention();
    syncer_->Stop();
  }

  Status Load();
  Result<std::shared_ptr<const Topic>> CreateTopic(const std::string& name, int partitions,
                                                   TopicConfig config) override;
  Status DeleteTopic(const std::string& name) override;
  Result<std::shared_ptr<const Topic>> AddPartitions(const std::string& name, int total) override;
  Result<std::shared_ptr<const Topic>> AlterConfig(const std::string& name, TopicConfig config) override;
  std::shared_ptr<const Topic> FindTopic(const std::string& name) const override;
  std::vector<std::shared_ptr<const Topic>> Topics() const override;
  Result<ProducerId> AllocateProducerId() override;
  Status Close() override;

 private:
  Result<std::shared_ptr<Topic>> OpenTopic(const TopicRecord& record, bool clean);
  /// Makes its files, then the row that names it. A failure leaves files behind.
  Result<std::shared_ptr<Topic>> StoreTopic(const TopicRecord& record);
  Status MakeDirectories(const std::string& name, const TopicId& id, int from, int to);
  Status FinishDeletion(const TopicRecord& record);
  Result<std::shared_ptr<const Topic>> MustFind(const std::string& name) const;
  Status RefuseIfClosed() const;
  Status CheckCollision(const std::string& name) const;
  void Publish(std::shared_ptr<const Topic> topic);
  void RunRetention();
  void StopRetention();

  io::FileSystem& files_;
  Clock& clock_;
  const LogOptions options_;
  TopicStore store_;
  const std::shared_ptr<Syncer> syncer_;

  std::mutex change_mu_;               // one change of topics at a time; held during I/O
  bool closed_ = false;                // guarded by change_mu_
  std::int64_t next_producer_id_ = 0;  // guarded by change_mu_
  std::int64_t reserved_until_ = 0;    // guarded by change_mu_

  mutable std::mutex topics_mu_;                                                 // never held during I/O
  std::shared_ptr<const TopicMap> topics_ = std::make_shared<const TopicMap>();  // guarded by topics_mu_

  std::mutex retention_mu_;
  std::condition_variable retention_wake_;
  bool stopping_ = false;  // guarded by retention_mu_
  std::jthread retention_;
};

Status TopicLog::Load() {
  FLOE_TRY_VOID(files_.CreateDirectories(options_.directory));
  FLOE_TRY_VOID(store_.Open());
  std::string marker = options_.directory + kCleanMarker;
  FLOE_TRY(bool clean, files_.Exists(marker));
  if (clean) {
    FLOE_TRY_VOID(files_.Remove(marker));
    FLOE_TRY_VOID(files_.SyncDirectory(options_.directory));
  }
  FLOE_TRY(auto records, store_.List());
  auto topics = std::make_shared<TopicMap>();
  for (const TopicRecord& record : records) {
    if (record.deleting) {
      FLOE_TRY_VOID(FinishDeletion(record));
      continue;
    }
    FLOE_TRY((*topics)[record.name], OpenTopic(record, clean));
  }
  topics_ = std::move(topics);
  retention_ = std::jthread([this] { RunRetention(); });
  return {};
}

Result<std::shared_ptr<Topic>> TopicLog::OpenTopic(const TopicRecord& record, bool clean) {
  FLOE_TRY(EffectiveConfig config, Resolve(record.config, options_.segment_bytes));
  auto topic = std::make_shared<Topic>(Topic{record.name, record.id, {record.config}, {}});
  for (int i = 0; i < record.partitions; ++i) {
    std::string directory = TopicDirectory(options_.directory, record.name, record.id) + "/" + std::to_string(i);
    FLOE_TRY(auto partition,
             PartitionLog::Open({files_, clock_, syncer_}, {record.name, PartitionId(i), directory}, config, clean));
    topic->partitions.push_back(std::move(partition));
  }
  return topic;
}

// Directories first, then the row that names them: a crash between leaves empty directories, never a topic without.
Status TopicLog::MakeDirectories(const std::string& name, const TopicId& id, int from, int to) {
  std::string directory = TopicDirectory(options_.directory, name, id);
  for (int i = from; i < to; ++i) FLOE_TRY_VOID(files_.CreateDirectories(directory + "/" + std::to_string(i)));
  FLOE_TRY_VOID(files_.SyncDirectory(directory));
  return files_.SyncDirectory(options_.directory);
}

Status TopicLog::FinishDeletion(const TopicRecord& record) {
  FLOE_TRY_VOID(files_.RemoveAll(TopicDirectory(options_.directory, record.name, record.id)));
  FLOE_TRY_VOID(files_.SyncDirectory(options_.directory));
  return store_.Erase(record.id);
}

Status TopicLog::RefuseIfClosed() const {
  if (closed_) return Fail(ErrorKind::kCancelled, "the log is closed");
  return {};
}

// Kafka's rule: metrics write '.' and '_' alike, so names that differ only there are refused.
Status TopicLog::CheckCollision(const std::string& name) const {
  auto folded = [](std::string text) {
    std::replace(text.begin(), text.end(), '.', '_');
    return text;
  };
  for (const auto& topic : Topics()) {
    if (topic->name != name && folded(topic->name) == folded(name)) {
      return Fail(ErrorKind::kInvalidInput, "topic name '" + name + "' collides with '" + topic->name +
                                                "': they differ only in '.' and '_'; choose another");
    }
  }
  return {};
}

Result<std::shared_ptr<const Topic>> TopicLog::CreateTopic(const std::string& name, int partitions,
                                                           TopicConfig config) {
  FLOE_TRY_VOID(CheckTopicName(name));
  if (partitions < 1 || partitions > kMaxPartitions) {
    return Fail(ErrorKind::kInvalidInput, "topic '" + name + "' cannot have " + std::to_string(partitions) +
                                              " partitions; give 1 to " + std::to_string(kMaxPartitions));
  }
  FLOE_TRY_VOID(Resolve(config.overrides, options_.segment_bytes));
  std::lock_guard lock(change_mu_);
  FLOE_TRY_VOID(RefuseIfClosed());
  if (FindTopic(name)) return Fail(ErrorKind::kAlreadyExists, "topic '" + name + "' exists already");
  FLOE_TRY_VOID(CheckCollision(name));
  TopicRecord record{SystemRandom().Uuid(), name, partitions, false, std::move(config.overrides)};
  auto topic = StoreTopic(record);
  if (topic) {
    Publish(*topic);
    return *topic;
  }
  static_cast<void>(files_.RemoveAll(TopicDirectory(options_.directory, name, record.id)));  // best effort
  if (topic.error().kind() == ErrorKind::kDiskFull) {
    return Fail(ErrorKind::kDiskFull, "topic '" + name + "' was not created: the disk is full (" +
                                          topic.error().message() + "); make space on the file system of '" +
                                          options_.directory + "' and try again");
  }
  return Fail(std::move(topic).error().WithContext("while creating topic '" + name + "'"));
}

Result<std::shared_ptr<Topic>> TopicLog::StoreTopic(const TopicRecord& record) {
  FLOE_TRY_VOID(MakeDirectories(record.name, record.id, 0, record.partitions));
  FLOE_TRY(auto topic, OpenTopic(record, /*clean=*/false));
  FLOE_TRY_VOID(store_.Insert(record, clock_.WallNowMs()));
  return topic;
}

Status TopicLog::DeleteTopic(const std::string& name) {
  std::lock_guard lock(change_mu_);
  FLOE_TRY_VOID(RefuseIfClosed());
  FLOE_TRY(auto topic, MustFind(name));
  FLOE_TRY_VOID(store_.MarkDeleting(topic->id));
  {
    std::lock_guard topics_lock(topics_mu_);
    auto map = std::make_shared<TopicMap>(*topics_);
    map->erase(name);
    topics_ = std::move(map);
  }
  for (const auto& partition : topic->partitions) static_cast<PartitionLog&>(*partition).MarkDeleted();
  // The decision is durable. What is left of the files goes now or at the next start.
  Status finished = FinishDeletion({topic->id, topic->name, 0, true, {}});
  if (!finished)
    logging::Warn("log", "files of a deleted topic are left; the next start removes them",
                  {{"topic", name}, {"cause", finished.error().ToString()}});
  return {};
}

Result<std::shared_ptr<const Topic>> TopicLog::AddPartitions(const std::string& name, int total) {
  std::lock_guard lock(change_mu_);
  FLOE_TRY_VOID(RefuseIfClosed());
  FLOE_TRY(auto topic, MustFind(name));
  auto now = static_cast<int>(topic->partitions.size());
  if (total <= now || total > kMaxPartitions) {
    return Fail(ErrorKind::kInvalidInput, "topic '" + name + "' has " + std::to_string(now) +
                                              " partitions and cannot get " + std::to_string(total) +
                                              " in all; give more than now and at most " +
                                              std::to_string(kMaxPartitions));
  }
  FLOE_TRY(EffectiveConfig config, Resolve(topic->config.overrides, options_.segment_bytes));
  FLOE_TRY_VOID(MakeDirectories(name, topic->id, now, total));
  auto grown = std::make_shared<Topic>(*topic);
  for (int i = now; i < total; ++i) {
    std::string directory = TopicDirectory(options_.directory, name, topic->id) + "/" + std::to_string(i);
    FLOE_TRY(auto partition,
             PartitionLog::Open({files_, clock_, syncer_}, {name, PartitionId(i), directory}, config, /*clean=*/false));
    grown->partitions.push_back(std::move(partition));
  }
  FLOE_TRY_VOID(store_.SetPartitions(topic->id, total));
  Publish(grown);
  return grown;
}

Result<std::shared_ptr<const Topic>> TopicLog::AlterConfig(const std::string& name, TopicConfig config) {
  std::lock_guard lock(change_mu_);
  FLOE_TRY_VOID(RefuseIfClosed());
  FLOE_TRY(auto topic, MustFind(name));
  FLOE_TRY(EffectiveConfig effective, Resolve(config.overrides, options_.segment_bytes));
  FLOE_TRY_VOID(store_.SetConfig(topic->id, config.overrides));
  auto changed = std::make_shared<Topic>(*topic);
  changed->config = std::move(config);
  for (const auto& partition : changed->partitions) static_cast<PartitionLog&>(*partition).SetConfig(effective);
  Publish(changed);
  return changed;
}

void TopicLog::Publish(std::shared_ptr<const Topic> topic) {
  std::lock_guard lock(topics_mu_);
  auto map = std::make_shared<TopicMap>(*topics_);
  (*map)[topic->name] = topic;
  topics_ = std::move(map);
}

std::shared_ptr<const Topic> TopicLog::FindTopic(const std::string& name) const {
  std::lock_guard lock(topics_mu_);
  auto found = topics_->find(name);
  return found == topics_->end() ? nullptr : found->second;
}

Result<std::shared_ptr<const Topic>> TopicLog::MustFind(const std::string& name) const {
  auto topic = FindTopic(name);
  if (!topic) return Fail(ErrorKind::kNotFound, "topic '" + name + "' does not exist");
  return topic;
}

std::vector<std::shared_ptr<const Topic>> TopicLog::Topics() const {
  std::shared_ptr<const TopicMap> topics;
  {
    std::lock_guard lock(topics_mu_);
    topics = topics_;
  }
  std::vector<std::shared_ptr<const Topic>> list;
  for (const auto& [name, topic] : *topics) list.push_back(topic);
  return list;
}

Result<ProducerId> TopicLog::AllocateProducerId() {
  std::lock_guard lock(change_mu_);
  FLOE_TRY_VOID(RefuseIfClosed());
  if (next_producer_id_ == reserved_until_) {
    FLOE_TRY(next_producer_id_, store_.ReserveProducerIds(kProducerIdBlock));
    reserved_until_ = next_producer_id_ + kProducerIdBlock;
  }
  return ProducerId(next_producer_id_++);
}

void TopicLog::RunRetention() {
  std::unique_lock lock(retention_mu_);
  while (!stopping_) {
    retention_wake_.wait_for(lock, options_.retention_check, [&] { return stopping_; });
    if (stopping_) return;
    lock.unlock();
    for (const auto& topic : Topics()) {
      for (const auto& partition : topic->partitions) {
        Status applied = static_cast<PartitionLog&>(*partition).ApplyRetention();
        if (!applied) {
          logging::Warn(
              "log", "retention did not finish; it is tried again",
              {{"topic", topic->name}, {"partition", partition->id().value()}, {"cause", applied.error().ToString()}});
        }
      }
    }
    lock.lock();
  }
}

void TopicLog::StopRetention() {
  {
    std::lock_guard lock(retention_mu_);
    stopping_ = true;
  }
  retention_wake_.notify_all();
  if (retention_.joinable()) retention_.join();
}

Status TopicLog::Close() {
  std::lock_guard lock(change_mu_);
  if (closed_) return {};
  closed_ = true;
  StopRetention();
  auto topics = Topics();
  for (const auto& topic : topics)
    for (const auto& partition : topic->partitions) static_cast<PartitionLog&>(*partition).BeginClose();
  syncer_->Drain();
  Status status;
  for (const auto& topic : topics) {
    for (const auto& partition : topic->partitions) {
      Status finished = static_cast<PartitionLog&>(*partition).FinishClose();
      if (!finished && status) status = std::move(finished);
    }
  }
  syncer_->Stop();
  // Without the marker the next start checks everything: the right thing after any failure here.
  FLOE_TRY_VOID(status);
  return io::WriteFileDurably(files_, options_.directory + kCleanMarker, "floe log 1\n");
}

}  // namespace

Result<std::unique_ptr<Log>> Log::Open(io::FileSystem& files, meta::Store& store, Clock& clock, LogOptions options) {
  auto log = std::make_unique<TopicLog>(files, store, clock, std::move(options));
  FLOE_TRY_VOID(log->Load());
  return log;
}

}  // namespace floe::log
