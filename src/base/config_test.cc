// SPDX-License-Identifier: Apache-2.0
#include "base/config.h"

#include <gtest/gtest.h>

#include "base/matchers.h"

namespace floe::config {
namespace {

std::vector<KeySpec> Keys() {
  return {{"log.level", KeyType::kString, "info", {"debug", "info"}, false, "how much is logged"},
          {"kafka.num-partitions", KeyType::kInteger, "1", {}, true, "partitions of a new topic"},
          {"checkpoint.interval", KeyType::kDuration, "1 s", {}, true, "time between checkpoints"},
          {"ingest.routes", KeyType::kYaml, "", {}, true, "HTTP routes"}};
}

TEST(ConfigTest, FlagsBeatEnvironmentBeatsFileBeatsDefault) {
  Sources sources;
  sources.yaml = "log: {level: debug}\nkafka:\n  num-partitions: 3\ncheckpoint: {interval: 5 s}\n";
  sources.environment = {{"FLOE_KAFKA_NUM_PARTITIONS", "4"}, {"FLOE_CHECKPOINT_INTERVAL", "6 s"}, {"PATH", "x"}};
  sources.flags = {{"checkpoint.interval", "7 s"}};
  auto config = Config::Load(Keys(), sources);
  ASSERT_OK(config);
  EXPECT_EQ(config->String("log.level"), "debug");
  EXPECT_EQ(config->Integer("kafka.num-partitions"), 4);
  EXPECT_EQ(config->Duration("checkpoint.interval"), std::chrono::seconds(7));
  EXPECT_EQ(config->settings().at("log.level").origin, "floe.yaml:1");
  EXPECT_EQ(config->settings().at("kafka.num-partitions").origin, "environment FLOE_KAFKA_NUM_PARTITIONS");
  EXPECT_NE(config->Show(true).find("# flag"), std::string::npos);
}

TEST(ConfigTest, UnknownKeysAreRefusedWithTheNearestOne) {
  Sources sources;
  sources.yaml = "kafka:\n  num-partition: 3\n";
  EXPECT_THAT(Config::Load(Keys(), sources), HasErrorMessage("Did you mean 'kafka.num-partitions'?"));
  Sources environment;
  environment.environment = {{"FLOE_LOGLEVEL", "debug"}};
  EXPECT_THAT(Config::Load(Keys(), environment), HasErrorMessage("Did you mean 'FLOE_LOG_LEVEL'?"));
}

TEST(ConfigTest, WrongValuesNameKeyAndOrigin) {
  Sources sources;
  sources.flags = {{"kafka.num-partitions", "many"}};
  EXPECT_THAT(Config::Load(Keys(), sources),
              HasErrorMessage("setting 'kafka.num-partitions' (flag): 'many' is not a whole number"));
  sources.flags = {{"log.level", "loud"}};
  EXPECT_THAT(Config::Load(Keys(), sources), HasErrorMessage("none of debug, info"));
  Sources broken;
  broken.yaml = "log: [unclosed";
  EXPECT_THAT(Config::Load(Keys(), broken), IsError(ErrorKind::kInvalidInput));
}

TEST(ConfigTest, StructuredValuesStayYaml) {
  Sources sources;
  sources.yaml = "ingest:\n  routes:\n    - path: /log\n      topic: weather\n";
  auto config = Config::Load(Keys(), sources);
  ASSERT_OK(config);
  EXPECT_NE(config->String("ingest.routes").find("topic: weather"), std::string::npos);
}

}  // namespace
}  // namespace floe::config
