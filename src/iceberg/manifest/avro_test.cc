// SPDX-License-Identifier: Apache-2.0
#include "iceberg/manifest/avro.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/matchers.h"
#include "iceberg/manifest/manifest.h"

namespace floe::iceberg {
namespace {

DataFile SampleFile() {
  DataFile file;
  file.path = "file:///w/t/data/a.parquet";
  file.partition = {Literal(std::int64_t{17486}), Literal(), Literal(Int128{-129}), Literal(std::string(16, 'u'))};
  file.record_count = 3;
  file.file_size = 1234;
  file.column_sizes = {{1, 10}, {2, 20}};
  file.nan_counts = {{2, 0}};
  file.lower_bounds = {{1, std::string("\0\1", 2)}};
  file.split_offsets = {4};
  file.sort_order_id = 0;
  file.block_checksums = std::string("\0\1\2\3", 4);
  return file;
}

Schema SampleSchema() {
  Schema schema;
  auto add = [&](int id, std::string name, Type type) {
    Field field;
    field.id = id;
    field.name = std::move(name);
    field.type = std::move(type);
    schema.fields.push_back(std::move(field));
  };
  add(1, "ts", Type(TypeId::kTimestamp));
  add(2, "my city", Type(TypeId::kString));
  add(3, "price", Type::Decimal(9, 2));
  add(4, "uid", Type(TypeId::kUuid));
  return schema;
}

PartitionSpec SampleSpec() {
  return {0,
          {{1, 1000, "ts_day", *ParseTransform("day")},
           {2, 1001, "my city", {}},
           {3, 1002, "price", {}},
           {4, 1003, "uid", {}}}};
}

class ManifestTest : public testing::TestWithParam<int> {};

TEST_P(ManifestTest, GoesThereAndBack) {
  Schema schema = SampleSchema();
  PartitionSpec spec = SampleSpec();
  auto types = PartitionTypes(spec, schema);
  ASSERT_OK(types);
  std::vector<ManifestEntry> entries(2000);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    entries[i].file = SampleFile();
    entries[i].file.path += std::to_string(i);
    entries[i].snapshot_id = 77;
  }
  entries[1].status = EntryStatus::kExisting;
  entries[1].sequence_number = 3;
  entries[1].file_sequence_number = 3;
  auto encoded = EncodeManifest(entries, spec, schema, *types, {GetParam(), "0123456789abcdef"});
  ASSERT_OK(encoded);
  EXPECT_EQ(encoded->entry.added_files, 1999);
  EXPECT_EQ(encoded->entry.existing_rows, 3);
  EXPECT_TRUE(encoded->entry.partitions[1].contains_null);
  ManifestFile listed = encoded->entry;
  listed.sequence_number = 9;
  std::size_t at = 0;
  ASSERT_OK(ReadManifest(encoded->bytes, listed, spec, *types, [&](ManifestEntry&& entry) -> Status {
    EXPECT_EQ(entry.file.path, entries[at].file.path);
    EXPECT_EQ(entry.file.partition, entries[at].file.partition);
    EXPECT_EQ(entry.file.lower_bounds, entries[at].file.lower_bounds);
    EXPECT_EQ(entry.sequence_number, at == 1 ? 3 : 9);
    EXPECT_EQ(entry.file.block_checksums, entries[at].file.block_checksums);
    EXPECT_EQ(entry.file.split_offsets, entries[at].file.split_offsets);
    ++at;
    return {};
  }));
  EXPECT_EQ(at, entries.size());
  for (std::size_t cut : {0ul, 3ul, 50ul, 3000ul, encoded->bytes.size() - 1}) {
    auto status = ReadManifest(std::string_view(encoded->bytes).substr(0, cut), listed, spec, *types,
                               [](ManifestEntry&&) -> Status { return {}; });
    EXPECT_THAT(status, IsError(ErrorKind::kCorruption)) << cut;
  }
}

INSTANTIATE_TEST_SUITE_P(Codecs, ManifestTest, testing::Values(0, 1, 6));

TEST(ManifestListTest, GoesThereAndBack) {
  ManifestFile manifest;
  manifest.path = "file:///w/t/metadata/m0.avro";
  manifest.length = 100;
  manifest.sequence_number = 4;
  manifest.min_sequence_number = 2;
  manifest.added_snapshot_id = INT64_MAX;
  manifest.added_files = 1;
  manifest.existing_files = 0;
  manifest.deleted_files = 0;
  manifest.added_rows = 10;
  manifest.existing_rows = 0;
  manifest.deleted_rows = 0;
  manifest.partitions = {{true, false, "a", "b"}, {false, std::nullopt, std::nullopt, std::nullopt}};
  Snapshot snapshot;
  snapshot.snapshot_id = SnapshotId(5);
  std::string bytes = EncodeManifestList({manifest, manifest}, snapshot, {1, "x"});
  auto back = ReadManifestList(bytes);
  ASSERT_OK(back);
  ASSERT_EQ(back->size(), 2u);
  EXPECT_EQ((*back)[0], manifest);
}

TEST(AvroTest, RefusesLies) {
  EXPECT_THAT(ReadAvroFile("PAR1"), IsError(ErrorKind::kCorruption));
  EXPECT_THAT(ParseAvroSchema(R"({"type":"record","name":"r","fields":[{"name":"self","type":"r"}]})"),
              IsError(ErrorKind::kNotSupported));
  EXPECT_THAT(ParseAvroSchema(R"({"type":"fixed","name":"f","size":99999999999})"), IsError(ErrorKind::kCorruption));
  AvroEncoder count;
  count.Long(INT64_MAX);
  AvroDecoder decoder(count.bytes());
  decoder.ForEach([] {});
  EXPECT_TRUE(decoder.failed());
}

TEST(AvroTest, RefusesSmallInputsThatMeanEndlessWork) {
  // Each record holds the one before twice: a million parts in a kilobyte.
  std::string type = R"({"type":"record","name":"r0","fields":[]})";
  for (int i = 1; i <= 20; ++i) {
    type = fmt::format(
        R"({{"type":"record","name":"r{}","fields":[{{"name":"a","type":{}}},{{"name":"b","type":"r{}"}}]}})", i, type,
        i - 1);
  }
  EXPECT_THAT(ParseAvroSchema(type), IsError(ErrorKind::kNotSupported));
  // An array of ten nothings, over and over.
  auto array = ParseAvroSchema(R"({"type":"array","items":"null"})");
  ASSERT_OK(array);
  AvroEncoder items;
  items.Long(10);
  for (int i = 0; i < 10; ++i) items.Long(0);
  AvroDecoder decoder(items.bytes());
  decoder.Skip(**array);
  EXPECT_TRUE(decoder.failed());
}

}  // namespace
}  // namespace floe::iceberg
