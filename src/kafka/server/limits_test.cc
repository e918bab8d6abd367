// SPDX-License-Identifier: Apache-2.0
// What a client may not do: be idle for ever, stall, send too much, take all memory.
#include <chrono>
#include <functional>
#include <list>
#include <thread>

#include <gtest/gtest.h>
#include <poll.h>

#include "kafka/server/broker_fixture_testing.h"

namespace floe::kafka {
namespace {

using std::chrono::milliseconds;

std::string BigEndian32(std::uint32_t value) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) text.push_back(static_cast<char>(value >> shift & 0xff));
  return text;
}

/// A Metadata request whose client id makes it `size` bytes long, with its length in front.
std::string RequestOfSize(std::uint32_t size) {
  const std::uint32_t client_id = size - 10 - 4;
  std::string frame = BigEndian32(size) + std::string("\0\3\0\1\0\0\0\7", 8);
  frame.push_back(static_cast<char>(client_id >> 8));
  frame.push_back(static_cast<char>(client_id & 0xff));
  return frame + std::string(client_id, 'c') + std::string(4, '\0');
}

class LimitsTest : public BrokerTest {
 protected:
  void StartWith(const std::function<void(ServerOptions&)>& change) {
    change(options_);
    Restart();
  }
  MemoryBudget budget_{32U << 20};
  bool Answers(TestClient& client) { return client.Call<MetadataResponse>(MetadataRequest{}, 12).has_value(); }
  void Fill(const std::string& topic, int batches, std::size_t record_bytes) {
    auto client = Client();
    for (int i = 0; i < batches; ++i) {
      BatchBuilder builder;
      builder.Append(TimestampMs(i), std::nullopt, std::string(record_bytes, 'x'));
      auto produced = client.Call<ProduceResponse>(Produce(topic, builder), 9);
      ASSERT_OK(produced);
      ASSERT_EQ(produced->topics[0].partitions[0].error_code, 0);
    }
  }
};

TEST_F(LimitsTest, IdleConnectionsAreClosed) {
  StartWith([](ServerOptions& options) {
    options.health_check = milliseconds(10);
    options.idle_timeout = milliseconds(100);
  });
  auto client = Client();
  EXPECT_TRUE(Answers(client));
  EXPECT_FALSE(client.Receive().has_value());  // returns when the broker closes
  auto fresh = Client();
  EXPECT_TRUE(Answers(fresh));
}

TEST_F(LimitsTest, AWaitingFetchIsNotIdle) {
  StartWith([](ServerOptions& options) {
    options.health_check = milliseconds(5);
    options.idle_timeout = milliseconds(50);
    options.stall_timeout = milliseconds(50);
  });
  CreateTopic("t", 1);
  auto client = Client();
  client.Send(Fetch("t", 0, 300), 12);
  auto fetched = client.Take<FetchResponse>(12);
  ASSERT_OK(fetched);
  EXPECT_EQ(fetched->topics[0].partitions[0].error_code, 0);
}

TEST_F(LimitsTest, HalfARequestThatStallsIsClosed) {
  StartWith([](ServerOptions& options) {
    options.health_check = milliseconds(10);
    options.stall_timeout = milliseconds(100);
  });
  auto client = Client();
  client.SendBytes(RequestOfSize(100).substr(0, 50));
  EXPECT_FALSE(client.Receive().has_value());
}

TEST_F(LimitsTest, AReaderThatStallsIsClosed) {
  CreateTopic("t", 1);
  Fill("t", 16, 900'000);
  StartWith([](ServerOptions& options) {
    options.health_check = milliseconds(10);
    options.stall_timeout = milliseconds(300);
  });
  TestClient client(broker_->port(), 4096);
  auto request = Fetch("t", 0, 0);
  request.max_bytes = 16 << 20;
  request.topics[0].partitions[0].max_bytes = 16 << 20;
  // More requests than the broker takes while it cannot write: closing with unread input resets the connection at once.
  for (int i = 0; i < 200; ++i) client.Send(request, 12, i);
  pollfd waiting{client.handle(), POLLRDHUP, 0};
  ASSERT_EQ(poll(&waiting, 1, 30'000), 1) << "the broker still writes to a client that does not read";
  EXPECT_TRUE((waiting.revents & (POLLERR | POLLHUP)) != 0);
  auto fresh = Client();
  EXPECT_TRUE(Answers(fresh));
}

TEST_F(LimitsTest, RequestsUpToTheLimitAndNotBeyond) {
  StartWith([](ServerOptions& options) { options.max_request_bytes = 4'000; });
  auto client = Client();
  client.SendBytes(RequestOfSize(4'000));
  EXPECT_TRUE(client.Receive().has_value());
  client.SendBytes(RequestOfSize(4'001).substr(0, 4));  // the length is enough
  EXPECT_FALSE(client.Receive().has_value());
}

TEST_F(LimitsTest, BytesInFlightAreBoundedAndComeBack) {
  StartWith([](ServerOptions& options) {
    options.request_memory = 10'000;
    options.health_check = milliseconds(10);
    options.stall_timeout = milliseconds(100);
  });
  auto hog = Client();
  hog.SendBytes(RequestOfSize(10'000).substr(0, 5'000));
  auto patient = Client();
  patient.SendBytes(RequestOfSize(9'000));
  // It is answered only because the hog is thrown out, and what the hog held is given back.
  EXPECT_TRUE(patient.Receive().has_value());
  EXPECT_FALSE(hog.Receive().has_value());
  auto gone = std::make_unique<TestClient>(broker_->port());
  gone->SendBytes(RequestOfSize(10'000).substr(0, 9'000));
  gone.reset();
  patient.SendBytes(RequestOfSize(10'000));
  EXPECT_TRUE(patient.Receive().has_value());
}

TEST_F(LimitsTest, TooManyConnectionsAreTurnedAway) {
  StartWith([](ServerOptions& options) { options.max_connections = 2; });
  auto first = Client();
  auto second = Client();
  EXPECT_TRUE(Answers(first));
  EXPECT_TRUE(Answers(second));
  auto third = Client();
  EXPECT_FALSE(third.Receive().has_value());
  EXPECT_TRUE(Answers(first));
}

TEST_F(LimitsTest, RequestsWaitForTheNodesMemory) {
  const int others = budget_.Register("others");
  memory_ = &budget_;
  Restart();
  CreateTopic("t", 1);
  auto all = budget_.Reserve(others, budget_.limit() - budget_.used());
  ASSERT_OK(all);
  BatchBuilder builder;
  builder.Append(TimestampMs(1), std::nullopt, std::string(900'000, 'x'));
  const auto request = Produce("t", builder);
  // Ten of these are more than the floor that is always open: some wait, none is refused.
  std::list<TestClient> producers;
  for (int i = 0; i < 10; ++i) producers.emplace_back(broker_->port());
  for (auto& each : producers) each.Send(request, 9);
  auto other = Client();
  EXPECT_TRUE(Answers(other));
  for (auto& each : producers) {
    auto produced = each.Take<ProduceResponse>(9);
    ASSERT_OK(produced);
    EXPECT_EQ(produced->topics[0].partitions[0].error_code, 0);
  }
  // One that is larger than the floor is answered only when others have given back.
  auto producer = Client();
  producer.SendBytes(BigEndian32(12U << 20) + std::string("\0\0\0\x09\0\0\0\7\xff\xff", 10));
  EXPECT_TRUE(Answers(other));
  {
    auto given_back = std::move(*all);
  }
  producer.SendBytes(std::string((12U << 20) - 10, '\xff'));
  EXPECT_FALSE(producer.Receive().has_value());  // read to its end, and found malformed
  // One that never fits does not wait for ever.
  auto greedy = Client();
  greedy.SendBytes(BigEndian32(40U << 20));
  EXPECT_FALSE(greedy.Receive().has_value());
  EXPECT_TRUE(Answers(other));
  broker_.reset();
  EXPECT_EQ(budget_.used(), 0U);
}

TEST_F(LimitsTest, AnAnswerCountsWhateverWasAskedFor) {
  memory_ = &budget_;
  Restart();
  CreateTopic("t", 1);
  Fill("t", 1, 900'000);
  TestClient slow(broker_->port(), 4096);
  auto request = Fetch("t", 0, 0);
  request.topics[0].partitions[0].max_bytes = 1;  // the first batch goes out all the same
  // More than sockets hold, so one of them is being sent for as long as nobody reads.
  constexpr int kRequests = 20;
  for (int i = 0; i < kRequests; ++i) slow.Send(request, 12, i);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (budget_.used() < kSendPieceBytes && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_GE(budget_.used(), kSendPieceBytes);
  for (int i = 0; i < kRequests; ++i) EXPECT_OK(slow.Take<FetchResponse>(12));
  broker_.reset();
  EXPECT_EQ(budget_.used(), 0U);
}

}  // namespace
}  // namespace floe::kafka
