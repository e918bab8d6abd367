// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <filesystem>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/matchers.h"
#include "sql/catalog/session_catalog.h"
#include "sql/dialect/parser.h"

namespace floe::sql::catalog {
namespace {

using dialect::ParseStatement;

class CatalogTest : public ::testing::Test {
 protected:
  CatalogTest() {
    std::filesystem::create_directories(directory_);
    Reopen();
  }
  ~CatalogTest() override {
    manager_.reset();
    store_.reset();
    std::filesystem::remove_all(directory_);
  }

  void Reopen() {
    session_.reset();
    manager_.reset();
    store_.reset();
    auto store = meta::Store::Open(directory_ + "/meta.db");
    ASSERT_OK(store);
    store_ = std::move(*store);
    auto manager = CatalogManager::Open(store_.get());
    ASSERT_OK(manager);
    manager_ = std::move(*manager);
    session_ = std::make_unique<SessionCatalog>(*manager_);
  }

  Status Run(std::string_view sql) { return Run(*session_, sql); }
  static Status Run(SessionCatalog& session, std::string_view sql) {
    FLOE_TRY(dialect::Statement statement, ParseStatement(sql));
    if (const auto* node = statement.As<dialect::CreateTable>()) return session.CreateTable(*node);
    if (const auto* node = statement.As<dialect::CreateView>()) return session.CreateView(*node);
    if (const auto* node = statement.As<dialect::CreateDatabase>()) return session.CreateDatabase(*node);
    if (const auto* node = statement.As<dialect::CreateCatalog>()) return session.CreateCatalog(*node);
    if (const auto* node = statement.As<dialect::Drop>()) return session.Drop(*node);
    if (const auto* node = statement.As<dialect::AlterTable>()) return session.AlterTable(*node);
    if (const auto* node = statement.As<dialect::AlterView>()) return session.AlterView(*node);
    if (const auto* node = statement.As<dialect::AlterOptions>()) return session.AlterOptions(*node);
    if (const auto* node = statement.As<dialect::Use>()) return session.Use(*node);
    return Fail(ErrorKind::kInternal, "not DDL");
  }

  /// First column of SHOW, joined.
  std::string Show(std::string_view sql) {
    auto statement = ParseStatement(sql);
    EXPECT_OK(statement);
    auto table = session_->Show(*statement->As<dialect::Show>());
    if (!table) return table.error().message();
    std::string text;
    for (const auto& row : table->rows) text += (text.empty() ? "" : ",") + row[0];
    return text;
  }

  TablePtr Get(const std::string& name) {
    dialect::ObjectName object;
    object.parts.push_back({name, false, {}});
    auto table = session_->Resolve(object);
    EXPECT_OK(table);
    return table ? *table : nullptr;
  }

  const std::string directory_ = ::testing::TempDir() + "floe_catalog_" + SystemRandom().Uuid();
  std::unique_ptr<meta::Store> store_;
  std::unique_ptr<CatalogManager> manager_;
  std::unique_ptr<SessionCatalog> session_;
};

constexpr std::string_view kOrders =
    "CREATE TABLE orders (id BIGINT, price DECIMAL(10, 2) COMMENT 'in ''EUR''', r ROW<a INT 'x', b STRING>, ts "
    "TIMESTAMP(3) METADATA FROM 'timestamp' "
    "VIRTUAL, doubled AS price * 2, WATERMARK FOR ts AS ts - INTERVAL '5' SECOND, PRIMARY KEY (id) NOT ENFORCED) "
    "COMMENT 'c' "
    "PARTITIONED BY (id) WITH ('connector' = 'kafka', 'topic' = 'o')";

TEST_F(CatalogTest, TablesComeBackAfterARestart) {
  ASSERT_OK(Run(kOrders));
  ASSERT_OK(Run("CREATE VIEW v (x) COMMENT 'view' AS SELECT id FROM orders"));
  ASSERT_OK(Run("CREATE DATABASE d COMMENT 'dd' WITH ('k' = 'v')"));
  std::string before = Get("orders")->ToCreateSql();
  CatalogTable table = *Get("orders");
  Reopen();
  TablePtr again = Get("orders");
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->ToCreateSql(), before);
  EXPECT_EQ(again->columns, table.columns);
  EXPECT_EQ(again->watermark, table.watermark);
  EXPECT_EQ(again->options, table.options);
  EXPECT_EQ(again->primary_key_name, "PK_id");
  EXPECT_EQ(again->partitioned_by, std::vector<std::string>{"id"});
  EXPECT_FALSE(again->columns[0].type.nullable());  // keys are NOT NULL
  TablePtr view = Get("v");
  ASSERT_NE(view, nullptr);
  EXPECT_EQ(view->view_query, "SELECT `id` FROM `orders`");
  EXPECT_EQ(view->view_database, "default_database");
  EXPECT_EQ(view->view_columns, std::vector<std::string>{"x"});
  EXPECT_EQ(Show("SHOW DATABASES"), "d,default_database");
  EXPECT_EQ(Show("SHOW TABLES"), "orders,v");
  EXPECT_EQ(Show("SHOW VIEWS"), "v");
  EXPECT_EQ(Show("SHOW TABLES LIKE 'o%'"), "orders");
}

TEST_F(CatalogTest, SecretsAreKeptAndNotShown) {
  ASSERT_OK(
      Run("CREATE TABLE s (a INT) WITH ('connector' = 'x', 'password' = 'hush', 'url' = "
          "'jdbc:postgresql://h/db?user=u&password=hush', 'properties.sasl.jaas.config' = 'm password=\"hush\";')"));
  ASSERT_OK(Run("CREATE VIEW v AS SELECT a FROM s /*+ OPTIONS('password' = 'hush', 'topic' = 't') */"));
  ASSERT_OK(Run("CREATE CATALOG c WITH ('type' = 'generic_in_memory', 'api-key' = 'hush')"));
  for (const char* sql : {"SHOW CREATE TABLE s", "SHOW CREATE VIEW v", "SHOW CREATE CATALOG c"}) {
    EXPECT_THAT(Show(sql), testing::HasSubstr("******")) << sql;
    EXPECT_THAT(Show(sql), testing::Not(testing::HasSubstr("hush"))) << sql;
  }
  EXPECT_THAT(Show("SHOW CREATE TABLE s"), testing::HasSubstr("'jdbc:postgresql://h/db?user=u&password=******'"));
  EXPECT_THAT(Show("SHOW CREATE VIEW v"), testing::HasSubstr("('password' = '******', 'topic' = 't')"));
  auto describe = dialect::ParseStatement("DESCRIBE CATALOG EXTENDED c");
  auto described = session_->Describe(*describe->As<dialect::Describe>());
  ASSERT_OK(described);
  EXPECT_THAT(described->rows, testing::Contains(std::vector<std::string>{"option:api-key", "******"}));
  Reopen();
  EXPECT_EQ(Get("s")->options.at("password"), "hush");
  EXPECT_EQ(Get("s")->options.at("properties.sasl.jaas.config"), "m password=\"hush\";");
  EXPECT_THAT(Get("v")->view_query, testing::HasSubstr("hush"));
}

TEST_F(CatalogTest, PartitionsOfAnyNameComeBack) {
  ASSERT_OK(
      Run("CREATE TABLE odd (`my id` BIGINT, `timestamp` TIMESTAMP(3), `a``b` INT) PARTITIONED BY (bucket(16, `my "
          "id`), hour(`timestamp`), `a``b`) WITH ('connector' = 'x')"));
  const std::string shown = Show("SHOW CREATE TABLE odd");
  EXPECT_THAT(shown, testing::HasSubstr("PARTITIONED BY (bucket(16, `my id`), hour(`timestamp`), `a``b`)"));
  Reopen();
  EXPECT_EQ(Show("SHOW CREATE TABLE odd"), shown);
}

TEST_F(CatalogTest, ShowCreateTablePrintsAllOfIt) {
  ASSERT_OK(Run(kOrders));
  EXPECT_EQ(Show("SHOW CREATE TABLE orders"),
            "CREATE TABLE `default_catalog`.`default_database`.`orders` (\n"
            "  `id` BIGINT NOT NULL,\n"
            "  `price` DECIMAL(10, 2) COMMENT 'in ''EUR''',\n"
            "  `r` ROW<`a` INT 'x', `b` STRING>,\n"
            "  `ts` TIMESTAMP(3) METADATA FROM 'timestamp' VIRTUAL,\n"
            "  `doubled` AS `price` * 2,\n"
            "  WATERMARK FOR `ts` AS `ts` - INTERVAL '5' SECOND,\n"
            "  CONSTRAINT `PK_id` PRIMARY KEY (`id`) NOT ENFORCED\n"
            ")\n"
            "COMMENT 'c'\n"
            "PARTITIONED BY (`id`)\n"
            "WITH (\n"
            "  'connector' = 'kafka',\n"
            "  'topic' = 'o'\n"
            ")");
}

TEST_F(CatalogTest, ShowCreateViewSaysThatAQueryDoesNotParse) {
  CatalogTable view;
  view.path = {"default_catalog", "default_database", "broken"};
  view.kind = TableKind::kView;
  view.temporary = true;
  view.view_query = "SELECT FROM WHERE";
  ASSERT_OK(session_->Store(std::move(view), false, false));
  auto statement = ParseStatement("SHOW CREATE VIEW broken");
  ASSERT_OK(statement);
  auto shown = session_->Show(*statement->As<dialect::Show>());
  EXPECT_THAT(shown, IsError(ErrorKind::kCorruption));
  EXPECT_THAT(shown, HasErrorMessage("broken has a query that does not parse"));
}

TEST_F(CatalogTest, NamesResolveAndNearOnesAreNamed) {
  ASSERT_OK(Run(kOrders));
  ASSERT_OK(Run("CREATE DATABASE d"));
  ASSERT_OK(Run("CREATE TABLE d.t (a INT)"));
  EXPECT_OK(session_->Resolve(ObjectPath{"default_catalog", "d", "t"}));
  auto resolve = [&](std::string_view name) {
    auto statement = ParseStatement("TRUNCATE TABLE " + std::string(name));
    return session_->Resolve(statement->As<dialect::Truncate>()->table);
  };
  EXPECT_OK(resolve("orders"));
  EXPECT_OK(resolve("default_catalog.d.t"));
  EXPECT_THAT(resolve("order_s"), HasErrorMessage("did you mean orders?"));
  EXPECT_THAT(resolve("Orders"), HasErrorMessage("did you mean orders?"));  // case counts
  EXPECT_THAT(resolve("dd.t"), HasErrorMessage("no database dd"));
  EXPECT_THAT(resolve("default_catalg.d.t"), HasErrorMessage("did you mean default_catalog?"));
  auto missing = resolve("nothing_like_it");
  EXPECT_THAT(missing, IsError(ErrorKind::kNotFound));
  EXPECT_EQ(missing.error().position(), (TextPosition{1, 16}));
  ASSERT_OK(Run("USE d"));
  EXPECT_OK(resolve("t"));
  EXPECT_THAT(Run("USE nope"), IsError(ErrorKind::kNotFound));
  EXPECT_EQ(Show("SHOW CURRENT DATABASE"), "d");
  EXPECT_THAT(Run("DROP DATABASE d"), IsError(ErrorKind::kFailedPrecondition));
  ASSERT_OK(Run("USE default_database"));
  EXPECT_THAT(Run("DROP DATABASE d"), HasErrorMessage("use CASCADE"));
  EXPECT_OK(Run("DROP DATABASE d CASCADE"));
  EXPECT_OK(Run("DROP DATABASE IF EXISTS d"));
}

TEST_F(CatalogTest, TemporaryTablesHideStoredOnesInTheirSessionOnly) {
  ASSERT_OK(Run("CREATE TABLE t (a INT)"));
  ASSERT_OK(Run("CREATE TEMPORARY TABLE t (b INT)"));
  EXPECT_EQ(Get("t")->columns[0].name, "b");
  EXPECT_EQ(Show("SHOW TABLES"), "t");
  SessionCatalog other(*manager_);
  auto seen = other.Resolve(ObjectPath{"default_catalog", "default_database", "t"});
  ASSERT_OK(seen);
  EXPECT_EQ((*seen)->columns[0].name, "a");
  EXPECT_THAT(Run("DROP TABLE t"), HasErrorMessage("DROP TEMPORARY TABLE"));
  EXPECT_THAT(Run("CREATE TEMPORARY TABLE t (b INT)"), IsError(ErrorKind::kAlreadyExists));
  EXPECT_THAT(Run("CREATE TEMPORARY TABLE t (b INT)"), HasErrorMessage("or DROP TEMPORARY TABLE it first"));
  EXPECT_OK(Run("DROP TEMPORARY TABLE t"));
  EXPECT_OK(Run("DROP TABLE t"));
  EXPECT_THAT(Run("DROP TABLE t"), IsError(ErrorKind::kNotFound));
  EXPECT_OK(Run("DROP TABLE IF EXISTS t"));
}

TEST_F(CatalogTest, CreateRefusesWhatCannotBe) {
  struct Case {
    const char* sql;
    ErrorKind kind;
    const char* text;
  };
  ASSERT_OK(Run("CREATE TABLE t (a INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)"));
  ASSERT_OK(Run("CREATE VIEW v AS SELECT 1"));
  for (const Case& c : {
           Case{"CREATE TABLE t (a INT)", ErrorKind::kAlreadyExists,
                "t exists already; write CREATE TABLE IF NOT EXISTS to keep it, or DROP TABLE it first"},
           Case{"CREATE VIEW v AS SELECT 2", ErrorKind::kAlreadyExists,
                "v exists already; write CREATE VIEW IF NOT EXISTS to keep it, or DROP VIEW it first"},
           Case{"CREATE TABLE v (a INT)", ErrorKind::kAlreadyExists,
                "v exists already as a view; choose another name, or DROP VIEW it first"},
           Case{"CREATE TABLE u (a INT, a STRING)", ErrorKind::kInvalidInput, "column a stands twice"},
           Case{"CREATE TABLE u (a INT, PRIMARY KEY (b) NOT ENFORCED)", ErrorKind::kInvalidInput, "column b"},
           Case{"CREATE TABLE u (a INT, PRIMARY KEY (a))", ErrorKind::kInvalidInput, "NOT ENFORCED"},
           Case{"CREATE TABLE u (a INT, b AS a, PRIMARY KEY (b) NOT ENFORCED)", ErrorKind::kInvalidInput, "physical"},
           Case{"CREATE TABLE u (a INT, WATERMARK FOR a AS a)", ErrorKind::kInvalidInput, "TIMESTAMP(3)"},
           Case{"CREATE TABLE u (ts TIMESTAMP(6), WATERMARK FOR ts AS ts)", ErrorKind::kInvalidInput, "at most 3"},
           Case{"CREATE TABLE u (timestmp INT) PARTITIONED BY (timestamp)", ErrorKind::kInvalidInput,
                "did you mean timestmp"},
           Case{"CREATE TABLE u (a INT) WITH ('a' = '1', 'a' = '2')", ErrorKind::kInvalidInput, "stands twice"},
           Case{"CREATE TABLE u (a RAW('x', 'y'))", ErrorKind::kNotSupported, "not supported"},
           Case{"CREATE TABLE nodb.u (a INT)", ErrorKind::kNotFound, "no database nodb"},
           Case{"CREATE TABLE u LIKE missing", ErrorKind::kNotFound, "missing"},
           Case{"CREATE TABLE u (a INT, WATERMARK FOR ts AS ts) LIKE t (INCLUDING ALL)", ErrorKind::kInvalidInput,
                "stands twice"},
           Case{"CREATE CATALOG c WITH ('typ' = 'x')", ErrorKind::kInvalidInput, "'type'"},
           Case{"CREATE CATALOG c WITH ('type' = 'hive')", ErrorKind::kInvalidInput, "generic_in_memory"},
           Case{"DROP VIEW t", ErrorKind::kFailedPrecondition, "use DROP TABLE"},
           Case{"DROP CATALOG default_catalog", ErrorKind::kFailedPrecondition, "in use"},
       }) {
    Status status = Run(c.sql);
    EXPECT_THAT(status, IsError(c.kind)) << c.sql;
    EXPECT_THAT(status, HasErrorMessage(c.text)) << c.sql;
    EXPECT_TRUE(!status && status.error().position().has_value()) << c.sql;
  }
  EXPECT_OK(Run("CREATE TABLE IF NOT EXISTS t (other INT)"));
  EXPECT_EQ(Get("t")->columns.size(), 2u);
}

TEST_F(CatalogTest, LikeMergesByItsOptions) {
  ASSERT_OK(Run(kOrders));
  ASSERT_OK(Run("CREATE TABLE a (extra INT) WITH ('topic' = 'other') LIKE orders (EXCLUDING GENERATED)"));
  TablePtr a = Get("a");
  EXPECT_EQ(a->columns.size(), 5u);
  EXPECT_EQ(a->options.at("topic"), "other");
  EXPECT_EQ(a->options.at("connector"), "kafka");
  EXPECT_TRUE(a->watermark.has_value());
  ASSERT_OK(Run("CREATE TABLE b WITH ('connector' = 'print') LIKE orders (EXCLUDING ALL)"));
  EXPECT_FALSE(Get("b")->watermark.has_value());
  EXPECT_EQ(Get("b")->options.size(), 1u);
}

TEST_F(CatalogTest, AlterTableKeepsWhatDependsOnAColumn) {
  ASSERT_OK(Run(kOrders));
  ASSERT_OK(Run("ALTER TABLE orders ADD (n INT FIRST, m STRING AFTER id)"));
  EXPECT_EQ(Get("orders")->columns[0].name, "n");
  EXPECT_EQ(Get("orders")->columns[2].name, "m");
  ASSERT_OK(Run("ALTER TABLE orders MODIFY m INT NOT NULL COMMENT 'x'"));
  EXPECT_EQ(Get("orders")->columns[2].type, data::Type::Int().WithNullable(false));
  ASSERT_OK(Run("ALTER TABLE orders RENAME m TO k"));
  ASSERT_OK(Run("ALTER TABLE orders SET ('topic' = 'p', 'new' = '1')"));
  ASSERT_OK(Run("ALTER TABLE orders RESET ('new')"));
  EXPECT_EQ(Get("orders")->options.at("topic"), "p");
  EXPECT_FALSE(Get("orders")->options.contains("new"));
  EXPECT_THAT(Run("ALTER TABLE orders DROP ts"), HasErrorMessage("used by the watermark"));
  EXPECT_THAT(Run("ALTER TABLE orders DROP price"), HasErrorMessage("computed column doubled"));
  EXPECT_THAT(Run("ALTER TABLE orders DROP id"), HasErrorMessage("primary key"));
  EXPECT_THAT(Run("ALTER TABLE orders DROP prise"), HasErrorMessage("did you mean price?"));
  ASSERT_OK(Run("ALTER TABLE orders DROP WATERMARK"));
  ASSERT_OK(Run("ALTER TABLE orders DROP ts"));
  ASSERT_OK(Run("ALTER TABLE orders DROP CONSTRAINT PK_id"));
  ASSERT_OK(Run("ALTER TABLE orders RENAME TO o2"));
  ASSERT_OK(Run("CREATE VIEW v AS SELECT 1"));
  EXPECT_THAT(Run("ALTER TABLE v RENAME TO w"), HasErrorMessage("ALTER VIEW"));
  ASSERT_OK(Run("ALTER VIEW v AS SELECT 2"));
  Reopen();
  EXPECT_EQ(Show("SHOW TABLES"), "o2,v");
  EXPECT_TRUE(Get("o2")->primary_key.empty());
  EXPECT_EQ(Get("v")->view_query, "SELECT 2");
}

TEST_F(CatalogTest, CatalogsComeBackAndKeepTheirTables) {
  ASSERT_OK(Run("CREATE CATALOG c WITH ('type' = 'generic_in_memory', 'default-database' = 'main')"));
  ASSERT_OK(Run("CREATE TABLE c.main.t (a INT)"));
  ASSERT_OK(Run("USE CATALOG c"));
  EXPECT_EQ(Show("SHOW TABLES"), "t");
  EXPECT_THAT(Run("DROP CATALOG c"), HasErrorMessage("in use"));
  Reopen();
  EXPECT_EQ(Show("SHOW CATALOGS"), "c,default_catalog");
  EXPECT_EQ(Show("SHOW TABLES FROM c.main"), "t");
  ASSERT_OK(Run("DROP CATALOG c"));
  ASSERT_OK(Run("CREATE CATALOG c WITH ('type' = 'generic_in_memory', 'default-database' = 'main')"));
  EXPECT_EQ(Show("SHOW TABLES FROM c.main"), "");
}

TEST_F(CatalogTest, AnUnreadableDefinitionHurtsOnlyItself) {
  ASSERT_OK(Run("CREATE TABLE good (a INT)"));
  ASSERT_OK(Run("CREATE TABLE bad (a INT)"));
  ASSERT_OK(store_->Write([](meta::Transaction& t) -> Status {
    FLOE_TRY_VOID(t.Execute("UPDATE sql_tables SET definition = 'CREATE GIZMO' WHERE name = 'bad'"));
    return {};
  }));
  Reopen();
  EXPECT_NE(Get("good"), nullptr);
  EXPECT_THAT(session_->Resolve(ObjectPath{"default_catalog", "default_database", "bad"}),
              IsError(ErrorKind::kCorruption));
  EXPECT_OK(Run("DROP TABLE bad"));
}

TEST_F(CatalogTest, ConcurrentAltersConflictOrAllCount) {
  ASSERT_OK(Run("CREATE TABLE t (a INT)"));
  std::atomic<int> done = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      SessionCatalog session(*manager_);
      for (int k = 0; k < 5; ++k) {
        Status status = Run(session, fmt::format("ALTER TABLE t ADD c{}_{} INT", i, k));
        if (status) {
          ++done;
        } else {
          EXPECT_EQ(status.error().kind(), ErrorKind::kConflict);
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(Get("t")->columns.size(), 1u + static_cast<unsigned>(done));
}

}  // namespace
}  // namespace floe::sql::catalog
