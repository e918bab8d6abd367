// SPDX-License-Identifier: Apache-2.0
// The console over real HTTP, with a node made of values.
#include "console/console.h"

#include <condition_variable>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/matchers.h"
#include "console/iso_time.h"
#include "console/web_assets.h"
#include "net/http/client.h"
#include "net/http/server.h"

namespace floe::console {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

// 2026-01-08T14:30:00Z
constexpr std::int64_t kStart = 1767882600000;

class ConsoleTest : public testing::Test {
 protected:
  void SetUp() override {
    NodeView view;
    view.rows_of = [this](const std::string& table, TimestampMs after) -> Result<std::vector<SeriesPoint>> {
      std::lock_guard lock(mu_);
      if (missing_) return Fail(ErrorKind::kNotFound, "no table " + table);
      std::vector<SeriesPoint> out;
      for (const auto& point : rows_) {
        if (point.time > after) out.push_back(point);
      }
      return out;
    };
    view.status = [this]() -> Result<NodeStatus> {
      NodeStatus status{.version = "0.1.0", .started = TimestampMs(kStart), .addresses = {{"kafka", "127.0.0.1:9092"}}};
      status.topics = {{.name = "weather", .partitions = 4, .records = 5, .end_offset = end_offset_, .bytes = 77}};
      status.jobs = {{.id = "j",
                      .name = "avg",
                      .state = "failed",
                      .rows_in = 7,
                      .watermark = TimestampMs(kStart),
                      .error = "it \"broke\""}};
      status.tables = {{.name = "db.t", .kind = "iceberg", .rows = 9, .snapshot = "6841094512039784410"}};
      return status;
    };
    view.metrics = [] { return std::string("floe_up 1\n"); };
    view.health = [this] { return std::vector<ComponentHealth>{{"log", true, ""}, {"jobs", ready_, "recovering"}}; };
    console_ = std::make_unique<Console>(io_, pool_, clock_, std::move(view),
                                         ConsoleOptions{.poll = 5ms, .status_every = 5ms});
    net::Router router;
    ASSERT_OK(console_->AddRoutes(router));
    auto server =
        net::HttpServer::Start(io_, std::move(router), {.listen = {.service = "console"}, .serves_pages = true});
    ASSERT_OK(server);
    server_ = std::move(*server);
    console_->Start();
  }
  void TearDown() override {
    console_->Stop();
    server_->Stop(0ms);
    pool_.Stop();
  }
  void AddRow(std::string city, std::int64_t ms, double value) {
    {
      std::lock_guard lock(mu_);
      rows_.push_back({std::move(city), TimestampMs(ms), value});
    }
    console_->NotifyChanged();
  }
  net::ClientResponse Get(const std::string& target) {
    auto response = net::Call({.url = server_->url() + target});
    EXPECT_THAT(response, IsOk());
    return response ? *response : net::ClientResponse{};
  }

  std::mutex mu_;
  std::vector<SeriesPoint> rows_;
  bool missing_ = false;
  std::atomic<bool> ready_{true};
  std::atomic<std::int64_t> end_offset_{5};
  ManualClock clock_{TimestampUs((kStart + 60'000) * 1000)};
  IoThreads io_{2};
  ComputePool pool_{2};
  std::unique_ptr<Console> console_;
  std::unique_ptr<net::HttpServer> server_;
};

TEST_F(ConsoleTest, WeatherHasTheRequiredShape) {
  AddRow("New York", kStart + 5000, 71.25);
  AddRow("New York", kStart, 72.5);
  AddRow("Atlantis", kStart, 1);
  const auto answer = json::parse(Get("/api/weather").body);
  std::vector<std::string> cities = WeatherCities();
  cities.push_back("Atlantis");
  EXPECT_EQ(answer["cities"], cities);
  EXPECT_EQ(
      answer["data"]["New York"].dump(),
      R"([{"temperature":72.5,"time":"2026-01-08T14:30:00.000Z"},{"temperature":71.25,"time":"2026-01-08T14:30:05.000Z"}])");
  EXPECT_EQ(answer["data"]["Boston"], json::array());
  const auto latest = json::parse(Get("/api/weather/latest?since=2026-01-08T14:30:00.000Z").body);
  EXPECT_EQ(latest["data"]["New York"].size(), 1u);
  EXPECT_FALSE(latest["data"].contains("Atlantis"));
  EXPECT_EQ(json::parse(Get("/api/weather?limit=1").body)["data"]["New York"][0]["temperature"], 71.25);
  for (const char* bad :
       {"/api/weather/latest", "/api/weather/latest?since=yesterday", "/api/weather?limit=0", "/api/weather?limit=x"}) {
    EXPECT_EQ(Get(bad).status, 400) << bad;
  }
}

TEST_F(ConsoleTest, AMissingTableIsEmptyNotBroken) {
  missing_ = true;
  const auto answer = Get("/api/weather");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(json::parse(answer.body)["data"]["Miami"], json::array());
}

TEST_F(ConsoleTest, StatusHealthMetricsAndPage) {
  const auto status = json::parse(Get("/api/status").body);
  EXPECT_EQ(status["uptime_ms"], 60'000);
  EXPECT_EQ(status["addresses"]["kafka"], "127.0.0.1:9092");
  EXPECT_EQ(status["topics"][0]["end_offset"], 5);
  EXPECT_EQ(status["jobs"][0]["error"], "it \"broke\"");
  EXPECT_EQ(status["jobs"][0]["watermark"], "2026-01-08T14:30:00.000Z");
  EXPECT_EQ(status["jobs"][0]["last_checkpoint"], json());
  EXPECT_EQ(status["tables"][0]["snapshot"], "6841094512039784410");
  EXPECT_EQ(Get("/health").body, R"({"status":"healthy"})");
  EXPECT_EQ(Get("/metrics").body, "floe_up 1\n");
  EXPECT_EQ(Get("/ready").status, 200);
  ready_ = false;
  const auto booting = Get("/ready");
  EXPECT_EQ(booting.status, 503);
  EXPECT_EQ(json::parse(booting.body)["components"]["jobs"], "recovering");
  EXPECT_NE(Get("/").body.find("<!doctype html>"), std::string::npos);
}

TEST_F(ConsoleTest, TheStreamCatchesUpThenFollows) {
  AddRow("Boston", kStart, 1.5);
  AddRow("Boston", kStart + 5000, 2.5);
  std::mutex mu;
  std::condition_variable changed;
  std::string got;
  std::thread reader([&] {
    auto ended = net::Call({.url = server_->url() + "/api/weather/stream?since=2026-01-08T14:30:00.000Z",
                            .on_data = [&](std::string_view piece) {
                              std::lock_guard lock(mu);
                              got += piece;
                              changed.notify_all();
                              return true;
                            }});
    EXPECT_THAT(ended, IsOk());
  });
  const auto wait_for = [&](std::string_view text) {
    std::unique_lock lock(mu);
    EXPECT_TRUE(changed.wait_for(lock, 20s, [&] { return got.find(text) != std::string::npos; })) << text << "\n"
                                                                                                  << got;
  };
  wait_for("event: status\ndata: {\"version\":\"0.1.0\"");
  wait_for("id: 2026-01-08T14:30:05.000Z\nevent: points\n");
  AddRow("Boston", kStart + 10'000, 3.5);
  wait_for("\"temperature\":3.5");
  {
    // A late record changes a closed window.
    std::lock_guard lock(mu_);
    rows_[1].value = 2.75;
  }
  console_->NotifyChanged();
  wait_for("\"temperature\":2.75");
  console_->Stop();
  reader.join();
  EXPECT_LT(got.find("\"temperature\":2.5"), got.find("\"temperature\":3.5"));
}

TEST(TopicRates, CountsOverTheLastSeconds) {
  TopicRates rates;
  auto sample = [&](std::int64_t end, std::int64_t ms) {
    rates.Sample({{.name = "t", .end_offset = end}}, TimestampMs(ms));
  };
  sample(100, 1000);
  EXPECT_EQ(rates.RateOf("t"), 0);
  sample(200, 2000);
  EXPECT_EQ(rates.RateOf("t"), 100);
  for (int s = 3; s <= 20; ++s) sample(200, s * 1000);
  EXPECT_EQ(rates.RateOf("t"), 0);
  sample(5, 21'000);
  EXPECT_EQ(rates.RateOf("t"), 0);
  EXPECT_EQ(rates.RateOf("other"), 0);
}

TEST(IsoTime, ReadsWhatItWritesAndRefusesTheRest) {
  for (std::int64_t ms : {std::int64_t{0}, kStart + 123, std::int64_t{-1}, std::int64_t{4102444799999}}) {
    auto back = ParseTime(IsoTime(TimestampMs(ms)));
    ASSERT_OK(back);
    EXPECT_EQ(back->value(), ms);
  }
  const std::pair<const char*, std::int64_t> cases[] = {{"2026-01-08", 1767830400000},
                                                        {"2026-01-08T14:30", kStart},
                                                        {"2026-01-08T15:30:00.5+01:00", kStart + 500},
                                                        {"1767882600000", kStart}};
  for (const auto& [text, ms] : cases) {
    auto parsed = ParseTime(text);
    ASSERT_OK(parsed);
    EXPECT_EQ(parsed->value(), ms) << text;
  }
  for (const char* bad : {"", "now", "2026-13-01", "2026-02-30", "2026-01-08T25:00", "2026-01-08T14:30:00.",
                          "2026-01-08T14:30:00Zx", "2026-01-08 +1"}) {
    EXPECT_THAT(ParseTime(bad), IsError(ErrorKind::kInvalidInput)) << bad;
  }
}

}  // namespace
}  // namespace floe::console
