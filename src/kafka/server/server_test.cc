// SPDX-License-Identifier: Apache-2.0
// The service over real sockets: negotiation, bad frames, order, long poll, groups, restart.
#include "kafka/server/server.h"

#include <future>
#include <thread>

#include <gmock/gmock.h>

#include "base/clock.h"
#include "io/faulty_file_system.h"
#include "io/memory_file_system.h"
#include "kafka/server/api_table.h"
#include "kafka/server/broker_fixture_testing.h"

namespace floe::kafka {
namespace {

class ServerTest : public BrokerTest {};

TEST_F(ServerTest, ApiVersionsInEveryVersionAndBeyond) {
  for (std::int16_t version = 0; version <= 4; ++version) {
    auto client = Client();
    auto response = client.Call<ApiVersionsResponse>(
        ApiVersionsRequest{.client_software_name = "test", .client_software_version = "1.0"}, version);
    ASSERT_OK(response);
    EXPECT_EQ(response->error_code, 0);
    EXPECT_EQ(response->api_keys.size(), Apis().size());
    EXPECT_EQ(response->api_keys[0].min_version, 0) << "Produce must be offered from 0 on";
  }
  auto client = Client();
  // Version 9 exists nowhere: answered in version 0, and the connection goes on.
  client.SendBytes(std::string("\0\0\0\x0b\0\x12\0\x09\0\0\0\x07\xff\xff\0", 15));
  std::int32_t correlation = 0;
  auto response = client.Take<ApiVersionsResponse>(0, &correlation);
  ASSERT_OK(response);
  EXPECT_EQ(correlation, 7);
  EXPECT_EQ(response->error_code, 35);
  ASSERT_EQ(response->api_keys.size(), 1U);
  EXPECT_EQ(response->api_keys[0].max_version, 4);
  for (const std::string name : {"", "-bad", "bad.", "with space"}) {
    auto refused = client.Call<ApiVersionsResponse>(
        ApiVersionsRequest{.client_software_name = name, .client_software_version = "1"}, 3);
    ASSERT_OK(refused);
    EXPECT_EQ(refused->error_code, Code(ErrorCode::kInvalidRequest)) << name;
  }
}

class StopTest : public BrokerTest {
 protected:
  StopTest() { log_files_ = &slow_; }

  io::Faults faults_;
  io::FaultyFileSystem slow_{io::LocalFileSystem(), faults_};
};

TEST_F(StopTest, AnswersWhatIsWrittenAndLeavesThoseWhoOnlyWait) {
  CreateTopic("t", 1);
  CreateTopic("quiet", 1);
  auto waiting = Client();
  waiting.Send(Fetch("quiet", 0, 60'000), 12);
  std::promise<void> written;
  std::promise<void> synced;
  faults_.AfterNextWrite(
      [&] {
        written.set_value();
        synced.get_future().wait();
      },
      ".log");
  auto producer = Client();
  for (std::int32_t i = 0; i < 3; ++i) {
    BatchBuilder builder;
    builder.Append(TimestampMs(1), "k", "v");
    producer.Send(Produce("t", builder), 9, i);
  }
  written.get_future().wait();
  const auto port = broker_->port();
  std::jthread stop([&] { broker_.reset(); });
  while (true) {  // until the listener is closed
    try {
      TestClient late(port);
    } catch (const boost::system::system_error&) {
      break;
    }
  }
  synced.set_value();
  // Not taken up any more, and what is unread must not cost the answers to the others.
  BatchBuilder late;
  late.Append(TimestampMs(1), "late", "v");
  producer.Send(Produce("t", late), 9, 3);
  std::int32_t correlation = -1;
  auto response = producer.Take<ProduceResponse>(9, &correlation);
  ASSERT_OK(response);
  EXPECT_EQ(correlation, 0);
  EXPECT_EQ(response->topics[0].partitions[0].error_code, 0);
  std::int64_t answered = 1;
  while (auto more = producer.Take<ProduceResponse>(9)) {
    EXPECT_EQ(more->topics[0].partitions[0].error_code, 0);
    ++answered;
  }
  EXPECT_FALSE(waiting.Receive());
  stop.join();
  Start();
  EXPECT_EQ(broker_->log().FindTopic("t")->partitions[0]->log_end_offset(), Offset(answered))
      << "written, and answered";
}

TEST_F(ServerTest, BadFramesCloseTheirConnectionOnly) {
  auto good = Client();
  const std::vector<std::string> frames = {
      std::string("\x7f\xff\xff\xff", 4),                                       // larger than the limit
      std::string("\xff\xff\xff\xff", 4),                                       // negative
      std::string("\0\0\0\0", 4),                                               // empty
      std::string("\0\0\0\x0a\0\x03\0\1\0\0\0\1\x7f\xff", 14),                  // client id longer than the frame
      std::string("\0\0\0\x0a\x7f\x00\0\1\0\0\0\1\xff\xff", 14),                // unknown api
      std::string("\0\0\0\x0a\0\x03\0\x7f\0\0\0\1\xff\xff", 14),                // unknown version
      std::string("\0\0\0\x0a\0\0\0\2\0\0\0\1\xff\xff", 14),                    // Produce 2: offered, and refused
      std::string("\0\0\0\x0e\0\x03\0\1\0\0\0\1\xff\xff\x7f\xff\xff\xff", 18),  // two thousand million topics
      "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
  };
  for (const auto& frame : frames) {
    auto bad = Client();
    bad.SendBytes(frame);
    EXPECT_FALSE(bad.Receive().has_value()) << testing::PrintToString(frame);
  }
  EXPECT_OK(good.Call<MetadataResponse>(MetadataRequest{}, 12));
}

TEST_F(ServerTest, BytesAfterTheLastFieldAreIgnored) {
  CreateTopic("t", 1);
  auto client = Client();
  // All topics, as librdkafka 2.16 asks: a null array in one byte, and the other three of a 32-bit length after it.
  client.SendBytes(std::string("\0\0\0\x19\0\x03\0\x0d\0\0\0\x09\0\7rdkafka\0\0\0\0\0\1\0\0", 29));
  std::int32_t correlation = 0;
  auto response = client.Take<MetadataResponse>(13, &correlation);
  ASSERT_OK(response);
  EXPECT_EQ(correlation, 9);
  ASSERT_EQ(response->topics.size(), 1U);
  EXPECT_EQ(response->topics[0].name, "t");
}

TEST_F(ServerTest, MetadataMakesTopicsOnlyWhenAllowed) {
  auto client = Client();
  MetadataRequest request;
  request.topics.emplace().push_back({.name = "fresh"});
  request.allow_auto_topic_creation = false;
  auto response = client.Call<MetadataResponse>(request, 12);
  ASSERT_OK(response);
  EXPECT_EQ(response->topics[0].error_code, Code(ErrorCode::kUnknownTopicOrPartition));
  request.allow_auto_topic_creation = true;
  response = client.Call<MetadataResponse>(request, 12);
  ASSERT_OK(response);
  EXPECT_EQ(response->topics[0].error_code, 0);
  ASSERT_EQ(response->topics[0].partitions.size(), 1U);
  const auto id = response->topics[0].topic_id;
  EXPECT_FALSE(id.is_zero());
  request.topics.emplace().push_back({.topic_id = id, .name = std::nullopt});
  response = client.Call<MetadataResponse>(request, 12);
  ASSERT_OK(response);
  EXPECT_EQ(response->topics[0].name, "fresh");
  request.topics.emplace().push_back({.name = "no/slash"});
  response = client.Call<MetadataResponse>(request, 12);
  ASSERT_OK(response);
  EXPECT_EQ(response->topics[0].error_code, Code(ErrorCode::kInvalidTopic));
}

TEST_F(ServerTest, PipelinedRequestsAreAnsweredInOrder) {
  CreateTopic("t", 1);
  auto client = Client();
  for (int i = 0; i < 20; ++i) {
    BatchBuilder builder;
    builder.Append(TimestampMs(1000 + i), "k", "value-" + std::to_string(i));
    client.Send(Produce("t", builder), 9, 2 * i);
    client.Send(MetadataRequest{}, 12, 2 * i + 1);
  }
  for (int i = 0; i < 20; ++i) {
    std::int32_t correlation = -1;
    auto produced = client.Take<ProduceResponse>(9, &correlation);
    ASSERT_OK(produced);
    EXPECT_EQ(correlation, 2 * i);
    EXPECT_EQ(produced->topics[0].partitions[0].error_code, 0);
    EXPECT_EQ(produced->topics[0].partitions[0].base_offset, i);
    ASSERT_OK(client.Take<MetadataResponse>(12, &correlation));
    EXPECT_EQ(correlation, 2 * i + 1);
  }
  auto fetched = client.Call<FetchResponse>(Fetch("t", 7, 0), 12);
  ASSERT_OK(fetched);
  const auto& partition = fetched->topics[0].partitions[0];
  EXPECT_EQ(partition.high_watermark, 20);
  const auto header = ParseBatchHeader(partition.records.bytes);
  ASSERT_OK(header);
  EXPECT_EQ(header->base_offset, Offset(7));
}

TEST_F(ServerTest, LargeAndSmallBatchesOfOneProducerKeepTheirOrder) {
  CreateTopic("t", 1);
  auto client = Client();
  constexpr int kRequests = 60;
  for (int i = 0; i < kRequests; ++i) {
    BatchBuilder builder({.producer_id = ProducerId(5), .producer_epoch = ProducerEpoch(0), .base_sequence = i});
    builder.Append(TimestampMs(1000), std::nullopt, std::string(i % 3 == 1 ? 100'000 : 10, 'x'));
    client.Send(Produce("t", builder), 9, i);
  }
  for (int i = 0; i < kRequests; ++i) {
    auto produced = client.Take<ProduceResponse>(9);
    ASSERT_OK(produced);
    const auto& answer = produced->topics[0].partitions[0];
    ASSERT_EQ(answer.error_code, 0) << i << ": " << answer.error_message.value_or("");
    ASSERT_EQ(answer.base_offset, i);
  }
}

TEST_F(ServerTest, ProduceRefusals) {
  CreateTopic("t", 1);
  auto client = Client();
  const auto error = [&](ProduceRequest request) -> int {
    auto response = client.Call<ProduceResponse>(request, 9);
    return response ? response->topics[0].partitions[0].error_code : -999;
  };
  BatchBuilder builder;
  builder.Append(TimestampMs(1), std::nullopt, "v");
  const auto good = Produce("t", builder);
  auto bad = good;
  bad.topics[0].name = "unknown";
  EXPECT_EQ(error(bad), Code(ErrorCode::kUnknownTopicOrPartition));
  bad = good;
  bad.topics[0].partitions[0].index = 5;
  EXPECT_EQ(error(bad), Code(ErrorCode::kUnknownTopicOrPartition));
  bad = good;
  bad.acks = 2;
  EXPECT_EQ(error(bad), Code(ErrorCode::kInvalidRequiredAcks));
  bad = good;
  bad.transactional_id = "tx";
  EXPECT_EQ(error(bad), Code(ErrorCode::kTransactionalIdAuthorizationFailed));
  bad = good;
  bad.topics[0].partitions[0].records.bytes.back() ^= std::byte{1};
  EXPECT_EQ(error(bad), Code(ErrorCode::kCorruptMessage));
  bad.topics[0].partitions[0].records.bytes.back() ^= std::byte{1};
  EXPECT_EQ(error(good), 0);
  // Nothing of the refused batches was kept.
  auto fetched = client.Call<FetchResponse>(Fetch("t", 0, 0), 12);
  ASSERT_OK(fetched);
  EXPECT_EQ(fetched->topics[0].partitions[0].high_watermark, 1);
  // acks=0 has no answer, and its refusal closes the connection.
  client.Send(Produce("t", builder, 0), 9, 5);
  EXPECT_OK(client.Call<MetadataResponse>(MetadataRequest{}, 12));
  bad = Produce("unknown", builder, 0);
  client.Send(bad, 9, 6);
  EXPECT_FALSE(client.Receive().has_value());
}

TEST_F(ServerTest, AFetchWaitsForRecords) {
  CreateTopic("t", 1);
  auto consumer = Client();
  consumer.Send(Fetch("t", 0, 30'000), 12);
  auto producer = Client();
  BatchBuilder builder;
  builder.Append(TimestampMs(1), std::nullopt, "v");
  ASSERT_OK(producer.Call<ProduceResponse>(Produce("t", builder), 9));
  auto fetched = consumer.Take<FetchResponse>(12);
  ASSERT_OK(fetched);
  EXPECT_EQ(fetched->topics[0].partitions[0].high_watermark, 1);
  EXPECT_FALSE(fetched->topics[0].partitions[0].records.bytes.empty());
  auto beyond = consumer.Call<FetchResponse>(Fetch("t", 99, 30'000), 12);
  ASSERT_OK(beyond);
  EXPECT_EQ(beyond->topics[0].partitions[0].error_code, Code(ErrorCode::kOffsetOutOfRange));
}

class LargeAnswersTest : public BrokerTest, public testing::WithParamInterface<bool> {
 protected:
  io::MemoryFileSystem memory_files_;  // cannot hand a file to a socket
};

INSTANTIATE_TEST_SUITE_P(FilesAndMemory, LargeAnswersTest, testing::Bool());

TEST_P(LargeAnswersTest, AreReadWhileTheyAreSent) {
  if (GetParam()) {
    log_files_ = &memory_files_;
    Restart();
  }
  CreateTopic("t", 2);
  auto client = Client();
  SeededRandom random(3);
  constexpr int kBatches = 30;
  for (int i = 0; i < kBatches; ++i) {
    std::string value(100'000, '\0');
    for (char& c : value) c = static_cast<char>(random.Next());
    for (int partition = 0; partition < 2; ++partition) {
      BatchBuilder builder;
      builder.Append(TimestampMs(1000 + i), std::to_string(i), value);
      auto request = Produce("t", builder);
      request.topics[0].partitions[0].index = partition;
      ASSERT_OK(client.Call<ProduceResponse>(request, 9));
    }
  }
  // More than a piece, less, and what is small enough to be read at once; another request waits behind it.
  for (const int max_bytes : {8 << 20, 1'500'000, 300'000, 1000}) {
    auto request = Fetch("t", 2, 0);
    request.max_bytes = 16 << 20;
    request.topics[0].partitions[0].max_bytes = max_bytes;
    request.topics[0].partitions.push_back({.index = 1, .fetch_offset = 20, .max_bytes = 300'000});
    client.Send(request, 12, 1);
    client.Send(MetadataRequest{}, 12, 2);
    auto fetched = client.Take<FetchResponse>(12);
    ASSERT_OK(fetched);
    const auto& partitions = fetched->topics[0].partitions;
    ASSERT_EQ(partitions.size(), 2U);
    for (std::size_t p = 0; p < 2; ++p) {
      std::int64_t offset = p == 0 ? 2 : 20;
      std::span<const std::byte> rest = partitions[p].records.bytes;
      while (true) {
        auto batch = NextBatch(rest);
        ASSERT_OK(batch);
        if (!*batch) break;
        ASSERT_OK(CheckBatch(**batch));
        auto header = ParseBatchHeader(**batch);
        ASSERT_OK(header);
        ASSERT_EQ(header->base_offset, Offset(offset++));
      }
      const std::int64_t got = offset - (p == 0 ? 2 : 20);
      const std::int64_t fit = (p == 0 ? max_bytes : 300'000) / 100'100;
      EXPECT_EQ(got, std::clamp<std::int64_t>(fit, 1, kBatches - 2)) << max_bytes;
    }
    EXPECT_OK(client.Take<MetadataResponse>(12));
  }
}

TEST_F(ServerTest, StoppingDoesNotWaitForLongPolls) {
  CreateTopic("t", 1);
  auto consumer = Client();
  consumer.Send(Fetch("t", 0, 600'000), 12);
  auto member = Client();
  JoinGroupRequest join{
      .group_id = "g", .session_timeout_ms = 10'000, .rebalance_timeout_ms = 60'000, .protocol_type = "consumer"};
  join.protocols = {{"range", ""}};
  ASSERT_OK(member.Call<JoinGroupResponse>(join, 3));
  broker_.reset();
  EXPECT_FALSE(consumer.Receive().has_value());
}

TEST_F(ServerTest, FetchAndCommitByTopicId) {
  CreateTopic("t", 1);
  auto client = Client();
  auto request = Fetch("t", 0, 0);
  request.topics[0].name.clear();
  request.topics[0].topic_id = topic_id_;
  auto fetched = client.Call<FetchResponse>(request, 17);
  ASSERT_OK(fetched);
  EXPECT_EQ(fetched->topics[0].partitions[0].error_code, 0);
  request.topics[0].topic_id.bytes[0] ^= 1;
  fetched = client.Call<FetchResponse>(request, 17);
  ASSERT_OK(fetched);
  EXPECT_EQ(fetched->topics[0].partitions[0].error_code, Code(ErrorCode::kUnknownTopicId));
}

TEST_F(ServerTest, OffsetsAndTopicsSurviveARestart) {
  CreateTopic("t", 3);
  OffsetCommitRequest commit;
  commit.group_id = "g";
  commit.topics.push_back({.name = "t"});
  commit.topics[0].partitions.push_back({.index = 2, .committed_offset = 42, .metadata = "note"});
  commit.topics[0].partitions.push_back({.index = 9, .committed_offset = 1});
  {
    auto client = Client();
    auto committed = client.Call<OffsetCommitResponse>(commit, 9);
    ASSERT_OK(committed);
    EXPECT_EQ(committed->topics[0].partitions[0].error_code, 0);
    EXPECT_EQ(committed->topics[0].partitions[1].error_code, Code(ErrorCode::kUnknownTopicOrPartition));
  }
  Restart();
  auto client = Client();
  OffsetFetchRequest fetch;
  fetch.groups.push_back({.group_id = "g", .topics = std::nullopt});
  auto offsets = client.Call<OffsetFetchResponse>(fetch, 8);
  ASSERT_OK(offsets);
  ASSERT_EQ(offsets->groups[0].topics.size(), 1U);
  EXPECT_EQ(offsets->groups[0].topics[0].partitions[0].committed_offset, 42);
  EXPECT_EQ(offsets->groups[0].topics[0].partitions[0].metadata, "note");
  auto groups = client.Call<ListGroupsResponse>(ListGroupsRequest{}, 4);
  ASSERT_OK(groups);
  ASSERT_EQ(groups->groups.size(), 1U);
  EXPECT_EQ(groups->groups[0].group_state, "Empty");
  DeleteGroupsRequest remove;
  remove.group_names = {"g", "never"};
  auto removed = client.Call<DeleteGroupsResponse>(remove, 2);
  ASSERT_OK(removed);
  EXPECT_EQ(removed->results[0].error_code, 0);
  EXPECT_EQ(removed->results[1].error_code, Code(ErrorCode::kGroupIdNotFound));
}

TEST_F(ServerTest, DeletingATopicForgetsItsOffsets) {
  CreateTopic("t", 1);
  auto client = Client();
  OffsetCommitRequest commit;
  commit.group_id = "g";
  commit.topics.push_back({.name = "t"});
  commit.topics[0].partitions.push_back({.index = 0, .committed_offset = 4});
  ASSERT_OK(client.Call<OffsetCommitResponse>(commit, 9));
  DeleteTopicsRequest remove;
  remove.topics.push_back({.name = "t"});
  auto removed = client.Call<DeleteTopicsResponse>(remove, 6);
  ASSERT_OK(removed);
  EXPECT_EQ(removed->responses[0].error_code, 0);
  OffsetFetchRequest fetch;
  fetch.groups.push_back({.group_id = "g", .topics = std::nullopt});
  auto offsets = client.Call<OffsetFetchResponse>(fetch, 8);
  ASSERT_OK(offsets);
  EXPECT_TRUE(offsets->groups[0].topics.empty());
}

TEST_F(ServerTest, DeletedRecordsAreGoneAlsoAfterARestart) {
  CreateTopic("t", 1);
  {
    auto client = Client();
    for (int i = 0; i < 5; ++i) {
      BatchBuilder builder;
      builder.Append(TimestampMs(1000 + i), std::nullopt, "v");
      ASSERT_OK(client.Call<ProduceResponse>(Produce("t", builder), 9));
    }
    DeleteRecordsRequest request;
    request.topics.push_back({.name = "t"});
    request.topics[0].partitions = {{.index = 0, .offset = 3}, {.index = 7, .offset = 1}};
    auto deleted = client.Call<DeleteRecordsResponse>(request, 2);
    ASSERT_OK(deleted);
    EXPECT_EQ(deleted->topics[0].partitions[0].error_code, 0);
    EXPECT_EQ(deleted->topics[0].partitions[0].low_watermark, 3);
    EXPECT_EQ(deleted->topics[0].partitions[1].error_code, Code(ErrorCode::kUnknownTopicOrPartition));
    request.topics[0].partitions = {{.index = 0, .offset = 6}};
    deleted = client.Call<DeleteRecordsResponse>(request, 0);
    ASSERT_OK(deleted);
    EXPECT_EQ(deleted->topics[0].partitions[0].error_code, Code(ErrorCode::kOffsetOutOfRange));
  }
  Restart();
  auto client = Client();
  ListOffsetsRequest earliest;
  earliest.topics.push_back({.name = "t"});
  earliest.topics[0].partitions.push_back({.index = 0, .timestamp = -2});
  auto listed = client.Call<ListOffsetsResponse>(earliest, 7);
  ASSERT_OK(listed);
  EXPECT_EQ(listed->topics[0].partitions[0].offset, 3);
  auto below = client.Call<FetchResponse>(Fetch("t", 2, 0), 12);
  ASSERT_OK(below);
  EXPECT_EQ(below->topics[0].partitions[0].error_code, Code(ErrorCode::kOffsetOutOfRange));
  DeleteRecordsRequest all;
  all.topics.push_back({.name = "t"});
  all.topics[0].partitions = {{.index = 0, .offset = -1}};
  auto deleted = client.Call<DeleteRecordsResponse>(all, 1);
  ASSERT_OK(deleted);
  EXPECT_EQ(deleted->topics[0].partitions[0].low_watermark, 5);
}

TEST_F(ServerTest, ConfigsAreDescribedInFullAndChanged) {
  CreateTopic("t", 1);
  auto client = Client();
  IncrementalAlterConfigsRequest alter;
  alter.resources.push_back({.resource_type = 2, .resource_name = "t"});
  alter.resources[0].configs.push_back({.name = "retention.ms", .operation = 0, .value = "1000"});
  auto altered = client.Call<IncrementalAlterConfigsResponse>(alter, 1);
  ASSERT_OK(altered);
  EXPECT_EQ(altered->responses[0].error_code, 0) << altered->responses[0].error_message.value_or("");
  alter.resources[0].configs[0].value = "soon";
  altered = client.Call<IncrementalAlterConfigsResponse>(alter, 1);
  ASSERT_OK(altered);
  EXPECT_EQ(altered->responses[0].error_code, Code(ErrorCode::kInvalidConfig));
  DescribeConfigsRequest describe;
  describe.resources.push_back({.resource_type = 2, .resource_name = "t", .configuration_keys = std::nullopt});
  describe.resources.push_back({.resource_type = 4, .resource_name = "1", .configuration_keys = std::nullopt});
  auto described = client.Call<DescribeConfigsResponse>(describe, 4);
  ASSERT_OK(described);
  std::map<std::string, std::pair<std::string, int>> configs;
  for (const auto& config : described->results[0].configs)
    configs[config.name] = {config.value.value_or(""), config.config_source};
  EXPECT_GT(configs.size(), 20U);
  EXPECT_EQ(configs["retention.ms"], std::pair(std::string("1000"), 1));
  EXPECT_EQ(configs["retention.bytes"], std::pair(std::string("-1"), 5));
  EXPECT_GT(described->results[1].configs.size(), 5U);
}

}  // namespace
}  // namespace floe::kafka
