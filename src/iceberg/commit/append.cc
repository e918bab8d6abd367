// SPDX-License-Identifier: Apache-2.0
#include "iceberg/commit/append.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include <fmt/format.h>

#include "iceberg/maintenance/expire.h"

namespace floe::iceberg {
namespace {

constexpr std::string_view kVersion = "0.1.0";
constexpr std::int64_t kDefaultFanIn = 16;
constexpr std::int64_t kDefaultManifestBytes = 8 << 20;

std::int64_t FilesIn(const ManifestFile& manifest) {
  return std::max<std::int64_t>(manifest.added_files, 0) + std::max<std::int64_t>(manifest.existing_files, 0);
}

/// Manifests of like size share a tier: 1, 16, 256 ... files.
int Tier(std::int64_t files, std::int64_t fan_in) {
  int tier = 0;
  for (std::int64_t limit = fan_in; files >= limit && tier < 20; limit *= fan_in) ++tier;
  return tier;
}

/// A spec whose source column is gone has partition values of a type nobody states any more: such manifests stay as
/// they are.
bool CanRewrite(const TableMetadata& metadata, std::int32_t spec_id) {
  const PartitionSpec* spec = metadata.FindSpec(spec_id);
  return spec != nullptr && std::ranges::all_of(spec->fields, [&](const PartitionField& field) {
           return field.transform.kind != TransformKind::kUnknown &&
                  metadata.schema().FindById(field.source_id) != nullptr;
         });
}

int DeflateLevel(const TableMetadata& metadata) {
  std::string codec = metadata.Property("write.avro.compression-codec", "gzip");
  if (codec == "uncompressed") return 0;
  return static_cast<int>(std::clamp<std::int64_t>(metadata.NumberProperty("write.avro.compression-level", 1), 1, 9));
}

std::string Number(std::int64_t value) {
  return fmt::format("{}", value);
}

/// parent's total + delta; left out when the parent does not say.
void SetTotal(StringMap& summary, const Snapshot* parent, const std::string& key, std::int64_t delta) {
  std::int64_t base = 0;
  if (parent != nullptr) {
    auto found = parent->summary.find(key);
    if (found == parent->summary.end()) return;
    const std::string& text = found->second;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), base);
    if (error != std::errc() || base + delta < 0) return;
  }
  summary[key] = Number(base + delta);
}

class Planner {
 public:
  explicit Planner(const AppendInput& input) : in_(input), base_(*input.metadata) {}

  Result<AppendPlan> Plan() {
    FLOE_TRY_VOID(Check());
    plan_.metadata = base_;
    sequence_ = base_.last_sequence_number + 1;
    FLOE_TRY_VOID(AddNewManifests());
    FLOE_TRY_VOID(MergeOld());
    FLOE_TRY_VOID(AddSnapshot());
    plan_.expired = DropSnapshots(plan_.metadata, ChooseSnapshotsToExpire(plan_.metadata, now_));
    FLOE_TRY(MetadataStep step,
             NextMetadata(plan_.metadata, in_.metadata_location, base_.last_updated, in_.identity.uuid));
    plan_.metadata_location = step.location;
    plan_.dropped_metadata = std::move(step.dropped_metadata);
    plan_.files.push_back({step.location, std::move(step.json)});
    return std::move(plan_);
  }

 private:
  Status Check() {
    now_ = std::max(in_.identity.now, base_.last_updated);
    if (base_.format_version == 2) return {};
    return Fail(ErrorKind::kNotSupported, fmt::format("table at {} has format version {}: Floe appends to version 2",
                                                      base_.location, base_.format_version));
  }

  ManifestWriteOptions WriteOptions(std::string_view what) const {
    return {DeflateLevel(base_), fmt::format("{:.12}{:>4}", in_.identity.uuid, what)};
  }

  Status WriteManifest(const std::vector<ManifestEntry>& entries, std::int32_t spec_id) {
    const PartitionSpec* spec = base_.FindSpec(spec_id);
    if (spec == nullptr) {
      return Fail(ErrorKind::kInvalidInput,
                  fmt::format("data files of partition spec {}, which the table does not have", spec_id));
    }
    FLOE_TRY(auto types, PartitionTypes(*spec, base_.schema()));
    std::size_t number = created_++;
    FLOE_TRY(EncodedManifest encoded, EncodeManifest(entries, *spec, base_.schema(), types,
                                                     WriteOptions(Number(static_cast<std::int64_t>(number)))));
    ManifestFile& entry = encoded.entry;
    entry.path = fmt::format("{}/{}-m{}.avro", MetadataFolder(base_), in_.identity.uuid, number);
    entry.sequence_number = sequence_;
    entry.added_snapshot_id = in_.identity.snapshot_id.value();
    entry.min_sequence_number = sequence_;
    for (const ManifestEntry& item : entries) {
      if (item.sequence_number && item.live()) {
        entry.min_sequence_number = std::min(entry.min_sequence_number, *item.sequence_number);
      }
    }
    plan_.files.push_back({entry.path, std::move(encoded.bytes)});
    plan_.manifests.push_back(std::move(entry));
    return {};
  }

  Status AddNewManifests() {
    std::map<std::int32_t, std::vector<ManifestEntry>> by_spec;
    for (const DataFile& file : in_.files) {
      ManifestEntry entry;
      entry.snapshot_id = in_.identity.snapshot_id.value();
      entry.file = file;
      by_spec[file.spec_id].push_back(std::move(entry));
    }
    for (const auto& [spec_id, entries] : by_spec) FLOE_TRY_VOID(WriteManifest(entries, spec_id));
    return {};
  }

  Status MergeOld() {
    std::set<std::size_t> merged(in_.merged.begin(), in_.merged.end());
    if (!merged.empty()) {
      std::vector<ManifestEntry> entries;
      for (const ManifestEntry& entry : in_.merged_entries) {
        if (!entry.live()) continue;  // a delete is told once, in the snapshot that made it
        entries.push_back(entry);
        entries.back().status = EntryStatus::kExisting;
      }
      FLOE_TRY_VOID(WriteManifest(entries, in_.manifests->at(*merged.begin()).spec_id));
    }
    for (std::size_t i = 0; i < in_.manifests->size(); ++i) {
      const ManifestFile& manifest = (*in_.manifests)[i];
      if (merged.contains(i)) continue;
      // Manifests with nothing but deletes matter only to the snapshot that wrote them.
      if (manifest.added_files == 0 && manifest.existing_files == 0) continue;
      plan_.manifests.push_back(manifest);
      ++kept_;
    }
    return {};
  }

  Status AddSnapshot() {
    Snapshot snapshot;
    snapshot.snapshot_id = in_.identity.snapshot_id;
    snapshot.parent_id = base_.current_snapshot_id;
    snapshot.sequence_number = sequence_;
    snapshot.timestamp = now_;
    snapshot.operation = "append";
    snapshot.schema_id = base_.current_schema_id;
    snapshot.manifest_list =
        fmt::format("{}/snap-{}-1-{}.avro", MetadataFolder(base_), snapshot.snapshot_id.value(), in_.identity.uuid);
    FillSummary(snapshot.summary);
    plan_.files.push_back(
        {snapshot.manifest_list, EncodeManifestList(plan_.manifests, snapshot, WriteOptions("list"))});
    TableMetadata& next = plan_.metadata;
    next.last_sequence_number = sequence_;
    next.last_updated = now_;
    next.current_snapshot_id = snapshot.snapshot_id;
    next.refs["main"].snapshot_id = snapshot.snapshot_id;
    next.snapshot_log.push_back({now_, snapshot.snapshot_id});
    next.snapshots.push_back(SealSnapshot(std::move(snapshot), base_.format_version));
    return {};
  }

  void FillSummary(StringMap& summary) const {
    const Snapshot* parent = base_.current_snapshot();
    std::int64_t rows = 0;
    std::int64_t bytes = 0;
    std::set<std::string> partitions;
    for (const DataFile& file : in_.files) {
      rows += file.record_count;
      bytes += file.file_size;
      if (const PartitionSpec* spec = base_.FindSpec(file.spec_id)) {
        partitions.insert(fmt::format("{}/{}", file.spec_id, PartitionPath(*spec, base_.schema(), file.partition)));
      }
    }
    auto count = static_cast<std::int64_t>(in_.files.size());
    summary = in_.summary;
    if (count > 0) {
      summary["added-data-files"] = Number(count);
      summary["added-records"] = Number(rows);
      summary["added-files-size"] = Number(bytes);
    }
    summary["changed-partition-count"] = Number(static_cast<std::int64_t>(partitions.size()));
    SetTotal(summary, parent, "total-data-files", count);
    SetTotal(summary, parent, "total-records", rows);
    SetTotal(summary, parent, "total-files-size", bytes);
    SetTotal(summary, parent, "total-delete-files", 0);
    SetTotal(summary, parent, "total-position-deletes", 0);
    SetTotal(summary, parent, "total-equality-deletes", 0);
    summary["manifests-created"] = Number(static_cast<std::int64_t>(created_));
    summary["manifests-kept"] = Number(kept_);
    summary["manifests-replaced"] = Number(static_cast<std::int64_t>(in_.merged.size()));
    summary["entries-processed"] = Number(static_cast<std::int64_t>(in_.merged_entries.size()));
    summary["engine-name"] = "floe";
    summary["engine-version"] = kVersion;
    summary["iceberg-version"] = fmt::format("Floe {}", kVersion);
  }

  const AppendInput& in_;
  const TableMetadata& base_;
  AppendPlan plan_;
  TimestampMs now_;
  std::int64_t sequence_ = 0;
  std::size_t created_ = 0;
  std::int64_t kept_ = 0;
};

}  // namespace

std::vector<std::size_t> ChooseManifestsToMerge(const TableMetadata& metadata,
                                                const std::vector<ManifestFile>& manifests) {
  if (!metadata.BoolProperty("commit.manifest-merge.enabled", true)) return {};
  std::int64_t fan_in =
      std::max<std::int64_t>(2, metadata.NumberProperty("commit.manifest.min-count-to-merge", kDefaultFanIn));
  std::int64_t target = metadata.NumberProperty("commit.manifest.target-size-bytes", kDefaultManifestBytes);
  std::map<std::pair<std::int32_t, int>, std::vector<std::size_t>> tiers;
  for (std::size_t i = 0; i < manifests.size(); ++i) {
    const ManifestFile& manifest = manifests[i];
    if (manifest.deletes || manifest.length >= target || manifest.added_files < 0 || manifest.existing_files < 0)
      continue;
    if (FilesIn(manifest) == 0 || !CanRewrite(metadata, manifest.spec_id)) continue;
    tiers[{manifest.spec_id, Tier(FilesIn(manifest), fan_in)}].push_back(i);
  }
  // One tier a commit keeps each commit short; the lowest fills fastest.
  for (const auto& [tier, members] : tiers) {
    if (static_cast<std::int64_t>(members.size()) < fan_in) continue;
    std::vector<std::size_t> chosen;
    std::int64_t bytes = 0;
    for (std::size_t i : members) {
      if (!chosen.empty() && bytes + manifests[i].length > target) break;
      bytes += manifests[i].length;
      chosen.push_back(i);
    }
    if (chosen.size() >= 2) return chosen;
  }
  return {};
}

Result<AppendPlan> PlanAppend(const AppendInput& input) {
  return Planner(input).Plan();
}

std::string MetadataFolder(const TableMetadata& metadata) {
  std::string path = metadata.Property("write.metadata.path");
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path.empty() ? metadata.location + "/metadata" : path;
}

std::string NextMetadataLocation(const TableMetadata& metadata, std::string_view previous, std::string_view uuid) {
  std::int64_t version = -1;
  if (!previous.empty()) {
    std::string_view file = previous.substr(previous.rfind('/') + 1);
    auto [end, error] = std::from_chars(file.data(), file.data() + file.size(), version);
    if (error != std::errc()) version = 0;
    // Hadoop tables count "v7.metadata.json".
    if (file.starts_with('v')) std::from_chars(file.data() + 1, file.data() + file.size(), version);
  }
  return fmt::format("{}/{:05}-{}.metadata.json", MetadataFolder(metadata), version + 1, uuid);
}

Result<MetadataStep> NextMetadata(TableMetadata& next, const std::string& base_location, TimestampMs base_updated,
                                  std::string_view uuid) {
  MetadataStep step;
  if (!base_location.empty()) next.metadata_log.push_back({base_updated, base_location});
  auto limit = static_cast<std::size_t>(
      std::max<std::int64_t>(1, next.NumberProperty("write.metadata.previous-versions-max", 100)));
  if (next.metadata_log.size() > limit) {
    auto end = next.metadata_log.end() - static_cast<std::ptrdiff_t>(limit);
    if (next.BoolProperty("write.metadata.delete-after-commit.enabled", false)) {
      for (auto it = next.metadata_log.begin(); it != end; ++it) step.dropped_metadata.push_back(it->metadata_file);
    }
    next.metadata_log.erase(next.metadata_log.begin(), end);
  }
  step.location = NextMetadataLocation(next, base_location, uuid);
  FLOE_TRY(step.json, ToJson(next));
  return step;
}

SnapshotId SnapshotIdFrom(std::uint64_t high, std::uint64_t low) {
  auto id = static_cast<std::int64_t>((high ^ low) & 0x7fffffffffffffffULL);
  return SnapshotId(id == 0 ? 1 : id);
}

}  // namespace floe::iceberg
