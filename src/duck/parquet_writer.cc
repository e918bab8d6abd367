// SPDX-License-Identifier: Apache-2.0
#include "duck/parquet_writer.h"

#include <cmath>
#include <map>
#include <span>

#include <duckdb.hpp>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/catalog/catalog_entry/copy_function_catalog_entry.hpp>
#include <duckdb/execution/execution_context.hpp>
#include <duckdb/function/copy_function.hpp>
#include <duckdb/parallel/thread_context.hpp>
#include <duckdb/parser/parsed_data/copy_info.hpp>

#include "base/crc32c.h"
#include "duck/guard.h"
#include "duck/instance.h"
#include "duck/small_parquet.h"
#include "io/file_system.h"

namespace floe::duck {
namespace {

using duckdb::LogicalTypeId;
using duckdb::Value;

/// Beyond either, what DuckDB's writer sets up per file is paid for by its dictionaries and its speed per row.
constexpr duckdb::idx_t kSmallRows = 8192;
constexpr std::size_t kSmallTextBytes = 8U << 20;

Value FieldIds(const ParquetColumn& column) {
  if (column.children.empty()) return Value::INTEGER(column.field_id);
  duckdb::child_list_t<Value> parts;
  parts.emplace_back("__duckdb_field_id", Value::INTEGER(column.field_id));
  for (const ParquetColumn& child : column.children) parts.emplace_back(child.name, FieldIds(child));
  return Value::STRUCT(std::move(parts));
}

std::string Quoted(const std::string& name) {
  return duckdb::KeywordHelper::WriteQuoted(name, '"');
}

struct Leaf {
  std::int32_t field_id;
  duckdb::LogicalType type;
};

void CollectLeaves(const ParquetColumn& column, const std::string& prefix, std::map<std::string, Leaf>& out) {
  std::string path = prefix.empty() ? Quoted(column.name) : prefix + "." + Quoted(column.name);
  if (column.children.empty()) out.emplace(path, Leaf{column.field_id, column.type});
  for (const ParquetColumn& child : column.children) CollectLeaves(child, path, out);
}

template <typename T>
std::int64_t CountNan(duckdb::Vector& vector, duckdb::idx_t count) {
  duckdb::UnifiedVectorFormat format;
  vector.ToUnifiedFormat(count, format);
  const T* values = duckdb::UnifiedVectorFormat::GetData<T>(format);
  std::int64_t nans = 0;
  for (duckdb::idx_t i = 0; i < count; ++i) {
    auto at = format.sel->get_index(i);
    if (std::isnan(values[at]) && format.validity.RowIsValid(at)) ++nans;
  }
  return nans;
}

/// Statistics hold binary values as hex digits.
Value BlobOfHex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::strtol(hex.substr(i, 2).c_str(), nullptr, 16));
  }
  return Value::BLOB_RAW(bytes);
}

class Format;

class LargeWriter final : public ParquetWriter {
 public:
  LargeWriter(Format& format, std::string path);
  Status Write(duckdb::DataChunk& chunk) override;
  std::int64_t rows() const override { return rows_; }
  bool LargerThan(std::uint64_t bytes) override;
  Result<ParquetFileStats> Finish() override;

 private:
  ParquetFileStats Stats() const;

  Format& format_;
  std::string path_;
  std::int64_t rows_ = 0;
  std::map<std::int32_t, std::int64_t> nans_;
  duckdb::ThreadContext thread_;
  duckdb::ExecutionContext execution_;
  duckdb::CopyFunctionFileStatistics written_;
  duckdb::unique_ptr<duckdb::GlobalFunctionData> global_;
  duckdb::unique_ptr<duckdb::LocalFunctionData> local_;
};

/// Gathers the rows of a file while they are few. A file that ends small is encoded here, a larger one goes to DuckDB.
class GatheringWriter final : public ParquetWriter {
 public:
  GatheringWriter(Format& format, std::string path);
  ~GatheringWriter() override;
  Status Write(duckdb::DataChunk& chunk) override;
  std::int64_t rows() const override { return large_ ? large_->rows() : static_cast<std::int64_t>(gathered_->size()); }
  bool LargerThan(std::uint64_t bytes) override { return large_ && large_->LargerThan(bytes); }
  Result<ParquetFileStats> Finish() override;

 private:
  Status GrowLarge();

  Format& format_;
  std::string path_;
  std::unique_ptr<duckdb::DataChunk> gathered_;
  std::size_t text_bytes_ = 0;
  std::unique_ptr<LargeWriter> large_;
};

class Format final : public ParquetFormat {
 public:
  Format(std::unique_ptr<duckdb::Connection> connection, io::FileSystem& files, std::vector<ParquetColumn> columns,
         const ParquetWriterOptions& options)
      : connection_(std::move(connection)),
        files_(files),
        columns_(std::move(columns)),
        small_(SmallParquetEncoder::Make(columns_, options)),
        sync_later_(options.sync_later) {
    for (const ParquetColumn& column : columns_) CollectLeaves(column, "", leaves_);
  }

  const std::vector<ParquetColumn>& columns() const override { return columns_; }

  Result<std::unique_ptr<ParquetWriter>> Open(const std::string& path) override {
    return Guard([&]() -> std::unique_ptr<ParquetWriter> {
      if (small_) return std::make_unique<GatheringWriter>(*this, path);
      return std::make_unique<LargeWriter>(*this, path);
    });
  }

  void Bind(const ParquetWriterOptions& options) {
    context().RunFunctionInTransaction([&] {
      auto& entry = duckdb::Catalog::GetSystemCatalog(context()).GetEntry<duckdb::CopyFunctionCatalogEntry>(
          context(), DEFAULT_SCHEMA, "parquet");
      function_ = duckdb::make_uniq<duckdb::CopyFunction>(entry.function);
      duckdb::CopyInfo info;
      info.is_from = false;
      info.format = "parquet";
      duckdb::child_list_t<Value> ids;
      duckdb::vector<std::string> names;
      duckdb::vector<duckdb::LogicalType> types;
      for (const ParquetColumn& column : columns_) {
        ids.emplace_back(column.name, FieldIds(column));
        names.push_back(column.name);
        types.push_back(column.type);
      }
      info.options["field_ids"] = {Value::STRUCT(std::move(ids))};
      info.options["codec"] = {Value(options.codec)};
      if (options.level && options.codec == "zstd") info.options["compression_level"] = {Value::BIGINT(*options.level)};
      info.options["row_group_size"] = {Value::UBIGINT(options.row_group_rows)};
      if (options.row_group_bytes != 0)
        info.options["row_group_size_bytes"] = {Value::UBIGINT(options.row_group_bytes)};
      duckdb::CopyFunctionBindInput input(info, function_->function_info);
      input.file_extension = "parquet";
      bound_ = function_->copy_to_bind(context(), input, names, types);
    });
  }

  duckdb::ClientContext& context() { return *connection_->context; }
  duckdb::CopyFunction& function() { return *function_; }
  duckdb::FunctionData& bound() { return *bound_; }
  const std::map<std::string, Leaf>& leaves() const { return leaves_; }
  io::FileSystem& files() { return files_; }

  /// Chunks are lent to one file after the other, for their memory.
  std::unique_ptr<duckdb::DataChunk> TakeChunk() {
    if (!spare_.empty()) {
      auto chunk = std::move(spare_.back());
      spare_.pop_back();
      return chunk;
    }
    duckdb::vector<duckdb::LogicalType> types;
    for (const ParquetColumn& column : columns_) types.push_back(column.type);
    auto chunk = std::make_unique<duckdb::DataChunk>();
    chunk->Initialize(duckdb::Allocator::DefaultAllocator(), types);
    return chunk;
  }
  void GiveBack(std::unique_ptr<duckdb::DataChunk> chunk) {
    if (spare_.size() >= kSpareChunks) return;
    chunk->Reset();
    spare_.push_back(std::move(chunk));
  }

  Result<ParquetFileStats> WriteSmall(const std::string& path, duckdb::DataChunk& rows) {
    FLOE_TRY(ParquetFileStats stats, small_->Encode(rows, encoded_));
    FLOE_TRY(auto file, files_.OpenWritable(path, true));
    FLOE_TRY_VOID(file->WriteAt(0, std::as_bytes(std::span(encoded_))));
    stats.crc32c = Crc32c(std::as_bytes(std::span(encoded_)));
    FLOE_TRY_VOID(SyncOrHandOver(std::move(file), stats));
    return stats;
  }

  Status SyncOrHandOver(std::unique_ptr<io::WritableFile> file, ParquetFileStats& stats) const {
    if (!sync_later_) return file->Sync();
    file->BeginSync();
    stats.file = std::move(file);
    return {};
  }

 private:
  static constexpr std::size_t kSpareChunks = 4;

  std::unique_ptr<duckdb::Connection> connection_;
  io::FileSystem& files_;
  std::vector<ParquetColumn> columns_;
  std::unique_ptr<SmallParquetEncoder> small_;  // null: all files are written by DuckDB
  std::vector<std::unique_ptr<duckdb::DataChunk>> spare_;
  std::string encoded_;  // kept for its memory
  const bool sync_later_;
  std::map<std::string, Leaf> leaves_;
  duckdb::unique_ptr<duckdb::CopyFunction> function_;
  duckdb::unique_ptr<duckdb::FunctionData> bound_;
};

LargeWriter::LargeWriter(Format& format, std::string path)
    : format_(format),
      path_(std::move(path)),
      thread_(format.context()),
      execution_(format.context(), thread_, nullptr) {
  auto& function = format_.function();
  global_ = function.copy_to_initialize_global(format_.context(), format_.bound(), path_);
  // Asked for at the start: the writer gathers statistics while it writes.
  function.copy_to_get_written_statistics(format_.context(), format_.bound(), *global_, written_);
  local_ = function.copy_to_initialize_local(execution_, format_.bound());
}

Status LargeWriter::Write(duckdb::DataChunk& chunk) {
  return Guard([&] {
    for (std::size_t i = 0; i < format_.columns().size(); ++i) {
      const ParquetColumn& column = format_.columns()[i];
      if (column.type.id() == LogicalTypeId::FLOAT) {
        nans_[column.field_id] += CountNan<float>(chunk.data[i], chunk.size());
      } else if (column.type.id() == LogicalTypeId::DOUBLE) {
        nans_[column.field_id] += CountNan<double>(chunk.data[i], chunk.size());
      }
    }
    format_.function().copy_to_sink(execution_, format_.bound(), *global_, *local_, chunk);
    rows_ += static_cast<std::int64_t>(chunk.size());
  });
}

bool LargeWriter::LargerThan(std::uint64_t bytes) {
  return format_.function().rotate_next_file(*global_, format_.bound(), duckdb::optional_idx(bytes));
}

Result<ParquetFileStats> LargeWriter::Finish() {
  FLOE_TRY(ParquetFileStats stats, Guard([&] {
             auto& function = format_.function();
             function.copy_to_combine(execution_, format_.bound(), *global_, *local_);
             function.copy_to_finalize(format_.context(), format_.bound(), *global_);
             return Stats();
           }));
  FLOE_TRY(auto file, format_.files().OpenWritable(path_, false));
  FLOE_TRY_VOID(format_.SyncOrHandOver(std::move(file), stats));
  return stats;
}

ParquetFileStats LargeWriter::Stats() const {
  ParquetFileStats out;
  out.rows = static_cast<std::int64_t>(written_.row_count);
  out.bytes = static_cast<std::int64_t>(written_.file_size_bytes);
  for (const auto& [path, texts] : written_.column_statistics) {
    auto leaf = format_.leaves().find(path);
    if (leaf == format_.leaves().end()) continue;
    auto text = [&](const char* key) -> std::optional<std::string> {
      auto found = texts.find(key);
      if (found == texts.end() || found->second.IsNull()) return std::nullopt;
      return found->second.ToString();
    };
    auto number = [&](const char* key) {
      auto found = text(key);
      return found ? static_cast<std::int64_t>(std::strtoll(found->c_str(), nullptr, 10)) : 0;
    };
    ParquetColumnStats stats;
    stats.field_id = leaf->second.field_id;
    stats.size = number("column_size_bytes");
    stats.values = number("num_values");
    stats.nulls = number("null_count");
    auto value = [&](const char* key, Value& into) {
      auto found = text(key);
      if (!found) return;
      if (leaf->second.type.id() == LogicalTypeId::BLOB) {
        into = BlobOfHex(*found);
        return;
      }
      Value parsed(*found);
      std::string error;
      // Statistics are optional: one that does not read back is left out.
      if (parsed.DefaultTryCastAs(leaf->second.type, into, &error)) return;
      into = Value();
    };
    value("min", stats.min);
    value("max", stats.max);
    if (auto counted = nans_.find(stats.field_id); counted != nans_.end()) stats.nans = counted->second;
    if (!stats.nans && text("has_nan") == "false") stats.nans = 0;
    out.columns.push_back(std::move(stats));
  }
  return out;
}

std::size_t TextBytes(duckdb::DataChunk& chunk, duckdb::idx_t from) {
  std::size_t bytes = 0;
  for (duckdb::Vector& vector : chunk.data) {
    if (vector.GetType().InternalType() != duckdb::PhysicalType::VARCHAR) continue;
    const auto* texts = duckdb::FlatVector::GetData<duckdb::string_t>(vector);
    const auto& validity = duckdb::FlatVector::Validity(vector);
    for (duckdb::idx_t row = from; row < chunk.size(); ++row)
      bytes += validity.RowIsValid(row) ? texts[row].GetSize() : 0;
  }
  return bytes;
}

GatheringWriter::GatheringWriter(Format& format, std::string path)
    : format_(format), path_(std::move(path)), gathered_(format.TakeChunk()) {}

GatheringWriter::~GatheringWriter() {
  if (gathered_) format_.GiveBack(std::move(gathered_));
}

Status GatheringWriter::Write(duckdb::DataChunk& chunk) {
  if (!large_ && gathered_->size() + chunk.size() > kSmallRows) FLOE_TRY_VOID(GrowLarge());
  if (large_) return large_->Write(chunk);
  const duckdb::idx_t before = gathered_->size();
  FLOE_TRY_VOID(Guard([&] { gathered_->Append(chunk, true); }));
  text_bytes_ += TextBytes(*gathered_, before);
  return text_bytes_ > kSmallTextBytes ? GrowLarge() : Status();
}

Status GatheringWriter::GrowLarge() {
  FLOE_TRY_VOID(Guard([&] { large_ = std::make_unique<LargeWriter>(format_, path_); }));
  Status written;
  // The writer takes chunks of a vector's size.
  for (duckdb::idx_t from = 0; from < gathered_->size() && written; from += STANDARD_VECTOR_SIZE) {
    const duckdb::idx_t count = std::min<duckdb::idx_t>(STANDARD_VECTOR_SIZE, gathered_->size() - from);
    duckdb::DataChunk part;
    FLOE_TRY_VOID(Guard([&] {
      part.InitializeEmpty(gathered_->GetTypes());
      for (std::size_t c = 0; c < part.ColumnCount(); ++c) part.data[c].Slice(gathered_->data[c], from, from + count);
      part.SetCardinality(count);
    }));
    written = large_->Write(part);
  }
  format_.GiveBack(std::move(gathered_));
  return written;
}

Result<ParquetFileStats> GatheringWriter::Finish() {
  return large_ ? large_->Finish() : format_.WriteSmall(path_, *gathered_);
}

}  // namespace

Result<std::unique_ptr<ParquetFormat>> ParquetFormat::Make(Instance& instance, io::FileSystem& files,
                                                           std::vector<ParquetColumn> columns,
                                                           ParquetWriterOptions options) {
  FLOE_TRY(auto connection, instance.Connect());
  auto format = std::make_unique<Format>(std::move(connection), files, std::move(columns), options);
  FLOE_TRY_VOID(Guard([&] { format->Bind(options); }));
  return std::unique_ptr<ParquetFormat>(std::move(format));
}

}  // namespace floe::duck
