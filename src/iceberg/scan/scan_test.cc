// SPDX-License-Identifier: Apache-2.0
// Rows written, read back through evolution of schema, with pruning and time travel.
#include <filesystem>

#include <duckdb.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/matchers.h"
#include "data/duckdb_type.h"
#include "iceberg/commit/catalog.h"
#include "iceberg/commit/table_appender.h"
#include "iceberg/commit/table_builder.h"
#include "iceberg/scan/metadata_tables.h"
#include "iceberg/scan/plan.h"
#include "iceberg/scan/relation.h"
#include "iceberg/scan/verify.h"

namespace floe::iceberg {
namespace {

namespace fs = std::filesystem;
const TableName kTable{"db", "t"};

class ScanTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    root_ = fs::temp_directory_path() / fmt::format("floe_scan_{}_{}", getpid(), test->name());
    fs::remove_all(root_);
    fs::create_directories(root_);
    auto store = meta::Store::Open((root_ / "meta.db").string());
    ASSERT_OK(store);
    store_ = std::move(*store);
    auto catalog =
        Catalog::Open(*store_, io::LocalFileSystem(), (root_ / "warehouse").string(), clock_, SystemRandom());
    ASSERT_OK(catalog);
    catalog_ = std::move(*catalog);
    ASSERT_OK(catalog_->CreateDatabase("db"));
    auto connection = instance_.Connect();
    ASSERT_OK(connection);
    connection_ = std::move(*connection);
  }
  void TearDown() override {
    connection_.reset();
    fs::remove_all(root_);
  }

  /// Appends what a DuckDB query gives; columns by name.
  void Insert(const std::string& query) {
    auto result = connection_->Query(query);
    ASSERT_FALSE(result->HasError()) << result->GetError();
    data::Schema schema;
    for (std::size_t i = 0; i < result->names.size(); ++i) {
      auto type = data::FromDuckDB(result->types[i]);
      ASSERT_OK(type);
      schema.fields.push_back({result->names[i], *type, "", {}});
    }
    auto appender = TableAppender::Open(*catalog_, instance_, kTable, schema, {});
    ASSERT_OK(appender);
    while (auto chunk = result->Fetch()) {
      data::Batch batch;
      batch.rows.InitializeEmpty(result->types);
      batch.rows.Reference(*chunk);
      ASSERT_OK((*appender)->Write(batch));
    }
    auto files = (*appender)->Flush();
    ASSERT_OK(files);
    clock_.Advance(std::chrono::seconds(1));
    ASSERT_OK(catalog_->Append(kTable, *files, {}));
  }
  void Create(const std::string& example, std::vector<std::string> partitioning = {}) {
    auto result = connection_->Query(example + " LIMIT 0");
    ASSERT_FALSE(result->HasError()) << result->GetError();
    data::Schema schema;
    for (std::size_t i = 0; i < result->names.size(); ++i) {
      schema.fields.push_back({result->names[i], *data::FromDuckDB(result->types[i]), "", {}});
    }
    TableDefinition definition;
    definition.fields = *FromFlink(schema);
    definition.partitioning = std::move(partitioning);
    ASSERT_OK(catalog_->CreateTable(kTable, definition));
  }
  void Change(const MetadataChange& change) { ASSERT_OK(catalog_->ChangeTable(kTable, change)); }

  std::string Select(const std::string& what, const AsOf& as_of = {},
                     const std::vector<ColumnPredicate>& predicates = {}) {
    auto table = catalog_->LoadTable(kTable);
    if (!table) return table.error().ToString();
    auto plan = PlanScan(catalog_->io(), *table, as_of, predicates);
    if (!plan) return plan.error().ToString();
    plan_ = *plan;
    auto relation = MakeRelation(instance_, *plan);
    if (!relation) return relation.error().ToString();
    std::string sql = what;
    sql.replace(sql.find("$t"), 2, relation->sql);
    auto result = connection_->Query(sql);
    if (result->HasError()) return result->GetError();
    std::string text;
    while (auto chunk = result->Fetch()) {
      for (duckdb::idx_t row = 0; row < chunk->size(); ++row) {
        if (!text.empty()) text += "; ";
        for (duckdb::idx_t c = 0; c < chunk->ColumnCount(); ++c)
          text += (c == 0 ? "" : ",") + chunk->GetValue(c, row).ToString();
      }
    }
    return text;
  }

  fs::path root_;
  ManualClock clock_{TimestampUs(1'700'000'000'000'000)};
  duck::Instance instance_{duck::InstanceOptions{.threads = 1}};
  std::unique_ptr<meta::Store> store_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<duckdb::Connection> connection_;
  ScanPlan plan_;
};

TEST_F(ScanTest, ReadsAnEmptyTable) {
  Create("SELECT 1::BIGINT AS id, 'x' AS name");
  EXPECT_EQ(Select("SELECT count(*) FROM $t"), "0");
  EXPECT_EQ(Select("SELECT typeof(id) FROM (SELECT any_value(id) AS id FROM $t)"), "BIGINT");
}

TEST_F(ScanTest, FollowsSchemaEvolutionAtEveryDepth) {
  Create(
      "SELECT 1::INTEGER AS id, 'x' AS name, {'a': 1, 'b': 'x'} AS s, [{'p': 1.0::FLOAT}] AS l, MAP {'k': {'v': 1}} AS "
      "m");
  Insert(
      "SELECT 1::INTEGER AS id, 'one' AS name, {'a': 10, 'b': 'bee'} AS s, [{'p': 1.5::FLOAT}] AS l, MAP {'k': {'v': "
      "7}} AS m");
  Field extra;
  extra.name = "c";
  extra.type = Type(TypeId::kString);
  Change([&](TableMetadata& m) { return AddColumn(m, "s", extra); });
  Change([&](TableMetadata& m) { return AddColumn(m, "l", extra); });
  Change([&](TableMetadata& m) { return RenameColumn(m, "s.b", "bb"); });
  Change([&](TableMetadata& m) { return PromoteColumn(m, "l.element.p", Type(TypeId::kDouble)); });
  Change([&](TableMetadata& m) { return PromoteColumn(m, "id", Type(TypeId::kLong)); });
  Change([&](TableMetadata& m) { return RenameColumn(m, "m.value.v", "vv"); });
  Change([&](TableMetadata& m) { return DropColumn(m, "name"); });
  Field name;
  name.name = "name";
  name.type = Type(TypeId::kInt);
  Change([&](TableMetadata& m) { return AddColumn(m, "", name); });
  EXPECT_EQ(Select("SELECT id, s, l, m, name FROM $t"),
            "1,{'a': 10, 'bb': bee, 'c': NULL},[{'p': 1.5, 'c': NULL}],{k={'vv': 7}},NULL");
  Insert("SELECT 5000000000 AS id, 3::INTEGER AS name, {'a': 1, 'bb': 'x', 'c': 'y'} AS s");
  EXPECT_EQ(Select("SELECT id, s.c, name, l FROM $t ORDER BY id"),
            "1,NULL,NULL,[{'p': 1.5, 'c': NULL}]; 5000000000,y,3,NULL");
  EXPECT_EQ(Select("SELECT count(*) FROM $t WHERE s.c = 'y' AND id > 4000000000"), "1");
}

TEST_F(ScanTest, PrunesByPartitionAndBounds) {
  Create("SELECT 1::BIGINT AS id, TIMESTAMP '2026-01-01 00:00:00' AS ts, 'x' AS city", {"day(ts)"});
  for (int day = 1; day <= 3; ++day) {
    Insert(
        fmt::format("SELECT {0}*100+i AS id, TIMESTAMP '2026-01-0{0} 00:00:00' + to_hours(i) AS ts, 'c' || i AS city "
                    "FROM range(24) r(i)",
                    day));
  }
  auto at = [](const std::string& text) { return duckdb::Timestamp::FromString(text, false).value; };
  std::string count = "SELECT count(*) FROM $t WHERE ts >= TIMESTAMP '2026-01-02 12:00:00'";
  EXPECT_EQ(Select(count, {}, {{2, CompareOp::kGreaterOrEqual, {at("2026-01-02 12:00:00")}}}), "36");
  EXPECT_EQ(plan_.tasks.size(), 2u);
  EXPECT_EQ(plan_.manifests_skipped, 1);
  EXPECT_EQ(Select("SELECT sum(id) FROM $t WHERE id = 205", {}, {{1, CompareOp::kEqual, {std::int64_t{205}}}}), "205");
  EXPECT_EQ(plan_.tasks.size(), 1u);
  EXPECT_EQ(plan_.files_skipped, 2);
  Select("SELECT 1 FROM $t", {}, {{1, CompareOp::kIn, {std::int64_t{5}, std::int64_t{301}}}});
  EXPECT_EQ(plan_.tasks.size(), 1u);
  Select("SELECT 1 FROM $t", {}, {{3, CompareOp::kIsNull, {}}});
  EXPECT_EQ(plan_.tasks.size(), 0u);
  Select("SELECT 1 FROM $t", {}, {{2, CompareOp::kLess, {at("2026-01-02 00:00:00")}}});
  EXPECT_EQ(plan_.tasks.size(), 1u);
}

TEST_F(ScanTest, TravelsInTime) {
  Create("SELECT 1::BIGINT AS id");
  std::vector<LoadedTable> versions;
  for (int i = 1; i <= 3; ++i) {
    Insert(fmt::format("SELECT {}::BIGINT AS id", i));
    versions.push_back(*catalog_->LoadTable(kTable));
  }
  std::string sum = "SELECT sum(id) FROM $t";
  EXPECT_EQ(Select(sum), "6");
  EXPECT_EQ(Select(sum, *versions[1].metadata->current_snapshot_id), "3");
  EXPECT_EQ(Select(sum, AsOfTimestamp{TimestampMs(versions[1].metadata->last_updated.value() + 999)}), "3");
  EXPECT_EQ(Select(sum, AsOfRef{"main"}), "6");
  EXPECT_NE(Select(sum, AsOfTimestamp{TimestampMs(1)}).find("no snapshot as old"), std::string::npos);
  EXPECT_NE(Select(sum, SnapshotId(4)).find("does not exist"), std::string::npos);
  EXPECT_NE(Select(sum, AsOfRef{"dev"}).find("'dev'"), std::string::npos);
}

TEST_F(ScanTest, EveryTransformComesBackRowForRow) {
  std::string rows =
      "SELECT i::INTEGER AS i, (i * 1000)::BIGINT AS l, 'name' || i AS s, (i * 1.25)::DECIMAL(9,2) AS dec, DATE "
      "'1969-12-30' + i::INTEGER AS d,"
      " TIMESTAMP '1969-12-31 20:00:00' + to_hours(i) AS ts, TIMESTAMPTZ '1969-12-31 20:00:00+00' + to_hours(i) AS tz, "
      "(i % 2 = 0) AS b,"
      " CASE WHEN i = 3 THEN 'nan'::DOUBLE WHEN i = 4 THEN NULL ELSE i / 7 END AS f, encode('b' || i) AS bin"
      " FROM (SELECT range - 3 AS i FROM range(10))";
  for (const char* transform :
       {"i", "bucket(4, l)", "truncate(s, 3)", "truncate(3, i)", "bucket(4, dec)", "truncate(dec, 50)", "year(d)",
        "month(ts)", "day(tz)", "hour(ts)", "b", "f", "bin", "bucket(8, bin)", "tz", "dec", "bucket(2, s)"}) {
    SCOPED_TRACE(transform);
    Create(rows, {transform});
    Insert(rows);
    Insert("SELECT NULL::INTEGER AS i");
    EXPECT_EQ(Select("SELECT count(*) FROM ((FROM $t) EXCEPT ALL (" + rows + "))"), "1");
    EXPECT_EQ(Select("SELECT count(*), count(i), sum(l) FROM $t"), "11,10,15000");
    ASSERT_OK(catalog_->DropTable(kTable, true));
  }
}

TEST_F(ScanTest, ShowsMetadataAsRows) {
  Create("SELECT 1::BIGINT AS id, 'x' AS city", {"city"});
  Insert("SELECT i AS id, 'c' || (i % 2) AS city FROM range(10) r(i)");
  auto table = catalog_->LoadTable(kTable);
  ASSERT_OK(table);
  auto query = [&](std::string_view kind, const std::string& what) -> std::string {
    auto rows = ReadMetadataTable(catalog_->io(), *table, kind);
    if (!rows) return rows.error().ToString();
    auto result = connection_->Query("SELECT " + what + " FROM " + ToSql(*rows));
    return result->HasError() ? result->GetError() : result->GetValue(0, 0).ToString();
  };
  EXPECT_EQ(query("snapshots", "summary['total-records']"), "10");
  EXPECT_EQ(query("history", "count(*) FILTER (is_current_ancestor)"), "1");
  EXPECT_EQ(query("files", "sum(record_count)"), "10");
  EXPECT_EQ(query("files", "min(lower_bounds['id'])"), "0");
  EXPECT_EQ(query("partitions", "string_agg(partition, '|' ORDER BY partition)"), "city=c0|city=c1");
  EXPECT_EQ(query("manifests", "sum(added_data_files_count)"), "2");
  EXPECT_EQ(query("refs", "name"), "main");
  EXPECT_NE(query("snapshot", "1").find("snapshots"), std::string::npos);
}

class VerifyTest : public ScanTest {
 protected:
  void SetUp() override {
    ScanTest::SetUp();
    verifier_ = std::make_unique<TableVerifier>(catalog_->io());
    Create("SELECT 1::BIGINT AS id, 'x' AS s, 1.0::DOUBLE AS d, [1] AS l, {'a': 1, 'b': 'x'} AS r", {"bucket(2, id)"});
    Insert(
        "SELECT i::BIGINT AS id, CASE WHEN i % 3 = 0 THEN NULL ELSE 'value ' || i END AS s, CASE WHEN i % 5 = 0 THEN "
        "'nan'::DOUBLE ELSE i / 7.0 END AS d, CASE WHEN i % 4 = 0 THEN NULL ELSE [i::INTEGER, i::INTEGER + 1] END AS "
        "l, "
        "{'a': i::INTEGER, 'b': 'b' || i} AS r FROM range(60) t(i)");
    Insert("SELECT 100::BIGINT AS id, 'late' AS s, NULL::DOUBLE AS d, [1] AS l, {'a': 1, 'b': NULL::VARCHAR} AS r");
    for (const auto& file : fs::recursive_directory_iterator(root_ / "warehouse")) {
      if (file.path().extension() == ".parquet" && (file_.empty() || fs::file_size(file_) < file.file_size()))
        file_ = file.path();
    }
  }
  TableReport Verify() {
    auto table = catalog_->LoadTable(kTable);
    EXPECT_OK(table);
    return verifier_->Verify(*table);
  }

  void TearDown() override {
    verifier_.reset();
    ScanTest::TearDown();
  }

  std::unique_ptr<TableVerifier> verifier_;
  fs::path file_;  ///< the larger one
};

TEST_F(VerifyTest, AcceptsWhatWasWritten) {
  TableReport report = Verify();
  for (const FileDamage& damage : report.damages) ADD_FAILURE() << damage.path << ": " << damage.reason;
  EXPECT_EQ(report.snapshots, 2);
  EXPECT_EQ(report.files, 3);
  EXPECT_EQ(report.rows, 61);
  EXPECT_EQ(report.without_checksum, 0);
  Change([](TableMetadata& m) { return RenameColumn(m, "s", "renamed"); });
  Change([](TableMetadata& m) { return PromoteColumn(m, "r.a", Type(TypeId::kLong)); });
  EXPECT_TRUE(Verify().damages.empty());
}

TEST_F(VerifyTest, FindsEveryFlippedByte) {
  auto whole = io::ReadFile(io::LocalFileSystem(), file_.string());
  ASSERT_OK(whole);
  for (std::size_t at = 0; at < whole->size(); at += 37) {
    std::string damaged = *whole;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << at % 8));
    ASSERT_OK(io::WriteFileDurably(io::LocalFileSystem(), file_.string(), damaged));
    TableReport report = Verify();
    ASSERT_EQ(report.damages.size(), 1u) << at;
    EXPECT_THAT(report.damages[0].path, testing::EndsWith(file_.filename().string()));
    EXPECT_THAT(report.damages[0].reason, testing::HasSubstr("CRC-32C"));
  }
}

/// As others write them.
TEST_F(VerifyTest, DecodesFilesWithoutChecksum) {
  auto table = catalog_->LoadTable(kTable);
  ASSERT_OK(table);
  auto plan = PlanScan(catalog_->io(), *table, {}, {});
  ASSERT_OK(plan);
  auto copy = [&](const std::function<void(DataFile&)>& change) {
    DataFile file;
    for (const ScanFileTask& task : plan->tasks) {
      if (task.file.path.ends_with(file_.filename().string())) file = task.file;
    }
    file.block_checksums.clear();
    change(file);
    static_cast<void>(catalog_->DropTable({"db", "other"}, false));
    TableDefinition definition;
    definition.fields = table->metadata->schema().fields;
    definition.partitioning = {"bucket(2, id)"};
    EXPECT_OK(catalog_->CreateTable({"db", "other"}, definition));
    EXPECT_OK(catalog_->Append({"db", "other"}, {file}, {}));
    auto other = catalog_->LoadTable({"db", "other"});
    EXPECT_OK(other);
    TableReport report = verifier_->Verify(*other);
    EXPECT_EQ(report.without_checksum, 1);
    return report.damages.empty() ? std::string() : report.damages[0].reason;
  };
  EXPECT_EQ(copy([](DataFile&) {}), "");
  EXPECT_THAT(copy([](DataFile& file) { ++file.record_count; }), testing::HasSubstr("rows, its manifest says"));
  EXPECT_THAT(copy([](DataFile& file) { file.null_counts[1].second += 1; }), testing::HasSubstr("column 's' holds"));
  EXPECT_THAT(copy([](DataFile& file) { file.lower_bounds[1].second = "value 2"; }),
              testing::HasSubstr("below the bound value 2"));
  // A damaged one is read without harm to anybody; not every flip can be seen.
  auto whole = io::ReadFile(io::LocalFileSystem(), file_.string());
  ASSERT_OK(whole);
  int found = 0;
  for (std::size_t at = 0; at < whole->size(); at += 29) {
    std::string damaged = *whole;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << at % 8));
    ASSERT_OK(io::WriteFileDurably(io::LocalFileSystem(), file_.string(), damaged));
    found += copy([](DataFile&) {}).empty() ? 0 : 1;
  }
  EXPECT_GT(found, 20);
}

}  // namespace
}  // namespace floe::iceberg
