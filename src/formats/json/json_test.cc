// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/matchers.h"
#include "formats/input.h"
#include "formats/json/json_encoder.h"
#include "formats/json/test_schema.h"

namespace floe::formats::json {
namespace {

using data::Type;

std::string Cell(const TestTable& table, std::size_t column, std::size_t row) {
  return table.chunk.rows.data[column].GetValue(row).ToString();
}

data::Schema One(Type type) {
  return {{{"v", std::move(type), "", {}}}};
}

struct Case {
  Type type;
  std::string json;
  std::string expected;  ///< DuckDB's text of the value; starting with '!': the error class
};

TEST(JsonDecoderTest, ValuesOfEveryTypeAsFlinkReadsThem) {
  Type row = Type::Row({{"a", Share(Type::Int()), ""}, {"b", Share(Type::String()), ""}});
  for (const Case& c : std::vector<Case>{
           {Type::String(), R"("abc")", "abc"},
           {Type::String(), R"("a longer text than fits inline")", "a longer text than fits inline"},
           {Type::String(), R"("q\"\\\/\b\f\n\r\t\u00e4\ud83d\ude00")", "q\"\\/\b\f\n\r\tä😀"},
           {Type::String(), R"("über")", "über"},
           {Type::String(), "12.50", "12.50"},
           {Type::String(), "true", "true"},
           {Type::String(), R"({ "a" : [1, "x y"] })", R"({"a":[1,"x y"]})"},
           {Type::String(), "null", "NULL"},
           {Type::Int(), "42", "42"},
           {Type::Int(), "-2147483648", "-2147483648"},
           {Type::Int(), "2147483648", "!TypeMismatch"},
           {Type::Int(), R"("17")", "17"},
           {Type::Int(), R"(" 17 ")", "17"},
           {Type::Int(), R"("1.5")", "!TypeMismatch"},
           {Type::Int(), "1.9", "1"},
           {Type::Int(), "-1.9e0", "-1"},
           {Type::Int(), "true", "!TypeMismatch"},
           {Type::Int(), "[1]", "!TypeMismatch"},
           {Type::BigInt(), "9223372036854775807", "9223372036854775807"},
           {Type::BigInt(), "9223372036854775808", "!TypeMismatch"},
           {Type(data::TypeKind::kTinyInt), "128", "!TypeMismatch"},
           {Type::Double(), "72.5", "72.5"},
           {Type::Double(), R"("72.5")", "72.5"},
           {Type::Double(), "1e400", "!TypeMismatch"},
           {Type::Double(), "1e-400", "0.0"},
           {Type::Double(), "0.1234567890123456789012345", "0.12345678901234568"},
           {Type::Double(), "123456789012345678", "1.2345678901234568e+17"},
           {Type::Double(), R"("NaN")", "nan"},
           {Type::Double(), "NaN", "!JsonParseError"},
           {Type::Double(), R"("abc")", "!TypeMismatch"},
           {Type::Double(), "01", "!JsonParseError"},
           {Type::Double(), "1.", "!JsonParseError"},
           {Type::Double(), "-", "!JsonParseError"},
           {Type::Boolean(), "false", "false"},
           {Type::Boolean(), R"("TRUE")", "true"},
           {Type::Boolean(), "1", "!TypeMismatch"},
           {Type::Decimal(10, 2), "12345678.905", "12345678.91"},
           {Type::Decimal(38, 10), R"("1234567890123456789012345678.0123456789")",
            "1234567890123456789012345678.0123456789"},
           {Type::Decimal(5, 2), "1e2", "100.00"},
           {Type::Decimal(5, 2), "1000", "!TypeMismatch"},
           {Type(data::TypeKind::kDate), R"("2024-02-29")", "2024-02-29"},
           {Type(data::TypeKind::kDate), R"("2023-02-29")", "!TypeMismatch"},
           {Type::Time(3), R"("12:34:56.7899")", "12:34:56.789"},
           {Type::Timestamp(3), R"("2026-01-08 14:00:05.123456")", "2026-01-08 14:00:05.123"},
           {Type::Timestamp(3), R"("1969-12-31 23:59:59")", "1969-12-31 23:59:59"},
           {Type::Timestamp(3), R"("2026-01-08T14:00:05")", "!TypeMismatch"},
           {Type::Timestamp(3), "1767880805", "!TypeMismatch"},
           {Type::TimestampLtz(3), R"("2026-01-08 14:00:05Z")", "2026-01-08 14:00:05+00"},
           {Type::TimestampLtz(3), R"("2026-01-08 14:00:05+02:00")", "2026-01-08 12:00:05+00"},
           {Type::TimestampLtz(3), R"("2026-01-08 14:00:05")", "!TypeMismatch"},
           {Type::Bytes(), R"("AAEC/w==")", R"(\x00\x01\x02\xFF)"},
           {Type::Bytes(), R"("AAEC/w=")", "!TypeMismatch"},
           {row, R"({"b":"x","a":1,"c":[{}]})", "{'a': 1, 'b': x}"},
           {row, R"({})", "{'a': NULL, 'b': NULL}"},
           {row, "[]", "!TypeMismatch"},
           {Type::Array(Type::Int()), "[1, null ,3]", "[1, NULL, 3]"},
           {Type::Array(Type::Int()), "[]", "[]"},
           {Type::Array(Type::Int()), "[1,]", "!JsonParseError"},
           {Type::Array(row), R"([{"a":1},{"a":2}])", "[{'a': 1, 'b': NULL}, {'a': 2, 'b': NULL}]"},
           {Type::Map(Type::String(), Type::Int()), R"({"x":1,"y":null,"x":3})", "{x=3, y=NULL}"},
           {Type::Array(Type::Array(Type::String())), R"([["a"],[],["b","c"]])", "[[a], [], [b, c]]"},
       }) {
    TestTable table(One(c.type));
    DecodeStatus status = table.decoder->Append(R"({"v":)" + c.json + "}", 0);
    if (c.expected.starts_with('!')) {
      EXPECT_EQ(status, DecodeStatus::kBad) << c.type.ToString() << " " << c.json;
      EXPECT_EQ(table.decoder->error().error_class, c.expected.substr(1))
          << c.json << " " << table.decoder->error().message;
    } else {
      ASSERT_EQ(status, DecodeStatus::kRow)
          << c.type.ToString() << " " << c.json << " " << table.decoder->error().message;
      EXPECT_EQ(Cell(table, 0, 0), c.expected) << c.type.ToString() << " " << c.json;
    }
  }
}

TEST(JsonDecoderTest, BrokenMessagesSayWhere) {
  struct Broken {
    std::string json;
    std::string message;
  };
  std::string deep = R"({"x":)" + std::string(1500, '[') + std::string(1500, ']') + "}";
  for (const Broken& b : std::vector<Broken>{
           {"", "at byte 0: expected an object, found the end"},
           {"[1]", "at byte 0: expected an object, found '['"},
           {R"({"v")", "at byte 4: expected ':'"},
           {R"({"v":1)", "at byte 6: expected ',' or '}'"},
           {R"({"v":1} x)", "at byte 8: expected the end of the message, found 'x'"},
           {R"({"v":1,})", "at byte 7: expected a field name"},
           {R"({"v" 1})", "at byte 5: expected ':'"},
           {"{\"v\":\"\xFF\"}", "valid UTF-8"},
           {"{\"v\":\"a\nb\"}", "control character"},
           {R"({"x":"\ud800"})", "low surrogate"},
           {R"({"x":nul})", "expected a value"},
           {deep, "1000 nested levels"},
           {std::string("{\"v\":\"a\0b\"}", 11), "control character"},
       }) {
    TestTable table(One(Type::String()));
    EXPECT_EQ(table.decoder->Append(b.json, 0), DecodeStatus::kBad) << b.json;
    EXPECT_EQ(table.decoder->error().error_class, "JsonParseError");
    EXPECT_NE(table.decoder->error().message.find(b.message), std::string::npos) << table.decoder->error().message;
  }
}

TEST(JsonDecoderTest, ShapesMayChangeFromRecordToRecord) {
  data::Schema schema = {{{"a", Type::Int(), "", {}}, {"b", Type::String(), "", {}}, {"c", Type::Double(), "", {}}}};
  TestTable table(schema);
  std::vector<std::string> messages;
  for (int i = 0; i < 200; ++i) {
    std::string a = "\"a\":" + std::to_string(i);
    std::string b = R"( "b" : "text that is not short )" + std::to_string(i) + "\"";
    switch (i % 5) {
      case 0: messages.push_back("{" + a + "," + b + ",\"c\":0.5}"); break;
      case 1: messages.push_back("{\"c\":0.5," + b + "," + a + "}"); break;
      case 2: messages.push_back("{" + a + ",\"extra\":{\"c\":[1,2]}," + b + " , \"c\":0.5 }"); break;
      case 3: messages.push_back("{" + a + ",\"a\":" + std::to_string(i) + "," + b + ",\"c\":0.5}"); break;
      default: messages.push_back("{" + a + "," + b + "}"); break;
    }
  }
  // All in one buffer, so that the fast path also sees bytes of the next message.
  auto buffer = std::make_shared<std::string>();
  for (const std::string& m : messages) *buffer += m;
  table.decoder->SetBuffer({*buffer, buffer});
  std::size_t at = 0;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    ASSERT_EQ(table.decoder->Append(std::string_view(*buffer).substr(at, messages[i].size()), i), DecodeStatus::kRow)
        << table.decoder->error().message;
    at += messages[i].size();
  }
  for (std::size_t i = 0; i < messages.size(); ++i) {
    EXPECT_EQ(Cell(table, 0, i), std::to_string(i));
    EXPECT_EQ(Cell(table, 1, i), "text that is not short " + std::to_string(i));
    EXPECT_EQ(Cell(table, 2, i), i % 5 == 4 ? "NULL" : "0.5");
  }
}

TEST(JsonDecoderTest, AMessageCutShortNeverReadsTheNextOne) {
  std::string first = R"({"a":1,"b":"x","c":0.5})";
  data::Schema schema = {{{"a", Type::Int(), "", {}}, {"b", Type::String(), "", {}}, {"c", Type::Double(), "", {}}}};
  auto buffer = std::make_shared<std::string>(first + first + first);
  TestTable table(schema);
  table.decoder->SetBuffer({*buffer, buffer});
  ASSERT_EQ(table.decoder->Append(std::string_view(*buffer).substr(0, first.size()), 0), DecodeStatus::kRow);
  for (std::size_t length = 0; length < first.size(); ++length) {
    EXPECT_EQ(table.decoder->Append(std::string_view(*buffer).substr(first.size(), length), 1), DecodeStatus::kBad)
        << length;
  }
}

TEST(JsonDecoderTest, Options) {
  data::Schema schema = {{{"a", Type::Int(), "", {}}, {"b", Type::String(), "", {}}}};
  TestTable lenient(schema, {{"json.ignore-parse-errors", "true"}});
  EXPECT_EQ(lenient.decoder->Append(R"({"a":"x","b":"y"})", 0), DecodeStatus::kRow);
  EXPECT_EQ(Cell(lenient, 0, 0), "NULL");
  EXPECT_EQ(Cell(lenient, 1, 0), "y");
  EXPECT_EQ(lenient.decoder->Append(R"({"a":1,)", 0), DecodeStatus::kSkipped);

  TestTable strict(schema, {{"json.fail-on-missing-field", "true"}});
  EXPECT_EQ(strict.decoder->Append(R"({"a":1})", 0), DecodeStatus::kBad);
  EXPECT_EQ(strict.decoder->error().error_class, "MissingField");

  TestTable iso(One(Type::Timestamp(6)), {{"json.timestamp-format.standard", "ISO-8601"}});
  EXPECT_EQ(iso.decoder->Append(R"({"v":"2026-01-08T14:00:05.5"})", 0), DecodeStatus::kRow);
  EXPECT_EQ(Cell(iso, 0, 0), "2026-01-08 14:00:05.5");

  EXPECT_THAT(MakeDecoder({"json", schema, {0}, {{"json.ignore-parse-errors", "yes"}}}),
              IsError(ErrorKind::kInvalidInput));
  EXPECT_THAT(MakeDecoder({"json", One(Type::Map(Type::Int(), Type::Int())), {0}, {}}),
              IsError(ErrorKind::kNotSupported));
}

TEST(JsonDecoderTest, TenMegabytesInOneString) {
  TestTable table(One(Type::String()));
  std::string big(10 << 20, 'x');
  ASSERT_EQ(table.decoder->Append("{\"v\":\"" + big + "\"}", 0), DecodeStatus::kRow);
  EXPECT_EQ(duckdb::FlatVector::GetData<duckdb::string_t>(table.chunk.rows.data[0])[0].GetString(), big);
}

TEST(JsonDecoderTest, LongStringsOutliveTheirMessage) {
  TestTable table(One(Type::String()));
  auto buffer = std::make_shared<std::string>(R"({"v":"a text that is kept by its buffer"})");
  std::weak_ptr<std::string> watch = buffer;
  table.decoder->SetBuffer({*buffer, buffer});
  ASSERT_EQ(table.decoder->Append(*buffer, 0), DecodeStatus::kRow);
  buffer.reset();
  table.decoder->SetBuffer({});
  EXPECT_FALSE(watch.expired());
  EXPECT_EQ(Cell(table, 0, 0), "a text that is kept by its buffer");
  table.Reset();
  EXPECT_TRUE(watch.expired());
}

nlohmann::json RandomValue(Random& random, int depth) {
  switch (random.Next() % (depth > 3 ? 6 : 8)) {
    case 0: return nullptr;
    case 1: return random.Next() % 2 == 0;
    case 2: return static_cast<std::int64_t>(random.Next() >> (random.Next() % 64));
    case 3: return static_cast<double>(static_cast<std::int64_t>(random.Next())) / 1e6;
    case 4: return std::string(random.Next() % 40, static_cast<char>('a' + random.Next() % 26));
    case 5: return "esc\"\\\n\u00e4\u20ac" + std::to_string(random.Next() % 100);
    case 6: {
      nlohmann::json list = nlohmann::json::array();
      for (std::uint64_t i = random.Next() % 4; i > 0; --i) list.push_back(RandomValue(random, depth + 1));
      return list;
    }
    default: {
      nlohmann::json object = nlohmann::json::object();
      for (std::uint64_t i = random.Next() % 4; i > 0; --i) {
        object[std::string(1, static_cast<char>('a' + random.Next() % 6))] = RandomValue(random, depth + 1);
      }
      return object;
    }
  }
}

/// What the column must hold, by nlohmann's reading; nullopt where the types do not fit.
std::optional<std::string> Expected(const nlohmann::json& object, const std::string& name) {
  auto it = object.find(name);
  if (it == object.end() || it->is_null()) return "NULL";
  if (it->is_string()) return it->get<std::string>();
  return it->dump(-1, ' ', false);
}

TEST(JsonDecoderTest, AgreesWithAnotherParserOnRandomDocuments) {
  data::Schema schema = {{{"a", Type::String(), "", {}}, {"c", Type::String(), "", {}}, {"e", Type::String(), "", {}}}};
  SeededRandom random(7);
  TestTable table(schema);
  for (int i = 0; i < 3000; ++i) {
    nlohmann::json object = nlohmann::json::object();
    for (char c = 'a'; c < 'g'; ++c) {
      if (random.Next() % 4 != 0) object[std::string(1, c)] = RandomValue(random, 0);
    }
    std::string text = object.dump(random.Next() % 3 == 0 ? 1 : -1, ' ', random.Next() % 2 == 0);
    if (i % 50 == 0) table.Reset();
    auto row = static_cast<std::size_t>(i % 50);
    ASSERT_EQ(table.decoder->Append(text, row), DecodeStatus::kRow) << text << table.decoder->error().message;
    for (std::size_t column = 0; column < schema.size(); ++column) {
      const std::string& name = schema.fields[column].name;
      // Nested text keeps the escapes as they were written, so compare values there.
      std::string cell = Cell(table, column, row);
      bool container = object.contains(name) && object[name].is_structured();
      if (container) {
        EXPECT_EQ(nlohmann::json::parse(cell), object[name]) << text;
      } else {
        EXPECT_EQ(cell, Expected(object, name)) << text;
      }
    }
    // A damaged copy must be judged as the other parser judges it (it also takes scalars and arrays at the top).
    std::string damaged = text;
    damaged[random.Next() % damaged.size()] = "{}[]\",:x0\x01\xC3 "[random.Next() % 12];
    bool other = nlohmann::json::accept(damaged) && nlohmann::json::parse(damaged).is_object();
    EXPECT_EQ(table.decoder->Append(damaged, 100) == DecodeStatus::kRow, other)
        << damaged << table.decoder->error().message;
  }
}

TEST(JsonEncoderTest, WritesWhatTheDecoderReads) {
  TestTable table;
  std::string text =
      R"({"s":"a \"b\" \n\u0001 ä and more","i":-5,"l":9007199254740993,"d":72.5,"b":true,"n":12.3400,)"
      R"("t":"2026-01-08 14:00:05.12","z":"2026-01-08 14:00:05.123456Z","day":"2026-01-08","time":"01:02:03",)"
      R"("bytes":"AAEC/w==","row":{"x":1,"y":["p",null]},"list":[1.0,2.5],"rows":[{"x":null,"y":[]}],"map":{"k":7},)"
      R"("f":0.1,"tiny":-128})";
  ASSERT_EQ(table.decoder->Append(text, 0), DecodeStatus::kRow) << table.decoder->error().message;
  ASSERT_EQ(table.decoder->Append("{}", 1), DecodeStatus::kRow);
  table.chunk.rows.SetCardinality(2);
  auto encoder = MakeEncoder({"json", table.schema, {}});
  ASSERT_OK(encoder);
  std::vector<int> columns;
  for (std::size_t i = 0; i < table.schema.size(); ++i) columns.push_back(static_cast<int>(i));
  (*encoder)->Bind(table.chunk, columns);
  std::string out;
  ASSERT_OK((*encoder)->Encode(0, out));
  EXPECT_EQ(out, text);
  out.clear();
  ASSERT_OK((*encoder)->Encode(1, out));
  EXPECT_TRUE(out.starts_with(R"({"s":null,"i":null,)")) << out;
  auto compact = MakeEncoder({"json", table.schema, {{"json.encode.ignore-null-fields", "true"}}});
  ASSERT_OK(compact);
  (*compact)->Bind(table.chunk, columns);
  out.clear();
  ASSERT_OK((*compact)->Encode(1, out));
  EXPECT_EQ(out, "{}");
}

TEST(JavaTextTest, PrintsAsFlinksPrintConnector) {
  TestTable table;
  ASSERT_EQ(
      table.decoder->Append(
          R"({"s":"x","d":1e10,"t":"2026-01-08 14:00:00","z":"2026-01-08 14:00:00Z","row":{"x":1,"y":["p"]},"map":{"k":7}})",
          0),
      DecodeStatus::kRow);
  table.chunk.rows.SetCardinality(1);
  std::string line;
  for (std::size_t i = 0; i < table.schema.size(); ++i) {
    Input input = Input::Make(table.schema.fields[i].type, "");
    input.Bind(table.chunk.rows.data[i], 1);
    AppendJavaText(input, 0, line);
    line += '|';
  }
  EXPECT_EQ(line,
            "x|null|null|1.0E10|null|null|2026-01-08T14:00|2026-01-08T14:00:00Z|null|null|null|+I[1, "
            "[p]]|null|null|{k=7}|null|null|");
}

}  // namespace
}  // namespace floe::formats::json
