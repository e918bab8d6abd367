// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/matchers.h"
#include "formats/json/test_schema.h"
#include "formats/text.h"

namespace floe::formats {
namespace {

using data::Type;
using json::TestTable;

data::Schema Weather() {
  return {
      {{"city", Type::String(), "", {}}, {"temperature", Type::Double(), "", {}}, {"ts", Type::Timestamp(3), "", {}}}};
}

std::string Line(const TestTable& table, std::size_t row) {
  std::string line;
  for (const auto& vector : table.chunk.rows.data) line += vector.GetValue(row).ToString() + "|";
  return line;
}

struct Case {
  FormatOptions options;
  std::string record;
  std::string expected;  ///< '!' and the class for bad records, '-' for skipped ones
};

TEST(CsvDecoderTest, Records) {
  for (const Case& c : std::vector<Case>{
           {{}, "Paris,21.5,2026-01-08 14:00:00\r\n", "Paris|21.5|2026-01-08 14:00:00|"},
           {{}, R"("New ""York"", NY",1,"2026-01-08 14:00:00")", R"(New "York", NY|1.0|2026-01-08 14:00:00|)"},
           {{}, ",,", "|NULL|NULL|"},
           {{}, "a,b,2026-01-08 14:00:00", "!TypeMismatch"},
           {{}, "a,1", "!CsvParseError"},
           {{}, "a,1,,x", "!CsvParseError"},
           {{}, "\"a,1,", "!CsvParseError"},
           {{}, "\"a\"b,1,", "!CsvParseError"},
           {{}, "\xFF,1,", "!CsvParseError"},
           {{{"csv.ignore-parse-errors", "true"}}, "a,b,", "a|NULL|NULL|"},
           {{{"csv.ignore-parse-errors", "true"}}, "a,1", "-"},
           {{{"csv.field-delimiter", "|"}}, "a|1|", "a|1.0|NULL|"},
           {{{"csv.field-delimiter", "\\t"}}, "a\t1\t", "a|1.0|NULL|"},
           {{{"csv.null-literal", "n/a"}}, "n/a,n/a,", "NULL|NULL|NULL|"},
           {{{"csv.null-literal", "n/a"}}, "\"n/a\",1,", "n/a|1.0|NULL|"},
           {{{"csv.escape-character", "\\"}}, "a\\,b,1,", "a,b|1.0|NULL|"},
           {{{"csv.allow-comments", "true"}}, "# note", "-"},
           {{{"csv.disable-quote-character", "true"}}, "\"a,1,", "\"a|1.0|NULL|"},
       }) {
    TestTable table(Weather(), c.options, "csv");
    DecodeStatus status = table.decoder->Append(c.record, 0);
    if (c.expected.starts_with('!')) {
      EXPECT_EQ(status, DecodeStatus::kBad) << c.record;
      EXPECT_EQ(table.decoder->error().error_class, c.expected.substr(1)) << c.record;
    } else if (c.expected == "-") {
      EXPECT_EQ(status, DecodeStatus::kSkipped) << c.record;
    } else {
      ASSERT_EQ(status, DecodeStatus::kRow) << c.record << " " << table.decoder->error().message;
      EXPECT_EQ(Line(table, 0), c.expected) << c.record;
    }
  }
}

TEST(CsvEncoderTest, QuotesWhatNeedsIt) {
  TestTable table(Weather(), {}, "csv");
  ASSERT_EQ(table.decoder->Append("\"a \"\"b\"\"\",21.5,2026-01-08 14:00:00", 0), DecodeStatus::kRow);
  ASSERT_EQ(table.decoder->Append(",,", 1), DecodeStatus::kRow);
  table.chunk.rows.SetCardinality(2);
  auto encoder = MakeEncoder({"csv", Weather(), {}});
  ASSERT_OK(encoder);
  (*encoder)->Bind(table.chunk, std::vector<int>{0, 1, 2});
  std::string out;
  ASSERT_OK((*encoder)->Encode(0, out));
  out += '\n';
  ASSERT_OK((*encoder)->Encode(1, out));
  EXPECT_EQ(out, "\"a \"\"b\"\"\",21.5,\"2026-01-08 14:00:00\"\n,,");
}

TEST(RawTest, TextBytesAndNumbers) {
  TestTable text({{{"v", Type::String(), "", {}}}}, {}, "raw");
  ASSERT_EQ(text.decoder->Append("a line of text", 0), DecodeStatus::kRow);
  EXPECT_EQ(Line(text, 0), "a line of text|");
  EXPECT_EQ(text.decoder->Append("\xFF", 0), DecodeStatus::kBad);
  TestTable number({{{"v", Type::Int(), "", {}}}}, {}, "raw");
  ASSERT_EQ(number.decoder->Append(std::string("\0\0\1\2", 4), 0), DecodeStatus::kRow);
  EXPECT_EQ(Line(number, 0), "258|");
  EXPECT_EQ(number.decoder->Append("abc", 0), DecodeStatus::kBad);
  number.chunk.rows.SetCardinality(1);
  auto encoder = MakeEncoder({"raw", number.schema, {{"raw.endianness", "little-endian"}}});
  ASSERT_OK(encoder);
  (*encoder)->Bind(number.chunk, std::vector<int>{0});
  std::string out;
  ASSERT_OK((*encoder)->Encode(0, out));
  EXPECT_EQ(out, std::string("\2\1\0\0", 4));
  EXPECT_THAT(MakeDecoder({"raw", Weather(), {0}, {}}), IsError(ErrorKind::kInvalidInput));
  EXPECT_THAT(MakeDecoder({"avro", Weather(), {0}, {}}), IsError(ErrorKind::kNotFound));
}

TEST(FindMessageEndTest, LinesAndQuotedRecords) {
  const auto first = [](const std::string& format, const FormatOptions& options, std::string_view text) {
    auto find = MakeFindMessageEnd(format, options);
    EXPECT_OK(find);
    std::size_t next = 0;
    const std::size_t end = (*find)(text, next);
    return end == std::string_view::npos ? "none" : fmt::format("{} {}", end, next);
  };
  EXPECT_EQ(first("json", {}, "{}\r\n{}"), "2 4");
  EXPECT_EQ(first("json", {}, "{}"), "none");
  EXPECT_EQ(first("csv", {}, "\"a\nb\",1\nx"), "7 8");
  EXPECT_EQ(first("csv", {}, "\"a\"\"\nb\"\nx"), "7 8");
  EXPECT_EQ(first("csv", {}, "\"a\nb"), "none");
  // A quote that does not start a field is a character like others.
  EXPECT_EQ(first("csv", {}, "5\" pipe,1\nx"), "9 10");
  EXPECT_EQ(first("csv", {{"csv.disable-quote-character", "true"}}, "\"a\nb\""), "2 3");
  EXPECT_EQ(first("csv", {{"csv.quote-character", "'"}}, "'a\nb'\n\""), "5 6");
  EXPECT_EQ(first("csv", {{"csv.field-delimiter", ";"}}, "1;\"\n\"\n"), "5 6");
  EXPECT_EQ(first("csv", {{"csv.escape-character", "\\"}}, "\"a\\\"\n\"\n"), "6 7");
  EXPECT_EQ(first("csv", {{"csv.allow-comments", "true"}}, "# it's ,\"so\nx"), "11 12");
}

TEST(TextTest, NumbersAsJavaPrintsThem) {
  auto print = [](double value) {
    std::string out;
    AppendDouble(out, value);
    return out;
  };
  EXPECT_EQ(print(1), "1.0");
  EXPECT_EQ(print(-72.25), "-72.25");
  EXPECT_EQ(print(1e7), "1.0E7");
  EXPECT_EQ(print(1234567), "1234567.0");
  EXPECT_EQ(print(0.001), "0.001");
  EXPECT_EQ(print(0.00012), "1.2E-4");
  std::string decimal;
  AppendDecimal(decimal, -5, 3);
  EXPECT_EQ(decimal, "-0.005");
}

TEST(TextTest, DatesGoBothWays) {
  for (std::int32_t days = -800'000; days < 800'000; days += 997) {
    std::string text;
    AppendDate(text, days);
    if (text.size() != 10 || text[0] == '-') continue;
    EXPECT_EQ(ParseDate(text), days) << text;
  }
}

}  // namespace
}  // namespace floe::formats
