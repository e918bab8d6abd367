// SPDX-License-Identifier: Apache-2.0
// Requests that are wrong, byte by byte: what is answered with the protocol's own error, and what closes the
// connection.
#include <gmock/gmock.h>

#include "kafka/protocol/hex_testing.h"
#include "kafka/server/api_table.h"
#include "kafka/server/broker_fixture_testing.h"
#include "kafka/server/log_limiter.h"

namespace floe::kafka {
namespace {

std::string Bytes(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size();) {
    if (hex[i] == ' ') {
      ++i;
      continue;
    }
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
    i += 2;
  }
  return bytes;
}

std::string BigEndian(std::uint32_t value, int bytes) {
  std::string text;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) text.push_back(static_cast<char>(value >> shift & 0xff));
  return text;
}

/// A whole frame: correlation id 7, no client id.
std::string Frame(std::uint32_t api, std::uint32_t version, const std::string& body) {
  const std::string rest = BigEndian(api, 2) + BigEndian(version, 2) + BigEndian(7, 4) + "\xff\xff" + body;
  return BigEndian(static_cast<std::uint32_t>(rest.size()), 4) + rest;
}

class RefusalTest : public BrokerTest {};

TEST_F(RefusalTest, AMalformedBodyIsAnsweredInTheShapeOfItsApi) {
  struct Case {
    const char* what;
    std::uint32_t api;
    std::uint32_t version;
    const char* body;
    const char* answer;  ///< after the correlation id
  };
  const Case cases[] = {
      {"Heartbeat 0: a group of 255 bytes", 12, 0, "00ff", "002a"},
      {"Heartbeat 4: ends inside the member id", 12, 4, "00 0267 00000001 036d", "00 00000000 002a 00"},
      {"Fetch 7: ends early", 1, 7, "ffffffff 0000", "00000000 002a 00000000 00000000"},
      {"Fetch 12: rubbish", 1, 12, "00 ffffffffffffffffffffff", "00 00000000 002a 00000000 01 00"},
      {"FindCoordinator 0: null key", 10, 0, "ffff", "002a 00000000 0000 00000000"},
      {"JoinGroup 0: two thousand million protocols", 11, 0, "000167 00002710 0000 000163 7fffffff",
       "002a ffffffff 0000 0000 0000 00000000"},
      {"LeaveGroup 0", 13, 0, "0001", "002a"},
      {"SyncGroup 0", 14, 0, "000167", "002a 00000000"},
      {"ListGroups 4: more states than bytes", 16, 4, "00 7f", "00 00000000 002a 01 00"},
      {"ApiVersions 3: a name beyond the end", 18, 3, "00 7f61", "002a 01 00000000 00"},
      {"InitProducerId 0", 22, 0, "0005", "00000000 002a ffffffffffffffff 0000"},
      {"OffsetFetch 2", 9, 2, "0001", "00000000 002a"},
      {"OffsetDelete 0", 47, 0, "0001", "002a 00000000 00000000"},
      {"DescribeLogDirs 3", 35, 3, "00 ff", "00 00000000 002a 01 00"},
      {"Metadata 13", 3, 13, "00 ff", "00 00000000 01 00 ffffffff 01 002a 00"},
  };
  for (const auto& c : cases) {
    auto client = Client();
    client.SendBytes(Frame(c.api, c.version, Bytes(c.body)));
    const auto answer = client.Receive();
    ASSERT_TRUE(answer.has_value()) << c.what;
    EXPECT_EQ(Hex(*answer), Hex(Bytes("00000007") + Bytes(c.answer))) << c.what;
    EXPECT_OK(client.Call<MetadataResponse>(MetadataRequest{}, 12)) << "the connection goes on after " << c.what;
  }
}

TEST_F(RefusalTest, WithoutAPlaceForAnErrorTheConnectionIsClosed) {
  const std::pair<std::uint32_t, std::uint32_t> cases[] = {
      {0, 9},  {1, 6},  {2, 1},  {3, 12}, {8, 2},  {9, 1},  {9, 8},  {10, 4}, {15, 0}, {19, 2},
      {20, 1}, {21, 0}, {23, 2}, {32, 1}, {33, 0}, {35, 1}, {37, 0}, {42, 0}, {44, 0}};
  for (const auto& [api, version] : cases) {
    auto client = Client();
    client.SendBytes(Frame(api, version, "\x7f\xff\xff\xff\xff"));
    EXPECT_FALSE(client.Receive().has_value()) << api << " version " << version;
  }
  EXPECT_OK(Client().Call<MetadataResponse>(MetadataRequest{}, 12));
}

TEST_F(RefusalTest, UnknownApisAndVersionsCloseTheConnection) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> wrong = {{4, 0}, {999, 0}, {0x7fff, 1}, {0xffff, 0}};
  for (const auto& api : Apis()) {
    if (api.key == ApiKey::kApiVersions) continue;
    const auto key = static_cast<std::uint32_t>(api.key);
    wrong.emplace_back(key, static_cast<std::uint32_t>(api.max_version + 1));
    wrong.emplace_back(key, static_cast<std::uint16_t>(api.min_version - 1));
  }
  for (const auto& [api, version] : wrong) {
    auto client = Client();
    client.SendBytes(Frame(api, version, ""));
    EXPECT_FALSE(client.Receive().has_value()) << api << " version " << version;
  }
}

TEST_F(RefusalTest, NoBodyBreaksTheBroker) {
  const std::string bodies[] = {"",
                                std::string(1, '\0'),
                                std::string(64, '\0'),
                                std::string(64, '\xff'),
                                std::string(16, '\x7f'),
                                std::string(300, '\x01')};
  for (const auto& api : Apis()) {
    for (std::int16_t version = api.min_version; version <= api.max_version; ++version) {
      for (const auto& body : bodies) {
        auto client = Client();
        const auto frame = Frame(static_cast<std::uint32_t>(api.key), static_cast<std::uint32_t>(version), body);
        client.SendBytes(frame);
        client.FinishSending();
        if (const auto answer = client.Receive()) {
          EXPECT_EQ(Hex(answer->substr(0, 4)), "00000007") << api.name << " " << version;
        }
      }
    }
  }
  EXPECT_OK(Client().Call<MetadataResponse>(MetadataRequest{}, 12));
}

TEST_F(RefusalTest, OldProduceVersionsAreToldSo) {
  CreateTopic("t", 1);
  for (std::int16_t version = 0; version < 3; ++version) {
    auto client = Client();
    BatchBuilder builder;
    builder.Append(TimestampMs(1), std::nullopt, "v");
    auto response = client.Call<ProduceResponse>(Produce("t", builder), version);
    ASSERT_OK(response);
    EXPECT_EQ(response->topics[0].name, "t");
    EXPECT_EQ(response->topics[0].partitions[0].error_code, Code(ErrorCode::kUnsupportedVersion));
    EXPECT_EQ(response->topics[0].partitions[0].base_offset, -1);
  }
  auto fetched = Client().Call<FetchResponse>(Fetch("t", 0, 0), 12);
  ASSERT_OK(fetched);
  EXPECT_EQ(fetched->topics[0].partitions[0].high_watermark, 0);
}

TEST(LogLimiterTest, LetsSomeLinesOutPerPeriodAndCountsTheRest) {
  using std::chrono::seconds;
  LogLimiter limiter(2, seconds(10));
  EXPECT_EQ(limiter.Next(seconds(100)), 0);
  EXPECT_EQ(limiter.Next(seconds(101)), 0);
  EXPECT_EQ(limiter.Next(seconds(102)), std::nullopt);
  EXPECT_EQ(limiter.Next(seconds(109)), std::nullopt);
  EXPECT_EQ(limiter.Next(seconds(110)), 2);
  EXPECT_EQ(limiter.Next(seconds(111)), 0);
  EXPECT_EQ(limiter.Next(seconds(112)), std::nullopt);
}

}  // namespace
}  // namespace floe::kafka
