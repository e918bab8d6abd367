// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/matchers.h"
#include "iceberg/metadata/literal.h"
#include "iceberg/metadata/table_metadata.h"
#include "iceberg/metadata/transform.h"

namespace floe::iceberg {
namespace {

std::int32_t Hash(Literal value, Type type) {
  return static_cast<std::int32_t>(BucketHash(value, type));
}

// Spec, Appendix B.
TEST(TransformTest, HashesAsTheSpecSays) {
  using namespace std::string_literals;
  EXPECT_EQ(Hash(std::int64_t{34}, Type(TypeId::kInt)), 2017239379);
  EXPECT_EQ(Hash(std::int64_t{34}, Type(TypeId::kLong)), 2017239379);
  EXPECT_EQ(Hash(Int128{1420}, Type::Decimal(9, 2)), -500754589);
  EXPECT_EQ(Hash(std::int64_t{17486}, Type(TypeId::kDate)), -653330422);
  EXPECT_EQ(Hash(std::int64_t{81'068'000'000}, Type(TypeId::kTime)), -662762989);
  EXPECT_EQ(Hash(std::int64_t{1'510'871'468'000'000}, Type(TypeId::kTimestamp)), -2047944441);
  EXPECT_EQ(Hash(std::int64_t{1'510'871'468'000'001}, Type(TypeId::kTimestampTz)), -1207196810);
  EXPECT_EQ(Hash(std::int64_t{1'510'871'468'000'001'001}, Type(TypeId::kTimestampNs)), -1207196810);
  EXPECT_EQ(Hash("iceberg"s, Type(TypeId::kString)), 1210000089);
  EXPECT_EQ(Hash("\xf7\x9c\x3e\x09\x67\x7c\x4b\xbd\xa4\x79\x3f\x34\x9c\xb7\x85\xe7"s, Type(TypeId::kUuid)), 1488055340);
  EXPECT_EQ(Hash("\0\1\2\3"s, Type(TypeId::kBinary)), -188683207);
}

TEST(TransformTest, AppliesAndPrints) {
  using namespace std::string_literals;
  Type timestamp(TypeId::kTimestamp);
  auto apply = [](std::string_view text, Literal value, const Type& type) {
    return Apply(*ParseTransform(text), value, type);
  };
  EXPECT_EQ(apply("bucket[16]", "iceberg"s, Type(TypeId::kString)), Literal(std::int64_t{9}));
  EXPECT_EQ(apply("hour", std::int64_t{-1}, timestamp), Literal(std::int64_t{-1}));
  EXPECT_EQ(apply("day", std::int64_t{-1}, timestamp), Literal(std::int64_t{-1}));
  EXPECT_EQ(apply("month", std::int64_t{-1}, timestamp), Literal(std::int64_t{-1}));
  EXPECT_EQ(apply("year", std::int64_t{-1}, timestamp), Literal(std::int64_t{-1}));
  EXPECT_EQ(apply("truncate[10]", std::int64_t{-1}, Type(TypeId::kInt)), Literal(std::int64_t{-10}));
  // Below the smallest value it wraps around, as in Java.
  EXPECT_EQ(apply("truncate[10]", std::int64_t{INT64_MIN}, Type(TypeId::kLong)), Literal(INT64_MAX - 1));
  EXPECT_EQ(apply("truncate[10]", std::int64_t{INT32_MIN}, Type(TypeId::kInt)), Literal(std::int64_t{INT32_MAX - 1}));
  EXPECT_EQ(ToDisplayString(std::int64_t{INT64_MIN}, timestamp), "-290308-12-21T19:59:05.224192");
  EXPECT_EQ(apply("truncate[50]", Int128{1065}, Type::Decimal(9, 2)), Literal(Int128{1050}));
  EXPECT_EQ(apply("truncate[2]", "Zürich"s, Type(TypeId::kString)), Literal("Zü"s));
  EXPECT_TRUE(IsNull(apply("bucket[4]", Literal(), Type(TypeId::kInt))));
  EXPECT_TRUE(IsNull(apply("void", std::int64_t{1}, Type(TypeId::kInt))));
  EXPECT_EQ(ToHumanString(*ParseTransform("day"), std::int64_t{17486}, timestamp), "2017-11-16");
  EXPECT_EQ(ToHumanString(*ParseTransform("month"), std::int64_t{-1}, timestamp), "1969-12");
  EXPECT_EQ(ToHumanString(*ParseTransform("hour"), std::int64_t{-1}, timestamp), "1969-12-31-23");
  EXPECT_EQ(ToHumanString(*ParseTransform("year"), std::int64_t{47}, timestamp), "2017");
  EXPECT_THAT(ParseTransform("bucket[0]"), IsError(ErrorKind::kInvalidInput));
  EXPECT_EQ(ParseTransform("zorder[3]")->kind, TransformKind::kUnknown);
  EXPECT_THAT(ResultType(*ParseTransform("hour"), Type(TypeId::kDate)), IsError(ErrorKind::kInvalidInput));
}

TEST(LiteralTest, SingleValuesGoThereAndBack) {
  using namespace std::string_literals;
  std::vector<std::pair<Literal, Type>> cases = {
      {true, Type(TypeId::kBoolean)},    {std::int64_t{-5}, Type(TypeId::kInt)},  {INT64_MIN, Type(TypeId::kLong)},
      {1.5, Type(TypeId::kFloat)},       {-0.0, Type(TypeId::kDouble)},           {Int128{-129}, Type::Decimal(38, 2)},
      {Int128{0}, Type::Decimal(5, 0)},  {std::int64_t{-1}, Type(TypeId::kDate)}, {"Zürich"s, Type(TypeId::kString)},
      {"\0\xff"s, Type(TypeId::kBinary)}};
  for (const auto& [value, type] : cases) {
    auto back = FromSingleValueBytes(ToSingleValueBytes(value, type), type);
    ASSERT_OK(back) << type.ToString();
    EXPECT_EQ(Compare(*back, value), 0) << type.ToString();
  }
  EXPECT_EQ(ToSingleValueBytes(Int128{-129}, Type::Decimal(9, 0)), "\xff\x7f");
  EXPECT_EQ(*FromSingleValueBytes("\x05\0\0\0"s, Type(TypeId::kLong)), Literal(std::int64_t{5}));
  EXPECT_THAT(FromSingleValueBytes("abc", Type(TypeId::kInt)), IsError(ErrorKind::kCorruption));
}

TEST(LiteralTest, BoundsAreCutByCodePoints) {
  using namespace std::string_literals;
  Type text(TypeId::kString);
  EXPECT_EQ(TruncateLower("ÄÖÜabc"s, text, 3), Literal("ÄÖÜ"s));
  EXPECT_EQ(TruncateUpper("abcdef"s, text, 3), Literal("abd"s));
  EXPECT_EQ(TruncateUpper("abc"s, text, 3), Literal("abc"s));
  EXPECT_EQ(TruncateUpper("a\U0010FFFFz"s, text, 2), Literal("b"s));
  EXPECT_EQ(TruncateUpper("\U0010FFFFz"s, text, 1), std::nullopt);
  EXPECT_EQ(TruncateUpper("\xff\xff\x01"s, Type(TypeId::kBinary), 2), std::nullopt);
  EXPECT_EQ(TruncateUpper("\x01\xff\x01"s, Type(TypeId::kBinary), 2), Literal("\x02"s));
}

constexpr std::string_view kTable = R"json({
 "format-version": 2, "table-uuid": "9c12d441-03fe-4693-9a96-a0705ddf69c1", "location": "file:///w/t",
 "last-sequence-number": 34, "last-updated-ms": 1602638573590, "last-column-id": 7, "current-schema-id": 1,
 "schemas": [{"type":"struct","schema-id":1,"identifier-field-ids":[1],"fields":[
   {"id":1,"name":"id","required":true,"type":"long","doc":"key"},
   {"id":2,"name":"price","required":false,"type":"decimal(9,2)"
},
   {"id":3,"name":"tags","required":false,"type":{"type":"map","key-id":4,"key":"string","value-id":5,"value-required":false,
     "value":{"type":"list","element-id":6,"element":"int","element-required":true}}},
   {"id":7,"name":"raw","required":false,"type":"fixed[ 4 ]"}]
}],
 "default-spec-id": 0, "partition-specs": [{"spec-id":0,"fields":[{"name":"id_bucket","transform":"bucket[4]","source-id":1,"field-id":1000}]}],
 "last-partition-id": 1000, "default-sort-order-id": 3,
 "sort-orders": [{"order-id":3,"fields":[{"transform":"identity","source-id":1,"direction":"desc","null-order":"nulls-last"}]}],
 "properties": {"a":"b"}, "current-snapshot-id": 3051729675574597004,
 "snapshots": [{"snapshot-id":3051729675574597004,"timestamp-ms":1515100955770,"sequence-number":34,"key-id":"k1",
   "summary":{"operation":"append","added-records":"2"},"manifest-list":"file:///w/t/metadata/snap.avro","schema-id":1}],
 "snapshot-log": [{"snapshot-id":3051729675574597004,"timestamp-ms":1515100955770}], "metadata-log": [],
 "statistics": [{"snapshot-id": 1}], "future-field": {"x": [1, 9007199254740993]}})json";

TEST(TableMetadataTest, ReadsAndWritesWithoutLoss) {
  auto table = ParseTableMetadata(kTable);
  ASSERT_OK(table);
  EXPECT_EQ(table->current_snapshot_id, SnapshotId(3051729675574597004));
  EXPECT_EQ(table->schema().FindByName("tags")->type.ToString(), "map<string, list<int>>");
  EXPECT_EQ(table->schema().FindByName("tags.value.element")->id, 6);
  EXPECT_EQ(table->schema().NameOf(6), "tags.value.element");
  EXPECT_EQ(table->schema().FindById(7)->type.ToString(), "fixed[4]");
  EXPECT_EQ(table->refs.at("main").snapshot_id, SnapshotId(3051729675574597004));
  auto json = ToJson(*table);
  ASSERT_OK(json);
  EXPECT_NE(json->find("9007199254740993"), std::string::npos);
  EXPECT_NE(json->find("\"key-id\":\"k1\""), std::string::npos);
  auto again = ParseTableMetadata(*json);
  ASSERT_OK(again);
  EXPECT_EQ(*ToJson(*again), *json);
}

TEST(TableMetadataTest, RefusesWhatItCannotTrust) {
  EXPECT_THAT(ParseTableMetadata("{"), IsError(ErrorKind::kCorruption));
  EXPECT_THAT(ParseTableMetadata("[]"), IsError(ErrorKind::kCorruption));
  EXPECT_THAT(ParseTableMetadata(R"({"format-version": 4})"), IsError(ErrorKind::kNotSupported));
  std::string text(kTable);
  auto with = [&](std::string_view from, std::string_view to) {
    std::string changed = text;
    changed.replace(changed.find(from), from.size(), to);
    return ParseTableMetadata(changed);
  };
  EXPECT_THAT(with("\"current-schema-id\": 1", "\"current-schema-id\": 2"), IsError(ErrorKind::kCorruption));
  EXPECT_THAT(with("\"default-spec-id\": 0", "\"default-spec-id\": 7"), IsError(ErrorKind::kCorruption));
  EXPECT_THAT(with("\"current-snapshot-id\": 3051729675574597004", "\"current-snapshot-id\": 5"),
              IsError(ErrorKind::kCorruption));
  EXPECT_THAT(with("\"long\"", "\"hyperlong\""), IsError(ErrorKind::kNotSupported));
  EXPECT_THAT(with("\"schemas\": [", "\"schemas\": [3,"), IsError(ErrorKind::kCorruption));
  EXPECT_THAT(ParseTableMetadata(std::string(100000, '[')), IsError(ErrorKind::kCorruption));
}

}  // namespace
}  // namespace floe::iceberg
