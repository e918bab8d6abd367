// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <gtest/gtest.h>

#include "base/matchers.h"
#include "base/memory_budget.h"
#include "base/metrics.h"

namespace floe {
namespace {

TEST(TextTest, DurationsAndSizesAsInFlink) {
  EXPECT_EQ(*ParseDuration("10 s"), std::chrono::seconds(10));
  EXPECT_EQ(*ParseDuration("1min"), std::chrono::minutes(1));
  EXPECT_EQ(*ParseDuration("250"), std::chrono::milliseconds(250));
  EXPECT_THAT(ParseDuration("5 parsecs"), IsError(ErrorKind::kInvalidInput));
  EXPECT_THAT(ParseDuration(""), IsError(ErrorKind::kInvalidInput));
  EXPECT_EQ(*ParseMemorySize("128MB"), 128ULL << 20);
  EXPECT_THAT(ParseMemorySize("99999999999999999999tb"), IsError(ErrorKind::kInvalidInput));
}

TEST(TextTest, NearestFindsTyposAndNothingElse) {
  EXPECT_EQ(Nearest("tmeperature", {"city", "temperature"}), "temperature");
  EXPECT_EQ(Nearest("zebra", {"city", "temperature"}), "");
}

TEST(TextTest, Human) {
  EXPECT_EQ(HumanCount(1234567), "1,234,567");
  EXPECT_EQ(HumanCount(-1234), "-1,234");
  EXPECT_EQ(HumanBytes(1500), "1.5 kB");
}

TEST(MemoryBudgetTest, AsksToSpillBeforeRefusing) {
  MemoryBudget budget(1000);
  MemoryReservation cached;
  int cache = budget.Register("cache", [&](std::uint64_t) {
    std::uint64_t freed = cached.bytes();
    cached = MemoryReservation();
    return freed;
  });
  int query = budget.Register("query");
  auto held = budget.Reserve(cache, 800);
  ASSERT_OK(held);
  cached = std::move(*held);
  auto got = budget.Reserve(query, 900);
  ASSERT_OK(got);
  EXPECT_EQ(budget.used(), 900u);
  auto refused = budget.Reserve(cache, 200);
  EXPECT_THAT(refused, IsError(ErrorKind::kResourceExhausted));
  EXPECT_THAT(refused, HasErrorMessage("query 900 B"));
  ASSERT_OK(got->Resize(100));
  EXPECT_OK(budget.Reserve(cache, 200));
}

TEST(MetricsTest, PrintsPrometheusText) {
  metrics::Registry registry;
  registry.GetCounter("floe_test_total", "A test", {{"topic", "weather"}}).Add(3);
  EXPECT_EQ(&registry.GetCounter("floe_test_total", "A test", {{"topic", "weather"}}),
            &registry.GetCounter("floe_test_total", "A test", {{"topic", "weather"}}));
  registry.AddCallback("floe_test_gauge", "Asked for", false,
                       [] { return std::vector<metrics::Registry::Sample>{{{}, 7}}; });
  std::string text = registry.Print();
  EXPECT_NE(text.find("floe_test_total{topic=\"weather\"} 3"), std::string::npos) << text;
  EXPECT_NE(text.find("floe_test_gauge 7"), std::string::npos) << text;
}

}  // namespace
}  // namespace floe
