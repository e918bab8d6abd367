// SPDX-License-Identifier: Apache-2.0
#include <regex>
#include <set>

#include <gtest/gtest.h>

#include "connect/connector_testing.h"
#include "connect/datagen/datagen.h"
#include "connect/faker/expression.h"
#include "connect/faker/faker.h"
#include "connect/faker/regexify.h"
#include "connect/print/print.h"

namespace floe::connect {
namespace {

using data::RowKind;
using data::Type;

class GeneratorsTest : public testing::Test {
 protected:
  Result<std::unique_ptr<SourceReader>> Open(Connector& connector, const TableDefinition& table,
                                             std::optional<std::string> state = {}) {
    FLOE_TRY_VOID(CheckOptions(connector.descriptor(), table, {}));
    ScanRequest request;
    request.table = table;
    for (std::size_t i = 0; i < table.physical.size(); ++i) request.columns.push_back(static_cast<int>(i));
    request.bad_records = &bad_;
    request.state = std::move(state);
    return connector.OpenSource(std::move(request));
  }
  static std::vector<Type> TypesOf(const TableDefinition& table) {
    std::vector<Type> types;
    for (const data::Field& field : table.physical.fields) types.push_back(field.type);
    return types;
  }
  ManualClock clock_{TimestampUs(1'700'000'000'000'000)};
  KeptBadRecords bad_;
};

TEST_F(GeneratorsTest, FakerMakesTheValuesItsExpressionsSay) {
  struct Case {
    std::string expression;
    std::string pattern;
  };
  for (const Case& c : std::vector<Case>{
           {"#{number.numberBetween '0','120'}", "[0-9]{1,2}|1[01][0-9]"},
           {"#{Number.number_between '-5','-5'}", "-5"},
           {"#{number.randomDouble '2','1','3'}", "[123]\\.[0-9]{2}"},
           {"#{Internet.uuid}", "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"},
           {"#{regexify '(a|bc){2}[0-9]{3}x?'}", "(a|bc){2}[0-9]{3}x?"},
           {"#{regexify '(2\\.0|1\\.1){1}'}", "2\\.0|1\\.1"},
           {"#{regexify '(((()|){1000}){1000}){1000}'}", ""},  // ends
           {"#{number.randomDouble '0','-9223372036854775808','9223372036854775807'}", "-?[0-9]+"},
           {"#{options.option 'red','green apple'}", "red|green apple"},
           {"#{Options.option 'x'}", "x"},
           {"#{date.past '15','SECONDS'}", "2023-11-14 22:1[23]:[0-5][0-9](\\.[0-9]+)?"},
           {"#{date.past '15','5','SECONDS'}", "2023-11-14 22:13:(0|1)[0-9](\\.[0-9]+)?"},
           {"#{date.future '1','DAYS'}", "2023-11-1[45] .*"},
           {"#{date.between '2024-01-01','2024-01-02'}", "2024-01-0[12] .*"},
           {"#{Name.fullName} <#{Internet.emailAddress}>", "\\S+ \\S+ <\\S+@example\\.(com|org)>"},
           {"#{Address.city}", "[A-Z][A-Za-z ]+"},
           {"#{harry_potter.character}", "[A-Z].+"},
           {"#{Internet.publicIpV4Address}", "([0-9]{1,3}\\.){3}[0-9]{1,3}"},
           {"#{Commerce.price}", "[0-9]+\\.[0-9]{2}"},
           {"#{bothify 'AB-##?\?'}", "AB-[0-9]{2}[a-z]{2}"},
           {"#{Lorem.words '3'}", "\\w+ \\w+ \\w+"},
           {"plain", "plain"},
       }) {
    auto generator = faker::ParseExpression(c.expression, clock_);
    ASSERT_OK(generator) << c.expression;
    for (std::uint64_t i = 0; i < 50; ++i) {
      RowRandom random(1, i, 0);
      std::string text;
      (*generator)(random, text);
      EXPECT_TRUE(std::regex_match(text, std::regex(c.pattern))) << c.expression << " gave " << text;
    }
  }
  for (std::string bad : {"#{Nam.fullName}", "#{number.numberBetween '5'}", "#{number.numberBetween '5','1'}",
                          "#{Name.fullName", "#{regexify '(a'}", "#{regexify '[z-a]'}", "#{regexify 'a{5000}'}",
                          "#{date.past '1','WEEKS'}", "#{date.past '2147483648','DAYS'}"}) {
    EXPECT_THAT(faker::ParseExpression(bad, clock_), IsError(ErrorKind::kInvalidInput)) << bad;
  }
}

TEST_F(GeneratorsTest, FakerFillsEveryType) {
  auto connector = MakeFakerConnector(clock_);
  auto share = [](Type type) { return std::make_shared<const Type>(std::move(type)); };
  TableDefinition table =
      TestTable("faker",
                {{{"id", Type::BigInt(), "", {}},
                  {"temperature", Type::Double(), "", {}},
                  {"at", Type::TimestampLtz(3), "", {}},
                  {"price", Type::Decimal(10, 2), "", {}},
                  {"tags", Type::Array(Type::String()), "", {}},
                  {"who", Type::Row({{"name", share(Type::String()), ""}, {"age", share(Type::Int()), ""}}), "", {}},
                  {"map", Type::Map(Type::String(), Type::Int()), "", {}},
                  {"maybe", Type::String(), "", {}}}},
                {{"number-of-rows", "500"},
                 {"rows-per-second", "1000000"},
                 {"seed", "7"},
                 {"fields.id.expression", "#{number.numberBetween '1','9'}"},
                 {"fields.temperature.expression", "#{number.randomDouble '2','0','120'}"},
                 {"fields.at.expression", "#{date.past '15','SECONDS'}"},
                 {"fields.price.expression", "#{Commerce.price}"},
                 {"fields.tags.expression", "#{Lorem.word}"},
                 {"fields.tags.length", "2"},
                 {"fields.who.name.expression", "#{Name.firstName}"},
                 {"fields.who.age.expression", "#{number.numberBetween '18','99'}"},
                 {"fields.map.key.expression", "#{regexify 'k[0-9]'}"},
                 {"fields.map.value.expression", "#{number.randomDigit}"},
                 {"fields.map.length", "3"},
                 {"fields.maybe.expression", "x"},
                 {"fields.maybe.null-rate", "0.5"}});
  table.options["rows-per-second"] = "0";
  auto source = Open(*connector, table);
  ASSERT_OK(source);
  ReadAll all(**source, TypesOf(table));
  EXPECT_EQ(all.rows.size(), 500U);
  EXPECT_EQ(all.end, PollStatus::kEndOfInput);
  auto nulls = std::ranges::count_if(all.rows, [](const std::string& row) { return row.ends_with("|NULL"); });
  EXPECT_GT(nulls, 150);
  EXPECT_LT(nulls, 350);
  // The same seed gives the same rows while the clock stands still.
  source = Open(*connector, table);
  ASSERT_OK(source);
  EXPECT_EQ(ReadAll(**source, TypesOf(table)).rows, all.rows);
  table.physical.fields.resize(2);
  EXPECT_THAT(CheckOptions(connector->descriptor(), table, {}), HasErrorMessage("names column"));
  Options only = {{"fields.id.expression", "#{Nope.nope}"}, {"fields.temperature.expression", "1"}};
  table.options = only;
  EXPECT_THAT(CheckOptions(connector->descriptor(), table, {}), HasErrorMessage("unknown faker provider"));
}

TEST_F(GeneratorsTest, PaceAndPosition) {
  auto connector = MakeDatagenConnector(clock_);
  TableDefinition table = TestTable("datagen", {{{"n", Type::BigInt(), "", {}}, {"r", Type::Int(), "", {}}}},
                                    {{"rows-per-second", "100"},
                                     {"fields.n.kind", "sequence"},
                                     {"fields.n.start", "1"},
                                     {"fields.n.end", "150"},
                                     {"fields.r.min", "5"},
                                     {"fields.r.max", "7"},
                                     {"seed", "1"}});
  EXPECT_TRUE(connector->descriptor().bounded(table));
  auto source = Open(*connector, table);
  ASSERT_OK(source);
  ReadAll first(**source, TypesOf(table));
  EXPECT_EQ(first.rows.size(), 1U);
  EXPECT_EQ(first.end, PollStatus::kIdle);
  clock_.Advance(std::chrono::milliseconds(500));
  ReadAll second(**source, TypesOf(table));
  EXPECT_EQ(second.rows.size(), 50U);
  EXPECT_TRUE(second.rows[0].starts_with("2|"));
  auto state = (*source)->Snapshot();
  ASSERT_OK(state);
  clock_.Advance(std::chrono::seconds(1));
  ReadAll rest(**source, TypesOf(table));
  auto restored = Open(*connector, table, *state);
  ASSERT_OK(restored);
  ReadAll warm(**restored, TypesOf(table));
  clock_.Advance(std::chrono::seconds(1));
  ReadAll again(**restored, TypesOf(table));
  warm.rows.insert(warm.rows.end(), again.rows.begin(), again.rows.end());
  EXPECT_EQ(rest.rows, warm.rows);
  EXPECT_TRUE(rest.rows.back().starts_with("150|"));
  for (const std::string& row : rest.rows)
    EXPECT_TRUE(row.ends_with("|5") || row.ends_with("|6") || row.ends_with("|7")) << row;
  EXPECT_THAT(Open(*connector, table, "nonsense"), IsError(ErrorKind::kCorruption));
}

TEST_F(GeneratorsTest, DatagenRandomOfEveryType) {
  auto connector = MakeDatagenConnector(clock_);
  auto share = [](Type type) { return std::make_shared<const Type>(std::move(type)); };
  TableDefinition table = TestTable("datagen",
                                    {{{"s", Type::String(), "", {}},
                                      {"b", Type::Boolean(), "", {}},
                                      {"d", Type::Decimal(5, 2), "", {}},
                                      {"t", Type::Timestamp(3), "", {}},
                                      {"a", Type::Array(Type::Int()), "", {}},
                                      {"r", Type::Row({{"x", share(Type::Double()), ""}}), "", {}},
                                      {"m", Type::Map(Type::String(), Type::Int()), "", {}}}},
                                    {{"number-of-rows", "20"}, {"fields.s.length", "4"}, {"rows-per-second", "0"}});
  auto source = Open(*connector, table);
  ASSERT_OK(source);
  ReadAll all(**source, TypesOf(table));
  EXPECT_EQ(all.rows.size(), 20U);
  std::set<std::string> different(all.rows.begin(), all.rows.end());
  EXPECT_EQ(different.size(), 20U);
}

TEST_F(GeneratorsTest, PrintWritesFlinksLines) {
  std::string out, err;
  auto connector = MakePrintConnector([&](std::string_view lines, bool error) { (error ? err : out) += lines; });
  data::Schema schema = {{{"a", Type::String(), "", {}}, {"b", Type::Int(), "", {}}}};
  SinkRequest request;
  request.table = TestTable("print", schema, {});
  request.input = schema;
  auto sink = connector->OpenSink(request);
  ASSERT_OK(sink);
  ASSERT_OK(
      (*sink)->Write(BatchOf(schema, {{duckdb::Value("x"), duckdb::Value(1)}, {duckdb::Value(), duckdb::Value(2)}},
                             {RowKind::kInsert, RowKind::kUpdateBefore})));
  EXPECT_EQ(out, "+I[x, 1]\n-U[null, 2]\n");
  request.table.options = {{"print-identifier", "job"}, {"standard-error", "true"}};
  sink = connector->OpenSink(request);
  ASSERT_OK(sink);
  ASSERT_OK((*sink)->Write(BatchOf(schema, {{duckdb::Value("y"), duckdb::Value(3)}})));
  EXPECT_EQ(err, "job> +I[y, 3]\n");
  EXPECT_THAT(connector->OpenSource({.table = request.table}), IsError(ErrorKind::kNotSupported));
}

}  // namespace
}  // namespace floe::connect
