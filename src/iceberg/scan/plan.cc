// SPDX-License-Identifier: Apache-2.0
#include "iceberg/scan/plan.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace floe::iceberg {
namespace {

bool IsFloating(const Type& type) {
  return type.id == TypeId::kFloat || type.id == TypeId::kDouble;
}

bool Inside(const Literal& value, const ColumnFacts& facts) {
  if (facts.lower && Compare(value, *facts.lower) < 0) return false;
  return !(facts.upper && Compare(value, *facts.upper) > 0);
}

bool SameKind(const Literal& value, const ColumnFacts& facts) {
  return (!facts.lower || facts.lower->index() == value.index()) &&
         (!facts.upper || facts.upper->index() == value.index());
}

/// A predicate on a column as one on a partition field's value; nothing when the transform says nothing about it.
std::optional<ColumnPredicate> Project(const ColumnPredicate& predicate, const Transform& transform,
                                       const Type& source) {
  ColumnPredicate out = predicate;
  if (predicate.op == CompareOp::kIsNull) {
    return transform.kind == TransformKind::kVoid || transform.kind == TransformKind::kUnknown
               ? std::nullopt
               : std::optional<ColumnPredicate>(out);
  }
  if (predicate.op == CompareOp::kIsNotNull) return std::nullopt;
  if (transform.kind == TransformKind::kVoid || transform.kind == TransformKind::kUnknown) return std::nullopt;
  bool points = predicate.op == CompareOp::kEqual || predicate.op == CompareOp::kIn;
  if (transform.kind == TransformKind::kBucket && !points) return std::nullopt;
  for (Literal& value : out.values) value = Apply(transform, value, source);
  // Transforms keep order but not strictness: ts < 10:30 may be in hour 10.
  if (transform.kind != TransformKind::kIdentity) {
    if (out.op == CompareOp::kLess) out.op = CompareOp::kLessOrEqual;
    if (out.op == CompareOp::kGreater) out.op = CompareOp::kGreaterOrEqual;
  }
  return out;
}

class Planner {
 public:
  Planner(TableIo& io, const LoadedTable& table, const std::vector<ColumnPredicate>& predicates)
      : io_(io), metadata_(*table.metadata), predicates_(predicates) {}

  Status Collect(ScanPlan& plan) {
    FLOE_TRY(ManifestList manifests, io_.Manifests(*plan.snapshot));
    std::vector<std::pair<DataFile, std::int64_t>> deletes;
    for (const ManifestFile& manifest : *manifests) {
      if (manifest.added_files == 0 && manifest.existing_files == 0) continue;
      FLOE_TRY(bool wanted, ManifestMayMatch(manifest));
      if (!wanted) {
        ++plan.manifests_skipped;
        continue;
      }
      FLOE_TRY_VOID(io_.ReadManifestEntries(metadata_, manifest, [&](ManifestEntry&& entry) -> Status {
        if (!entry.live()) return {};
        FLOE_TRY_VOID(CheckReadable(entry.file));
        if (entry.file.content != FileContent::kData) {
          deletes.emplace_back(std::move(entry.file), entry.sequence_number.value_or(0));
          return {};
        }
        FLOE_TRY(bool keep, FileMayMatch(entry.file));
        if (!keep) {
          ++plan.files_skipped;
          return {};
        }
        plan.tasks.push_back({std::move(entry.file), entry.sequence_number.value_or(0), {}});
        return {};
      }));
    }
    AttachDeletes(plan, deletes);
    return {};
  }

 private:
  Status CheckReadable(const DataFile& file) const {
    auto no = [&](std::string_view why) {
      return Fail(ErrorKind::kNotSupported, fmt::format("file {} cannot be read: {}", file.path, why));
    };
    if (file.content == FileContent::kEqualityDeletes) return no("equality deletes are not supported yet");
    if (file.format == "PUFFIN" || file.format == "puffin") return no("deletion vectors are not supported yet");
    if (file.format != "PARQUET" && file.format != "parquet") return no(file.format + " data files are not supported");
    if (file.key_metadata) return no("it is encrypted");
    return {};
  }

  Result<bool> ManifestMayMatch(const ManifestFile& manifest) {
    const PartitionSpec* spec = metadata_.FindSpec(manifest.spec_id);
    if (spec == nullptr || manifest.partitions.size() != spec->fields.size() || manifest.deletes) return true;
    for (std::size_t i = 0; i < spec->fields.size(); ++i) {
      const Field* source = SourceOf(spec->fields[i]);
      if (source == nullptr) continue;
      FLOE_TRY(Type type, ResultType(spec->fields[i].transform, source->type));
      const FieldSummary& summary = manifest.partitions[i];
      ColumnFacts facts;
      facts.may_have_nan = summary.contains_nan.value_or(IsFloating(type));
      if (!summary.contains_null) facts.nulls = 0;
      if (summary.lower_bound) {
        FLOE_TRY(facts.lower, FromSingleValueBytes(*summary.lower_bound, type));
      }
      if (summary.upper_bound) {
        FLOE_TRY(facts.upper, FromSingleValueBytes(*summary.upper_bound, type));
      }
      for (const ColumnPredicate& predicate : predicates_) {
        if (predicate.field_id != source->id) continue;
        auto projected = Project(predicate, spec->fields[i].transform, source->type);
        if (projected && !MayMatch(*projected, facts)) return false;
      }
    }
    return true;
  }

  Result<bool> FileMayMatch(const DataFile& file) {
    const PartitionSpec* spec = metadata_.FindSpec(file.spec_id);
    for (const ColumnPredicate& predicate : predicates_) {
      const Field* column = metadata_.schema().FindById(predicate.field_id);
      if (column == nullptr || !column->type.IsPrimitive()) continue;
      for (std::size_t i = 0; spec != nullptr && i < spec->fields.size(); ++i) {
        if (spec->fields[i].source_id != predicate.field_id) continue;
        auto projected = Project(predicate, spec->fields[i].transform, column->type);
        ColumnFacts facts;
        facts.values = 1;
        facts.nulls = IsNull(file.partition[i]) ? 1 : 0;
        if (facts.nulls == 0) facts.lower = facts.upper = file.partition[i];
        if (projected && !MayMatch(*projected, facts)) return false;
      }
      FLOE_TRY(ColumnFacts facts, FactsOf(file, *column));
      if (!MayMatch(predicate, facts)) return false;
    }
    return true;
  }

  static Result<ColumnFacts> FactsOf(const DataFile& file, const Field& column) {
    ColumnFacts facts;
    if (const auto* count = FindByField(file.value_counts, column.id)) facts.values = *count;
    if (const auto* count = FindByField(file.null_counts, column.id)) facts.nulls = *count;
    facts.may_have_nan = IsFloating(column.type);
    if (const auto* count = FindByField(file.nan_counts, column.id)) facts.may_have_nan = *count != 0;
    if (const auto* bytes = FindByField(file.lower_bounds, column.id)) {
      FLOE_TRY(facts.lower, FromSingleValueBytes(*bytes, column.type));
    }
    if (const auto* bytes = FindByField(file.upper_bounds, column.id)) {
      FLOE_TRY(facts.upper, FromSingleValueBytes(*bytes, column.type));
    }
    return facts;
  }

  const Field* SourceOf(const PartitionField& field) const { return metadata_.schema().FindById(field.source_id); }

  /// A position delete holds for files of its partition that are not younger (spec, "Scan Planning").
  static void AttachDeletes(ScanPlan& plan, const std::vector<std::pair<DataFile, std::int64_t>>& deletes) {
    for (ScanFileTask& task : plan.tasks) {
      for (const auto& [file, sequence] : deletes) {
        bool same_partition = file.spec_id == task.file.spec_id &&
                              file.partition.size() == task.file.partition.size() &&
                              std::ranges::equal(file.partition, task.file.partition, SameValue);
        bool same_file = !file.referenced_data_file || *file.referenced_data_file == task.file.path;
        if (same_partition && same_file && task.sequence_number <= sequence) task.deletes.push_back(file);
      }
    }
  }

  TableIo& io_;
  const TableMetadata& metadata_;
  const std::vector<ColumnPredicate>& predicates_;
};

}  // namespace

bool MayMatch(const ColumnPredicate& predicate, const ColumnFacts& facts) {
  bool all_null = facts.values >= 0 && facts.nulls >= 0 && facts.values == facts.nulls;
  if (predicate.op == CompareOp::kIsNull) return facts.nulls != 0;
  if (all_null) return false;
  if (predicate.op == CompareOp::kIsNotNull) return true;
  // A comparison with null is true for nobody; NaN and values of another kind are left to the filter.
  std::vector<Literal> values;
  for (const Literal& value : predicate.values) {
    if (IsNull(value)) continue;
    if (!SameKind(value, facts)) return true;
    if (const auto* number = std::get_if<double>(&value); number != nullptr && *number != *number) return true;
    values.push_back(value);
  }
  if (values.empty()) return false;
  // -0.0 and +0.0 are equal to SQL and ordered in bounds.
  if (const auto* number = std::get_if<double>(&values[0]); number != nullptr && *number == 0) return true;
  bool nan = facts.may_have_nan && std::holds_alternative<double>(values[0]);
  switch (predicate.op) {
    case CompareOp::kLess: return !facts.lower || Compare(*facts.lower, values[0]) < 0;
    case CompareOp::kLessOrEqual: return !facts.lower || Compare(*facts.lower, values[0]) <= 0;
    // DuckDB and Flink sort NaN above all numbers: x > 5 holds for NaN, which bounds do not tell of.
    case CompareOp::kGreater: return nan || !facts.upper || Compare(*facts.upper, values[0]) > 0;
    case CompareOp::kGreaterOrEqual: return nan || !facts.upper || Compare(*facts.upper, values[0]) >= 0;
    default: break;
  }
  return std::ranges::any_of(values, [&](const Literal& value) { return Inside(value, facts); });
}

Result<const Snapshot*> ResolveSnapshot(const TableMetadata& metadata, const AsOf& as_of) {
  if (const auto* id = std::get_if<SnapshotId>(&as_of)) {
    const Snapshot* found = metadata.FindSnapshot(*id);
    if (found != nullptr) return found;
    return Fail(ErrorKind::kNotFound, fmt::format("snapshot {} does not exist (or has expired) in table at {}",
                                                  id->value(), metadata.location));
  }
  if (const auto* ref = std::get_if<AsOfRef>(&as_of)) {
    auto found = metadata.refs.find(ref->name);
    if (found == metadata.refs.end()) {
      return Fail(ErrorKind::kNotFound,
                  fmt::format("branch or tag '{}' does not exist in table at {}", ref->name, metadata.location));
    }
    return metadata.FindSnapshot(found->second.snapshot_id);
  }
  const auto* time = std::get_if<AsOfTimestamp>(&as_of);
  if (time == nullptr) return metadata.current_snapshot();
  const Snapshot* best = nullptr;
  for (const SnapshotLogEntry& entry : metadata.snapshot_log) {
    if (entry.timestamp <= time->at) best = metadata.FindSnapshot(entry.snapshot_id);
  }
  if (best != nullptr) return best;
  for (const SnapshotPtr& snapshot : metadata.snapshots) {
    auto engine = snapshot->summary.find("engine-name");
    bool own = engine != snapshot->summary.end() && engine->second == "floe";
    if (own && snapshot->timestamp <= time->at && (best == nullptr || best->timestamp <= snapshot->timestamp)) {
      best = snapshot.get();
    }
  }
  if (best != nullptr) return best;
  return Fail(ErrorKind::kNotFound,
              fmt::format("table at {} has no snapshot as old as {} ms", metadata.location, time->at.value()));
}

Result<ScanPlan> PlanScan(TableIo& io, const LoadedTable& table, const AsOf& as_of,
                          const std::vector<ColumnPredicate>& predicates) {
  ScanPlan plan;
  plan.metadata = table.metadata;
  plan.schema = table.metadata->schema();
  FLOE_TRY(plan.snapshot, ResolveSnapshot(*table.metadata, as_of));
  if (plan.snapshot == nullptr) return plan;
  // A branch is read with the table's schema, a point in time with that of then (as Java's SnapshotUtil.schemaFor).
  bool past = std::holds_alternative<SnapshotId>(as_of) || std::holds_alternative<AsOfTimestamp>(as_of);
  if (const auto* ref = std::get_if<AsOfRef>(&as_of)) past = !table.metadata->refs.at(ref->name).is_branch;
  if (past && plan.snapshot->schema_id) {
    if (const Schema* schema = table.metadata->FindSchema(*plan.snapshot->schema_id)) plan.schema = *schema;
  }
  FLOE_TRY_VOID(Planner(io, table, predicates).Collect(plan));
  return plan;
}

}  // namespace floe::iceberg
