// SPDX-License-Identifier: Apache-2.0
#include "iceberg/metadata/table_metadata.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/result.h"
#include "base/text.h"

namespace floe::iceberg {

const Schema* TableMetadata::FindSchema(std::int32_t id) const {
  for (const auto& schema : schemas) {
    if (schema->schema_id == id) return schema.get();
  }
  return nullptr;
}

const Schema& TableMetadata::schema() const {
  const Schema* found = FindSchema(current_schema_id);
  FLOE_CHECK(found != nullptr);  // the parser and every change keep it so
  return *found;
}

const PartitionSpec* TableMetadata::FindSpec(std::int32_t id) const {
  auto found = std::ranges::find(partition_specs, id, &PartitionSpec::spec_id);
  return found == partition_specs.end() ? nullptr : &*found;
}

const PartitionSpec& TableMetadata::spec() const {
  const PartitionSpec* found = FindSpec(default_spec_id);
  FLOE_CHECK(found != nullptr);
  return *found;
}

const Snapshot* TableMetadata::FindSnapshot(SnapshotId id) const {
  // Newest last: what is asked for is mostly near the end.
  for (auto it = snapshots.rbegin(); it != snapshots.rend(); ++it) {
    if ((*it)->snapshot_id == id) return it->get();
  }
  return nullptr;
}

const Snapshot* TableMetadata::current_snapshot() const {
  return current_snapshot_id ? FindSnapshot(*current_snapshot_id) : nullptr;
}

std::string TableMetadata::Property(const std::string& key, std::string_view fallback) const {
  auto found = properties.find(key);
  return found == properties.end() ? std::string(fallback) : found->second;
}

std::int64_t TableMetadata::NumberProperty(const std::string& key, std::int64_t fallback) const {
  auto found = properties.find(key);
  if (found == properties.end()) return fallback;
  std::int64_t value = 0;
  const std::string& text = found->second;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : fallback;
}

bool TableMetadata::BoolProperty(const std::string& key, bool fallback) const {
  auto found = properties.find(key);
  if (found == properties.end()) return fallback;
  return ParseBoolean(found->second).value_or(false);
}

Result<std::vector<Type>> PartitionTypes(const PartitionSpec& spec, const Schema& schema) {
  std::vector<Type> types;
  for (const PartitionField& field : spec.fields) {
    const Field* source = schema.FindById(field.source_id);
    if (source == nullptr) {
      types.push_back(field.transform.kind == TransformKind::kDay ? Type(TypeId::kDate) : Type(TypeId::kUnknown));
      continue;
    }
    auto type = ResultType(field.transform, source->type);
    if (!type)
      return Fail(std::move(type.error()).WithContext(fmt::format("reading partition field '{}'", field.name)));
    types.push_back(std::move(*type));
  }
  return types;
}

}  // namespace floe::iceberg
