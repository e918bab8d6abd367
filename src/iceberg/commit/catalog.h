// SPDX-License-Identifier: Apache-2.0
// Floe's own Iceberg catalog: names and current metadata pointers in meta.db, files under the warehouse.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "iceberg/commit/append.h"
#include "iceberg/commit/table_io.h"
#include "iceberg/maintenance/garbage.h"
#include "iceberg/metadata/table_metadata.h"
#include "io/file_system.h"
#include "meta/store.h"

namespace floe::iceberg {

/// Namespace levels are joined with '.'; both parts may hold any character.
struct TableName {
  std::string database;
  std::string table;
  std::string ToString() const { return database + "." + table; }
  bool operator==(const TableName&) const = default;
};

/// A partition field as users write it: "city", "bucket(16, id)", "day(ts)", "truncate(name, 4)", "hours(ts)".
/// kInvalidInput names the text.
Result<PartitionField> ParsePartitionField(std::string_view text, const Schema& schema);

struct TableDefinition {
  std::vector<Field> fields;              ///< ids are given by CreateTable
  std::vector<std::string> identifier;    ///< primary key columns
  std::vector<std::string> partitioning;  ///< ParsePartitionField
  std::vector<std::string> sorting;       ///< "ts", "day(ts) desc nulls last"
  StringMap properties;                   ///< 'format-version' other than 2 is kNotSupported
  std::string location;                   ///< empty: under the warehouse
};

/// Metadata files that are durable and not yet the table's state.
struct StagedCommit {
  TableName table;
  std::string base_location;      ///< what the pointer must be
  std::string metadata_location;  ///< what it becomes
  SnapshotId snapshot_id;
  std::vector<DataFile> files;
  StringMap summary;
  std::vector<std::string> written;  ///< to take back after a definite rejection
  std::vector<std::string> garbage;  ///< unreferenced once this commit stands
};

/// A change to a table's metadata that makes no snapshot. kConflict and friends are the change's own answers.
using MetadataChange = std::function<Status(TableMetadata&)>;

/// Thread-safe. Blocking: compute threads only. Table state is read by pointer from meta.db at every call, so a change
/// made by anybody is seen; what the pointer names is immutable and cached.
class Catalog {
 public:
  /// `warehouse` is a directory. `grace` is how long an unreferenced file stays for readers that still use it.
  static Result<std::unique_ptr<Catalog>> Open(meta::Store& store, io::FileSystem& files, std::string warehouse,
                                               Clock& clock, Random& random,
                                               std::chrono::milliseconds grace = std::chrono::seconds(30));

  /// kAlreadyExists.
  Status CreateDatabase(const std::string& name, const StringMap& properties = {});
  /// kNotFound; kFailedPrecondition when tables are in it.
  Status DropDatabase(const std::string& name);
  Result<std::vector<std::string>> ListDatabases();
  Result<StringMap> DatabaseProperties(const std::string& name);

  /// kNotFound (database), kAlreadyExists, kInvalidInput (columns, partitioning), kNotSupported (types, format
  /// version).
  Result<LoadedTable> CreateTable(const TableName& name, const TableDefinition& definition);
  /// Takes over a table that exists elsewhere. kAlreadyExists, kCorruption.
  Result<LoadedTable> RegisterTable(const TableName& name, const std::string& metadata_location);
  /// `purge` also deletes its files, unless 'gc.enabled' is false. kNotFound.
  Status DropTable(const TableName& name, bool purge);
  Status RenameTable(const TableName& from, const TableName& to);
  Result<std::vector<std::string>> ListTables(const std::string& database);
  /// kNotFound.
  Result<LoadedTable> LoadTable(const TableName& name);
  Result<bool> TableExists(const TableName& name);

  /// Applies the change to the current metadata and commits it, again when somebody was first (4 attempts, then
  /// kConflict).
  Result<LoadedTable> ChangeTable(const TableName& name, const MetadataChange& change);
  Result<LoadedTable> SetProperties(const TableName& name, const StringMap& set,
                                    const std::vector<std::string>& remove);

  /// Step one of a commit: writes manifests and metadata durably. The data files are durable already.
  Result<StagedCommit> Stage(const TableName& name, std::vector<DataFile> files, StringMap summary);
  /// Step two, inside the caller's transaction: swaps the pointer. When somebody was first, an append is staged again
  /// on the new state inside this call (`staged` then names the new files), so two sinks may commit to one table in one
  /// transaction. kNotFound when the table is gone. If the transaction is rolled back, call Discard.
  Status Apply(meta::Transaction& transaction, StagedCommit& staged);
  /// Both steps in a transaction of their own.
  Result<LoadedTable> Append(const TableName& name, std::vector<DataFile> files, StringMap summary);
  /// Removes the staged metadata files (not the data files) after a definite rejection. Never call it when the outcome
  /// is unknown.
  void Discard(const StagedCommit& staged);

  /// Deletes files that have been unreferenced for the grace period; returns how many. Call it now and then.
  Result<std::int64_t> CollectGarbage();

  TableIo& io() { return io_; }
  const std::string& warehouse() const { return warehouse_; }

 private:
  Catalog(meta::Store& store, io::FileSystem& files, std::string warehouse, Clock& clock, Random& random,
          std::chrono::milliseconds grace);

  Result<std::string> Pointer(meta::Transaction& transaction, const TableName& name);
  Status Swap(meta::Transaction& transaction, const TableName& name, const std::string& from, const std::string& to);
  Status AddGarbage(meta::Transaction& transaction, const std::vector<std::string>& paths);
  Result<StagedCommit> StageOn(const TableName& name, const std::string& base, std::vector<DataFile> files,
                               StringMap summary);
  Result<std::string> ChooseLocation(const TableName& name, const TableDefinition& definition);

  meta::Store& store_;
  TableIo io_;
  GarbageFinder garbage_;
  std::string warehouse_;
  Clock& clock_;
  Random& random_;
  std::chrono::milliseconds grace_;
};

}  // namespace floe::iceberg
