// SPDX-License-Identifier: Apache-2.0
// Manifests and manifest lists of format versions 1 to 3, read by field id.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "iceberg/manifest/avro.h"
#include "iceberg/manifest/manifest.h"

namespace floe::iceberg {
namespace {

std::unexpected<Error> Bad(std::string_view what) {
  return Fail(ErrorKind::kCorruption, fmt::format("manifest: {}", what));
}

bool IsNullBranch(const AvroType& type) {
  return type.kind == AvroKind::kNull;
}

/// A map: Iceberg's array of key-value records, or an Avro map never.
template <typename Fn>
void ReadPairs(AvroDecoder& in, const AvroType& type, Fn&& on_pair) {
  if (type.kind != AvroKind::kArray || type.children[0]->kind != AvroKind::kRecord ||
      type.children[0]->fields.size() != 2) {
    return in.Fail();
  }
  const AvroType& pair = *type.children[0];
  in.ForEach([&] {
    auto key = static_cast<std::int32_t>(in.AnyInteger(in.Branch(*pair.fields[0].type)));
    on_pair(key, in.Branch(*pair.fields[1].type));
  });
}

ByField<std::int64_t> ReadCounts(AvroDecoder& in, const AvroType& type) {
  ByField<std::int64_t> out;
  ReadPairs(in, type, [&](std::int32_t key, const AvroType& value) { out.emplace_back(key, in.AnyInteger(value)); });
  return out;
}

ByField<std::string> ReadBounds(AvroDecoder& in, const AvroType& type) {
  ByField<std::string> out;
  ReadPairs(in, type,
            [&](std::int32_t key, const AvroType& value) { out.emplace_back(key, std::string(in.AnyBytes(value))); });
  return out;
}

template <typename T>
std::vector<T> ReadNumbers(AvroDecoder& in, const AvroType& type) {
  std::vector<T> out;
  if (type.kind != AvroKind::kArray) {
    in.Fail();
    return out;
  }
  in.ForEach([&] { out.push_back(static_cast<T>(in.AnyInteger(in.Branch(*type.children[0])))); });
  return out;
}

Literal DecimalFrom(std::string_view bytes) {
  unsigned __int128 value = !bytes.empty() && (bytes[0] & 0x80) != 0 ? ~static_cast<unsigned __int128>(0) : 0;
  for (char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return static_cast<Int128>(value);
}

/// A partition value as the writer stored it, brought to the literal form of `type`.
Literal ReadPartitionValue(AvroDecoder& in, const AvroType& stored, const Type& type) {
  switch (stored.kind) {
    case AvroKind::kNull: return {};
    case AvroKind::kBoolean: return in.Boolean();
    case AvroKind::kInt:
    case AvroKind::kLong: {
      std::int64_t value = in.Long();
      if (type.id == TypeId::kDecimal) return static_cast<Int128>(value);
      if (type.id == TypeId::kFloat || type.id == TypeId::kDouble) return static_cast<double>(value);
      const bool narrow = type.id == TypeId::kInt || type.id == TypeId::kDate;
      if (narrow && value != static_cast<std::int32_t>(value)) in.Fail();
      return value;
    }
    case AvroKind::kFloat: return static_cast<double>(in.Float());
    case AvroKind::kDouble: return in.Double();
    case AvroKind::kBytes:
    case AvroKind::kString:
    case AvroKind::kFixed: {
      std::string_view bytes = in.AnyBytes(stored);
      if (type.id == TypeId::kDecimal) return DecimalFrom(bytes);
      return std::string(bytes);
    }
    default: in.Fail(); return {};
  }
}

bool Fits(const Literal& value, const Type& type) {
  if (IsNull(value) || type.id == TypeId::kUnknown) return true;
  switch (type.id) {
    case TypeId::kBoolean: return std::holds_alternative<bool>(value);
    case TypeId::kFloat:
    case TypeId::kDouble: return std::holds_alternative<double>(value);
    case TypeId::kDecimal: return std::holds_alternative<Int128>(value);
    case TypeId::kString:
    case TypeId::kUuid:
    case TypeId::kFixed:
    case TypeId::kBinary: return std::holds_alternative<std::string>(value);
    default: return std::holds_alternative<std::int64_t>(value);
  }
}

class EntryReader {
 public:
  EntryReader(const PartitionSpec& spec, const std::vector<Type>& types) : spec_(spec), types_(types) {}

  ManifestEntry Read(AvroDecoder& in, const AvroType& record) {
    ManifestEntry entry;
    entry.file.spec_id = spec_.spec_id;
    entry.file.partition.resize(spec_.fields.size());
    in.Record(record, [&](const AvroField& field, const AvroType& type) {
      if (IsNullBranch(type)) return;
      switch (field.field_id) {
        case 0: entry.status = static_cast<EntryStatus>(std::clamp<std::int64_t>(in.AnyInteger(type), 0, 2)); break;
        case 1: entry.snapshot_id = in.AnyInteger(type); break;
        case 3: entry.sequence_number = in.AnyInteger(type); break;
        case 4: entry.file_sequence_number = in.AnyInteger(type); break;
        case 2: ReadFile(in, type, entry.file); break;
        default: in.Skip(type);
      }
    });
    return entry;
  }

 private:
  void ReadFile(AvroDecoder& in, const AvroType& record, DataFile& file) {
    in.Record(record, [&](const AvroField& field, const AvroType& type) {
      if (IsNullBranch(type)) return;
      if (!ReadIdentity(in, field, type, file)) ReadMetrics(in, field, type, file);
    });
  }

  bool ReadIdentity(AvroDecoder& in, const AvroField& field, const AvroType& type, DataFile& file) {
    switch (field.field_id) {
      case 134: file.content = static_cast<FileContent>(std::clamp<std::int64_t>(in.AnyInteger(type), 0, 2)); break;
      case 100: file.path = std::string(in.AnyBytes(type)); break;
      case 101: file.format = std::string(in.AnyBytes(type)); break;
      case 102: ReadPartition(in, type, file); break;
      case 103: file.record_count = in.AnyInteger(type); break;
      case 104: file.file_size = in.AnyInteger(type); break;
      case 140: file.sort_order_id = static_cast<std::int32_t>(in.AnyInteger(type)); break;
      case 143: file.referenced_data_file = std::string(in.AnyBytes(type)); break;
      case 142: file.first_row_id = in.AnyInteger(type); break;
      case 144: file.content_offset = in.AnyInteger(type); break;
      case kBlockChecksumsFieldId: file.block_checksums = std::string(in.AnyBytes(type)); break;
      case 145: file.content_size = in.AnyInteger(type); break;
      default: return false;
    }
    return true;
  }

  static void ReadMetrics(AvroDecoder& in, const AvroField& field, const AvroType& type, DataFile& file) {
    switch (field.field_id) {
      case 108: file.column_sizes = ReadCounts(in, type); break;
      case 109: file.value_counts = ReadCounts(in, type); break;
      case 110: file.null_counts = ReadCounts(in, type); break;
      case 137: file.nan_counts = ReadCounts(in, type); break;
      case 125: file.lower_bounds = ReadBounds(in, type); break;
      case 128: file.upper_bounds = ReadBounds(in, type); break;
      case 131: file.key_metadata = std::string(in.AnyBytes(type)); break;
      case 132: file.split_offsets = ReadNumbers<std::int64_t>(in, type); break;
      case 135: file.equality_ids = ReadNumbers<std::int32_t>(in, type); break;
      default: in.Skip(type);
    }
  }

  void ReadPartition(AvroDecoder& in, const AvroType& record, DataFile& file) {
    std::size_t position = 0;
    in.Record(record, [&](const AvroField& field, const AvroType& type) {
      std::size_t at = spec_.fields.size();
      for (std::size_t i = 0; i < spec_.fields.size(); ++i) {
        if (spec_.fields[i].field_id == field.field_id) at = i;
      }
      if (field.field_id < 0) at = position;  // very old writers give no ids
      ++position;
      if (at >= spec_.fields.size()) return in.Skip(type);
      file.partition[at] = ReadPartitionValue(in, type, types_[at]);
      if (!Fits(file.partition[at], types_[at])) in.Fail();
    });
  }

  const PartitionSpec& spec_;
  const std::vector<Type>& types_;
};

FieldSummary ReadSummary(AvroDecoder& in, const AvroType& record) {
  FieldSummary summary;
  in.Record(record, [&](const AvroField& field, const AvroType& type) {
    if (IsNullBranch(type)) return;
    switch (field.field_id) {
      case 509: summary.contains_null = in.Boolean(); break;
      case 518: summary.contains_nan = in.Boolean(); break;
      case 510: summary.lower_bound = std::string(in.AnyBytes(type)); break;
      case 511: summary.upper_bound = std::string(in.AnyBytes(type)); break;
      default: in.Skip(type);
    }
  });
  return summary;
}

ManifestFile ReadListEntry(AvroDecoder& in, const AvroType& record) {
  ManifestFile entry;
  in.Record(record, [&](const AvroField& field, const AvroType& type) {
    if (IsNullBranch(type)) return;
    switch (field.field_id) {
      case 500: entry.path = std::string(in.AnyBytes(type)); break;
      case 501: entry.length = in.AnyInteger(type); break;
      case 502: entry.spec_id = static_cast<std::int32_t>(in.AnyInteger(type)); break;
      case 517: entry.deletes = in.AnyInteger(type) == 1; break;
      case 515: entry.sequence_number = in.AnyInteger(type); break;
      case 516: entry.min_sequence_number = in.AnyInteger(type); break;
      case 503: entry.added_snapshot_id = in.AnyInteger(type); break;
      case 504: entry.added_files = in.AnyInteger(type); break;
      case 505: entry.existing_files = in.AnyInteger(type); break;
      case 506: entry.deleted_files = in.AnyInteger(type); break;
      case 512: entry.added_rows = in.AnyInteger(type); break;
      case 513: entry.existing_rows = in.AnyInteger(type); break;
      case 514: entry.deleted_rows = in.AnyInteger(type); break;
      case 520: entry.first_row_id = in.AnyInteger(type); break;
      case 519: entry.key_metadata = std::string(in.AnyBytes(type)); break;
      case 507:
        if (type.kind != AvroKind::kArray) return in.Fail();
        in.ForEach([&] { entry.partitions.push_back(ReadSummary(in, in.Branch(*type.children[0]))); });
        break;
      default: in.Skip(type);
    }
  });
  return entry;
}

}  // namespace

Result<std::vector<ManifestFile>> ReadManifestList(std::string_view content) {
  FLOE_TRY(AvroFile file, ReadAvroFile(content));
  std::vector<ManifestFile> entries;
  for (const auto& [count, bytes] : file.blocks) {
    AvroDecoder in(bytes);
    for (std::int64_t i = 0; i < count; ++i) {
      entries.push_back(ReadListEntry(in, *file.schema));
      if (in.failed()) return Bad("an entry of the manifest list is damaged");
    }
  }
  return entries;
}

Status ReadManifest(std::string_view content, const ManifestFile& list_entry, const PartitionSpec& spec,
                    const std::vector<Type>& types, const std::function<Status(ManifestEntry&&)>& on_entry) {
  FLOE_TRY(AvroFile file, ReadAvroFile(content));
  EntryReader reader(spec, types);
  for (const auto& [count, bytes] : file.blocks) {
    AvroDecoder in(bytes);
    for (std::int64_t i = 0; i < count; ++i) {
      ManifestEntry entry = reader.Read(in, *file.schema);
      if (in.failed()) return Bad("an entry is damaged");
      if (entry.file.path.empty()) return Bad("an entry has no file path");
      // Inheritance (spec, "Sequence Number Inheritance"): only new entries take the list's number.
      if (!entry.snapshot_id) entry.snapshot_id = list_entry.added_snapshot_id;
      if (entry.status == EntryStatus::kAdded || list_entry.sequence_number == 0) {
        if (!entry.sequence_number) entry.sequence_number = list_entry.sequence_number;
        if (!entry.file_sequence_number) entry.file_sequence_number = list_entry.sequence_number;
      }
      FLOE_TRY_VOID(on_entry(std::move(entry)));
    }
  }
  return {};
}

Result<ManifestHeader> ReadManifestHeader(std::string_view content) {
  FLOE_TRY(AvroFile file, ReadAvroFile(content));
  ManifestHeader header;
  if (auto id = file.metadata.find("partition-spec-id"); id != file.metadata.end()) {
    std::from_chars(id->second.data(), id->second.data() + id->second.size(), header.spec_id);
  }
  if (auto kind = file.metadata.find("content"); kind != file.metadata.end()) header.content = kind->second;
  return header;
}

}  // namespace floe::iceberg
