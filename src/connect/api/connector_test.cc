// SPDX-License-Identifier: Apache-2.0
#include "connect/api/connector.h"

#include <gtest/gtest.h>

#include "base/matchers.h"
#include "base/text.h"

namespace floe::connect {
namespace {

using std::chrono::milliseconds;

class Named final : public Connector {
 public:
  explicit Named(std::string name) { descriptor_.name = std::move(name); }
  const ConnectorDescriptor& descriptor() const override { return descriptor_; }
  Result<std::unique_ptr<SourceReader>> OpenSource(ScanRequest) override { return Fail(ErrorKind::kNotSupported, ""); }
  Result<std::unique_ptr<Sink>> OpenSink(SinkRequest) override { return Fail(ErrorKind::kNotSupported, ""); }

 private:
  ConnectorDescriptor descriptor_;
};

ConnectorDescriptor Descriptor() {
  ConnectorDescriptor d;
  d.name = "kafka";
  d.uses_formats = true;
  d.options = {
      {.key = "topic", .required = true, .help = "topics to read"},
      {.key = "scan.startup.mode",
       .type = OptionType::kEnum,
       .default_value = "group-offsets",
       .choices = {"earliest-offset", "latest-offset", "group-offsets"}},
      {.key = "interval", .type = OptionType::kDuration, .default_value = "5 min"},
      {.key = "buffer", .type = OptionType::kMemorySize, .default_value = "64kb"},
      {.key = "rows", .type = OptionType::kInteger, .default_value = "10"},
      {.key = "on", .type = OptionType::kBoolean, .default_value = "true"},
      {.key = "fields.#.kind", .type = OptionType::kEnum, .choices = {"random", "sequence"}},
      {.key = "properties.*"},
  };
  return d;
}

std::vector<OptionSpec> Formats() {
  return {{.key = "json.ignore-parse-errors", .type = OptionType::kBoolean}, {.key = "csv.field-delimiter"}};
}

TableDefinition Table(Options options) {
  TableDefinition t;
  t.catalog = "c";
  t.database = "d";
  t.name = "t";
  t.physical.fields = {{"city", data::Type::String(), "", {}}};
  t.options = std::move(options);
  return t;
}

TEST(RegistryTest, AnUnknownConnectorListsTheKnownOnesNearestFirst) {
  ConnectorRegistry registry;
  registry.Add(std::make_unique<Named>("blackhole"));
  registry.Add(std::make_unique<Named>("kafka"));
  ASSERT_OK(registry.Find("kafka"));
  auto missing = registry.Find("kafak");
  EXPECT_THAT(missing, IsError(ErrorKind::kNotFound));
  EXPECT_THAT(missing, HasErrorMessage("did you mean 'kafka'? Known connectors: kafka, blackhole"));
  EXPECT_EQ(registry.List().size(), 2U);
}

TEST(CheckOptionsTest, TakesWhatTheDescriptorKnows) {
  EXPECT_OK(CheckOptions(Descriptor(),
                         Table({{"topic", "a"},
                                {"scan.startup.mode", "Earliest-Offset"},
                                {"properties.group.id", "g"},
                                {"fields.city.kind", "random"},
                                {"format", "json"},
                                {"json.ignore-parse-errors", "true"}}),
                         Formats()));
}

struct Bad {
  Options options;
  std::string message;
};

TEST(CheckOptionsTest, RefusesTheRestWithAReason) {
  for (const Bad& bad : std::vector<Bad>{
           {{{"topik", "a"}}, "did you mean 'topic'?"},
           {{}, "needs option 'topic'"},
           {{{"topic", "a"}, {"scan.startup.mode", "earliest"}}, "did you mean 'earliest-offset'?"},
           {{{"topic", "a"}, {"interval", "soon"}}, "expected a duration"},
           {{{"topic", "a"}, {"rows", "1x"}}, "expected a whole number"},
           {{{"topic", "a"}, {"on", "yes"}}, "expected 'true' or 'false'"},
           {{{"topic", "a"}, {"fields.citi.kind", "random"}}, "did you mean 'city'?"},
           {{{"topic", "a"}, {"format", "jsn"}}, "unknown format 'jsn'"},
           {{{"topic", "a"}, {"format", "json"}, {"csv.field-delimiter", ","}}, "belongs to format 'csv'"},
           {{{"topic", "a"}, {"format", "json"}, {"value.json.ignore-parse-errors", "perhaps"}}, "expected 'true'"},
           {{{"topic", "a"}, {"properties.", "x"}}, "unknown option"},
       }) {
    auto status = CheckOptions(Descriptor(), Table(bad.options), Formats());
    EXPECT_THAT(status, IsError(ErrorKind::kInvalidInput)) << bad.message;
    EXPECT_THAT(status, HasErrorMessage(bad.message));
  }
}

TEST(CheckOptionsTest, RunsTheConnectorsOwnCheckLast) {
  ConnectorDescriptor d = Descriptor();
  d.validate = [](const TableDefinition&) -> Status { return Fail(ErrorKind::kInvalidInput, "own"); };
  EXPECT_THAT(CheckOptions(d, Table({{"topic", "a"}}), Formats()), HasErrorMessage("own"));
}

TEST(OptionReaderTest, DefaultsAndSpellings) {
  ConnectorDescriptor d = Descriptor();
  Options none;
  OptionReader defaults(d, none);
  EXPECT_EQ(defaults.String("scan.startup.mode"), "group-offsets");
  EXPECT_EQ(*defaults.Integer("rows"), 10);
  EXPECT_EQ(*defaults.Duration("interval"), milliseconds(300'000));
  EXPECT_EQ(*defaults.MemorySize("buffer"), 65536U);
  EXPECT_TRUE(*defaults.Boolean("on"));
  EXPECT_FALSE(defaults.Has("rows"));

  for (auto [text, millis] : std::vector<std::pair<std::string, std::int64_t>>{{"10 s", 10'000},
                                                                               {"1min", 60'000},
                                                                               {"500ms", 500},
                                                                               {"7", 7},
                                                                               {"2 hours", 7'200'000},
                                                                               {"1 d", 86'400'000},
                                                                               {"3 Seconds", 3000},
                                                                               {"1500 us", 1},
                                                                               {"0s", 0}}) {
    Options set = {{"interval", text}};
    auto value = OptionReader(d, set).Duration("interval");
    ASSERT_OK(value);
    EXPECT_EQ(value->count(), millis) << text;
  }
  for (auto [text, bytes] : std::vector<std::pair<std::string, std::uint64_t>>{
           {"128MB", 128ULL << 20}, {"64 kb", 65536}, {"1g", 1ULL << 30}, {"12", 12}, {"5 bytes", 5}}) {
    Options set = {{"buffer", text}};
    auto value = OptionReader(d, set).MemorySize("buffer");
    ASSERT_OK(value);
    EXPECT_EQ(*value, bytes) << text;
  }
  for (std::string text : {"", "-1 s", "99999999999999999999 s", "99999999999999 d", "1 fortnight"}) {
    Options set = {{"interval", text}};
    EXPECT_THAT(OptionReader(d, set).Duration("interval"), IsError(ErrorKind::kInvalidInput)) << text;
  }
}

TEST(NearestTest, FindsTypingErrorsAndNothingElse) {
  EXPECT_EQ(Nearest("scan.startup.mod", {"topic", "scan.startup.mode"}), "scan.startup.mode");
  EXPECT_EQ(Nearest("warehouse", {"topic", "format"}), "");
  EXPECT_EQ(Nearest("", {"a"}), "");
}

TEST(OptionsTest, SecretsAreInNoErrorAndAMaskIsNone) {
  ConnectorDescriptor descriptor = Descriptor();
  descriptor.options.push_back({.key = "token.lifetime", .type = OptionType::kDuration});
  descriptor.options.push_back({.key = "secret.kind", .type = OptionType::kEnum, .choices = {"a"}});
  for (const char* key : {"token.lifetime", "secret.kind"}) {
    Status status = CheckOptions(descriptor, Table({{"topic", "t"}, {key, "hush"}}), Formats());
    ASSERT_THAT(status, IsError(ErrorKind::kInvalidInput));
    EXPECT_EQ(status.error().ToString().find("hush"), std::string::npos) << status.error().ToString();
  }
  Status masked =
      CheckOptions(descriptor, Table({{"topic", "t"}, {"properties.sasl.jaas.config", "******"}}), Formats());
  EXPECT_THAT(masked, HasErrorMessage("'properties.sasl.jaas.config' = '******' is what SHOW CREATE TABLE prints"));
  EXPECT_OK(CheckOptions(descriptor, Table({{"topic", "******"}}), Formats()));
}

}  // namespace
}  // namespace floe::connect
