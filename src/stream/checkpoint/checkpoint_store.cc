// SPDX-License-Identifier: Apache-2.0
#include "stream/checkpoint/checkpoint_store.h"

namespace floe::stream {

CheckpointStore::CheckpointStore(meta::Store& meta, io::FileSystem& files, std::string directory, std::string job_id)
    : meta_(meta), files_(files), directory_(std::move(directory)), job_id_(std::move(job_id)) {}

Status CheckpointStore::Migrate(meta::Store& meta) {
  return meta.Migrate(
      {.module = "stream",
       .steps = {
           "CREATE TABLE stream_checkpoints (job_id TEXT PRIMARY KEY, checkpoint_id INTEGER NOT NULL, manifest BLOB "
           "NOT NULL);"
           "CREATE TABLE stream_jobs (job_id TEXT PRIMARY KEY, name TEXT NOT NULL, program TEXT NOT NULL, settings "
           "TEXT NOT NULL, "
           "state TEXT NOT NULL, failure TEXT NOT NULL, created_ms INTEGER NOT NULL, ended_ms INTEGER NOT NULL)",
           "ALTER TABLE stream_jobs ADD COLUMN status TEXT NOT NULL DEFAULT ''"}});
}

Result<std::optional<Manifest>> CheckpointStore::Load() {
  std::optional<Manifest> manifest;
  FLOE_TRY_VOID(meta_.Read([&](meta::Transaction& transaction) {
    return transaction.Query("SELECT manifest FROM stream_checkpoints WHERE job_id = ?", {job_id_},
                             [&](const meta::Row& row) -> Status {
                               FLOE_TRY(manifest, DecodeManifest(row.Bytes(0)));
                               return {};
                             });
  }));
  return manifest;
}

Result<std::vector<RecoveryFacts::File>> CheckpointStore::ListFiles() {
  std::vector<RecoveryFacts::File> found;
  FLOE_TRY(const bool exists, files_.Exists(directory_));
  if (!exists) return found;
  FLOE_TRY(auto entries, files_.List(directory_));
  for (const auto& entry : entries) {
    if (!entry.is_directory) found.push_back({entry.name, entry.size});
  }
  return found;
}

Result<std::string> CheckpointStore::ReadState(const OperatorSnapshot& snapshot) {
  if (snapshot.file.empty()) return snapshot.inline_state;
  return io::ReadFile(files_, directory_ + "/" + snapshot.file);
}

Status CheckpointStore::WriteState(const std::string& file, std::string_view bytes) {
  if (!directory_made_) {
    FLOE_TRY_VOID(files_.CreateDirectories(directory_));
    directory_made_ = true;
  }
  return io::WriteFileDurably(files_, directory_ + "/" + file, bytes);
}

Status CheckpointStore::Commit(const Manifest& manifest, const std::function<Status(meta::Transaction&)>& body) {
  const std::string bytes = EncodeManifest(manifest);
  return meta_.Write([&](meta::Transaction& transaction) -> Status {
    FLOE_TRY_VOID(body(transaction));
    FLOE_TRY_VOID(transaction.Execute(
        "INSERT INTO stream_checkpoints (job_id, checkpoint_id, manifest) VALUES (?, ?, ?) "
        "ON CONFLICT (job_id) DO UPDATE SET checkpoint_id = excluded.checkpoint_id, manifest = excluded.manifest",
        {job_id_, manifest.id.value(), meta::Blob{bytes}}));
    return {};
  });
}

void CheckpointStore::Remove(const std::vector<std::string>& files) {
  for (const std::string& file : files) (void)files_.Remove(directory_ + "/" + file);
}

Status CheckpointStore::Forget() {
  FLOE_TRY_VOID(meta_.Write([&](meta::Transaction& transaction) -> Status {
    FLOE_TRY_VOID(transaction.Execute("DELETE FROM stream_checkpoints WHERE job_id = ?", {job_id_}));
    return {};
  }));
  FLOE_TRY(const bool exists, files_.Exists(directory_));
  return exists ? files_.RemoveAll(directory_) : Status{};
}

}  // namespace floe::stream
