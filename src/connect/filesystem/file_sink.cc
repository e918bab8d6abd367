// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <span>
#include <sstream>

#include <fmt/format.h>

#include "connect/filesystem/filesystem_internal.h"
#include "data/duckdb_type.h"
#include "duck/parquet_writer.h"
#include "formats/input.h"

namespace floe::connect::filesystem {
namespace {

constexpr std::size_t kBufferBytes = 256 << 10;

/// A part file being written under a hidden name.
class PartWriter {
 public:
  virtual ~PartWriter() = default;
  virtual Status Write(data::Batch& batch) = 0;
  virtual std::uint64_t size() = 0;
  /// Everything is on disk when it returns.
  virtual Status Finish() = 0;
};

class LinePart final : public PartWriter {
 public:
  LinePart(std::unique_ptr<io::WritableFile> file, std::unique_ptr<formats::RowEncoder> encoder, std::size_t columns)
      : file_(std::move(file)), encoder_(std::move(encoder)) {
    for (std::size_t i = 0; i < columns; ++i) columns_.push_back(static_cast<int>(i));
  }
  Status Write(data::Batch& batch) override {
    encoder_->Bind(batch, columns_);
    for (std::size_t row = 0; row < batch.size(); ++row) {
      FLOE_TRY_VOID(encoder_->Encode(row, buffer_));
      buffer_ += '\n';
      if (buffer_.size() >= kBufferBytes) FLOE_TRY_VOID(Flush());
    }
    return {};
  }
  std::uint64_t size() override { return position_ + buffer_.size(); }
  Status Finish() override {
    FLOE_TRY_VOID(Flush());
    return file_->Sync();
  }

 private:
  Status Flush() {
    FLOE_TRY_VOID(file_->WriteAt(position_, std::as_bytes(std::span(buffer_))));
    position_ += buffer_.size();
    buffer_.clear();
    return {};
  }
  std::unique_ptr<io::WritableFile> file_;
  std::unique_ptr<formats::RowEncoder> encoder_;
  std::vector<int> columns_;
  std::string buffer_;
  std::uint64_t position_ = 0;
};

class ParquetPart final : public PartWriter {
 public:
  explicit ParquetPart(std::unique_ptr<duck::ParquetWriter> writer) : writer_(std::move(writer)) {}
  Status Write(data::Batch& batch) override { return writer_->Write(batch.rows); }
  std::uint64_t size() override { return writer_->LargerThan(128ULL << 20) ? (128ULL << 20) + 1 : 0; }
  Status Finish() override {
    FLOE_TRY(duck::ParquetFileStats stats, writer_->Finish());
    return {};
  }

 private:
  std::unique_ptr<duck::ParquetWriter> writer_;
};

struct Part {
  std::string hidden;
  std::string visible;
  std::unique_ptr<PartWriter> writer;
};

class FileSink final : public Sink {
 public:
  FileSink(io::FileSystem& files, duck::Instance& duckdb, SinkSettings settings, SinkRequest request)
      : files_(files), duckdb_(duckdb), settings_(std::move(settings)), request_(std::move(request)) {}

  Status Open() {
    prefix_ = fmt::format("part-{}-{}", request_.job_id.empty() ? "0" : request_.job_id, request_.sink_index);
    for (std::size_t i = 0; i < request_.input.size(); ++i) {
      const data::Field& field = request_.input.fields[i];
      bool partition =
          std::ranges::find(request_.table.partition_keys, field.name) != request_.table.partition_keys.end();
      if (partition) {
        partition_columns_.push_back(i);
        partition_inputs_.push_back(formats::Input::Make(field.type, field.name));
      } else {
        data_columns_.push_back(i);
        data_schema_.fields.push_back(field);
      }
    }
    if (partition_columns_.size() != request_.table.partition_keys.size()) {
      return Fail(ErrorKind::kInvalidInput,
                  fmt::format("table {}: PARTITIONED BY takes column names only", request_.table.FullName()));
    }
    FLOE_TRY(types_, data::ToDuckDB(data_schema_));
    FLOE_TRY_VOID(OpenFormat());
    FLOE_TRY_VOID(files_.CreateDirectories(settings_.directory));
    if (request_.state) FLOE_TRY_VOID(Restore(*request_.state));
    return RemoveStale(settings_.directory);
  }

  Status Write(const data::Batch& batch) override {
    if (!batch.append_only() &&
        std::ranges::any_of(batch.kinds, [](data::RowKind kind) { return kind != data::RowKind::kInsert; })) {
      return Fail(ErrorKind::kInvalidInput,
                  fmt::format("table {}: files take only inserts", request_.table.FullName()));
    }
    if (partition_columns_.empty()) {
      data::Batch rows;
      Select(batch, nullptr, batch.size(), rows);
      return WriteTo("", rows);
    }
    for (std::size_t i = 0; i < partition_columns_.size(); ++i)
      partition_inputs_[i].Bind(batch.rows.data[partition_columns_[i]], batch.size());
    std::map<std::string, std::vector<duckdb::sel_t>> groups;
    for (std::size_t row = 0; row < batch.size(); ++row)
      groups[PartitionOf(row)].push_back(static_cast<duckdb::sel_t>(row));
    for (auto& [partition, rows] : groups) {
      duckdb::SelectionVector selection(rows.data());
      data::Batch part;
      Select(batch, &selection, rows.size(), part);
      FLOE_TRY_VOID(WriteTo(partition, part));
    }
    return {};
  }

  Result<std::string> Prepare(CheckpointId) override {
    for (auto& [partition, part] : open_) FLOE_TRY_VOID(Close(part));
    open_.clear();
    std::string state = fmt::format("files 1 {}\n", next_part_);
    for (const auto& [hidden, visible] : finished_) state += hidden + "\n" + visible + "\n";
    return state;
  }
  Status Commit(meta::Transaction&, CheckpointId) override { return {}; }

  Status Publish(CheckpointId) override {
    std::vector<std::string> directories;
    for (const auto& [hidden, visible] : finished_) {
      FLOE_TRY(bool there, files_.Exists(hidden));
      if (there) FLOE_TRY_VOID(files_.Rename(hidden, visible));
      std::string directory = visible.substr(0, visible.rfind('/'));
      if (std::ranges::find(directories, directory) == directories.end()) directories.push_back(directory);
    }
    for (const std::string& directory : directories) {
      if (settings_.success_file) FLOE_TRY_VOID(io::WriteFileDurably(files_, directory + "/_SUCCESS", ""));
      FLOE_TRY_VOID(files_.SyncDirectory(directory));
    }
    finished_.clear();
    return {};
  }

  Status Close() override {
    open_.clear();
    return {};
  }

 private:
  Status OpenFormat() {
    if (settings_.format != "parquet") {
      FLOE_TRY(auto encoder, formats::MakeEncoder({settings_.format, data_schema_, settings_.format_options}));
      return {};
    }
    std::vector<duck::ParquetColumn> columns;
    std::int32_t id = 0;
    for (std::size_t i = 0; i < data_schema_.size(); ++i)
      columns.push_back(ColumnOf(data_schema_.fields[i].name, types_[i], id));
    duck::ParquetWriterOptions options;
    auto it = settings_.format_options.find("parquet.compression");
    options.codec = it == settings_.format_options.end() ? "snappy" : it->second;
    std::ranges::transform(options.codec, options.codec.begin(), [](unsigned char c) { return std::tolower(c); });
    if (options.codec != "zstd") options.level.reset();
    FLOE_TRY(parquet_, duck::ParquetFormat::Make(duckdb_, files_, std::move(columns), options));
    return {};
  }

  static duck::ParquetColumn ColumnOf(const std::string& name, const duckdb::LogicalType& type, std::int32_t& id) {
    duck::ParquetColumn column{name, type, ++id, {}};
    if (type.id() == duckdb::LogicalTypeId::STRUCT) {
      for (const auto& [child, child_type] : duckdb::StructType::GetChildTypes(type))
        column.children.push_back(ColumnOf(child, child_type, id));
    } else if (type.id() == duckdb::LogicalTypeId::LIST) {
      column.children.push_back(ColumnOf("element", duckdb::ListType::GetChildType(type), id));
    } else if (type.id() == duckdb::LogicalTypeId::MAP) {
      column.children.push_back(ColumnOf("key", duckdb::MapType::KeyType(type), id));
      column.children.push_back(ColumnOf("value", duckdb::MapType::ValueType(type), id));
    }
    return column;
  }

  Status Restore(const std::string& state) {
    std::istringstream in(state);
    std::string magic, version, hidden, visible;
    if (!(in >> magic >> version >> next_part_) || magic != "files" || version != "1") {
      return Fail(ErrorKind::kCorruption, "the file sink's state in the checkpoint is damaged");
    }
    std::getline(in, hidden);
    while (std::getline(in, hidden) && std::getline(in, visible)) finished_.emplace_back(hidden, visible);
    return {};
  }

  /// Hidden files of this sink that no checkpoint names.
  Status RemoveStale(const std::string& directory) {
    FLOE_TRY(std::vector<io::FileInfo> entries, files_.List(directory));
    for (const io::FileInfo& entry : entries) {
      std::string path = directory + "/" + entry.name;
      if (entry.is_directory) {
        FLOE_TRY_VOID(RemoveStale(path));
      } else if (entry.name.starts_with("." + prefix_ + "-") && entry.name.ends_with(".inprogress")) {
        bool kept = std::ranges::any_of(finished_, [&](const auto& file) { return file.first == path; });
        if (!kept) FLOE_TRY_VOID(files_.Remove(path));
      }
    }
    return {};
  }

  std::string PartitionOf(std::size_t row) const {
    std::vector<std::pair<std::string, std::string>> values;
    for (const formats::Input& input : partition_inputs_) {
      std::size_t index = input.Index(row);
      std::string text = "__DEFAULT_PARTITION__";
      if (!input.IsNull(index)) {
        text.clear();
        if (input.type.IsCharacter()) {
          text = input.Text(index);
        } else {
          formats::AppendScalar(input, index, {formats::TextStyle::Timestamps::kSql}, text);
        }
      }
      values.emplace_back(input.name, text);
    }
    return PartitionPath(values);
  }

  void Select(const data::Batch& batch, const duckdb::SelectionVector* selection, std::size_t count, data::Batch& out) {
    out.rows.InitializeEmpty(types_);
    for (std::size_t i = 0; i < data_columns_.size(); ++i) {
      auto& source = const_cast<duckdb::Vector&>(batch.rows.data[data_columns_[i]]);
      if (selection == nullptr) {
        out.rows.data[i].Reference(source);
      } else {
        out.rows.data[i].Slice(source, *selection, count);
      }
    }
    out.rows.SetCardinality(count);
  }

  Status WriteTo(const std::string& partition, data::Batch& rows) {
    auto it = open_.find(partition);
    if (it == open_.end()) {
      FLOE_TRY(Part part, OpenPart(partition));
      it = open_.emplace(partition, std::move(part)).first;
    }
    FLOE_TRY_VOID(it->second.writer->Write(rows));
    if (it->second.writer->size() < settings_.roll_bytes) return {};
    FLOE_TRY_VOID(Close(it->second));
    open_.erase(it);
    return {};
  }

  Result<Part> OpenPart(const std::string& partition) {
    std::string directory = settings_.directory + (partition.empty() ? "" : "/" + partition);
    FLOE_TRY_VOID(files_.CreateDirectories(directory));
    std::string name = fmt::format("{}-{}", prefix_, next_part_++);
    Part part;
    part.hidden = directory + "/." + name + ".inprogress";
    part.visible = directory + "/" + name + "." + settings_.format;
    if (parquet_) {
      FLOE_TRY(auto writer, parquet_->Open(part.hidden));
      part.writer = std::make_unique<ParquetPart>(std::move(writer));
      return part;
    }
    FLOE_TRY(auto file, files_.OpenWritable(part.hidden, true));
    FLOE_TRY(auto encoder, formats::MakeEncoder({settings_.format, data_schema_, settings_.format_options}));
    part.writer = std::make_unique<LinePart>(std::move(file), std::move(encoder), data_schema_.size());
    return part;
  }

  Status Close(Part& part) {
    FLOE_TRY_VOID(part.writer->Finish());
    part.writer.reset();
    FLOE_TRY_VOID(files_.SyncDirectory(part.hidden.substr(0, part.hidden.rfind('/'))));
    finished_.emplace_back(part.hidden, part.visible);
    return {};
  }

  io::FileSystem& files_;
  duck::Instance& duckdb_;
  SinkSettings settings_;
  SinkRequest request_;
  std::string prefix_;
  std::vector<std::size_t> data_columns_;
  data::Schema data_schema_;
  duckdb::vector<duckdb::LogicalType> types_;
  std::vector<std::size_t> partition_columns_;
  std::vector<formats::Input> partition_inputs_;
  std::unique_ptr<duck::ParquetFormat> parquet_;
  std::map<std::string, Part> open_;                           ///< by partition path
  std::vector<std::pair<std::string, std::string>> finished_;  ///< hidden and visible names, waiting for Publish
  std::uint64_t next_part_ = 0;
};

}  // namespace

Result<std::unique_ptr<Sink>> OpenFileSink(io::FileSystem& files, duck::Instance& duckdb, SinkSettings settings,
                                           SinkRequest request) {
  auto sink = std::make_unique<FileSink>(files, duckdb, std::move(settings), std::move(request));
  FLOE_TRY_VOID(sink->Open());
  return sink;
}

}  // namespace floe::connect::filesystem
