// SPDX-License-Identifier: Apache-2.0
// Wire forms: golden bytes, round trips over every version, and refusals of malformed frames.
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/matchers.h"
#include "kafka/protocol/header.h"
#include "kafka/protocol/hex_testing.h"
#include "kafka/protocol/messages/all.h"

namespace floe::kafka {
namespace {

std::span<std::byte> AsBytes(std::string& text) {
  return {reinterpret_cast<std::byte*>(text.data()), text.size()};
}

template <typename Message>
std::string Body(const Message& message, std::int16_t version) {
  Writer writer;
  message.EncodeTo(writer, version);
  return std::move(writer).Finish().Flatten();
}

/// What a message of an older version cannot carry is lost, so bytes are compared: encode, decode, encode.
template <typename Message>
void ExpectRoundTrip(const Message& message) {
  for (std::int16_t version = Message::kMinVersion; version <= Message::kMaxVersion; ++version) {
    std::string bytes = Body(message, version);
    Reader reader(AsBytes(bytes));
    Message decoded;
    decoded.DecodeFrom(reader, version);
    EXPECT_THAT(reader.status(), IsOk()) << static_cast<int>(Message::kApi) << " v" << version;
    EXPECT_EQ(reader.remaining(), 0U) << static_cast<int>(Message::kApi) << " v" << version;
    EXPECT_EQ(Hex(Body(decoded, version)), Hex(bytes)) << static_cast<int>(Message::kApi) << " v" << version;
  }
}

/// Every prefix must be refused or be complete in itself, and never read past its end.
template <typename Message>
void ExpectPrefixesRefused(const Message& message) {
  for (std::int16_t version = Message::kMinVersion; version <= Message::kMaxVersion; ++version) {
    const std::string bytes = Body(message, version);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      // A heap copy of exactly this size, so that the sanitizer sees an overrun.
      std::vector<std::byte> cut(size);
      if (size > 0) std::memcpy(cut.data(), bytes.data(), size);
      Reader reader(cut);
      Message decoded;
      decoded.DecodeFrom(reader, version);
      EXPECT_THAT(reader.status(), IsError(ErrorKind::kInvalidInput)) << version << " cut at " << size;
    }
  }
}

std::byte* Batch() {
  static std::byte bytes[600] = {};
  return bytes;
}

ProduceRequest SampleProduce() {
  ProduceRequest request;
  request.transactional_id = "tx";
  request.acks = -1;
  request.timeout_ms = 1500;
  auto& topic = request.topics.emplace_back();
  topic.name = "weather";
  topic.topic_id.bytes[3] = 7;
  topic.partitions.push_back({.index = 2, .records = {.bytes = {Batch(), 600}, .owner = nullptr, .null = false}});
  topic.partitions.push_back({.index = 3, .records = {.bytes = {}, .owner = nullptr, .null = true}});
  return request;
}

FetchRequest SampleFetch() {
  FetchRequest request;
  request.cluster_id = "c";
  request.replica_id = -1;
  request.replica_state = {.replica_id = 4, .replica_epoch = 9};
  request.max_wait_ms = 500;
  request.min_bytes = 1;
  request.session_id = 77;
  request.session_epoch = 3;
  auto& topic = request.topics.emplace_back();
  topic.name = "weather";
  topic.partitions.push_back({.index = 1, .fetch_offset = 42, .max_bytes = 1 << 20, .high_watermark = 12});
  request.forgotten_topics.push_back({.name = "old", .topic_id = {}, .partitions = {1, 2, 3}});
  request.rack_id = "r";
  return request;
}

FetchResponse SampleFetchResponse() {
  FetchResponse response;
  response.session_id = 5;
  auto& partition = response.topics.emplace_back(FetchResponse::Topic{.name = "weather"}).partitions.emplace_back();
  partition.high_watermark = 100;
  partition.diverging_epoch = {.epoch = 1, .end_offset = 2};
  partition.current_leader = {.leader_id = 1, .leader_epoch = 0};
  partition.aborted_transactions.emplace().push_back({.producer_id = 1, .first_offset = 2});
  partition.records = {.bytes = {Batch(), 600}, .owner = std::shared_ptr<void>(Batch(), [](void*) {}), .null = false};
  response.node_endpoints.push_back({.node_id = 1, .host = "localhost", .port = 9092, .rack = std::nullopt});
  return response;
}

TEST(Messages, EveryMessageRoundTripsItsDefaults) {
  int apis = 0;
  VisitMessages([&]<typename Request, typename Response>(std::type_identity<Request>, std::type_identity<Response>) {
    ++apis;
    ExpectRoundTrip(Request{});
    ExpectRoundTrip(Response{});
    ExpectPrefixesRefused(Request{});
    EXPECT_EQ(Request::kApi, Response::kApi);
  });
  EXPECT_EQ(apis, 27);
}

TEST(Messages, FilledMessagesRoundTripInEveryVersion) {
  ExpectRoundTrip(SampleProduce());
  ExpectPrefixesRefused(SampleProduce());
  ExpectRoundTrip(SampleFetch());
  ExpectPrefixesRefused(SampleFetch());
  ExpectRoundTrip(SampleFetchResponse());
  MetadataRequest all_topics;
  ExpectRoundTrip(all_topics);
  MetadataRequest some;
  some.topics.emplace().push_back({.topic_id = {}, .name = "a"});
  some.topics->push_back({.topic_id = {{1, 2, 3}}, .name = std::nullopt});
  ExpectRoundTrip(some);
  OffsetFetchRequest offsets;
  offsets.topics.emplace().push_back({.name = "a", .partitions = {0, 1}});
  offsets.groups.push_back(
      {.group_id = "g", .member_id = "m", .topics = {{{.name = "t", .topic_id = {}, .partitions = {4}}}}});
  ExpectRoundTrip(offsets);
  ExpectPrefixesRefused(offsets);
  JoinGroupRequest join{.group_id = "g", .protocol_type = "consumer", .protocols = {{"range", std::string("\0\1", 2)}}};
  ExpectRoundTrip(join);
}

TEST(Messages, LatestVersionsKeepEveryField) {
  for (const std::int16_t version : {12, 15, 18}) {
    auto sample = SampleFetch();
    if (version >= 13) sample.topics[0].name = sample.forgotten_topics[0].name = "";
    if (version < 15) sample.replica_state = {};
    if (version < 18) sample.topics[0].partitions[0].high_watermark = std::numeric_limits<std::int64_t>::max();
    std::string bytes = Body(sample, version);
    Reader reader(AsBytes(bytes));
    FetchRequest decoded;
    decoded.DecodeFrom(reader, version);
    EXPECT_TRUE(decoded == sample) << version;
  }
}

TEST(Messages, GoldenRequestHeaderAndBody) {
  // ApiVersions v3 as kcat sends it: key 18, version 3, correlation 1, client id "rdkafka", empty header tags, compact
  // strings.
  std::string frame(
      "\x00\x12\x00\x03\x00\x00\x00\x01\x00\x07rdkafka\x00\x0blibrdkafka\x06"
      "2.0.2\x00",
      36);
  Reader reader(AsBytes(frame));
  auto header = DecodeRequestHeader(reader);
  ASSERT_OK(header);
  EXPECT_EQ(header->api_key, 18);
  EXPECT_EQ(header->client_id, "rdkafka");
  auto request = DecodeRequest<ApiVersionsRequest>(reader, 3);
  ASSERT_OK(request);
  EXPECT_EQ(request->client_software_name, "librdkafka");
  EXPECT_EQ(request->client_software_version, "2.0.2");
}

TEST(Messages, WhatFollowsARequestIsIgnored) {
  // Metadata of all topics as librdkafka 2.16 asks: a null array in one byte, and three bytes of the old length after
  // it.
  std::string bytes("\0\x03\0\x0d\0\0\0\x09\0\7rdkafka\0\0\0\0\0\1\0\0", 25);
  Reader reader(AsBytes(bytes));
  const auto header = DecodeRequestHeader(reader);
  ASSERT_OK(header);
  const auto request = DecodeRequest<MetadataRequest>(reader, header->api_version);
  ASSERT_OK(request);
  EXPECT_FALSE(request->topics.has_value());
  EXPECT_FALSE(request->allow_auto_topic_creation);
}

TEST(Messages, GoldenResponses) {
  ApiVersionsResponse versions;
  versions.error_code = 35;
  versions.api_keys = {{.api_key = 18, .min_version = 0, .max_version = 4}};
  EXPECT_EQ(Hex(EncodeResponse(versions, 7, 0).Flatten()),
            "00000010"
            "00000007"
            "0023"
            "00000001"
            "0012"
            "0000"
            "0004");
  // Version 3 is flexible and still has no tags in its header.
  EXPECT_EQ(Hex(EncodeResponse(versions, 7, 3).Flatten()),
            "00000013"
            "00000007"
            "0023"
            "02"
            "0012"
            "0000"
            "0004"
            "00"
            "00000000"
            "00");
  HeartbeatResponse heartbeat{.throttle_time_ms = 0, .error_code = 27};
  EXPECT_EQ(Hex(EncodeResponse(heartbeat, 1, 0).Flatten()),
            "00000006"
            "00000001"
            "001b");
  EXPECT_EQ(Hex(EncodeResponse(heartbeat, 1, 4).Flatten()),
            "0000000c"
            "00000001"
            "00"
            "00000000"
            "001b"
            "00");
}

TEST(Messages, RecordsAreReferredToAndNotCopied) {
  const auto encoded = EncodeResponse(SampleFetchResponse(), 9, 12);
  ASSERT_EQ(encoded.slices.size(), 1U);
  EXPECT_EQ(static_cast<const void*>(encoded.slices[0].bytes.data()), static_cast<const void*>(Batch()));
  EXPECT_EQ(encoded.size(), encoded.head.size() + 600);
  std::string frame = encoded.Flatten();
  EXPECT_EQ(frame.size(), encoded.size());
  std::string body = frame.substr(4);
  Reader reader(AsBytes(body));
  std::int32_t correlation = 0;
  auto decoded = DecodeResponse<FetchResponse>(reader, 12, &correlation);
  ASSERT_OK(decoded);
  EXPECT_EQ(correlation, 9);
  EXPECT_EQ(decoded->topics[0].partitions[0].records.bytes.size(), 600U);
  // The request side too: the view points into the frame.
  std::string produce = Body(SampleProduce(), 9);
  Reader produce_reader(AsBytes(produce));
  ProduceRequest request;
  request.DecodeFrom(produce_reader, 9);
  const auto* data = reinterpret_cast<char*>(request.topics[0].partitions[0].records.bytes.data());
  EXPECT_TRUE(data > produce.data() && data < produce.data() + produce.size());
}

TEST(Messages, UnknownTagsAreSkippedAndBadOnesRefused) {
  const auto decode = [](std::string body) {
    Reader reader(AsBytes(body));
    const auto request = DecodeRequest<HeartbeatRequest>(reader, 4);
    return request ? std::string("fine") : request.error().message();
  };
  const std::string fields("\x02g\x00\x00\x00\x01\x02m\x00", 9);
  EXPECT_EQ(decode(std::string("\0", 1) + fields + std::string("\0", 1)), "fine");
  EXPECT_EQ(decode(std::string("\0", 1) + fields + std::string("\1\5\2xy", 5)), "fine");
  EXPECT_THAT(decode(std::string("\0", 1) + fields + std::string("\2\5\1x\5\1x", 7)),
              testing::HasSubstr("out of order"));
  EXPECT_THAT(decode(std::string("\0", 1) + fields +
                     std::string("\1\5\x7f"
                                 "x",
                                 4)),
              testing::HasSubstr("longer than the rest"));
}

TEST(Messages, LengthsAreCheckedBeforeMemoryIsTaken) {
  // 2^31-1 topics, in nine bytes.
  std::string body("\x7f\xff\xff\xff\x00\x00\x00\x00\x00", 9);
  Reader reader(AsBytes(body));
  EXPECT_THAT(DecodeRequest<MetadataRequest>(reader, 1), HasErrorMessage("array is longer"));
  std::string negative("\xff\xff\xff\xfe", 4);
  Reader second(AsBytes(negative));
  EXPECT_THAT(DecodeRequest<MetadataRequest>(second, 1), HasErrorMessage("negative"));
  std::string varint("\xff\xff\xff\xff\xff\x01", 6);
  Reader third(AsBytes(varint));
  EXPECT_EQ(third.UnsignedVarint(), 0U);
  EXPECT_THAT(third.status(), HasErrorMessage("longer than 32 bits"));
}

TEST(Uuid, TextForm) {
  const auto id = Uuid::FromString("0123ABCD-0000-4000-8000-00000000000f");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->ToString(), "0123abcd-0000-4000-8000-00000000000f");
  EXPECT_FALSE(Uuid::FromString("0123abcd-0000-4000-8000-00000000000"));
  EXPECT_FALSE(Uuid::FromString("0123abcd-0000-4000-8000-00000000000g"));
  EXPECT_FALSE(Uuid::FromString("0123abcd00000-4000-8000-00000000000f"));
}

}  // namespace
}  // namespace floe::kafka
