// SPDX-License-Identifier: Apache-2.0
#include "iceberg/commit/table_appender.h"

#include <algorithm>
#include <list>
#include <map>
#include <set>
#include <utility>

#include <duckdb.hpp>
#include <duckdb/common/vector_operations/vector_operations.hpp>
#include <fmt/format.h>

#include "duck/guard.h"
#include "duck/parquet_writer.h"
#include "iceberg/commit/metrics.h"
#include "iceberg/commit/partitioner.h"
#include "iceberg/manifest/block_checksums.h"
#include "iceberg/metadata/duckdb_type.h"

namespace floe::iceberg {
namespace {

constexpr std::int64_t kDefaultFileBytes = 512LL << 20;
/// Closed files that wait for their sync: each holds a descriptor.
constexpr std::size_t kMostUnsynced = 64;

/// Where a table column comes from.
struct ColumnSource {
  int input = -1;  ///< -1: null
};

std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

Result<std::vector<ColumnSource>> MatchColumns(const Schema& schema, const data::Schema& input) {
  std::vector<ColumnSource> sources(schema.fields.size());
  for (std::size_t i = 0; i < input.size(); ++i) {
    const std::string& name = input.fields[i].name;
    int exact = -1;
    int loose = -1;
    int candidates = 0;
    for (std::size_t c = 0; c < schema.fields.size(); ++c) {
      if (schema.fields[c].name == name) exact = static_cast<int>(c);
      if (Lower(schema.fields[c].name) == Lower(name)) loose = static_cast<int>(c), ++candidates;
    }
    int target = exact >= 0 ? exact : (candidates == 1 ? loose : -1);
    if (target < 0) return Fail(ErrorKind::kInvalidInput, fmt::format("column '{}' is not in the table", name));
    ColumnSource& source = sources[static_cast<std::size_t>(target)];
    if (source.input >= 0) {
      return Fail(ErrorKind::kInvalidInput, fmt::format("two input columns match table column '{}'",
                                                        schema.fields[static_cast<std::size_t>(target)].name));
    }
    source.input = static_cast<int>(i);
  }
  for (std::size_t c = 0; c < sources.size(); ++c) {
    if (sources[c].input < 0 && schema.fields[c].required) {
      return Fail(ErrorKind::kInvalidInput,
                  fmt::format("column '{}' is NOT NULL and gets no value", schema.fields[c].name));
    }
  }
  return sources;
}

struct OpenFile {
  std::uint32_t partition = 0;
  std::string path;
  std::string location;
  std::unique_ptr<duck::ParquetWriter> writer;
};

class Appender final : public TableAppender {
 public:
  Appender(Catalog& catalog, TableName name, LoadedTable table, AppenderOptions options)
      : catalog_(catalog), name_(std::move(name)), table_(std::move(table)), options_(std::move(options)) {}

  Status Init(duck::Instance& instance, const data::Schema& input) {
    const TableMetadata& metadata = *table_.metadata;
    FLOE_TRY(sources_, MatchColumns(metadata.schema(), input));
    std::vector<duck::ParquetColumn> columns;
    for (const Field& field : metadata.schema().fields) {
      FLOE_TRY(duck::ParquetColumn column, ToParquetColumn(field));
      types_.push_back(column.type);
      columns.push_back(std::move(column));
    }
    duck::ParquetWriterOptions writer;
    writer.codec = Lower(metadata.Property("write.parquet.compression-codec", "zstd"));
    writer.level = static_cast<int>(metadata.NumberProperty("write.parquet.compression-level", 1));
    writer.sync_later = true;
    FLOE_TRY(format_, duck::ParquetFormat::Make(instance, catalog_.io().files(), std::move(columns), writer));
    FLOE_TRY(partitioner_, Partitioner::Make(metadata.spec(), metadata.schema()));
    FLOE_TRY(folder_, DataFolder());
    target_bytes_ = static_cast<std::uint64_t>(
        std::max<std::int64_t>(1, metadata.NumberProperty("write.target-file-size-bytes", kDefaultFileBytes)));
    operation_ = SystemRandom().Uuid();
    return {};
  }

  Status Write(const data::Batch& batch) override {
    FLOE_TRY_VOID(NotFailed());
    if (!std::ranges::all_of(batch.kinds, [](data::RowKind kind) { return kind == data::RowKind::kInsert; })) {
      return Fail(ErrorKind::kNotSupported,
                  fmt::format("table '{}' takes inserts only: updates and deletes of rows are not supported yet",
                              name_.ToString()));
    }
    if (batch.size() == 0) return {};
    duckdb::DataChunk chunk;
    FLOE_TRY_VOID(duck::Guard([&] { return Convert(batch, chunk); }));
    if (table_.metadata->spec().fields.empty()) return WriteTo(0, chunk);
    partitioner_->Assign(chunk, partitions_);
    return WritePartitioned(chunk);
  }

  Result<std::vector<DataFile>> Flush() override {
    FLOE_TRY_VOID(NotFailed());
    while (!open_.empty()) FLOE_TRY_VOID(Close(open_.begin()));
    std::vector<DataFile> files = std::move(closed_);
    closed_.clear();
    partitioner_->Reset();
    buffered_rows_ = 0;
    return files;
  }

  Result<StagedCommit> Stage(std::vector<DataFile> files, CheckpointId checkpoint) override {
    FLOE_TRY_VOID(NotFailed());
    StringMap summary;
    if (!options_.job_id.empty()) summary["floe.job-id"] = options_.job_id;
    summary["floe.checkpoint-id"] = fmt::format("{}", checkpoint.value());
    FLOE_TRY(StagedCommit staged, catalog_.Stage(name_, std::move(files), std::move(summary)));
    // Last: the disk was at work on them meanwhile.
    if (Status synced = SyncFiles(); !synced) {
      catalog_.Discard(staged);
      return Fail(std::move(synced).error());
    }
    return staged;
  }

  void Abandon(const std::vector<DataFile>& files) override {
    for (const DataFile& file : files) static_cast<void>(catalog_.io().Remove(file.path));
    for (const DataFile& file : closed_) static_cast<void>(catalog_.io().Remove(file.path));
    closed_.clear();
    unsynced_.clear();
    unsynced_folders_.clear();
    failed_.reset();
    for (OpenFile& file : open_) {
      file.writer.reset();
      static_cast<void>(catalog_.io().Remove(file.location));
    }
    open_.clear();
    by_partition_.clear();
    partitioner_->Reset();
    buffered_rows_ = 0;
  }

  std::int64_t buffered_rows() const override { return buffered_rows_; }

 private:
  Result<std::string> DataFolder() const {
    std::string folder = table_.metadata->Property("write.data.path");
    if (folder.empty()) folder = table_.metadata->location + "/data";
    while (folder.ends_with('/')) folder.pop_back();
    FLOE_TRY_VOID(LocalPath(folder));
    return folder;
  }

  /// References the batch's vectors in table order, casting where types differ.
  Status Convert(const data::Batch& batch, duckdb::DataChunk& chunk) {
    const auto& fields = table_.metadata->schema().fields;
    auto& input = const_cast<duckdb::DataChunk&>(batch.rows);  // referencing a vector changes nothing in it
    chunk.InitializeEmpty(types_);
    for (std::size_t c = 0; c < fields.size(); ++c) {
      if (sources_[c].input < 0) {
        chunk.data[c].Reference(duckdb::Value(types_[c]));
        continue;
      }
      duckdb::Vector& source = input.data[static_cast<std::size_t>(sources_[c].input)];
      if (source.GetType() == types_[c]) {
        chunk.data[c].Reference(source);
      } else {
        duckdb::Vector cast(types_[c]);
        std::string error;
        if (!duckdb::VectorOperations::DefaultTryCast(source, cast, batch.size(), &error, true)) {
          return Fail(ErrorKind::kInvalidInput, fmt::format("column '{}': {}", fields[c].name, error));
        }
        chunk.data[c].Reference(cast);
      }
      if (fields[c].required && HasNull(chunk.data[c], batch.size())) {
        return Fail(ErrorKind::kInvalidInput,
                    fmt::format("column '{}' of table '{}' is NOT NULL, and a row has no value for it", fields[c].name,
                                name_.ToString()));
      }
    }
    chunk.SetCardinality(batch.size());
    return {};
  }

  static bool HasNull(duckdb::Vector& vector, duckdb::idx_t count) {
    duckdb::UnifiedVectorFormat format;
    vector.ToUnifiedFormat(count, format);
    if (format.validity.AllValid()) return false;
    for (duckdb::idx_t i = 0; i < count; ++i) {
      if (!format.validity.RowIsValid(format.sel->get_index(i))) return true;
    }
    return false;
  }

  Status WritePartitioned(duckdb::DataChunk& chunk) {
    bool one = std::ranges::all_of(partitions_, [&](std::uint32_t p) { return p == partitions_[0]; });
    if (one) return WriteTo(partitions_[0], chunk);
    std::map<std::uint32_t, std::vector<std::uint32_t>> rows;
    for (std::size_t row = 0; row < partitions_.size(); ++row) {
      rows[partitions_[row]].push_back(static_cast<std::uint32_t>(row));
    }
    for (auto& [partition, members] : rows) {
      duckdb::DataChunk slice;
      FLOE_TRY_VOID(duck::Guard([&] {
        duckdb::SelectionVector selection(members.data());
        slice.InitializeEmpty(types_);
        slice.Slice(chunk, selection, members.size());
        slice.Flatten();
      }));
      FLOE_TRY_VOID(WriteTo(partition, slice));
    }
    return {};
  }

  Status WriteTo(std::uint32_t partition, duckdb::DataChunk& chunk) {
    FLOE_TRY(auto file, FileOf(partition));
    FLOE_TRY_VOID(file->writer->Write(chunk));
    buffered_rows_ += static_cast<std::int64_t>(chunk.size());
    if (file->writer->LargerThan(target_bytes_)) return Close(file);
    return {};
  }

  Result<std::list<OpenFile>::iterator> FileOf(std::uint32_t partition) {
    if (auto found = by_partition_.find(partition); found != by_partition_.end()) {
      open_.splice(open_.end(), open_, found->second);  // last is the most recently used
      return found->second;
    }
    if (open_.size() >= std::max<std::size_t>(1, options_.open_files)) FLOE_TRY_VOID(Close(open_.begin()));
    OpenFile file;
    file.partition = partition;
    std::string folder = folder_;
    const TableMetadata& metadata = *table_.metadata;
    if (!metadata.spec().fields.empty()) {
      folder += "/" + PartitionPath(metadata.spec(), metadata.schema(), partitioner_->values(partition));
    }
    file.location = fmt::format("{}/{:05}-0-{}-{:05}.parquet", folder, options_.task, operation_, ++file_number_);
    FLOE_TRY(file.path, LocalPath(file.location));
    std::string directory = file.path.substr(0, file.path.rfind('/'));
    if (directory != last_directory_) {
      FLOE_TRY_VOID(catalog_.io().files().CreateDirectories(directory));
      last_directory_ = directory;
    }
    FLOE_TRY(file.writer, format_->Open(file.path));
    auto at = open_.insert(open_.end(), std::move(file));
    by_partition_[partition] = at;
    return at;
  }

  Status Close(std::list<OpenFile>::iterator file) {
    FLOE_TRY(duck::ParquetFileStats stats, file->writer->Finish());
    unsynced_.push_back(std::move(stats.file));
    unsynced_folders_.insert(file->path.substr(0, file->path.rfind('/')));
    if (unsynced_.size() >= kMostUnsynced) FLOE_TRY_VOID(SyncFiles());
    DataFile out;
    out.path = file->location;
    out.spec_id = table_.metadata->default_spec_id;
    if (!table_.metadata->spec().fields.empty()) out.partition = partitioner_->values(file->partition);
    out.sort_order_id = 0;
    if (stats.crc32c && static_cast<std::uint64_t>(stats.bytes) <= kChecksumBlock) {
      out.block_checksums = BlockChecksums(*stats.crc32c);
    } else {
      FLOE_TRY(out.block_checksums, BlockChecksums(catalog_.io().files(), file->path));
    }
    FillMetrics(stats, table_.metadata->schema(), *table_.metadata, out);
    closed_.push_back(std::move(out));
    by_partition_.erase(file->partition);
    open_.erase(file);
    return {};
  }

  Status NotFailed() const { return failed_ ? Status(Fail(*failed_)) : Status(); }

  /// Closed files and their folders. A failure stays: the second sync would succeed, with data lost.
  Status SyncFiles() {
    const auto files = std::exchange(unsynced_, {});
    const auto folders = std::exchange(unsynced_folders_, {});
    Status synced;
    for (std::size_t i = 0; i < files.size() && synced; ++i) synced = files[i]->Sync();
    for (auto folder = folders.begin(); folder != folders.end() && synced; ++folder)
      synced = catalog_.io().files().SyncDirectory(*folder);
    if (!synced) failed_ = synced.error();
    return synced;
  }

  Catalog& catalog_;
  TableName name_;
  LoadedTable table_;
  AppenderOptions options_;
  std::vector<ColumnSource> sources_;
  duckdb::vector<duckdb::LogicalType> types_;
  std::unique_ptr<duck::ParquetFormat> format_;
  std::unique_ptr<Partitioner> partitioner_;
  std::string folder_;
  std::string last_directory_;
  std::string operation_;
  std::uint64_t target_bytes_ = 0;
  std::int64_t file_number_ = 0;
  std::int64_t buffered_rows_ = 0;
  std::vector<std::uint32_t> partitions_;
  std::list<OpenFile> open_;  // writers refer to format_, so they stand after it
  std::map<std::uint32_t, std::list<OpenFile>::iterator> by_partition_;
  std::vector<DataFile> closed_;
  std::vector<std::unique_ptr<io::WritableFile>> unsynced_;  // of closed files
  std::set<std::string> unsynced_folders_;
  std::optional<Error> failed_;  // a sync: until Abandon nothing goes on
};

}  // namespace

Result<std::unique_ptr<TableAppender>> TableAppender::Open(Catalog& catalog, duck::Instance& instance,
                                                           const TableName& table, const data::Schema& input,
                                                           AppenderOptions options) {
  FLOE_TRY(LoadedTable loaded, catalog.LoadTable(table));
  if (loaded.metadata->format_version != 2) {
    return Fail(ErrorKind::kNotSupported, fmt::format("table '{}' has format version {}: Floe writes version 2",
                                                      table.ToString(), loaded.metadata->format_version));
  }
  auto appender = std::make_unique<Appender>(catalog, table, std::move(loaded), std::move(options));
  auto status = appender->Init(instance, input);
  if (!status)
    return Fail(std::move(status.error()).WithContext(fmt::format("writing to table '{}'", table.ToString())));
  return std::unique_ptr<TableAppender>(std::move(appender));
}

}  // namespace floe::iceberg
