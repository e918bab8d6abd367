// SPDX-License-Identifier: Apache-2.0
// A test with a broker in a directory of its own, which survives a restart of the broker.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/matchers.h"
#include "kafka/protocol/error_code.h"
#include "kafka/protocol/messages/all.h"
#include "kafka/protocol/record_batch_builder.h"
#include "kafka/server/broker_testing.h"

namespace floe::kafka {

class BrokerTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/floe-kafka-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    Start();
  }
  void TearDown() override {
    broker_.reset();
    std::filesystem::remove_all(directory_);
  }
  void Start() { broker_ = std::make_unique<TestBroker>(directory_, options_, memory_, *log_files_); }
  void Restart() {
    broker_.reset();
    Start();
  }
  TestClient Client() { return TestClient(broker_->port()); }

  void CreateTopic(const std::string& name, int partitions) {
    auto client = Client();
    CreateTopicsRequest request;
    request.topics.push_back({.name = name, .num_partitions = partitions, .replication_factor = 1});
    auto response = client.Call<CreateTopicsResponse>(request, 7);
    ASSERT_OK(response);
    ASSERT_EQ(response->topics[0].error_code, 0) << response->topics[0].error_message.value_or("");
    topic_id_ = response->topics[0].topic_id;
  }

  static ProduceRequest Produce(const std::string& topic, BatchBuilder& builder, std::int16_t acks = -1) {
    ProduceRequest request;
    request.acks = acks;
    request.topics.push_back({.name = topic});
    auto batch = builder.Finish();
    request.topics[0].partitions.push_back({.index = 0, .records = {.bytes = *batch, .owner = nullptr, .null = false}});
    return request;
  }
  static FetchRequest Fetch(const std::string& topic, std::int64_t offset, int wait_ms) {
    FetchRequest request;
    request.max_wait_ms = wait_ms;
    request.min_bytes = 1;
    request.topics.push_back({.name = topic});
    request.topics[0].partitions.push_back({.index = 0, .fetch_offset = offset, .max_bytes = 1 << 20});
    return request;
  }

  std::string directory_;
  ServerOptions options_;  ///< of the next Start
  MemoryBudget* memory_ = nullptr;
  io::FileSystem* log_files_ = &io::LocalFileSystem();  ///< outlives the broker
  std::unique_ptr<TestBroker> broker_;
  Uuid topic_id_;
};

}  // namespace floe::kafka
