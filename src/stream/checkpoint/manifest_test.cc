// SPDX-License-Identifier: Apache-2.0
#include "stream/checkpoint/manifest.h"

#include <gtest/gtest.h>

#include "base/matchers.h"

namespace floe::stream {
namespace {

using Action = RecoveryDecision::Action;

Manifest Sample() {
  Manifest manifest;
  manifest.id = CheckpointId(7);
  manifest.fingerprint = "plan";
  manifest.taken_ms = 1234;
  manifest.sources = {{"0-source", "position"}};
  manifest.sinks = {{"3-sink", std::string("\0staged", 7)}};
  manifest.dead_letters = "d";
  manifest.operators.push_back({.uid = "1-aggregate",
                                .inline_state = "small",
                                .port_watermarks = {TimestampUs(5)},
                                .sent_watermark = TimestampUs(4),
                                .counters = {.in = 3, .out = 2, .late = 1}});
  manifest.operators.push_back({.uid = "2-aggregate", .file = "7-2-aggregate.state", .file_size = 100});
  return manifest;
}

TEST(Manifest, RoundTrips) {
  const Manifest manifest = Sample();
  auto decoded = DecodeManifest(EncodeManifest(manifest));
  ASSERT_OK(decoded);
  EXPECT_EQ(decoded->id, manifest.id);
  EXPECT_EQ(decoded->fingerprint, "plan");
  EXPECT_EQ(decoded->FindSource("0-source")->bytes, "position");
  EXPECT_EQ(decoded->FindSink("3-sink")->bytes, std::string("\0staged", 7));
  ASSERT_NE(decoded->FindOperator("1-aggregate"), nullptr);
  EXPECT_EQ(decoded->FindOperator("1-aggregate")->inline_state, "small");
  EXPECT_EQ(decoded->FindOperator("1-aggregate")->counters, manifest.operators[0].counters);
  EXPECT_EQ(decoded->FindOperator("1-aggregate")->port_watermarks, manifest.operators[0].port_watermarks);
  EXPECT_EQ(decoded->FindOperator("2-aggregate")->file_size, 100u);
  EXPECT_EQ(decoded->state_bytes(), 105u);
}

TEST(Manifest, DamageIsCorruption) {
  const std::string bytes = EncodeManifest(Sample());
  for (std::size_t length = 0; length < bytes.size(); length += 3) {
    EXPECT_THAT(DecodeManifest(std::string_view(bytes).substr(0, length)), IsError(ErrorKind::kCorruption));
  }
}

TEST(Recovery, EveryCase) {
  struct Case {
    const char* name;
    RecoveryFacts facts;
    Action action;
    std::vector<std::string> garbage;
    std::optional<ErrorKind> refusal;
  };
  auto finished = Sample();
  finished.finished = true;
  const RecoveryFacts::File good{"7-2-aggregate.state", 100};
  const Case cases[] = {
      {"never ran", {std::nullopt, "plan", {}}, Action::kStartFresh, {}, {}},
      {"died before the first commit",
       {std::nullopt, "plan", {{"1-2-aggregate.state", 5}}},
       Action::kStartFresh,
       {"1-2-aggregate.state"},
       {}},
      {"clean", {Sample(), "plan", {good}}, Action::kRestore, {}, {}},
      {"died while writing the next",
       {Sample(), "plan", {good, {"8-2-aggregate.state", 40}}},
       Action::kRestore,
       {"8-2-aggregate.state"},
       {}},
      {"died before collecting the last one's garbage",
       {Sample(), "plan", {{"6-2-aggregate.state", 90}, good}},
       Action::kRestore,
       {"6-2-aggregate.state"},
       {}},
      {"state file lost", {Sample(), "plan", {}}, Action::kRefuse, {}, ErrorKind::kCorruption},
      {"state file short",
       {Sample(), "plan", {{"7-2-aggregate.state", 99}}},
       Action::kRefuse,
       {},
       ErrorKind::kCorruption},
      {"another plan", {Sample(), "other", {good}}, Action::kRefuse, {}, ErrorKind::kFailedPrecondition},
      {"had finished", {finished, "plan", {good}}, Action::kFinished, {}, {}},
      {"had finished, plan changed since", {finished, "other", {}}, Action::kFinished, {}, {}},
  };
  for (const Case& c : cases) {
    const RecoveryDecision decision = Decide(c.facts);
    EXPECT_EQ(decision.action, c.action) << c.name;
    EXPECT_EQ(decision.garbage, c.garbage) << c.name;
    ASSERT_EQ(decision.refusal.has_value(), c.refusal.has_value()) << c.name;
    if (c.refusal) {
      EXPECT_EQ(decision.refusal->kind(), *c.refusal) << c.name;
    }
  }
}

}  // namespace
}  // namespace floe::stream
