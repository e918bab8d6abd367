// SPDX-License-Identifier: Apache-2.0
// The store over SQLite: one writing connection behind a mutex, a pool of reading ones, migrations.
#include "meta/store.h"

#include <mutex>

#include "base/result.h"
#include "meta/sqlite_store.h"

namespace floe::meta {
namespace {

/// In the file header (PRAGMA application_id, user_version): what the file is and the layout of the store's own table.
constexpr std::int64_t kApplicationId = 0x464c4f45;  // "FLOE"
constexpr std::int64_t kLayoutVersion = 1;

Result<std::int64_t> Pragma(Connection& connection, std::string_view sql) {
  std::int64_t value = 0;
  FLOE_TRY_VOID(connection.Query(sql, {}, [&](const Row& row) -> Status {
    value = row.Int(0);
    return {};
  }));
  return value;
}

class SqliteStore final : public Store {
 public:
  SqliteStore(std::string path, std::unique_ptr<Connection> writer)
      : path_(std::move(path)), writer_(std::move(writer)) {}

  Status Migrate(const Migration& migration) override {
    return Write([&](Transaction& transaction) -> Status {
      std::int64_t version = 0;
      FLOE_TRY_VOID(transaction.Query("SELECT version FROM floe_migrations WHERE module = ?", {migration.module},
                                      [&](const Row& row) -> Status {
                                        version = row.Int(0);
                                        return {};
                                      }));
      auto known = static_cast<std::int64_t>(migration.steps.size());
      if (version > known) {
        return Fail(ErrorKind::kFailedPrecondition,
                    "'" + path_ + "' was written by a newer Floe: module '" + migration.module + "' is at version " +
                        std::to_string(version) + ", this program knows " + std::to_string(known) +
                        "; start the newer program or use another data directory");
      }
      if (version == known) return {};
      for (std::int64_t step = version; step < known; ++step)
        FLOE_TRY_VOID(writer_->Script(migration.steps[static_cast<std::size_t>(step)]));
      FLOE_TRY_VOID(
          transaction.Execute("INSERT INTO floe_migrations(module, version) VALUES(?, ?) ON CONFLICT(module) DO UPDATE "
                              "SET version = excluded.version",
                              {migration.module, known}));
      return {};
    });
  }

  Status Write(const std::function<Status(Transaction&)>& body) override {
    std::lock_guard lock(write_mu_);
    FLOE_TRY_VOID(writer_->Execute("BEGIN IMMEDIATE"));
    Status status = body(*writer_);
    if (status) {
      auto committed = writer_->Execute("COMMIT");
      if (committed) return {};
      status = Fail(std::move(committed).error());
    }
    // Some errors roll back by themselves (full disk, I/O); then ROLLBACK has nothing to do.
    if (!sqlite3_get_autocommit(writer_->handle())) (void)writer_->Execute("ROLLBACK");
    return status;
  }

  Status Read(const std::function<Status(Transaction&)>& body) override {
    FLOE_TRY(auto reader, TakeReader());
    FLOE_TRY_VOID(reader->Execute("BEGIN"));
    Status status = body(*reader);
    auto ended = reader->Execute("ROLLBACK");
    if (!ended) {
      if (status) status = Fail(std::move(ended).error());
      return status;  // the connection is not clean: let it go
    }
    std::lock_guard lock(readers_mu_);
    if (readers_.size() < kMaxIdleReaders) readers_.push_back(std::move(reader));
    return status;
  }

 private:
  static constexpr std::size_t kMaxIdleReaders = 4;

  Result<std::unique_ptr<Connection>> TakeReader() {
    {
      std::lock_guard lock(readers_mu_);
      if (!readers_.empty()) {
        auto reader = std::move(readers_.back());
        readers_.pop_back();
        return reader;
      }
    }
    return Connection::Open(path_, /*read_only=*/true);
  }

  const std::string path_;
  std::mutex write_mu_;
  const std::unique_ptr<Connection> writer_;  // used under write_mu_
  std::mutex readers_mu_;
  std::vector<std::unique_ptr<Connection>> readers_;  // guarded by readers_mu_
};

/// A new file gets our mark; a file that is not ours, or is newer, is refused before anything is written to it.
Status CheckHeader(Connection& connection, const std::string& path) {
  FLOE_TRY(std::int64_t tables, Pragma(connection, "SELECT count(*) FROM sqlite_schema"));
  FLOE_TRY(std::int64_t application, Pragma(connection, "PRAGMA application_id"));
  FLOE_TRY(std::int64_t layout, Pragma(connection, "PRAGMA user_version"));
  if (tables == 0 && application == 0 && layout == 0) return {};
  if (application != kApplicationId)
    return Fail(ErrorKind::kFailedPrecondition,
                "'" + path + "' is a SQLite file of another program; use another data directory");
  if (layout > kLayoutVersion) {
    return Fail(ErrorKind::kFailedPrecondition, "'" + path + "' was written by a newer Floe (layout " +
                                                    std::to_string(layout) + ", this program knows " +
                                                    std::to_string(kLayoutVersion) +
                                                    "); start the newer program or use another data directory");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Store>> Store::Open(const std::string& path) {
  FLOE_TRY(auto writer, Connection::Open(path, /*read_only=*/false));
  FLOE_TRY_VOID(CheckHeader(*writer, path));
  // The WAL is cut back to 4 MiB after a checkpoint, so a burst leaves no large file behind. The page cache is 2 MiB.
  FLOE_TRY_VOID(writer->Script(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;"
      "PRAGMA cache_size = -2048; PRAGMA wal_autocheckpoint = 1000; PRAGMA journal_size_limit = 4194304;"));
  FLOE_TRY(std::int64_t layout, Pragma(*writer, "PRAGMA user_version"));
  if (layout < kLayoutVersion) {
    FLOE_TRY_VOID(writer->Script("BEGIN IMMEDIATE; PRAGMA application_id = " + std::to_string(kApplicationId) +
                                 "; PRAGMA user_version = " + std::to_string(kLayoutVersion) +
                                 "; CREATE TABLE floe_migrations(module TEXT PRIMARY KEY, version INTEGER NOT NULL) "
                                 "STRICT, WITHOUT ROWID; COMMIT;"));
  }
  return std::make_unique<SqliteStore>(path, std::move(writer));
}

}  // namespace floe::meta
