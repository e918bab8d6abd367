// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <condition_variable>

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "connect/connector_testing.h"
#include "connect/dead_letter/dead_letter.h"
#include "connect/kafka/kafka_connector.h"
#include "connect/memory_log_testing.h"
#include "connect/table_format.h"

namespace floe::connect::kafka {
namespace {

using data::RowKind;
using data::Type;

data::Schema Weather() {
  return {{{"city", Type::String(), "", {}}, {"temperature", Type::Double(), "", {}}}};
}

class KeptGroups final : public GroupOffsets {
 public:
  Result<std::optional<Offset>> Committed(const std::string& group, const std::string& topic,
                                          PartitionId partition) override {
    auto it = offsets.find({group, topic, partition});
    return it == offsets.end() ? std::nullopt : std::optional(it->second);
  }
  Status Commit(const std::string& group, const std::vector<GroupOffset>& list) override {
    ++commits;
    for (const GroupOffset& entry : list) offsets[{group, entry.topic, entry.partition}] = entry.offset;
    return {};
  }
  std::map<std::tuple<std::string, std::string, PartitionId>, Offset> offsets;
  int commits = 0;
};

class KafkaTest : public testing::Test {
 protected:
  KafkaTest() {
    dependencies_.writer = {&log_, &io::LocalFileSystem(), (directory_.path / "staging").string()};
    dependencies_.groups = &groups_;
    dependencies_.clock = &clock_;
    connector_ = MakeKafkaConnector(dependencies_);
  }

  static TableDefinition Table(Options options) {
    options.try_emplace("topic", "weather");
    options.try_emplace("format", "json");
    return TestTable("kafka", Weather(), std::move(options));
  }
  ScanRequest Scan(TableDefinition table, std::vector<int> columns = {0, 1}) {
    ScanRequest request;
    request.table = std::move(table);
    request.columns = std::move(columns);
    request.bad_records = &bad_;
    return request;
  }
  Status ValidateTable(const TableDefinition& table) { return connector_->descriptor().validate(table); }
  std::unique_ptr<Sink> OpenSink(std::optional<std::string> state = {}, Options options = {}) {
    SinkRequest request;
    request.table = Table(std::move(options));
    request.input = request.table.physical;
    request.job_id = "job";
    request.state = std::move(state);
    auto sink = connector_->OpenSink(std::move(request));
    EXPECT_OK(sink);
    return sink ? std::move(*sink) : nullptr;
  }
  void Produce(const std::string& topic, int partition,
               const std::vector<std::pair<std::string, std::int64_t>>& values) {
    if (!log_.FindTopic(topic)) {
      ASSERT_OK(log_.CreateTopic(topic, partition + 1, {}));
    }
    ::floe::kafka::BatchBuilder builder;
    for (const auto& [value, time] : values) builder.Append(TimestampMs(time), "key", value);
    auto batch = builder.Finish();
    ASSERT_OK(batch);
    ASSERT_OK(log_.FindTopic(topic)->partitions[static_cast<std::size_t>(partition)]->Append(*batch));
  }
  static std::string Json(const std::string& city, double temperature) {
    return R"({"city":")" + city + R"(","temperature":)" + std::to_string(temperature) + "}";
  }
  static std::vector<Type> Types() { return {Type::String(), Type::Double()}; }

  TestDirectory directory_;
  MemoryLog log_;
  KeptGroups groups_;
  ManualClock clock_{TimestampUs(1'700'000'000'000'000)};
  KeptBadRecords bad_;
  KafkaDependencies dependencies_;
  std::unique_ptr<Connector> connector_;
};

TEST_F(KafkaTest, ReadsFromTheBeginningAndContinuesFromItsState) {
  Produce("weather", 0, {{Json("Paris", 1), 10}, {Json("Rome", 2), 20}});
  auto source = connector_->OpenSource(Scan(Table({{"scan.startup.mode", "earliest-offset"}})));
  ASSERT_OK(source);
  ReadAll first(**source, Types());
  EXPECT_EQ(first.rows, (std::vector<std::string>{"Paris|1.0", "Rome|2.0"}));
  EXPECT_EQ(first.end, PollStatus::kIdle);
  EXPECT_EQ((*source)->Lag(), 0);
  auto state = (*source)->Snapshot();
  ASSERT_OK(state);
  Produce("weather", 0, {{Json("Oslo", 3), 30}});
  EXPECT_EQ((*source)->Lag(), 1);
  ScanRequest restored = Scan(Table({{"scan.startup.mode", "earliest-offset"}}), {1});
  restored.state = *state;
  source = connector_->OpenSource(std::move(restored));
  ASSERT_OK(source);
  EXPECT_EQ(ReadAll(**source, {Type::Double()}).rows, std::vector<std::string>{"3.0"});
}

TEST_F(KafkaTest, StartAndStopModes) {
  Produce("weather", 0, {{Json("a", 1), 10}, {Json("b", 2), 20}, {Json("c", 3), 30}});
  groups_.offsets[{"g", "weather", PartitionId(0)}] = Offset(2);
  struct Case {
    Options options;
    std::string expected;
    PollStatus end;
  };
  for (const Case& c : std::vector<Case>{
           {{{"scan.startup.mode", "latest-offset"}}, "", PollStatus::kIdle},
           {{{"properties.group.id", "g"}}, "c", PollStatus::kIdle},
           {{{"properties.group.id", "other"}}, "abc", PollStatus::kIdle},
           {{{"properties.group.id", "other"}, {"properties.auto.offset.reset", "latest"}}, "", PollStatus::kIdle},
           {{{"scan.startup.mode", "timestamp"}, {"scan.startup.timestamp-millis", "15"}}, "bc", PollStatus::kIdle},
           {{{"scan.startup.mode", "specific-offsets"}, {"scan.startup.specific-offsets", "partition:0,offset:1"}},
            "bc",
            PollStatus::kIdle},
           {{{"scan.startup.mode", "earliest-offset"}, {"scan.bounded.mode", "latest-offset"}},
            "abc",
            PollStatus::kEndOfInput},
           {{{"scan.startup.mode", "earliest-offset"},
             {"scan.bounded.mode", "timestamp"},
             {"scan.bounded.timestamp-millis", "30"}},
            "ab",
            PollStatus::kEndOfInput},
           {{{"scan.startup.mode", "earliest-offset"},
             {"scan.bounded.mode", "specific-offsets"},
             {"scan.bounded.specific-offsets", "partition:0,offset:1"}},
            "a",
            PollStatus::kEndOfInput},
       }) {
    auto source = connector_->OpenSource(Scan(Table(c.options), {0}));
    ASSERT_OK(source);
    ReadAll all(**source, {Type::String()});
    std::string joined;
    for (const std::string& row : all.rows) joined += row;
    EXPECT_EQ(joined, c.expected) << c.options.begin()->second;
    EXPECT_EQ(all.end, c.end);
  }
  EXPECT_THAT(connector_->OpenSource(Scan(Table({{"scan.startup.mode", "timestamp"}}))),
              IsError(ErrorKind::kInvalidInput));
}

TEST_F(KafkaTest, BadRecordsGoToTheHandlerWithTheirBytes) {
  Produce("weather", 0, {{Json("a", 1), 10}, {"{broken", 20}, {R"({"city":"b","temperature":"hot"})", 30}});
  ASSERT_OK(log_.FindTopic("weather")->partitions[0]->Append([] {
    static ::floe::kafka::BatchBuilder builder;
    builder.Append(TimestampMs(40), "key", std::nullopt);
    return *builder.Finish();
  }()));
  auto source = connector_->OpenSource(Scan(Table({{"scan.startup.mode", "earliest-offset"}})));
  ASSERT_OK(source);
  ReadAll all(**source, Types());
  EXPECT_EQ(all.rows.size(), 1U);
  EXPECT_EQ(all.read, 4);
  EXPECT_EQ(all.skipped, 1);
  ASSERT_EQ(bad_.records.size(), 2U);
  EXPECT_EQ(bad_.records[0].value, "{broken");
  EXPECT_EQ(bad_.records[0].key, "key");
  EXPECT_EQ(bad_.records[0].offset, 1);
  EXPECT_EQ(bad_.records[0].error_class, "JsonParseError");
  EXPECT_EQ(bad_.records[1].error_class, "TypeMismatch");
  EXPECT_EQ(bad_.records[1].timestamp_ms, 30);
}

TEST_F(KafkaTest, ABatchDamagedOnDiskIsAnErrorAndNeverRows) {
  Produce("weather", 0, {{Json("a", 1), 10}});
  Produce("weather", 0, {{Json("b", 2), 20}});
  std::static_pointer_cast<MemoryPartition>(log_.FindTopic("weather")->partitions[0])->Damage(Offset(1));
  auto source = connector_->OpenSource(Scan(Table({{"scan.startup.mode", "earliest-offset"}})));
  ASSERT_OK(source);
  data::Batch batch;
  batch.rows.Initialize(duckdb::Allocator::DefaultAllocator(),
                        {duckdb::LogicalType::VARCHAR, duckdb::LogicalType::DOUBLE});
  auto polled = (*source)->Poll(batch);
  ASSERT_THAT(polled, IsError(ErrorKind::kCorruption));
  EXPECT_TRUE(polled.error().ToString().contains("topic 'weather' partition 0 at offset 1"))
      << polled.error().ToString();
  EXPECT_TRUE(bad_.records.empty());
}

TEST_F(KafkaTest, KeysMetadataAndSeveralTopics) {
  TableDefinition table = Table({{"topic-pattern", "w.*"},
                                 {"key.format", "raw"},
                                 {"key.fields", "k_id"},
                                 {"key.fields-prefix", "k_"},
                                 {"value.fields-include", "EXCEPT_KEY"},
                                 {"scan.startup.mode", "earliest-offset"}});
  table.options.erase("topic");
  table.physical.fields.push_back({"k_id", Type::String(), "", {}});
  table.metadata = {{"topic", Type::String()},          {"partition", Type::Int()},
                    {"offset", Type::BigInt()},         {"timestamp", Type::TimestampLtz(3)},
                    {"timestamp-type", Type::String()}, {"headers", Type::Map(Type::String(), Type::Bytes())},
                    {"leader-epoch", Type::Int()}};
  Produce("weather", 1, {{Json("a", 1), 1000}});
  Produce("winter", 0, {{Json("b", 2), 2000}});
  Produce("other", 0, {{Json("c", 3), 3000}});
  ScanRequest request = Scan(table, {2, 0});
  request.metadata = {0, 1, 2, 3, 4, 5, 6};
  auto source = connector_->OpenSource(std::move(request));
  ASSERT_OK(source);
  std::vector<Type> types = {Type::String(), Type::String()};
  for (const auto& column : table.metadata) types.push_back(column.type);
  ReadAll all(**source, types);
  EXPECT_EQ((*source)->SplitNames(), (std::vector<std::string>{"weather-0", "weather-1", "winter-0"}));
  EXPECT_EQ(all.rows, (std::vector<std::string>{"key|a|weather|1|0|1970-01-01 00:00:01+00|CreateTime|{}|0",
                                                "key|b|winter|0|0|1970-01-01 00:00:02+00|CreateTime|{}|0"}));
}

TEST_F(KafkaTest, WakesUpWhenRecordsComeAndFindsNewPartitions) {
  ASSERT_OK(log_.CreateTopic("weather", 1, {}));
  auto source = connector_->OpenSource(Scan(Table({{"scan.startup.mode", "latest-offset"}}), {0}));
  ASSERT_OK(source);
  std::atomic<int> wakeups{0};
  (*source)->SetWakeup([&] { ++wakeups; });
  EXPECT_TRUE(ReadAll(**source, {Type::String()}).rows.empty());
  EXPECT_EQ(wakeups, 0);
  Produce("weather", 0, {{Json("a", 1), 10}});
  EXPECT_EQ(wakeups, 1);
  EXPECT_EQ(ReadAll(**source, {Type::String()}).rows, std::vector<std::string>{"a"});
  ASSERT_OK(log_.AddPartitions("weather", 2));
  Produce("weather", 1, {{Json("b", 1), 10}});
  clock_.Advance(std::chrono::seconds(2));
  EXPECT_EQ(ReadAll(**source, {Type::String()}).rows, std::vector<std::string>{"b"});
}

TEST_F(KafkaTest, GroupOffsetsAreCommittedWithTheCheckpoint) {
  Produce("weather", 0, {{Json("a", 1), 10}});
  auto source = connector_->OpenSource(Scan(Table({{"properties.group.id", "g"}})));
  ASSERT_OK(source);
  ReadAll all(**source, Types());
  auto state = (*source)->Snapshot();
  ASSERT_OK(state);
  EXPECT_TRUE(groups_.offsets.empty());
  ASSERT_OK((*source)->OnCheckpointCommitted(*state));
  EXPECT_EQ((groups_.offsets[{"g", "weather", PartitionId(0)}]), Offset(1));
}

TEST_F(KafkaTest, BoundedReadsEndAndMissingTopicsAreNamed) {
  ScanRequest request = Scan(Table({}));
  request.bounded = true;
  EXPECT_THAT(connector_->OpenSource(request), IsError(ErrorKind::kNotFound));
  Produce("weather", 0, {{Json("a", 1), 10}});
  auto source = connector_->OpenSource(request);
  ASSERT_OK(source);
  Produce("weather", 0, {{Json("b", 1), 10}});
  ReadAll all(**source, Types());
  EXPECT_EQ(all.rows.size(), 1U);
  EXPECT_EQ(all.end, PollStatus::kEndOfInput);
}

TEST_F(KafkaTest, AGroupContinuesWhereItsOffsetsAre) {
  Produce("weather", 0, {{Json("a", 1), 10}, {Json("b", 1), 20}, {Json("c", 1), 30}});
  const auto cities = [&](const Options& options) {
    auto source = connector_->OpenSource(Scan(Table(options), {0}));
    EXPECT_OK(source);
    return source ? ReadAll(**source, {Type::String()}).rows : std::vector<std::string>{"(not opened)"};
  };
  const std::vector<std::string> all = {"a", "b", "c"};
  EXPECT_EQ(cities({{"properties.group.id", "g"}}), all) << "group-offsets is the default, and there are none";
  EXPECT_EQ(cities({{"properties.group.id", "g"}, {"properties.auto.offset.reset", "latest"}}),
            std::vector<std::string>{});
  EXPECT_THAT(
      connector_->OpenSource(Scan(Table({{"properties.group.id", "g"}, {"properties.auto.offset.reset", "none"}}))),
      IsError(ErrorKind::kFailedPrecondition));
  EXPECT_THAT(ValidateTable(Table({{"properties.auto.offset.reset", "soon"}})), IsError(ErrorKind::kInvalidInput));
  groups_.offsets[{"g", "weather", PartitionId(0)}] = Offset(2);
  EXPECT_EQ(cities({{"properties.group.id", "g"}}), std::vector<std::string>{"c"});
  EXPECT_EQ(cities({{"properties.group.id", "g"}, {"scan.startup.mode", "group-offsets"}}),
            std::vector<std::string>{"c"});
  EXPECT_EQ(cities({{"properties.group.id", "other"}}), all);
  // Of a topic that was made anew: as if there were none.
  groups_.offsets[{"g", "weather", PartitionId(0)}] = Offset(7);
  EXPECT_EQ(cities({{"properties.group.id", "g"}}), all);
  EXPECT_EQ(cities({{"properties.group.id", "g"}, {"properties.auto.offset.reset", "latest"}}),
            std::vector<std::string>{});
}

TEST_F(KafkaTest, UnchangedOffsetsAreCommittedAgainOnlyNowAndThen) {
  Produce("weather", 0, {{Json("a", 1), 10}});
  auto source = connector_->OpenSource(Scan(Table({{"properties.group.id", "g"}})));
  ASSERT_OK(source);
  ReadAll all(**source, Types());
  auto state = (*source)->Snapshot();
  ASSERT_OK(state);
  for (int i = 0; i < 3; ++i) ASSERT_OK((*source)->OnCheckpointCommitted(*state));
  EXPECT_EQ(groups_.commits, 1);
  clock_.Advance(std::chrono::hours(1));
  ASSERT_OK((*source)->OnCheckpointCommitted(*state));
  EXPECT_EQ(groups_.commits, 2);
}

TEST_F(KafkaTest, ChangingOffsetsAreCommittedOnceASecondAndAtTheEnd) {
  auto request = Scan(Table({{"properties.group.id", "g"}}));
  auto source = connector_->OpenSource(request);
  ASSERT_OK(source);
  const auto advance = [&](const char* city) {
    Produce("weather", 0, {{Json(city, 1), 10}});
    ReadAll more(**source, Types());
    auto state = (*source)->Snapshot();
    ASSERT_OK(state);
    ASSERT_OK((*source)->OnCheckpointCommitted(*state));
  };
  const Offset& seen = groups_.offsets[{"g", "weather", PartitionId(0)}];
  advance("a");
  EXPECT_EQ(seen, Offset(1));
  advance("b");
  EXPECT_EQ(seen, Offset(1));
  // No checkpoint comes any more: the next poll brings it.
  clock_.Advance(std::chrono::seconds(1));
  ReadAll nothing(**source, Types());
  EXPECT_EQ(seen, Offset(2));
  advance("c");
  EXPECT_EQ(seen, Offset(2));
  source->reset();
  EXPECT_EQ(seen, Offset(3));
  EXPECT_EQ(groups_.commits, 3);
}

TEST_F(KafkaTest, AJobWithoutAGroupShowsItsProgressUnderItsOwnAndDoesNotStartFromIt) {
  Produce("weather", 0, {{Json("a", 1), 10}});
  groups_.offsets[{"floe-job", "weather", PartitionId(0)}] = Offset(1);
  auto request = Scan(Table({}));
  request.default_group_id = "floe-job";
  auto source = connector_->OpenSource(request);
  ASSERT_OK(source);
  EXPECT_EQ(ReadAll(**source, Types()).rows.size(), 1U);
  Produce("weather", 0, {{Json("b", 1), 20}});
  ReadAll more(**source, Types());
  auto state = (*source)->Snapshot();
  ASSERT_OK(state);
  ASSERT_OK((*source)->OnCheckpointCommitted(*state));
  EXPECT_EQ((groups_.offsets[{"floe-job", "weather", PartitionId(0)}]), Offset(2));
}

TEST_F(KafkaTest, EveryBoundedModeStopsWhereItSays) {
  // Two partitions, so that modes that name partitions can leave one out.
  ASSERT_OK(log_.CreateTopic("weather", 2, {}));
  Produce("weather", 0, {{Json("a", 1), 10}, {Json("b", 1), 20}, {Json("c", 1), 30}});
  Produce("weather", 1, {{Json("x", 1), 10}, {Json("y", 1), 20}});
  groups_.offsets[{"g", "weather", PartitionId(0)}] = Offset(1);
  groups_.offsets[{"g", "weather", PartitionId(1)}] = Offset(2);
  struct Case {
    Options options;
    std::vector<std::string> cities;
  };
  const std::string mode = "scan.bounded.mode";
  const std::vector<Case> cases = {
      {{{mode, "latest-offset"}}, {"a", "b", "c", "x", "y"}},
      {{{mode, "latest-offset"}, {"scan.startup.mode", "latest-offset"}}, {}},
      {{{mode, "latest-offset"}, {"scan.startup.mode", "group-offsets"}, {"properties.group.id", "g"}}, {"b", "c"}},
      {{{mode, "group-offsets"}, {"scan.startup.mode", "earliest-offset"}, {"properties.group.id", "g"}},
       {"a", "x", "y"}},
      {{{mode, "timestamp"}, {"scan.bounded.timestamp-millis", "20"}}, {"a", "x"}},
      {{{mode, "timestamp"}, {"scan.bounded.timestamp-millis", "5"}}, {}},
      {{{mode, "timestamp"}, {"scan.bounded.timestamp-millis", "99"}}, {"a", "b", "c", "x", "y"}},
      {{{mode, "specific-offsets"}, {"scan.bounded.specific-offsets", "partition:0,offset:2"}}, {"a", "b"}},
      {{{mode, "specific-offsets"}, {"scan.bounded.specific-offsets", "partition:0,offset:0;partition:1,offset:1"}},
       {"x"}},
      {{{mode, "specific-offsets"},
        {"scan.bounded.specific-offsets", "partition:0,offset:3"},
        {"scan.startup.mode", "timestamp"},
        {"scan.startup.timestamp-millis", "20"}},
       {"b", "c"}},
  };
  for (const bool batch : {false, true}) {
    for (std::size_t i = 0; i < cases.size(); ++i) {
      ScanRequest request = Scan(Table(cases[i].options), {0});
      request.bounded = batch;
      auto source = connector_->OpenSource(request);
      ASSERT_OK(source);
      ReadAll all(**source, {Type::String()});
      std::ranges::sort(all.rows);
      EXPECT_EQ(all.rows, cases[i].cities) << "case " << i << (batch ? " as a query" : " as a job");
      EXPECT_EQ(all.end, PollStatus::kEndOfInput) << "case " << i;
    }
  }
}

TEST_F(KafkaTest, ABoundThatLiesAheadIsWaitedForByJobsAndNotByQueries) {
  Produce("weather", 0, {{Json("a", 1), 10}});
  ScanRequest request = Scan(
      Table({{"scan.bounded.mode", "specific-offsets"}, {"scan.bounded.specific-offsets", "partition:0,offset:2"}}));
  auto job = connector_->OpenSource(request);
  ASSERT_OK(job);
  EXPECT_EQ(ReadAll(**job, Types()).end, PollStatus::kIdle);
  request.bounded = true;
  auto query = connector_->OpenSource(request);
  ASSERT_OK(query);
  EXPECT_EQ(ReadAll(**query, Types()).end, PollStatus::kEndOfInput);
  Produce("weather", 0, {{Json("b", 1), 20}, {Json("c", 1), 20}});
  ReadAll rest(**job, Types());
  EXPECT_EQ(rest.rows, std::vector<std::string>{"b|1.0"});
  EXPECT_EQ(rest.end, PollStatus::kEndOfInput);
}

TEST_F(KafkaTest, ABoundOfAGroupThatHasNoneIsRefused) {
  Produce("weather", 0, {{Json("a", 1), 10}});
  EXPECT_THAT(ValidateTable(Table({{"scan.bounded.mode", "group-offsets"}})), IsError(ErrorKind::kInvalidInput));
  EXPECT_THAT(
      connector_->OpenSource(Scan(Table({{"scan.bounded.mode", "group-offsets"}, {"properties.group.id", "g"}}))),
      IsError(ErrorKind::kFailedPrecondition));
}

std::vector<std::vector<duckdb::Value>> Rows(int from, int count) {
  std::vector<std::vector<duckdb::Value>> rows;
  for (int i = from; i < from + count; ++i)
    rows.push_back({duckdb::Value("city " + std::to_string(i)), duckdb::Value(i * 1.0)});
  return rows;
}

TEST_F(KafkaTest, NothingIsVisibleBeforePublish) {
  auto sink = OpenSink();
  ASSERT_OK(sink->Write(BatchOf(Weather(), Rows(0, 3))));
  auto state = sink->Prepare(CheckpointId(1));
  ASSERT_OK(state);
  EXPECT_TRUE(log_.Values("weather").empty());
  ASSERT_OK(sink->Publish(CheckpointId(1)));
  EXPECT_EQ(log_.Values("weather").size(), 3U);
  EXPECT_EQ(log_.Values("weather")[1], R"({"city":"city 1","temperature":1.0})");
  EXPECT_THAT(sink->Write(BatchOf(Weather(), Rows(0, 1), {RowKind::kDelete})), IsError(ErrorKind::kInvalidInput));
}

TEST_F(KafkaTest, ACrashAnywhereInPublishNeitherLosesNorRepeats) {
  // 60000 rows make several batches and a staging file, 10 stay in the manifest.
  for (int count : {10, 60'000}) {
    for (int allowed : {0, 1, 2, 5, 1000}) {
      if (log_.FindTopic("weather")) {
        ASSERT_OK(log_.DeleteTopic("weather"));
      }
      log_.appends_allowed = -1;
      auto sink = OpenSink();
      for (int from = 0; from < count; from += 2000)
        ASSERT_OK(sink->Write(BatchOf(Weather(), Rows(from, std::min(count, 2000)))));
      auto state = sink->Prepare(CheckpointId(7));
      ASSERT_OK(state);
      log_.appends_allowed = allowed;
      (void)sink->Publish(CheckpointId(7)).has_value();
      sink.reset();
      log_.appends_allowed = -1;
      for (int again = 0; again < 2; ++again) {
        sink = OpenSink(*state);
        ASSERT_OK(sink->Publish(CheckpointId(7)));
      }
      ASSERT_OK(sink->Write(BatchOf(Weather(), Rows(count, 1))));
      ASSERT_OK(sink->Prepare(CheckpointId(8)));
      ASSERT_OK(sink->Publish(CheckpointId(8)));
      std::vector<std::string> values = log_.Values("weather");
      ASSERT_EQ(values.size(), static_cast<std::size_t>(count) + 1) << count << " " << allowed;
      for (int i = 0; i <= count; i += std::max(1, count / 100)) {
        EXPECT_EQ(values[static_cast<std::size_t>(i)].substr(0, 16 + std::to_string(i).size() - 1),
                  (R"({"city":"city )" + std::to_string(i) + "\"").substr(0, 16 + std::to_string(i).size() - 1));
      }
    }
  }
  auto staging = directory_.path / "staging";
  EXPECT_TRUE(!std::filesystem::exists(staging) || std::filesystem::is_empty(staging));
}

TEST_F(KafkaTest, StagedFilesWithoutACheckpointAreRemoved) {
  auto sink = OpenSink();
  for (int i = 0; i < 10; ++i) {
    ASSERT_OK(sink->Write(BatchOf(Weather(), Rows(0, 2000))));
  }
  ASSERT_OK(sink->Prepare(CheckpointId(1)));
  EXPECT_FALSE(std::filesystem::is_empty(directory_.path / "staging"));
  sink = OpenSink();
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path / "staging"));
  EXPECT_TRUE(log_.Values("weather").empty());
}

TEST_F(KafkaTest, KeysChoosePartitionsAsKafkaDoes) {
  EXPECT_EQ(Murmur2("21"), 0xC5F2F8ECU);  // -973932308 in Kafka's own tests
  ASSERT_OK(log_.CreateTopic("weather", 4, {}));
  auto sink = OpenSink({}, {{"key.format", "raw"}, {"key.fields", "city"}});
  ASSERT_OK(sink->Write(BatchOf(Weather(), {{duckdb::Value("21"), duckdb::Value(1.0)}})));
  ASSERT_OK(sink->Prepare(CheckpointId(1)));
  ASSERT_OK(sink->Publish(CheckpointId(1)));
  auto partition = static_cast<std::size_t>(PartitionOfKey("21", 4).value());
  EXPECT_EQ(log_.FindTopic("weather")->partitions[partition]->high_watermark(), Offset(1));
}

TEST_F(KafkaTest, UpsertKafkaWritesNullsForDeletes) {
  auto upsert = MakeUpsertKafkaConnector(dependencies_);
  SinkRequest request;
  request.table =
      TestTable("upsert-kafka", Weather(), {{"topic", "latest"}, {"key.format", "json"}, {"value.format", "json"}});
  request.table.primary_key = {"city"};
  request.input = request.table.physical;
  request.job_id = "job";
  auto sink = upsert->OpenSink(request);
  ASSERT_OK(sink);
  ASSERT_OK(
      (*sink)->Write(BatchOf(Weather(),
                             {{duckdb::Value("a"), duckdb::Value(1.0)},
                              {duckdb::Value("a"), duckdb::Value(1.0)},
                              {duckdb::Value("a"), duckdb::Value(2.0)},
                              {duckdb::Value("a"), duckdb::Value(2.0)}},
                             {RowKind::kInsert, RowKind::kUpdateBefore, RowKind::kUpdateAfter, RowKind::kDelete})));
  ASSERT_OK((*sink)->Prepare(CheckpointId(1)));
  ASSERT_OK((*sink)->Publish(CheckpointId(1)));
  EXPECT_EQ(log_.Values("latest"), (std::vector<std::string>{R"({"city":"a","temperature":1.0})",
                                                             R"({"city":"a","temperature":2.0})", "(null)"}));
}

TEST_F(KafkaTest, DeadLettersKeepBytesAndCause) {
  auto writer = DeadLetterWriter::Make(dependencies_.writer, clock_, "job-1", std::nullopt);
  ASSERT_OK(writer);
  BadRecord bad;
  bad.topic = "weather";
  bad.partition = 3;
  bad.offset = 42;
  bad.timestamp_ms = 1000;
  bad.value = "{broken";
  bad.error_class = "JsonParseError";
  bad.message = "at byte 1";
  bad.stage = "decode";
  ASSERT_OK((*writer)->Write(bad));
  ASSERT_OK((*writer)->Prepare(CheckpointId(1)));
  ASSERT_OK((*writer)->Publish(CheckpointId(1)));
  EXPECT_EQ(log_.Values("weather.dlq"), std::vector<std::string>{"{broken"});
  TableDefinition table =
      TestTable("kafka", {{{"v", Type::String(), "", {}}}},
                {{"topic", "weather.dlq"}, {"format", "raw"}, {"scan.startup.mode", "earliest-offset"}});
  table.metadata = {{"headers", Type::Map(Type::String(), Type::String())}};
  ScanRequest request = Scan(table, {0});
  request.metadata = {0};
  auto source = connector_->OpenSource(std::move(request));
  ASSERT_OK(source);
  EXPECT_EQ(ReadAll(**source, {Type::String(), table.metadata[0].type}).rows,
            std::vector<std::string>{
                "{broken|{floe.error.class=JsonParseError, floe.error.message=at byte 1, floe.error.stage=decode, "
                "floe.source.topic=weather, floe.source.partition=3, floe.source.offset=42, "
                "floe.source.timestamp=1000, floe.job.id=job-1}"});
  EXPECT_EQ(DeadLetterTopic("/data/in put.json"), "_data_in_put.json.dlq");
}

TEST_F(KafkaTest, OutsideClusterBothWays) {
  char reason[256];
  rd_kafka_t* owner = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), reason, sizeof reason);
  ASSERT_NE(owner, nullptr) << reason;
  rd_kafka_mock_cluster_t* cluster = rd_kafka_mock_cluster_new(owner, 1);
  rd_kafka_mock_topic_create(cluster, "weather", 2, 1);
  Options options = {{"properties.bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster)},
                     {"scan.startup.mode", "earliest-offset"}};
  {
    auto sink = OpenSink({}, options);
    ASSERT_NE(sink, nullptr);
    ASSERT_OK(sink->Write(BatchOf(Weather(), Rows(0, 50))));
    ASSERT_OK(sink->Prepare(CheckpointId(1)));
    ASSERT_OK(sink->Close());
    Options bounded = options;
    bounded["scan.bounded.mode"] = "latest-offset";
    auto source = connector_->OpenSource(Scan(Table(bounded)));
    ASSERT_OK(source);
    Wakeups wakeups(**source);
    std::vector<std::string> rows;
    for (int seen = 0;;) {
      ReadAll part(**source, Types());
      rows.insert(rows.end(), part.rows.begin(), part.rows.end());
      if (part.end == PollStatus::kEndOfInput) break;
      ASSERT_TRUE(wakeups.WaitBeyond(seen, std::chrono::seconds(30))) << rows.size();
      seen = wakeups.count();
    }
    EXPECT_EQ(rows.size(), 50U);
    EXPECT_OK((*source)->Snapshot());
    options["sink.delivery-guarantee"] = "exactly-once";
    SinkRequest request;
    request.table = Table(options);
    request.input = request.table.physical;
    EXPECT_THAT(connector_->OpenSink(request), IsError(ErrorKind::kNotSupported));
  }
  rd_kafka_mock_cluster_destroy(cluster);
  rd_kafka_destroy(owner);
}

}  // namespace
}  // namespace floe::connect::kafka
