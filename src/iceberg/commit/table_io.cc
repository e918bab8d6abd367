// SPDX-License-Identifier: Apache-2.0
#include "iceberg/commit/table_io.h"

#include <set>

#include <fmt/format.h>

namespace floe::iceberg {
namespace {

constexpr std::size_t kCachedTables = 64;
constexpr std::size_t kCachedLists = 64;

std::span<const std::byte> Bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace

Result<std::string> LocalPath(std::string_view location) {
  if (location.starts_with("file:")) {
    std::string_view rest = location.substr(5);
    if (rest.starts_with("//"))
      rest = rest.substr(rest.find('/', 2) == std::string_view::npos ? rest.size() : rest.find('/', 2));
    if (rest.starts_with('/')) return std::string(rest);
  } else if (location.starts_with('/')) {
    return std::string(location);
  }
  return Fail(
      ErrorKind::kNotSupported,
      fmt::format("location '{}' is not on the local file system: only file: locations are supported", location));
}

template <typename T>
T TableIo::Cache<T>::Find(const std::string& key) {
  auto found = index.find(key);
  if (found == index.end()) return nullptr;
  entries.splice(entries.begin(), entries, found->second);
  return found->second->second;
}

template <typename T>
void TableIo::Cache<T>::Put(const std::string& key, T value, std::size_t limit) {
  if (Find(key) != nullptr) return;
  entries.emplace_front(key, std::move(value));
  index[key] = entries.begin();
  if (entries.size() > limit) {
    index.erase(entries.back().first);
    entries.pop_back();
  }
}

Result<std::string> TableIo::Read(const std::string& location) {
  FLOE_TRY(std::string path, LocalPath(location));
  return io::ReadFile(files_, path);
}

Result<LoadedTable> TableIo::Load(const std::string& metadata_location) {
  {
    std::lock_guard lock(mu_);
    if (auto cached = metadata_.Find(metadata_location)) return LoadedTable{metadata_location, cached};
  }
  FLOE_TRY(std::string content, Read(metadata_location));
  auto parsed = ParseTableMetadataFile(content);
  if (!parsed) return Fail(std::move(parsed.error()).WithContext(fmt::format("reading {}", metadata_location)));
  auto metadata = std::make_shared<const TableMetadata>(std::move(*parsed));
  std::lock_guard lock(mu_);
  metadata_.Put(metadata_location, metadata, kCachedTables);
  return LoadedTable{metadata_location, metadata};
}

Result<ManifestList> TableIo::Manifests(const Snapshot& snapshot) {
  if (snapshot.manifest_list.empty()) {
    auto list = std::make_shared<std::vector<ManifestFile>>();
    for (const std::string& path : snapshot.manifests) {
      FLOE_TRY(std::string content, Read(path));
      FLOE_TRY(ManifestHeader header, ReadManifestHeader(content));
      ManifestFile manifest;
      manifest.path = path;
      manifest.length = static_cast<std::int64_t>(content.size());
      manifest.spec_id = header.spec_id;
      manifest.added_snapshot_id = snapshot.snapshot_id.value();
      list->push_back(std::move(manifest));
    }
    return ManifestList(list);
  }
  {
    std::lock_guard lock(mu_);
    if (auto cached = lists_.Find(snapshot.manifest_list)) return cached;
  }
  FLOE_TRY(std::string content, Read(snapshot.manifest_list));
  auto parsed = ReadManifestList(content);
  if (!parsed) return Fail(std::move(parsed.error()).WithContext(fmt::format("reading {}", snapshot.manifest_list)));
  auto list = std::make_shared<const std::vector<ManifestFile>>(std::move(*parsed));
  std::lock_guard lock(mu_);
  lists_.Put(snapshot.manifest_list, list, kCachedLists);
  return ManifestList(list);
}

Result<std::vector<Type>> PartitionTypesOf(const TableMetadata& metadata, const PartitionSpec& spec) {
  std::vector<Type> types;
  for (const PartitionField& field : spec.fields) {
    const Field* source = metadata.schema().FindById(field.source_id);
    for (auto it = metadata.schemas.rbegin(); source == nullptr && it != metadata.schemas.rend(); ++it) {
      source = (*it)->FindById(field.source_id);
    }
    if (source == nullptr) {
      types.push_back(Type(TypeId::kUnknown));
      continue;
    }
    FLOE_TRY(Type type, ResultType(field.transform, source->type));
    types.push_back(std::move(type));
  }
  return types;
}

Status TableIo::ReadManifestEntries(const TableMetadata& metadata, const ManifestFile& manifest,
                                    const std::function<Status(ManifestEntry&&)>& on_entry) {
  const PartitionSpec* spec = metadata.FindSpec(manifest.spec_id);
  if (spec == nullptr) {
    return Fail(ErrorKind::kCorruption, fmt::format("manifest {} has partition spec {}, which the table does not know",
                                                    manifest.path, manifest.spec_id));
  }
  FLOE_TRY(auto types, PartitionTypesOf(metadata, *spec));
  FLOE_TRY(std::string content, Read(manifest.path));
  auto status = ReadManifest(content, manifest, *spec, types, on_entry);
  if (!status) return Fail(std::move(status.error()).WithContext(fmt::format("reading manifest {}", manifest.path)));
  return {};
}

Status TableIo::WriteAll(const std::vector<PlannedFile>& planned) {
  std::set<std::string> folders;
  std::vector<std::unique_ptr<io::WritableFile>> written;
  auto write = [&](const PlannedFile& file) -> Status {
    FLOE_TRY(std::string path, LocalPath(file.path));
    std::string folder = path.substr(0, path.rfind('/'));
    if (folders.insert(folder).second) FLOE_TRY_VOID(files_.CreateDirectories(folder));
    FLOE_TRY(auto out, files_.OpenWritable(path, true));
    FLOE_TRY_VOID(written.emplace_back(std::move(out))->WriteAt(0, Bytes(file.bytes)));
    written.back()->BeginSync();
    return {};
  };
  Status status;
  std::size_t begun = 0;
  for (; begun < planned.size() && status; ++begun) status = write(planned[begun]);
  for (std::size_t i = 0; i < written.size() && status; ++i) status = written[i]->Sync();
  for (auto it = folders.begin(); it != folders.end() && status; ++it) status = files_.SyncDirectory(*it);
  if (status) return {};
  // Nobody has seen these names: taking them back is safe, and failing to is harmless.
  for (std::size_t i = 0; i < begun; ++i) static_cast<void>(Remove(planned[i].path));
  return status;
}

void TableIo::Remember(LoadedTable table, std::string manifest_list, ManifestList manifests) {
  std::lock_guard lock(mu_);
  metadata_.Put(table.metadata_location, std::move(table.metadata), kCachedTables);
  lists_.Put(manifest_list, std::move(manifests), kCachedLists);
}

Status TableIo::Remove(const std::string& location) {
  FLOE_TRY(std::string path, LocalPath(location));
  auto removed = files_.Remove(path);
  if (!removed && removed.error().kind() == ErrorKind::kNotFound) return {};
  return removed;
}

}  // namespace floe::iceberg
