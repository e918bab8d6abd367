// SPDX-License-Identifier: Apache-2.0
#include "iceberg/commit/catalog.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "iceberg/commit/table_builder.h"

namespace floe::iceberg {
namespace {

constexpr int kAttempts = 4;

const meta::Migration& Tables() {
  static const meta::Migration kMigration{
      "iceberg",
      {"CREATE TABLE iceberg_databases (name TEXT PRIMARY KEY, properties TEXT NOT NULL) WITHOUT ROWID;"
       "CREATE TABLE iceberg_tables (database TEXT NOT NULL, name TEXT NOT NULL, metadata_location TEXT NOT NULL,"
       " PRIMARY KEY (database, name)) WITHOUT ROWID;"
       "CREATE TABLE iceberg_garbage (path TEXT PRIMARY KEY, due_ms INTEGER NOT NULL) WITHOUT ROWID;"}};
  return kMigration;
}

std::unexpected<Error> NoTable(const TableName& name) {
  return Fail(ErrorKind::kNotFound, fmt::format("table '{}' does not exist", name.ToString()));
}

}  // namespace

Catalog::Catalog(meta::Store& store, io::FileSystem& files, std::string warehouse, Clock& clock, Random& random,
                 std::chrono::milliseconds grace)
    : store_(store),
      io_(files),
      garbage_(io_),
      warehouse_(std::move(warehouse)),
      clock_(clock),
      random_(random),
      grace_(grace) {}

Result<std::unique_ptr<Catalog>> Catalog::Open(meta::Store& store, io::FileSystem& files, std::string warehouse,
                                               Clock& clock, Random& random, std::chrono::milliseconds grace) {
  FLOE_TRY_VOID(store.Migrate(Tables()));
  while (warehouse.size() > 1 && warehouse.ends_with('/')) warehouse.pop_back();
  return std::unique_ptr<Catalog>(new Catalog(store, files, std::move(warehouse), clock, random, grace));
}

Status Catalog::CreateDatabase(const std::string& name, const StringMap& properties) {
  if (name.empty()) return Fail(ErrorKind::kInvalidInput, "a database needs a name");
  auto status = store_.Write([&](meta::Transaction& transaction) -> Status {
    FLOE_TRY_VOID(
        transaction.Execute("INSERT INTO iceberg_databases VALUES (?, ?)", {name, nlohmann::json(properties).dump()}));
    return {};
  });
  if (!status && status.error().kind() == ErrorKind::kAlreadyExists) {
    return Fail(ErrorKind::kAlreadyExists, fmt::format("database '{}' exists already", name));
  }
  return status;
}

Status Catalog::DropDatabase(const std::string& name) {
  return store_.Write([&](meta::Transaction& transaction) -> Status {
    std::int64_t tables = 0;
    FLOE_TRY_VOID(transaction.Query("SELECT count(*) FROM iceberg_tables WHERE database = ?", {name},
                                    [&](const meta::Row& row) -> Status {
                                      tables = row.Int(0);
                                      return {};
                                    }));
    if (tables != 0) {
      return Fail(ErrorKind::kFailedPrecondition,
                  fmt::format("database '{}' holds {} tables: drop them first", name, tables));
    }
    FLOE_TRY(std::int64_t dropped, transaction.Execute("DELETE FROM iceberg_databases WHERE name = ?", {name}));
    if (dropped == 0) return Fail(ErrorKind::kNotFound, fmt::format("database '{}' does not exist", name));
    return {};
  });
}

Result<std::vector<std::string>> Catalog::ListDatabases() {
  std::vector<std::string> names;
  FLOE_TRY_VOID(store_.Read([&](meta::Transaction& transaction) {
    return transaction.Query("SELECT name FROM iceberg_databases ORDER BY name", {},
                             [&](const meta::Row& row) -> Status {
                               names.emplace_back(row.Bytes(0));
                               return {};
                             });
  }));
  return names;
}

Result<StringMap> Catalog::DatabaseProperties(const std::string& name) {
  std::optional<std::string> text;
  FLOE_TRY_VOID(store_.Read([&](meta::Transaction& transaction) {
    return transaction.Query("SELECT properties FROM iceberg_databases WHERE name = ?", {name},
                             [&](const meta::Row& row) -> Status {
                               text = std::string(row.Bytes(0));
                               return {};
                             });
  }));
  if (!text) return Fail(ErrorKind::kNotFound, fmt::format("database '{}' does not exist", name));
  auto json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object())
    return Fail(ErrorKind::kCorruption, fmt::format("properties of database '{}' are no JSON object", name));
  StringMap properties;
  for (const auto& [key, value] : json.items())
    properties[key] = value.is_string() ? value.get<std::string>() : value.dump();
  return properties;
}

Result<std::string> Catalog::Pointer(meta::Transaction& transaction, const TableName& name) {
  std::string location;
  FLOE_TRY_VOID(transaction.Query("SELECT metadata_location FROM iceberg_tables WHERE database = ? AND name = ?",
                                  {name.database, name.table}, [&](const meta::Row& row) -> Status {
                                    location = std::string(row.Bytes(0));
                                    return {};
                                  }));
  if (location.empty()) return NoTable(name);
  return location;
}

Status Catalog::Swap(meta::Transaction& transaction, const TableName& name, const std::string& from,
                     const std::string& to) {
  FLOE_TRY(
      std::int64_t changed,
      transaction.Execute(
          "UPDATE iceberg_tables SET metadata_location = ? WHERE database = ? AND name = ? AND metadata_location = ?",
          {to, name.database, name.table, from}));
  if (changed == 1) return {};
  return Fail(ErrorKind::kConflict, fmt::format("table '{}' was changed by somebody else", name.ToString()));
}

Status Catalog::AddGarbage(meta::Transaction& transaction, const std::vector<std::string>& paths) {
  std::int64_t due = clock_.WallNowMs().value() + grace_.count();
  for (const std::string& path : paths) {
    FLOE_TRY_VOID(transaction.Execute("INSERT OR REPLACE INTO iceberg_garbage VALUES (?, ?)", {path, due}));
  }
  return {};
}

Result<LoadedTable> Catalog::LoadTable(const TableName& name) {
  std::string location;
  FLOE_TRY_VOID(store_.Read([&](meta::Transaction& transaction) -> Status {
    FLOE_TRY(location, Pointer(transaction, name));
    return {};
  }));
  auto table = io_.Load(location);
  if (!table) return Fail(std::move(table.error()).WithContext(fmt::format("loading table '{}'", name.ToString())));
  return table;
}

Result<bool> Catalog::TableExists(const TableName& name) {
  auto status = store_.Read([&](meta::Transaction& transaction) -> Status {
    FLOE_TRY_VOID(Pointer(transaction, name));
    return {};
  });
  if (status) return true;
  if (status.error().kind() == ErrorKind::kNotFound) return false;
  return Fail(std::move(status.error()));
}

Result<std::vector<std::string>> Catalog::ListTables(const std::string& database) {
  std::vector<std::string> names;
  FLOE_TRY_VOID(DatabaseProperties(database));
  FLOE_TRY_VOID(store_.Read([&](meta::Transaction& transaction) {
    return transaction.Query("SELECT name FROM iceberg_tables WHERE database = ? ORDER BY name", {database},
                             [&](const meta::Row& row) -> Status {
                               names.emplace_back(row.Bytes(0));
                               return {};
                             });
  }));
  return names;
}

Result<std::string> Catalog::ChooseLocation(const TableName& name, const TableDefinition& definition) {
  if (!definition.location.empty()) {
    FLOE_TRY_VOID(LocalPath(definition.location));
    return definition.location;
  }
  std::string folder = warehouse_ + "/" + PathSegment(name.database) + "/" + PathSegment(name.table);
  // A renamed table keeps its folder, so the obvious one may be taken.
  FLOE_TRY(bool taken, io_.files().Exists(folder + "/metadata"));
  if (taken) folder += "-" + random_.Uuid().substr(0, 8);
  return "file://" + folder;
}

Result<LoadedTable> Catalog::CreateTable(const TableName& name, const TableDefinition& definition) {
  if (name.table.empty()) return Fail(ErrorKind::kInvalidInput, "a table needs a name");
  FLOE_TRY_VOID(DatabaseProperties(name.database));
  FLOE_TRY(bool exists, TableExists(name));
  if (exists) return Fail(ErrorKind::kAlreadyExists, fmt::format("table '{}' exists already", name.ToString()));
  FLOE_TRY(std::string location, ChooseLocation(name, definition));
  auto built = BuildTable(definition, location, random_.Uuid(), clock_.WallNowMs());
  if (!built) return Fail(std::move(built.error()).WithContext(fmt::format("creating table '{}'", name.ToString())));
  std::string metadata_location = NextMetadataLocation(*built, "", random_.Uuid());
  FLOE_TRY(std::string json, ToJson(*built));
  FLOE_TRY_VOID(io_.WriteAll({{metadata_location, std::move(json)}}));
  auto status = store_.Write([&](meta::Transaction& transaction) -> Status {
    FLOE_TRY_VOID(transaction.Execute("INSERT INTO iceberg_tables VALUES (?, ?, ?)",
                                      {name.database, name.table, metadata_location}));
    return {};
  });
  if (!status) {
    if (status.error().kind() != ErrorKind::kAlreadyExists) return Fail(std::move(status.error()));
    static_cast<void>(io_.Remove(metadata_location));
    return Fail(ErrorKind::kAlreadyExists, fmt::format("table '{}' exists already", name.ToString()));
  }
  return io_.Load(metadata_location);
}

Result<LoadedTable> Catalog::RegisterTable(const TableName& name, const std::string& metadata_location) {
  FLOE_TRY_VOID(DatabaseProperties(name.database));
  FLOE_TRY(LoadedTable table, io_.Load(metadata_location));
  auto status = store_.Write([&](meta::Transaction& transaction) -> Status {
    FLOE_TRY_VOID(transaction.Execute("INSERT INTO iceberg_tables VALUES (?, ?, ?)",
                                      {name.database, name.table, metadata_location}));
    return {};
  });
  if (!status && status.error().kind() == ErrorKind::kAlreadyExists) {
    return Fail(ErrorKind::kAlreadyExists, fmt::format("table '{}' exists already", name.ToString()));
  }
  FLOE_TRY_VOID(std::move(status));
  return table;
}

Status Catalog::DropTable(const TableName& name, bool purge) {
  std::string location;
  FLOE_TRY_VOID(store_.Write([&](meta::Transaction& transaction) -> Status {
    FLOE_TRY(location, Pointer(transaction, name));
    FLOE_TRY_VOID(
        transaction.Execute("DELETE FROM iceberg_tables WHERE database = ? AND name = ?", {name.database, name.table}));
    return {};
  }));
  if (!purge) return {};
  // The name is gone whatever happens to the files: a table whose metadata is damaged can be dropped too.
  auto table = io_.Load(location);
  if (!table || !table->metadata->BoolProperty("gc.enabled", true)) return {};
  FLOE_TRY(std::string folder, LocalPath(table->metadata->location));
  // Only folders of our own warehouse are removed whole.
  if (!folder.starts_with(warehouse_ + "/") || folder.find("/../") != std::string::npos) return {};
  return io_.files().RemoveAll(folder);
}

Status Catalog::RenameTable(const TableName& from, const TableName& to) {
  FLOE_TRY_VOID(DatabaseProperties(to.database));
  auto status = store_.Write([&](meta::Transaction& transaction) -> Status {
    FLOE_TRY(std::int64_t changed,
             transaction.Execute("UPDATE iceberg_tables SET database = ?, name = ? WHERE database = ? AND name = ?",
                                 {to.database, to.table, from.database, from.table}));
    return changed == 1 ? Status() : Status(NoTable(from));
  });
  if (!status && status.error().kind() == ErrorKind::kAlreadyExists) {
    return Fail(ErrorKind::kAlreadyExists, fmt::format("table '{}' exists already", to.ToString()));
  }
  return status;
}

Result<LoadedTable> Catalog::ChangeTable(const TableName& name, const MetadataChange& change) {
  for (int attempt = 1;; ++attempt) {
    FLOE_TRY(LoadedTable base, LoadTable(name));
    TableMetadata next = *base.metadata;
    FLOE_TRY_VOID(change(next));
    next.last_updated = std::max(clock_.WallNowMs(), base.metadata->last_updated);
    FLOE_TRY(MetadataStep step,
             NextMetadata(next, base.metadata_location, base.metadata->last_updated, random_.Uuid()));
    FLOE_TRY_VOID(io_.WriteAll({{step.location, std::move(step.json)}}));
    auto status = store_.Write([&](meta::Transaction& transaction) -> Status {
      FLOE_TRY_VOID(Swap(transaction, name, base.metadata_location, step.location));
      return AddGarbage(transaction, step.dropped_metadata);
    });
    if (status) return io_.Load(step.location);
    if (status.error().kind() != ErrorKind::kConflict) return Fail(std::move(status.error()));
    static_cast<void>(io_.Remove(step.location));
    if (attempt == kAttempts) return Fail(std::move(status.error()));
  }
}

Result<LoadedTable> Catalog::SetProperties(const TableName& name, const StringMap& set,
                                           const std::vector<std::string>& remove) {
  return ChangeTable(name, [&](TableMetadata& metadata) -> Status {
    for (const std::string& key : remove) metadata.properties.erase(key);
    for (const auto& [key, value] : set) metadata.properties[key] = value;
    return {};
  });
}

Result<StagedCommit> Catalog::StageOn(const TableName& name, const std::string& base, std::vector<DataFile> files,
                                      StringMap summary) {
  FLOE_TRY(LoadedTable table, io_.Load(base));
  const TableMetadata& metadata = *table.metadata;
  AppendInput input;
  input.metadata = &metadata;
  input.metadata_location = base;
  input.files = std::move(files);
  input.summary = std::move(summary);
  ManifestList manifests = std::make_shared<const std::vector<ManifestFile>>();
  if (const Snapshot* current = metadata.current_snapshot()) {
    FLOE_TRY(manifests, io_.Manifests(*current));
  }
  input.manifests = manifests.get();
  input.merged = ChooseManifestsToMerge(metadata, *manifests);
  for (std::size_t i : input.merged) {
    FLOE_TRY_VOID(io_.ReadManifestEntries(metadata, (*manifests)[i], [&](ManifestEntry&& entry) -> Status {
      input.merged_entries.push_back(std::move(entry));
      return {};
    }));
  }
  input.identity.now = clock_.WallNowMs();
  do {
    input.identity.snapshot_id = SnapshotIdFrom(random_.Next(), random_.Next());
  } while (metadata.FindSnapshot(input.identity.snapshot_id) != nullptr);
  input.identity.uuid = random_.Uuid();
  auto plan = PlanAppend(input);
  if (!plan) return Fail(std::move(plan.error()).WithContext(fmt::format("appending to table '{}'", name.ToString())));
  StagedCommit staged;
  staged.table = name;
  staged.base_location = base;
  staged.metadata_location = plan->metadata_location;
  staged.snapshot_id = input.identity.snapshot_id;
  staged.garbage = garbage_.Find(metadata, *plan);
  for (const PlannedFile& file : plan->files) staged.written.push_back(file.path);
  FLOE_TRY_VOID(io_.WriteAll(plan->files));
  std::string list = plan->metadata.current_snapshot()->manifest_list;
  io_.Remember({plan->metadata_location, std::make_shared<const TableMetadata>(std::move(plan->metadata))},
               std::move(list), std::make_shared<const std::vector<ManifestFile>>(std::move(plan->manifests)));
  staged.files = std::move(input.files);
  staged.summary = std::move(input.summary);
  return staged;
}

Result<StagedCommit> Catalog::Stage(const TableName& name, std::vector<DataFile> files, StringMap summary) {
  std::string base;
  FLOE_TRY_VOID(store_.Read([&](meta::Transaction& transaction) -> Status {
    FLOE_TRY(base, Pointer(transaction, name));
    return {};
  }));
  return StageOn(name, base, std::move(files), std::move(summary));
}

Status Catalog::Apply(meta::Transaction& transaction, StagedCommit& staged) {
  FLOE_TRY(std::string current, Pointer(transaction, staged.table));
  if (current != staged.base_location) {
    // The transaction holds the only write lock, so the state read here stays until it ends.
    Discard(staged);
    FLOE_TRY(staged, StageOn(staged.table, current, std::move(staged.files), std::move(staged.summary)));
  }
  FLOE_TRY_VOID(Swap(transaction, staged.table, staged.base_location, staged.metadata_location));
  return AddGarbage(transaction, staged.garbage);
}

Result<LoadedTable> Catalog::Append(const TableName& name, std::vector<DataFile> files, StringMap summary) {
  FLOE_TRY(StagedCommit staged, Stage(name, std::move(files), std::move(summary)));
  auto status = store_.Write([&](meta::Transaction& transaction) { return Apply(transaction, staged); });
  if (!status) {
    // Anything else than these may have committed before it was reported.
    ErrorKind kind = status.error().kind();
    if (kind == ErrorKind::kConflict || kind == ErrorKind::kNotFound) Discard(staged);
    return Fail(std::move(status.error()));
  }
  return io_.Load(staged.metadata_location);
}

void Catalog::Discard(const StagedCommit& staged) {
  for (const std::string& path : staged.written) static_cast<void>(io_.Remove(path));
}

Result<std::int64_t> Catalog::CollectGarbage() {
  std::vector<std::string> due;
  std::int64_t now = clock_.WallNowMs().value();
  FLOE_TRY_VOID(store_.Read([&](meta::Transaction& transaction) {
    return transaction.Query("SELECT path FROM iceberg_garbage WHERE due_ms <= ? LIMIT 10000", {now},
                             [&](const meta::Row& row) -> Status {
                               due.emplace_back(row.Bytes(0));
                               return {};
                             });
  }));
  if (due.empty()) return 0;
  for (const std::string& path : due) FLOE_TRY_VOID(io_.Remove(path));
  FLOE_TRY_VOID(store_.Write([&](meta::Transaction& transaction) -> Status {
    for (const std::string& path : due) {
      FLOE_TRY_VOID(transaction.Execute("DELETE FROM iceberg_garbage WHERE path = ?", {path}));
    }
    return {};
  }));
  return static_cast<std::int64_t>(due.size());
}

}  // namespace floe::iceberg
