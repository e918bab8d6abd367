// SPDX-License-Identifier: Apache-2.0
#include "query/iceberg_catalog.h"

#include <filesystem>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/matchers.h"
#include "sql/catalog/session_catalog.h"
#include "sql/dialect/parser.h"

namespace floe::query {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class IcebergCatalogTest : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = testing::TempDir() + "floe_iceberg_catalog_" + SystemRandom().Uuid();
    std::filesystem::create_directories(directory_);
    meta_ = std::move(*meta::Store::Open(directory_ + "/meta.db"));
    auto tables =
        iceberg::Catalog::Open(*meta_, io::LocalFileSystem(), directory_ + "/warehouse", SystemClock(), SystemRandom());
    ASSERT_OK(tables);
    tables_ = std::move(*tables);
    manager_ = std::move(*sql::catalog::CatalogManager::Open(nullptr));
    manager_->AddBuiltIn({.name = "iceberg", .type = "iceberg", .comment = {}, .options = {}},
                         MakeIcebergCatalog(*tables_, "iceberg"));
    session_ = std::make_unique<sql::catalog::SessionCatalog>(*manager_);
    ASSERT_OK(tables_->CreateDatabase("lab"));
    Run("CREATE TABLE iceberg.lab.t (id BIGINT, name STRING, ts TIMESTAMP(3), PRIMARY KEY (id) NOT ENFORCED) "
        "PARTITIONED BY (ts) WITH ('connector' = 'iceberg')");
  }
  void TearDown() override {
    session_.reset();
    manager_.reset();
    tables_.reset();
    meta_.reset();
    std::filesystem::remove_all(directory_);
  }

  /// "", or the error as "column kind: text".
  std::string Run(const std::string& sql) {
    auto statement = sql::dialect::ParseStatement(sql);
    if (!statement) return statement.error().ToString();
    Status status = statement->As<sql::dialect::CreateTable>() != nullptr
                        ? session_->CreateTable(*statement->As<sql::dialect::CreateTable>())
                        : session_->AlterTable(*statement->As<sql::dialect::AlterTable>());
    if (status) return "";
    return fmt::format("{} {}: {}", status.error().position().value_or(TextPosition{}).column,
                       ToString(status.error().kind()), status.error().ToString());
  }

  std::string ShowCreate(const std::string& name) {
    auto statement = sql::dialect::ParseStatement("SHOW CREATE TABLE " + name);
    auto shown = session_->Show(*statement->As<sql::dialect::Show>());
    return shown ? shown->rows[0][0] : shown.error().ToString();
  }
  /// "ts_day=day, id_bucket=bucket[4]".
  std::string Partitions(const std::string& table) {
    std::string text;
    auto loaded = tables_->LoadTable({"lab", table});
    for (const iceberg::PartitionField& field : loaded->metadata->spec().fields)
      text += (text.empty() ? "" : ", ") + field.name + "=" + field.transform.ToString();
    return text;
  }

  std::string directory_;
  std::unique_ptr<meta::Store> meta_;
  std::unique_ptr<iceberg::Catalog> tables_;
  std::unique_ptr<sql::catalog::CatalogManager> manager_;
  std::unique_ptr<sql::catalog::SessionCatalog> session_;
};

TEST_F(IcebergCatalogTest, ErrorsOfAlterTableStandAtTheirClause) {
  EXPECT_THAT(Run("ALTER TABLE iceberg.lab.t DROP ts"), StartsWith("32 invalid input: column 'ts' is a partition"));
  EXPECT_THAT(Run("ALTER TABLE iceberg.lab.t DROP (name, ts)"), StartsWith("39 invalid input: column 'ts'"));
  EXPECT_THAT(Run("ALTER TABLE iceberg.lab.t MODIFY (name STRING, id INT NOT NULL)"),
              StartsWith("48 invalid input: column 'id' of type long"));
  EXPECT_THAT(Run("ALTER TABLE iceberg.lab.t MODIFY name STRING NOT NULL"), StartsWith("34 invalid input: "));
  EXPECT_THAT(Run("ALTER TABLE iceberg.lab.t ADD x INT NOT NULL"), StartsWith("31 invalid input: "));
  EXPECT_THAT(Run("ALTER TABLE iceberg.lab.t SET ('a' = 'b', 'format-version' = '9')"),
              StartsWith("43 not supported: 'format-version' = '9'"));
  EXPECT_THAT(Run("ALTER TABLE iceberg.lab.t RESET ('a', 'connector')"), StartsWith("39 invalid input: 'connector'"));
  EXPECT_THAT(Run("ALTER TABLE iceberg.lab.t SET ('location' = '/x')"), StartsWith("32 not supported: 'location'"));
}

TEST_F(IcebergCatalogTest, WhatATableCannotKeepIsRefusedAndTheTableStaysReadable) {
  EXPECT_THAT(Run("ALTER TABLE iceberg.lab.t ADD y AS id + 1"), StartsWith("31 not supported: column 'y'"));
  EXPECT_THAT(Run("ALTER TABLE iceberg.lab.t ADD y BIGINT METADATA"), StartsWith("31 not supported: column 'y'"));
  EXPECT_THAT(Run("ALTER TABLE iceberg.lab.t ADD y TIMESTAMP(9)"), StartsWith("31 not supported: column 'y'"));
  EXPECT_THAT(Run("ALTER TABLE iceberg.lab.t ADD y INTERVAL YEAR"), StartsWith("31 "));
  EXPECT_THAT(Run("CREATE TABLE iceberg.lab.u (y TIMESTAMP(9)) WITH ('connector' = 'iceberg')"),
              HasSubstr("not supported: column 'y'"));
  EXPECT_THAT(Run("ALTER TABLE iceberg.lab.t MODIFY PRIMARY KEY (id, name) NOT ENFORCED"),
              StartsWith("34 not supported: the PRIMARY KEY"));
  EXPECT_THAT(Run("ALTER TABLE iceberg.lab.t DROP PRIMARY KEY"), StartsWith("13 not supported: the PRIMARY KEY"));
  EXPECT_THAT(Run("ALTER TABLE iceberg.lab.t ADD DISTRIBUTION BY HASH(id) INTO 3 BUCKETS"),
              StartsWith("52 not supported: "));
  EXPECT_EQ(Run("ALTER TABLE iceberg.lab.t RENAME id TO number"), "");
  EXPECT_EQ(Run("ALTER TABLE iceberg.lab.t SET ('a' = 'b', 'format-version' = '2', 'connector' = 'iceberg')"), "");
  auto table = tables_->LoadTable({"lab", "t"});
  ASSERT_OK(table);
  EXPECT_EQ(table->metadata->properties.at("a"), "b");
  EXPECT_FALSE(table->metadata->properties.contains("format-version"));
}

TEST_F(IcebergCatalogTest, HiddenPartitionsStayAwayFromOtherConnectors) {
  ASSERT_EQ(Run("CREATE TABLE iceberg.lab.u (id INT, ts TIMESTAMP(3)) PARTITIONED BY (hour(ts)) WITH ('connector' = "
                "'iceberg')"),
            "");
  auto like = [&](const std::string& table) {
    auto statement =
        sql::dialect::ParseStatement("CREATE TABLE x WITH ('connector' = 'filesystem') LIKE iceberg.lab." + table);
    return session_->Prepare(*statement->As<sql::dialect::CreateTable>())->partitioned_by;
  };
  EXPECT_EQ(like("u"), std::vector<std::string>{});
  EXPECT_EQ(like("t"), std::vector<std::string>{"ts"});
}

TEST_F(IcebergCatalogTest, OutsideCatalogsAreNotSupportedYet) {
  EXPECT_THAT(manager_->Create({.name = "ice", .type = {}, .comment = {}, .options = {{"type", "iceberg"}}}),
              IsError(ErrorKind::kNotSupported));
  EXPECT_THAT(manager_->Create({.name = "hive", .type = {}, .comment = {}, .options = {{"type", "hive"}}}),
              IsError(ErrorKind::kInvalidInput));
}

TEST_F(IcebergCatalogTest, AStoredFormatVersionSaysNothing) {
  ASSERT_OK(tables_->ChangeTable({"lab", "t"}, [](iceberg::TableMetadata& metadata) -> Status {
    metadata.properties["format-version"] = "9";
    return {};
  }));
  EXPECT_EQ(Run("ALTER TABLE iceberg.lab.t RENAME id TO number"), "");
  EXPECT_FALSE((*tables_->LoadTable({"lab", "t"})).metadata->properties.contains("format-version"));
}

TEST_F(IcebergCatalogTest, ClausesThatATableCannotKeepAreRefused) {
  EXPECT_THAT(Run("ALTER TABLE iceberg.lab.t ADD WATERMARK FOR ts AS ts"),
              StartsWith("31 not supported: iceberg.lab.t is an Iceberg table: it keeps no WATERMARK, and windows "));
  EXPECT_THAT(Run("ALTER TABLE iceberg.lab.t MODIFY name STRING COMMENT 'x'"),
              StartsWith("34 not supported: column 'name'"));
  EXPECT_THAT(Run("ALTER TABLE iceberg.lab.t RESET ('a', 'location')"), StartsWith("39 not supported: 'location'"));
  EXPECT_THAT(Run("ALTER TABLE iceberg.lab.t RESET ('format-version')"),
              StartsWith("34 not supported: 'format-version'"));
  EXPECT_THAT(Run("CREATE TABLE iceberg.lab.u (ts TIMESTAMP(3), WATERMARK FOR ts AS ts)"),
              StartsWith("46 not supported: iceberg.lab.u is an Iceberg table: it keeps no WATERMARK"));
  EXPECT_THAT(Run("CREATE TABLE iceberg.lab.u (id INT) DISTRIBUTED BY HASH(id) INTO 3 BUCKETS"),
              StartsWith("57 not supported: iceberg.lab.u is an Iceberg table: it keeps no DISTRIBUTION"));
  EXPECT_THAT(tables_->LoadTable({"lab", "u"}), IsError(ErrorKind::kNotFound));
  // A comment made with its column stays, also where MODIFY says nothing of it.
  EXPECT_EQ(Run("ALTER TABLE iceberg.lab.t ADD c INT COMMENT 'x'"), "");
  EXPECT_EQ(Run("ALTER TABLE iceberg.lab.t MODIFY c BIGINT"), "");
  EXPECT_EQ(Run("ALTER TABLE iceberg.lab.t MODIFY c BIGINT COMMENT 'x'"), "");
  EXPECT_EQ((*tables_->LoadTable({"lab", "t"})).metadata->schema().fields.back().doc, "x");
}

TEST_F(IcebergCatalogTest, ResetNamesTheSpellingThatIsKept) {
  EXPECT_EQ(Run("ALTER TABLE iceberg.lab.t SET ('compression_codec' = 'gzip')"), "");
  EXPECT_THAT(Run("ALTER TABLE iceberg.lab.t RESET ('compression_codec')"),
              HasSubstr("it is kept as 'write.parquet.compression-codec'; RESET that"));
  EXPECT_EQ(Run("ALTER TABLE iceberg.lab.t RESET ('write.parquet.compression-codec', 'unknown')"), "");
  EXPECT_FALSE((*tables_->LoadTable({"lab", "t"})).metadata->properties.contains("write.parquet.compression-codec"));
}

TEST_F(IcebergCatalogTest, ShowCreateTableMakesTheSameTableAgain) {
  ASSERT_EQ(Run("CREATE TABLE iceberg.lab.p (id BIGINT NOT NULL COMMENT 'number', city STRING, ts TIMESTAMP(6), "
                "`timestamp` TIMESTAMP_LTZ(6), `my day` DATE, `a``,b` STRING, year_made INT, r ROW<x INT, y STRING>, "
                "PRIMARY KEY (id) NOT ENFORCED) COMMENT 'all transforms' PARTITIONED BY (bucket(id, 16), "
                "truncate(city, 3), day(ts), hour(`timestamp`), month(`my day`), bucket(`a``,b`, 4), year_made, city) "
                "WITH ('write.parquet.compression-codec' = 'gzip')"),
            "");
  const std::string partitions = Partitions("p");
  EXPECT_EQ(partitions,
            "id_bucket=bucket[16], city_trunc=truncate[3], ts_day=day, timestamp_hour=hour, my day_month=month, "
            "a`,b_bucket=bucket[4], year_made=identity, city=identity");
  const std::string shown = ShowCreate("iceberg.lab.p");
  EXPECT_THAT(shown, HasSubstr("\nPARTITIONED BY (bucket(16, `id`), truncate(3, `city`), day(`ts`), "
                               "hour(`timestamp`), month(`my day`), bucket(4, `a``,b`), `year_made`, `city`)\n"));
  auto before = tables_->LoadTable({"lab", "p"});
  ASSERT_OK(tables_->DropTable({"lab", "p"}, true));
  ASSERT_EQ(Run(shown), "");
  EXPECT_EQ(Partitions("p"), partitions);
  EXPECT_EQ(ShowCreate("iceberg.lab.p"), shown);
  auto after = tables_->LoadTable({"lab", "p"});
  EXPECT_EQ(iceberg::SchemaToJson(after->metadata->schema()), iceberg::SchemaToJson(before->metadata->schema()));
  EXPECT_EQ(after->metadata->properties, before->metadata->properties);
}

TEST_F(IcebergCatalogTest, ATableIsKnownByWhatIcebergKeepsOfIt) {
  const std::string sql =
      "CREATE TABLE iceberg.lab.k (id BIGINT, name VARCHAR(9), ts TIMESTAMP(3), PRIMARY KEY (id) NOT ENFORCED) "
      "PARTITIONED BY (day(ts)) WITH ('connector' = 'iceberg', 'format-version' = '2', 'compression_codec' = 'gzip')";
  ASSERT_EQ(Run(sql), "");
  auto statement = sql::dialect::ParseStatement(sql);
  auto made = session_->Prepare(*statement->As<sql::dialect::CreateTable>());
  ASSERT_OK(made);
  auto known = session_->Resolve(sql::catalog::ObjectPath{"iceberg", "lab", "k"});
  ASSERT_OK(known);
  EXPECT_NE(made->columns, (*known)->columns);
  const sql::catalog::CatalogTable kept = AsIcebergKeeps(*made);
  EXPECT_EQ(kept.columns, (*known)->columns);
  EXPECT_EQ(kept.partitioned_by, (*known)->partitioned_by);
  for (const auto& [key, value] : kept.options) EXPECT_EQ((*known)->options.at(key), value) << key;
}

TEST_F(IcebergCatalogTest, WhatIsMissingIsNamed) {
  auto resolve = [&](const std::string& database, const std::string& name) {
    auto found = session_->Resolve(sql::catalog::ObjectPath{"iceberg", database, name});
    return found ? "" : found.error().message();
  };
  EXPECT_EQ(resolve("nodb", "t"), "there is no database nodb in catalog iceberg");
  EXPECT_EQ(resolve("labb", "t"), "there is no database labb in catalog iceberg; did you mean lab?");
  EXPECT_EQ(resolve("nodb", "t$snapshots"), "there is no database nodb in catalog iceberg");
  EXPECT_EQ(resolve("lab", "wether"), "there is no table iceberg.lab.wether");
  ASSERT_EQ(Run("CREATE TABLE iceberg.lab.weather (a INT)"), "");
  EXPECT_EQ(resolve("lab", "wether"), "there is no table iceberg.lab.wether; did you mean weather?");
}

TEST_F(IcebergCatalogTest, PartitionsFollowARenameAndComeWithLike) {
  ASSERT_EQ(Run("ALTER TABLE iceberg.lab.t RENAME ts TO seen"), "");
  EXPECT_THAT(ShowCreate("iceberg.lab.t"), HasSubstr("\nPARTITIONED BY (`seen`)\n"));
  ASSERT_EQ(Run("CREATE TABLE iceberg.lab.u LIKE iceberg.lab.t"), "");
  EXPECT_EQ(Partitions("u"), "seen=identity");
  ASSERT_EQ(Run("CREATE TABLE iceberg.lab.w LIKE iceberg.lab.t (EXCLUDING PARTITIONS)"), "");
  EXPECT_EQ(Partitions("w"), "");
}

}  // namespace
}  // namespace floe::query
