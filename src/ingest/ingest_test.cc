// SPDX-License-Identifier: Apache-2.0
// The ingest port over real HTTP, with a log whose disk the test controls.
#include "ingest/ingest.h"

#include <condition_variable>
#include <future>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/matchers.h"
#include "ingest/partitioner.h"
#include "ingest/time_format.h"
#include "kafka/protocol/record_batch_reader.h"
#include "net/http/client.h"
#include "net/http/server.h"
#include "net/http/uri.h"

namespace floe::ingest {
namespace {

using namespace std::chrono_literals;

/// Keeps batches in memory; durable at once, or when released.
class FakePartition final : public log::Partition {
 public:
  FakePartition(std::string topic, PartitionId id) : topic_(std::move(topic)), id_(id) {}

  const std::string& topic() const override { return topic_; }
  PartitionId id() const override { return id_; }

  Result<log::AppendResult> Append(std::span<std::byte> batches) override {
    std::lock_guard lock(mu_);
    if (fail_) return Fail(*fail_);
    const Offset base(end_);
    std::span<const std::byte> rest(batches);
    kafka::RecordReader reader;
    for (;;) {
      auto batch = kafka::NextBatch(rest);
      if (!batch) return Fail(batch.error());
      if (!*batch) break;
      auto checked = kafka::CheckBatch(**batch);
      if (!checked) return Fail(checked.error());
      ++batch_count_;
      if (auto opened = reader.Open(**batch); !opened) return Fail(opened.error());
      kafka::RecordView record;
      while (reader.Next(record)) {
        if (record.value->find("POISON") != std::string_view::npos) {
          records_.resize(static_cast<std::size_t>(base.value()));
          end_ = base.value();
          return Fail(ErrorKind::kTooLarge, "poison");
        }
        records_.push_back(fmt::format("{}={}", record.key.value_or("-"), *record.value));
        ++end_;
      }
    }
    return log::AppendResult{.base_offset = base, .last_offset = Offset(end_ - 1)};
  }
  void WhenDurable(Offset, std::function<void(Status)> done) override {
    {
      std::lock_guard lock(mu_);
      if (held_) {
        waiting_.push_back(std::move(done));
        changed_.notify_all();
        return;
      }
    }
    done({});
  }
  void AppendDurably(std::span<const std::byte>, log::AppendDone done, bool) override {
    done(Fail(ErrorKind::kNotSupported, "fake"));
  }
  Result<log::ReadResult> Read(Offset, std::size_t) override { return Fail(ErrorKind::kNotSupported, "fake"); }
  std::uint64_t WhenReadable(Offset, std::function<void()>) override { return 0; }
  void Forget(std::uint64_t) override {}
  Result<log::OffsetAndTimestamp> OffsetForTimestamp(TimestampMs) override { return log::OffsetAndTimestamp{}; }
  log::OffsetAndTimestamp MaxTimestamp() const override { return {}; }
  Offset log_start_offset() const override { return Offset(0); }
  Offset high_watermark() const override { return Offset(end_); }
  Offset log_end_offset() const override { return Offset(end_); }
  std::uint64_t size_bytes() const override { return 0; }

  void Hold() {
    std::lock_guard lock(mu_);
    held_ = true;
  }
  void WaitForHeld() {
    std::unique_lock lock(mu_);
    changed_.wait(lock, [&] { return !waiting_.empty(); });
  }
  void Release(Status status = {}) {
    std::vector<std::function<void(Status)>> calls;
    {
      std::lock_guard lock(mu_);
      held_ = false;
      calls.swap(waiting_);
    }
    for (auto& call : calls) call(status);
  }
  void FailWith(std::optional<Error> error) {
    std::lock_guard lock(mu_);
    fail_ = std::move(error);
  }
  std::vector<std::string> records() {
    std::lock_guard lock(mu_);
    return records_;
  }
  int batch_count() {
    std::lock_guard lock(mu_);
    return batch_count_;
  }

 private:
  const std::string topic_;
  const PartitionId id_;
  std::mutex mu_;
  std::condition_variable changed_;
  std::vector<std::string> records_;
  std::vector<std::function<void(Status)>> waiting_;
  std::int64_t end_ = 0;
  int batch_count_ = 0;
  bool held_ = false;
  std::optional<Error> fail_;
};

class FakeLog final : public log::Log {
 public:
  FakePartition& Add(const std::string& name, int partitions = 1) {
    auto topic = std::make_shared<log::Topic>();
    topic->name = name;
    topic->id = name + "-id";
    for (int i = 0; i < partitions; ++i)
      topic->partitions.push_back(std::make_shared<FakePartition>(name, PartitionId(i)));
    topics_[name] = topic;
    return Part(name, 0);
  }
  FakePartition& Part(const std::string& name, std::size_t i) {
    return static_cast<FakePartition&>(*topics_[name]->partitions[i]);
  }

  std::shared_ptr<const log::Topic> FindTopic(const std::string& name) const override {
    auto it = topics_.find(name);
    return it == topics_.end() ? nullptr : it->second;
  }
  Result<std::shared_ptr<const log::Topic>> CreateTopic(const std::string&, int, log::TopicConfig) override {
    return No();
  }
  Status DeleteTopic(const std::string&) override { return No(); }
  Result<std::shared_ptr<const log::Topic>> AddPartitions(const std::string&, int) override { return No(); }
  Result<std::shared_ptr<const log::Topic>> AlterConfig(const std::string&, log::TopicConfig) override { return No(); }
  std::vector<std::shared_ptr<const log::Topic>> Topics() const override { return {}; }
  Result<ProducerId> AllocateProducerId() override { return No(); }
  Status Close() override { return {}; }

 private:
  static std::unexpected<Error> No() { return Fail(ErrorKind::kNotSupported, "fake"); }
  std::map<std::string, std::shared_ptr<log::Topic>> topics_;
};

class IngestTest : public testing::Test {
 protected:
  void Start(IngestOptions options = {}) {
    ingest_ = std::make_unique<Ingest>(log_, pool_, clock_, metrics_, std::move(options));
    net::Router router;
    ASSERT_OK(ingest_->AddRoutes(router));
    auto server = net::HttpServer::Start(
        io_, std::move(router),
        {.listen = {.service = "ingest"}, .render_error = ErrorAnswer, .max_body_bytes = 1 << 20});
    ASSERT_OK(server);
    server_ = std::move(*server);
  }
  void TearDown() override {
    if (server_) server_->Stop(0ms);
    pool_.Stop();
  }
  net::ClientResponse Get(const std::string& target) { return Ask({.url = server_->url() + target}); }
  net::ClientResponse Post(const std::string& target, std::string body, const char* type = "application/json") {
    return Ask({.method = net::Method::kPost,
                .url = server_->url() + target,
                .headers = {{"Content-Type", type}},
                .body = std::move(body)});
  }
  static net::ClientResponse Ask(net::ClientRequest request) {
    auto response = net::Call(request);
    EXPECT_THAT(response, IsOk());
    return response ? *response : net::ClientResponse{};
  }

  // 2026-01-08T14:30:00Z
  ManualClock clock_{TimestampUs(1767882600LL * 1'000'000)};
  FakeLog log_;
  metrics::Registry metrics_;
  IoThreads io_{2};
  ComputePool pool_{2};
  std::unique_ptr<Ingest> ingest_;
  std::unique_ptr<net::HttpServer> server_;
};

TEST_F(IngestTest, TheWeatherRouteAnswersAsRequired) {
  auto& weather = log_.Add("weather");
  Start();
  auto answer = Get("/log?city=New%20York&temperature=72.5");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(
      answer.body,
      R"({"status":"success","message":"Weather data logged","data":{"city":"New York","temperature":"72.5","ts":"2026-01-08-14"}})");
  EXPECT_EQ(weather.records(),
            std::vector<std::string>{R"(New York={"city":"New York","temperature":"72.5","ts":"2026-01-08-14"})"});
  auto health = Get("/health");
  EXPECT_EQ(health.body, R"({"status":"healthy"})");
}

TEST_F(IngestTest, BadFieldsAreRefusedAndWriteNothing) {
  auto& weather = log_.Add("weather");
  Start();
  for (const char* target :
       {"/log", "/log?city=A", "/log?temperature=1", "/log?city=&temperature=1",
        "/log?city=A&temperature=", "/log?city=A&temperature=warm", "/log?city=A&temperature=NaN",
        "/log?city=A&temperature=+1", "/log?city=A&temperature=0x10", "/log?city=%zz&temperature=1",
        "/log?city=%ff%fe&temperature=1", "/log?city=A&temperature=1e999"}) {
    auto answer = Get(target);
    EXPECT_EQ(answer.status, 400) << target;
    EXPECT_NE(answer.body.find(R"("status":"error")"), std::string::npos) << answer.body;
    EXPECT_NE(answer.body.find(R"("message":")"), std::string::npos);
  }
  EXPECT_TRUE(weather.records().empty());
  EXPECT_EQ(Get("/log?city=%22%5C%0A&temperature=1").status, 200);
  EXPECT_EQ(weather.records()[0], "\"\\\n={\"city\":\"\\\"\\\\\\n\",\"temperature\":\"1\",\"ts\":\"2026-01-08-14\"}");
}

TEST_F(IngestTest, TopicsTakeObjectsArraysAndLines) {
  auto& t = log_.Add("t");
  Start();
  EXPECT_EQ(Post("/topics/t", "{ \"a\" : 1.10,\n\"b\":12345678901234567 }").body,
            R"({"status":"success","topic":"t","count":1,"offsets":[{"partition":0,"first":0,"last":0}]})");
  EXPECT_EQ(Post("/topics/t?key=k", R"([{"k":"x,]"}, {"k":7,"n":[1,{"m":"}"}]}, {"k":null}])").body,
            R"({"status":"success","topic":"t","count":3,"offsets":[{"partition":0,"first":1,"last":3}]})");
  EXPECT_EQ(Post("/topics/t", "{\"l\":1}\r\n\n{\"l\":2}\n", "application/x-ndjson").status, 200);
  EXPECT_EQ(Post("/topics/t", "{\"l\":3}\n{\"l\":4}").status, 200);
  EXPECT_EQ(t.records(), (std::vector<std::string>{R"(-={"a":1.10,"b":12345678901234567})", R"(x,]={"k":"x,]"})",
                                                   R"(7={"k":7,"n":[1,{"m":"}"}]})", R"(-={"k":null})", R"(-={"l":1})",
                                                   R"(-={"l":2})", R"(-={"l":3})", R"(-={"l":4})"}));
}

TEST_F(IngestTest, BadBodiesAreRefusedWhole) {
  auto& t = log_.Add("t");
  Start({.json = {.max_record_bytes = 1000, .max_depth = 20}});
  struct Case {
    std::string body;
    int status;
    const char* reason;
    const char* type = "application/json";
  };
  std::string deep;
  for (int i = 0; i < 50; ++i) deep += "{\"a\":";
  deep += "1" + std::string(50, '}');
  const std::vector<Case> cases = {
      {"", 400, "empty"},
      {"{", 400, "JSON"},
      {"5", 400, "no JSON object"},
      {"[]", 400, "no records"},
      {"[{\"a\":1},2]", 400, "element 1"},
      {"[{\"a\":1},{]", 400, "JSON"},
      {"{\"a\":NaN}", 400, "JSON"},
      {deep, 400, "deep"},
      {"{\"a\":\"\xff\"}", 400, "UTF-8"},
      {"{\"ok\":1}\n{bad}\n{\"ok\":2}\n", 400, "line 2", "application/x-ndjson"},
      {"{\"ok\":1}\n[1]\n", 400, "line 2", "application/x-ndjson"},
      {"{\"a\":\"" + std::string(2000, 'x') + "\"}", 413, "1000 bytes"},
      {std::string(2 << 20, ' '), 413, "limit"},
  };
  for (const Case& c : cases) {
    auto answer = Post("/topics/t", c.body, c.type);
    EXPECT_EQ(answer.status, c.status) << c.body.substr(0, 50) << answer.body;
    EXPECT_NE(answer.body.find(c.reason), std::string::npos) << answer.body;
    EXPECT_NE(answer.body.find(R"("status":"error")"), std::string::npos) << answer.body;
  }
  EXPECT_TRUE(t.records().empty());
}

TEST_F(IngestTest, UnknownTopicsSayHowToCreateThem) {
  Start();
  for (const char* target : {"/topics/nope", "/topics/__consumer_offsets"}) {
    auto answer = Post(target, "{}");
    EXPECT_EQ(answer.status, 404);
    EXPECT_NE(answer.body.find("floe topic create"), std::string::npos) << answer.body;
  }
  EXPECT_EQ(Get("/log?city=A&temperature=1").status, 404);
  EXPECT_EQ(Get("/nothing").status, 404);
}

TEST_F(IngestTest, TwoHundredOnlyAfterDurableAndWaitersShareABatch) {
  auto& weather = log_.Add("weather");
  weather.Hold();
  Start();
  auto ask = [this](int i) { return Get(fmt::format("/log?city=c{}&temperature={}", i, i)); };
  auto first = std::async(std::launch::async, ask, 0);
  weather.WaitForHeld();
  std::vector<std::future<net::ClientResponse>> rest;
  for (int i = 1; i <= 20; ++i) rest.push_back(std::async(std::launch::async, ask, i));
  while (server_->stats().requests < 21) std::this_thread::yield();
  EXPECT_EQ(first.wait_for(0ms), std::future_status::timeout);
  EXPECT_EQ(weather.records().size(), 1u);
  weather.Release();
  EXPECT_EQ(first.get().status, 200);
  for (auto& answer : rest) EXPECT_EQ(answer.get().status, 200);
  EXPECT_EQ(weather.records().size(), 21u);
  EXPECT_LE(weather.batch_count(), 4);
}

TEST_F(IngestTest, ErrorsOfTheDiskReachTheClient) {
  auto& weather = log_.Add("weather");
  Start();
  weather.FailWith(Error(ErrorKind::kDiskFull, "no space left in /data"));
  auto full = Get("/log?city=A&temperature=1");
  EXPECT_EQ(full.status, 507);
  EXPECT_NE(full.body.find("no space left"), std::string::npos);
  weather.FailWith(std::nullopt);
  EXPECT_EQ(Get("/log?city=A&temperature=1").status, 200);
  weather.Hold();
  auto lost = std::async(std::launch::async, [this] { return Get("/log?city=A&temperature=2"); });
  weather.WaitForHeld();
  weather.Release(Fail(ErrorKind::kIo, "fdatasync failed"));
  EXPECT_EQ(lost.get().status, 500);
}

TEST_F(IngestTest, OneBadRequestDoesNotFailItsNeighbours) {
  auto& t = log_.Add("t");
  t.Hold();
  Start();
  auto first = std::async(std::launch::async, [this] { return Post("/topics/t", R"({"n":0})"); });
  t.WaitForHeld();
  auto good = std::async(std::launch::async, [this] { return Post("/topics/t", R"({"n":1})"); });
  auto bad = std::async(std::launch::async, [this] { return Post("/topics/t", R"({"n":"POISON"})"); });
  while (server_->stats().requests < 3) std::this_thread::yield();
  t.Release();
  EXPECT_EQ(first.get().status, 200);
  EXPECT_EQ(good.get().status, 200);
  EXPECT_EQ(bad.get().status, 413);
  EXPECT_EQ(t.records(), (std::vector<std::string>{R"(-={"n":0})", R"(-={"n":1})"}));
}

TEST_F(IngestTest, KeysGoWhereKafkaSendsThem) {
  log_.Add("wide", 10);
  Start();
  EXPECT_EQ(Post("/topics/wide?key=k", R"([{"k":"21"},{"k":"foobar"}])").status, 200);
  const auto typo = Post("/topics/wide?key=kk", R"([{"k":"21"}])");
  EXPECT_EQ(typo.status, 400);
  EXPECT_NE(typo.body.find("no member 'kk'"), std::string::npos) << typo.body;
  EXPECT_EQ(log_.Part("wide", static_cast<std::size_t>(PartitionOf("21", 10).value())).records()[0],
            R"(21={"k":"21"})");
}

TEST_F(IngestTest, RoutesFromConfigurationUsePathAndBody) {
  auto& t = log_.Add("readings");
  Start({.routes = {{.method = net::Method::kPost,
                     .path = "/devices/{device}/readings",
                     .topic = "readings",
                     .key_field = "device",
                     .fields = {{"device", FieldSource::kPath, FieldType::kString, true},
                                {"level", FieldSource::kBody, FieldType::kInteger, true},
                                {"note", FieldSource::kBody, FieldType::kString, false}},
                     .value = R"({"device":${device},"level":${level},"note":${note},"at":${now:iso}})"}}});
  EXPECT_EQ(Post("/devices/d%2F1/readings", R"({"level":5})").body, R"({"status":"success"})");
  EXPECT_EQ(Post("/devices/d2/readings", R"({"level":6,"note":"é\"x"})").status, 200);
  EXPECT_EQ(Post("/devices/d2/readings", R"({"level":6.5})").status, 400);
  EXPECT_EQ(Post("/devices/d2/readings", R"([])").status, 400);
  EXPECT_EQ(t.records()[0], R"(d/1={"device":"d/1","level":5,"note":null,"at":"2026-01-08T14:30:00.000Z"})");
  EXPECT_EQ(t.records()[1], R"(d2={"device":"d2","level":6,"note":"é\"x","at":"2026-01-08T14:30:00.000Z"})");
}

TEST_F(IngestTest, BadRouteConfigurationIsRefused) {
  auto add = [this](auto change) {
    RouteSpec spec = WeatherRoute();
    change(spec);
    Ingest ingest(log_, pool_, clock_, metrics_, {.routes = {spec}});
    net::Router router;
    return ingest.AddRoutes(router);
  };
  EXPECT_THAT(add([](RouteSpec& s) { s.value = R"({"a":"${citi}"})"; }), HasErrorMessage("Did you mean 'city'?"));
  EXPECT_THAT(add([](RouteSpec& s) { s.value = R"({"a":"${city"})"; }), IsError(ErrorKind::kInvalidInput));
  EXPECT_THAT(add([](RouteSpec& s) { s.value = R"({"a":${city})"; }), IsError(ErrorKind::kInvalidInput));
  EXPECT_THAT(add([](RouteSpec& s) { s.value = R"({"a":"${now:yyyy-QQ}"})"; }), IsError(ErrorKind::kInvalidInput));
  EXPECT_THAT(add([](RouteSpec& s) { s.key_field = "town"; }), IsError(ErrorKind::kInvalidInput));
  EXPECT_THAT(add([](RouteSpec& s) { s.path = "log"; }), IsError(ErrorKind::kInvalidInput));
  EXPECT_THAT(add([](RouteSpec& s) { s.path = "/health"; }), IsError(ErrorKind::kAlreadyExists));
}

// Values of the reference implementation (Kafka's UtilsTest).
TEST(Partitioner, MatchesKafka) {
  EXPECT_EQ(Murmur2("21"), -973932308);
  EXPECT_EQ(Murmur2("foobar"), -790332482);
  EXPECT_EQ(Murmur2("a-little-bit-long-string"), -985981536);
  EXPECT_EQ(Murmur2("a-little-bit-longer-string"), -1486304829);
  EXPECT_EQ(Murmur2("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8"), -58897971);
  EXPECT_EQ(Murmur2("abc"), 479470107);
  for (int i = 0; i < 100; ++i) {
    const auto p = PartitionOf(std::to_string(i), 7).value();
    EXPECT_TRUE(p >= 0 && p < 7);
  }
}

TEST(TimeFormat, PatternsAndNegativeTimes) {
  const TimestampMs time(1767882600123);
  EXPECT_EQ(FormatTime("yyyy-MM-dd-HH", time), "2026-01-08-14");
  EXPECT_EQ(FormatTime("iso", time), "2026-01-08T14:30:00.123Z");
  EXPECT_EQ(FormatTime("dd.MM.yyyy 'at' HH:mm", time), "08.01.2026 at 14:30");
  EXPECT_EQ(FormatTime("epoch-ms", time), "1767882600123");
  EXPECT_EQ(FormatTime("iso", TimestampMs(-1)), "1969-12-31T23:59:59.999Z");
  for (const char* bad : {"", "yy", "yyyy-QQ", "'open", "hh"}) {
    EXPECT_THAT(CheckTimeFormat(bad), IsError(ErrorKind::kInvalidInput)) << bad;
  }
}

}  // namespace
}  // namespace floe::ingest
