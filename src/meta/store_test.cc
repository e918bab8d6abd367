// SPDX-License-Identifier: Apache-2.0
#include "meta/store.h"

#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/matchers.h"
#include "base/result.h"

namespace floe::meta {
namespace {

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() { std::filesystem::create_directories(directory_); }
  ~StoreTest() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<Store> Open() {
    auto store = Store::Open(path_);
    EXPECT_OK(store);
    return std::move(*store);
  }
  static std::int64_t Count(Store& store, std::string_view sql) {
    std::int64_t n = -1;
    EXPECT_OK(store.Read([&](Transaction& t) {
      return t.Query(sql, {}, [&](const Row& row) -> Status {
        n = row.Int(0);
        return {};
      });
    }));
    return n;
  }

  const std::string directory_ = ::testing::TempDir() + "floe_meta_" + SystemRandom().Uuid();
  const std::string path_ = directory_ + "/meta.db";
  const Migration migration_{
      "pets", {"CREATE TABLE pet(name TEXT PRIMARY KEY, picture BLOB, weight REAL, legs INTEGER) STRICT"}};
};

TEST_F(StoreTest, ValuesComeBackAsGiven) {
  auto store = Open();
  ASSERT_OK(store->Migrate(migration_));
  std::string picture("\0\x01z", 3);
  ASSERT_OK(store->Write([&](Transaction& t) -> Status {
    FLOE_TRY_VOID(
        t.Execute("INSERT INTO pet VALUES(?, ?, ?, ?)", {std::string("cat"), Blob{picture}, 4.5, std::int64_t{4}}));
    FLOE_TRY(std::int64_t n, t.Execute("INSERT INTO pet VALUES(?, ?, ?, ?)",
                                       {std::string(), Blob{}, std::monostate{}, std::int64_t{-1}}));
    EXPECT_EQ(n, 1);
    return {};
  }));
  int rows = 0;
  ASSERT_OK(store->Read([&](Transaction& t) {
    return t.Query("SELECT name, picture, weight, legs FROM pet ORDER BY name", {}, [&](const Row& row) -> Status {
      if (rows++ == 0) {
        EXPECT_FALSE(row.IsNull(0));
        EXPECT_FALSE(row.IsNull(1));
        EXPECT_TRUE(row.IsNull(2));
        EXPECT_EQ(row.Int(3), -1);
      } else {
        EXPECT_EQ(row.Bytes(0), "cat");
        EXPECT_EQ(row.Bytes(1), picture);
        EXPECT_EQ(row.Real(2), 4.5);
      }
      return {};
    });
  }));
  EXPECT_EQ(rows, 2);
}

TEST_F(StoreTest, FailedBodyRollsBack) {
  auto store = Open();
  ASSERT_OK(store->Migrate(migration_));
  EXPECT_THAT(store->Write([](Transaction& t) -> Status {
    FLOE_TRY_VOID(t.Execute("INSERT INTO pet(name) VALUES('dog')"));
    return Fail(ErrorKind::kConflict, "no");
  }),
              IsError(ErrorKind::kConflict));
  EXPECT_EQ(Count(*store, "SELECT count(*) FROM pet"), 0);
}

TEST_F(StoreTest, UniqueViolationIsAlreadyExists) {
  auto store = Open();
  ASSERT_OK(store->Migrate(migration_));
  auto insert = [](Transaction& t) -> Status {
    FLOE_TRY_VOID(t.Execute("INSERT INTO pet(name) VALUES('dog')"));
    return {};
  };
  ASSERT_OK(store->Write(insert));
  EXPECT_THAT(store->Write(insert), IsError(ErrorKind::kAlreadyExists));
  EXPECT_EQ(Count(*store, "SELECT count(*) FROM pet"), 1);
}

TEST_F(StoreTest, MigrationsRunOnceAndNewerIsRefused) {
  {
    auto store = Open();
    ASSERT_OK(store->Migrate(migration_));
    ASSERT_OK(store->Migrate(migration_));
    Migration longer = migration_;
    longer.steps.push_back("ALTER TABLE pet ADD COLUMN owner TEXT");
    ASSERT_OK(store->Migrate(longer));
  }
  auto store = Open();
  EXPECT_THAT(store->Migrate(migration_), IsError(ErrorKind::kFailedPrecondition));
  EXPECT_EQ(Count(*store, "SELECT count(*) FROM pragma_table_info('pet')"), 5);
}

TEST_F(StoreTest, FailedMigrationLeavesNothing) {
  auto store = Open();
  Migration broken{"broken", {"CREATE TABLE half(a INTEGER)", "CREATE TABLE oops("}};
  EXPECT_FALSE(store->Migrate(broken));
  EXPECT_EQ(Count(*store, "SELECT count(*) FROM sqlite_schema WHERE name = 'half'"), 0);
}

TEST_F(StoreTest, DamagedFileIsCorruption) {
  std::ofstream(path_) << std::string(8192, 'x');
  EXPECT_THAT(Store::Open(path_), IsError(ErrorKind::kCorruption));
}

TEST_F(StoreTest, ReaderSeesASnapshotWhileAWriterCommits) {
  auto store = Open();
  ASSERT_OK(store->Migrate(migration_));
  ASSERT_OK(store->Read([&](Transaction& t) -> Status {
    auto count = [&] {
      std::int64_t n = -1;
      EXPECT_OK(t.Query("SELECT count(*) FROM pet", {}, [&](const Row& row) -> Status {
        n = row.Int(0);
        return {};
      }));
      return n;
    };
    EXPECT_EQ(count(), 0);
    std::jthread([&] {
      EXPECT_OK(store->Write([](Transaction& w) -> Status {
        FLOE_TRY_VOID(w.Execute("INSERT INTO pet(name) VALUES('dog')"));
        return {};
      }));
    }).join();
    EXPECT_EQ(count(), 0);
    return {};
  }));
  EXPECT_EQ(Count(*store, "SELECT count(*) FROM pet"), 1);
}

TEST_F(StoreTest, WritersTakeTurns) {
  auto store = Open();
  ASSERT_OK(store->Migrate({"counter", {"CREATE TABLE counter(n INTEGER); INSERT INTO counter VALUES(0)"}}));
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < 10; ++j) {
          EXPECT_OK(store->Write([](Transaction& t) -> Status {
            FLOE_TRY_VOID(t.Execute("UPDATE counter SET n = n + 1"));
            return {};
          }));
        }
      });
    }
  }
  EXPECT_EQ(Count(*store, "SELECT n FROM counter"), 40);
}

}  // namespace
}  // namespace floe::meta
