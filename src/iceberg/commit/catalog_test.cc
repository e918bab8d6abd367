// SPDX-License-Identifier: Apache-2.0
// Tables made, written and changed through the catalog, on a real store and file system.
#include "iceberg/commit/catalog.h"

#include <filesystem>
#include <set>

#include <duckdb.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/matchers.h"
#include "iceberg/commit/table_appender.h"
#include "iceberg/commit/table_builder.h"
#include "io/faulty_file_system.h"

namespace floe::iceberg {
namespace {

namespace fs = std::filesystem;

class CatalogTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    root_ = fs::temp_directory_path() / fmt::format("floe_catalog_{}_{}", getpid(), test->name());
    fs::remove_all(root_);
    fs::create_directories(root_);
    auto store = meta::Store::Open((root_ / "meta.db").string());
    ASSERT_OK(store);
    store_ = std::move(*store);
    auto catalog = Catalog::Open(*store_, files_, (root_ / "warehouse").string(), clock_, random_);
    ASSERT_OK(catalog);
    catalog_ = std::move(*catalog);
    ASSERT_OK(catalog_->CreateDatabase("db"));
  }
  void TearDown() override { fs::remove_all(root_); }

  static data::Schema Input() {
    data::Schema schema;
    schema.fields.push_back({"id", data::Type::BigInt().WithNullable(false), "", {}});
    schema.fields.push_back({"city", data::Type::String(), "", {}});
    schema.fields.push_back({"ts", data::Type::TimestampLtz(3), "", {}});
    return schema;
  }
  TableDefinition Definition(std::vector<std::string> partitioning = {}) {
    TableDefinition definition;
    definition.fields = *FromFlink(Input());
    definition.partitioning = std::move(partitioning);
    return definition;
  }
  static std::unique_ptr<data::Batch> Rows(std::int64_t first, int count) {
    auto owned = std::make_unique<data::Batch>();
    data::Batch& batch = *owned;
    batch.rows.Initialize(
        duckdb::Allocator::DefaultAllocator(),
        {duckdb::LogicalType::BIGINT, duckdb::LogicalType::VARCHAR, duckdb::LogicalType::TIMESTAMP_TZ});
    for (int i = 0; i < count; ++i) {
      auto row = static_cast<duckdb::idx_t>(i);
      batch.rows.SetValue(0, row, duckdb::Value::BIGINT(first + i));
      batch.rows.SetValue(1, row, i % 3 == 2 ? duckdb::Value() : duckdb::Value(i % 3 == 0 ? "São Paulo/1" : "Oslo"));
      batch.rows.SetValue(2, row, duckdb::Value::TIMESTAMPTZ(duckdb::timestamp_tz_t((first + i) * 3'600'000'000)));
    }
    batch.rows.SetCardinality(static_cast<duckdb::idx_t>(count));
    return owned;
  }
  std::unique_ptr<TableAppender> Appender(const TableName& name) {
    auto appender = TableAppender::Open(*catalog_, instance_, name, Input(), {.job_id = "job-1"});
    EXPECT_OK(appender);
    return std::move(*appender);
  }
  std::vector<ManifestEntry> Entries(const LoadedTable& table) {
    std::vector<ManifestEntry> entries;
    auto manifests = catalog_->io().Manifests(*table.metadata->current_snapshot());
    EXPECT_OK(manifests);
    for (const ManifestFile& manifest : **manifests) {
      EXPECT_OK(catalog_->io().ReadManifestEntries(*table.metadata, manifest, [&](ManifestEntry&& entry) -> Status {
        entries.push_back(std::move(entry));
        return {};
      }));
    }
    return entries;
  }

  fs::path root_;
  ManualClock clock_{TimestampUs(1'700'000'000'000'000)};
  SeededRandom random_{7};
  io::Faults faults_;
  io::FaultyFileSystem files_{io::LocalFileSystem(), faults_};
  duck::Instance instance_{duck::InstanceOptions{.threads = 1}};
  std::unique_ptr<meta::Store> store_;
  std::unique_ptr<Catalog> catalog_;
};

const TableName kTable{"db", "t"};

TEST_F(CatalogTest, KeepsNames) {
  EXPECT_THAT(catalog_->CreateDatabase("db"), IsError(ErrorKind::kAlreadyExists));
  ASSERT_OK(catalog_->CreateTable(kTable, Definition()));
  EXPECT_THAT(catalog_->CreateTable(kTable, Definition()), IsError(ErrorKind::kAlreadyExists));
  EXPECT_THAT(catalog_->CreateTable({"nowhere", "t"}, Definition()), IsError(ErrorKind::kNotFound));
  EXPECT_THAT(catalog_->DropDatabase("db"), IsError(ErrorKind::kFailedPrecondition));
  ASSERT_OK(catalog_->RenameTable(kTable, {"db", "weird name/ü"}));
  EXPECT_EQ(*catalog_->ListTables("db"), std::vector<std::string>{"weird name/ü"});
  auto second = catalog_->CreateTable(kTable, Definition());
  ASSERT_OK(second);
  auto first = catalog_->LoadTable({"db", "weird name/ü"});
  ASSERT_OK(first);
  EXPECT_NE(first->metadata->location, second->metadata->location);
  ASSERT_OK(catalog_->DropTable(kTable, true));
  ASSERT_OK(catalog_->DropTable({"db", "weird name/ü"}, true));
  EXPECT_THAT(catalog_->LoadTable(kTable), IsError(ErrorKind::kNotFound));
  ASSERT_OK(catalog_->DropDatabase("db"));
}

TEST_F(CatalogTest, DataFilesAreDurableWhenTheyAreStaged) {
  ASSERT_OK(catalog_->CreateTable(kTable, Definition()));
  auto appender = Appender(kTable);
  ASSERT_OK(appender->Write(*Rows(0, 30)));
  const auto before = faults_.syncs();
  auto files = appender->Flush();
  ASSERT_OK(files);
  ASSERT_OK(appender->Stage(*files, CheckpointId(1)));
  EXPECT_EQ(faults_.syncs() - before, 4) << "a data file, a manifest, a list, metadata.json";
}

TEST_F(CatalogTest, ADataFileWhoseSyncFailedIsNeverStaged) {
  ASSERT_OK(catalog_->CreateTable(kTable, Definition()));
  auto appender = Appender(kTable);
  ASSERT_OK(appender->Write(*Rows(0, 30)));
  auto files = appender->Flush();
  ASSERT_OK(files);
  const auto metadata = root_ / "warehouse/db/t/metadata";
  const auto count = [&] { return std::distance(fs::directory_iterator(metadata), fs::directory_iterator()); };
  const auto before = count();
  faults_.FailSyncs(1, ".parquet");
  EXPECT_THAT(appender->Stage(*files, CheckpointId(1)), IsError(ErrorKind::kIo));
  EXPECT_EQ(count(), before) << "metadata of a commit that cannot be was left behind";
  EXPECT_THAT(appender->Stage(*files, CheckpointId(1)), IsError(ErrorKind::kIo));
  EXPECT_THAT(appender->Write(*Rows(30, 1)), IsError(ErrorKind::kIo));
  appender->Abandon(*files);
  ASSERT_OK(appender->Write(*Rows(0, 30)));
  files = appender->Flush();
  ASSERT_OK(files);
  EXPECT_OK(appender->Stage(*files, CheckpointId(1)));
}

TEST_F(CatalogTest, ManyPartitionsAreSyncedOnTheWay) {
  ASSERT_OK(catalog_->CreateTable(kTable, Definition({"id"})));
  auto appender = Appender(kTable);
  ASSERT_OK(appender->Write(*Rows(0, 130)));
  faults_.FailSyncs(1, ".parquet");
  EXPECT_THAT(appender->Flush(), IsError(ErrorKind::kIo));
}

TEST_F(CatalogTest, AppendsWithCountsBoundsAndSummary) {
  ASSERT_OK(catalog_->CreateTable(kTable, Definition({"day(ts)", "city"})));
  auto appender = Appender(kTable);
  ASSERT_OK(appender->Write(*Rows(0, 30)));
  auto files = appender->Flush();
  ASSERT_OK(files);
  EXPECT_EQ(files->size(), 6u);  // two days, two cities and null
  auto staged = appender->Stage(*files, CheckpointId(5));
  ASSERT_OK(staged);
  EXPECT_FALSE(catalog_->LoadTable(kTable)->metadata->current_snapshot_id);
  ASSERT_OK(store_->Write([&](meta::Transaction& transaction) { return catalog_->Apply(transaction, *staged); }));
  auto table = catalog_->LoadTable(kTable);
  ASSERT_OK(table);
  const Snapshot* snapshot = table->metadata->current_snapshot();
  ASSERT_NE(snapshot, nullptr);
  EXPECT_EQ(snapshot->summary.at("added-records"), "30");
  EXPECT_EQ(snapshot->summary.at("total-records"), "30");
  EXPECT_EQ(snapshot->summary.at("changed-partition-count"), "6");
  EXPECT_EQ(snapshot->summary.at("floe.checkpoint-id"), "5");
  EXPECT_EQ(snapshot->summary.at("floe.job-id"), "job-1");
  auto entries = Entries(*table);
  ASSERT_EQ(entries.size(), 6u);
  std::int64_t rows = 0;
  for (const ManifestEntry& entry : entries) {
    rows += entry.file.record_count;
    EXPECT_EQ(entry.sequence_number, 1);
    EXPECT_EQ(entry.snapshot_id, snapshot->snapshot_id.value());
    EXPECT_TRUE(fs::exists(*LocalPath(entry.file.path))) << entry.file.path;
    bool null_city = IsNull(entry.file.partition[1]);
    EXPECT_EQ(*FindByField(entry.file.null_counts, 2), null_city ? entry.file.record_count : 0);
    EXPECT_NE(entry.file.path.find(null_city ? "city=null" : "city="), std::string::npos);
  }
  EXPECT_EQ(rows, 30);
  EXPECT_NE(entries[0].file.path.find("/data/ts_day=1970-01-01/city=S%C3%A3o+Paulo%2F1/00000-0-"), std::string::npos)
      << entries[0].file.path;
  EXPECT_EQ(*FindByField(entries[0].file.lower_bounds, 1), std::string(8, '\0'));
  auto manifests = catalog_->io().Manifests(*snapshot);
  ASSERT_EQ((*manifests)->size(), 1u);
  EXPECT_TRUE((**manifests)[0].partitions[1].contains_null);
  EXPECT_EQ((**manifests)[0].partitions[1].lower_bound, "Oslo");
}

TEST_F(CatalogTest, TwoSinksCommitToOneTableInOneTransaction) {
  ASSERT_OK(catalog_->CreateTable(kTable, Definition()));
  auto a = Appender(kTable);
  auto b = Appender(kTable);
  ASSERT_OK(a->Write(*Rows(0, 5)));
  ASSERT_OK(b->Write(*Rows(100, 7)));
  auto staged_a = a->Stage(*a->Flush(), CheckpointId(1));
  auto staged_b = b->Stage(*b->Flush(), CheckpointId(1));
  ASSERT_OK(staged_a);
  ASSERT_OK(staged_b);
  ASSERT_OK(store_->Write([&](meta::Transaction& transaction) -> Status {
    FLOE_TRY_VOID(catalog_->Apply(transaction, *staged_a));
    return catalog_->Apply(transaction, *staged_b);
  }));
  auto table = catalog_->LoadTable(kTable);
  ASSERT_OK(table);
  EXPECT_EQ(table->metadata->snapshots.size(), 2u);
  EXPECT_EQ(table->metadata->current_snapshot()->summary.at("total-records"), "12");
  EXPECT_EQ(table->metadata->current_snapshot()->sequence_number, 2);
  EXPECT_EQ(Entries(*table).size(), 2u);
}

TEST_F(CatalogTest, AForeignCommitIsNotLost) {
  ASSERT_OK(catalog_->CreateTable(kTable, Definition()));
  auto a = Appender(kTable);
  ASSERT_OK(a->Write(*Rows(0, 5)));
  auto staged = a->Stage(*a->Flush(), CheckpointId(1));
  ASSERT_OK(staged);
  ASSERT_OK(catalog_->SetProperties(kTable, {{"owner", "somebody"}}, {}));
  ASSERT_OK(store_->Write([&](meta::Transaction& transaction) { return catalog_->Apply(transaction, *staged); }));
  auto table = catalog_->LoadTable(kTable);
  EXPECT_EQ(table->metadata->Property("owner"), "somebody");
  EXPECT_EQ(Entries(*table).size(), 1u);
}

TEST_F(CatalogTest, MetadataStaysBoundedOverManyCommits) {
  auto definition = Definition();
  definition.properties["write.metadata.previous-versions-max"] = "5";
  ASSERT_OK(catalog_->CreateTable(kTable, definition));
  auto appender = Appender(kTable);
  ASSERT_OK(appender->Write(*Rows(0, 1)));
  auto files = appender->Flush();
  ASSERT_OK(files);
  constexpr int kCommits = 300;
  for (int i = 0; i < kCommits; ++i) {
    clock_.Advance(std::chrono::milliseconds(80));
    DataFile file = (*files)[0];
    file.path += std::to_string(i);
    ASSERT_OK(catalog_->Append(kTable, {file}, {}));
  }
  clock_.Advance(std::chrono::minutes(1));
  ASSERT_OK(catalog_->CollectGarbage());
  auto table = catalog_->LoadTable(kTable);
  EXPECT_LE(table->metadata->snapshots.size(), 62u);
  EXPECT_LE(table->metadata->metadata_log.size(), 5u);
  auto entries = Entries(*table);
  std::set<std::string> paths;
  for (const auto& entry : entries) paths.insert(entry.file.path);
  EXPECT_EQ(paths.size(), static_cast<std::size_t>(kCommits));
  EXPECT_EQ(table->metadata->current_snapshot()->summary.at("total-data-files"), std::to_string(kCommits));
  std::set<std::string> needed;
  for (const auto& snapshot : table->metadata->snapshots) {
    auto list = catalog_->io().Manifests(*snapshot);
    ASSERT_OK(list);
    EXPECT_LE((*list)->size(), 40u);
    needed.insert(*LocalPath(snapshot->manifest_list));
    for (const auto& manifest : **list) needed.insert(*LocalPath(manifest.path));
  }
  std::size_t avro = 0;
  std::size_t json = 0;
  for (const auto& file : fs::directory_iterator(*LocalPath(MetadataFolder(*table->metadata)))) {
    json += file.path().extension() == ".json" ? 1 : 0;
    if (file.path().extension() != ".avro") continue;
    ++avro;
    EXPECT_TRUE(needed.contains(file.path().string())) << file.path();
  }
  EXPECT_EQ(avro, needed.size());
  EXPECT_EQ(json, 6u);
}

TEST_F(CatalogTest, RefusesRowsThatDoNotFit) {
  ASSERT_OK(catalog_->CreateTable(kTable, Definition()));
  auto appender = Appender(kTable);
  auto owned = Rows(0, 2);
  data::Batch& batch = *owned;
  batch.rows.SetValue(0, 1, duckdb::Value(duckdb::LogicalType::BIGINT));
  EXPECT_THAT(appender->Write(batch), HasErrorMessage("'id'"));
  auto owned_deletes = Rows(0, 1);
  data::Batch& deletes = *owned_deletes;
  deletes.kinds = {data::RowKind::kDelete};
  EXPECT_THAT(appender->Write(deletes), IsError(ErrorKind::kNotSupported));
  EXPECT_EQ(appender->Flush()->size(), 0u);
  data::Schema unknown = Input();
  unknown.fields.push_back({"extra", data::Type::Int(), "", {}});
  EXPECT_THAT(TableAppender::Open(*catalog_, instance_, kTable, unknown, {}), HasErrorMessage("'extra'"));
  data::Schema missing;
  missing.fields.push_back({"city", data::Type::String(), "", {}});
  EXPECT_THAT(TableAppender::Open(*catalog_, instance_, kTable, missing, {}), HasErrorMessage("'id'"));
}

TEST_F(CatalogTest, SchemaChangesKeepIds) {
  ASSERT_OK(catalog_->CreateTable(kTable, Definition({"city"})));
  auto change = [&](const MetadataChange& apply) { return catalog_->ChangeTable(kTable, apply); };
  Field note;
  note.name = "note";
  note.type = Type(TypeId::kString);
  ASSERT_OK(change([&](TableMetadata& m) { return AddColumn(m, "", note); }));
  ASSERT_OK(change([&](TableMetadata& m) { return RenameColumn(m, "note", "remark"); }));
  EXPECT_THAT(change([&](TableMetadata& m) { return RenameColumn(m, "remark", "id"); }),
              IsError(ErrorKind::kAlreadyExists));
  EXPECT_THAT(change([&](TableMetadata& m) { return DropColumn(m, "city"); }), IsError(ErrorKind::kInvalidInput));
  EXPECT_THAT(change([&](TableMetadata& m) { return DropColumn(m, "nothing"); }), IsError(ErrorKind::kNotFound));
  EXPECT_THAT(change([&](TableMetadata& m) { return PromoteColumn(m, "id", Type(TypeId::kInt)); }),
              IsError(ErrorKind::kInvalidInput));
  auto table = catalog_->LoadTable(kTable);
  EXPECT_EQ(table->metadata->schema().FindByName("remark")->id, 4);
  EXPECT_EQ(table->metadata->last_column_id, 4);
  EXPECT_EQ(table->metadata->schemas.size(), 3u);
  ASSERT_OK(change([&](TableMetadata& m) { return RenameColumn(m, "remark", "note"); }));
  EXPECT_EQ(catalog_->LoadTable(kTable)->metadata->current_schema_id, 1);
}

}  // namespace
}  // namespace floe::iceberg
