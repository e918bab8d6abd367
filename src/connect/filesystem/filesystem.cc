// SPDX-License-Identifier: Apache-2.0
#include "connect/filesystem/filesystem.h"

#include <fmt/format.h>

#include "connect/filesystem/filesystem_internal.h"

namespace floe::connect {
namespace {

class FilesystemConnector final : public Connector {
 public:
  FilesystemConnector(io::FileSystem& files, duck::Instance& duckdb) : files_(files), duckdb_(duckdb) {
    descriptor_.name = "filesystem";
    descriptor_.help =
        "Files in a directory: json, csv and raw lines, or parquet; read once, written exactly once at checkpoints.";
    descriptor_.source = true;
    descriptor_.sink = true;
    descriptor_.uses_formats = true;
    descriptor_.metadata = {{"file.path", data::Type::String().WithNullable(false), false},
                            {"file.name", data::Type::String().WithNullable(false), false}};
    descriptor_.options = {
        {.key = "path", .required = true, .help = "directory, file, or pattern with '*' and '?' in its last part"},
        {.key = "sink.rolling-policy.file-size",
         .type = OptionType::kMemorySize,
         .default_value = "128MB",
         .help = "size at which a part file is closed"},
        {.key = "sink.rolling-policy.rollover-interval",
         .help = "files are closed at every checkpoint",
         .accepted_and_ignored = true},
        {.key = "sink.rolling-policy.check-interval",
         .help = "files are closed at every checkpoint",
         .accepted_and_ignored = true},
        {.key = "sink.partition-commit.policy.kind", .help = "'success-file' writes _SUCCESS into each directory"},
        {.key = "sink.partition-commit.trigger",
         .help = "partitions are committed with the checkpoint",
         .accepted_and_ignored = true},
        {.key = "sink.partition-commit.delay",
         .help = "partitions are committed with the checkpoint",
         .accepted_and_ignored = true},
        {.key = "sink.partition-commit.success-file.name", .help = "always _SUCCESS", .accepted_and_ignored = true},
        {.key = "sink.parallelism", .help = "one sink task", .accepted_and_ignored = true},
        {.key = "auto-compaction", .help = "not built", .accepted_and_ignored = true},
        {.key = "partition.default-name", .help = "always __DEFAULT_PARTITION__", .accepted_and_ignored = true},
        {.key = "partition.time-extractor.*",
         .help = "partitions are committed with the checkpoint",
         .accepted_and_ignored = true},
    };
    descriptor_.bounded = [](const TableDefinition&) { return true; };
    descriptor_.sink_mode = [](const TableDefinition&) { return ChangelogMode::kAppend; };
    descriptor_.validate = [](const TableDefinition& table) -> Status {
      FLOE_TRY(std::string path, filesystem::LocalPath(table.options.at("path")));
      FLOE_TRY(MessageLayout layout, MakeMessageLayout(table, false));
      return {};
    };
  }
  const ConnectorDescriptor& descriptor() const override { return descriptor_; }

  Result<std::unique_ptr<SourceReader>> OpenSource(ScanRequest request) override {
    FLOE_TRY(MessageLayout layout, MakeMessageLayout(request.table, false));
    FLOE_TRY(std::string path, filesystem::LocalPath(request.table.options.at("path")));
    auto inputs = filesystem::ListFiles(files_, path);
    if (!inputs)
      return Fail(
          std::move(inputs.error()).WithContext(fmt::format("while opening table {}", request.table.FullName())));
    if (layout.value.format == "parquet")
      return filesystem::OpenParquetSource(duckdb_, std::move(*inputs), std::move(request));
    return filesystem::OpenLineSource(files_, std::move(*inputs), std::move(request), layout.value.format,
                                      layout.value.options);
  }

  Result<std::unique_ptr<Sink>> OpenSink(SinkRequest request) override {
    FLOE_TRY(MessageLayout layout, MakeMessageLayout(request.table, false));
    OptionReader reader(descriptor_, request.table.options);
    filesystem::SinkSettings settings;
    FLOE_TRY(settings.directory, filesystem::LocalPath(reader.String("path")));
    FLOE_TRY(settings.roll_bytes, reader.MemorySize("sink.rolling-policy.file-size"));
    settings.format = layout.value.format;
    settings.format_options = layout.value.options;
    settings.success_file =
        reader.String("sink.partition-commit.policy.kind").find("success-file") != std::string::npos;
    return filesystem::OpenFileSink(files_, duckdb_, std::move(settings), std::move(request));
  }

 private:
  io::FileSystem& files_;
  duck::Instance& duckdb_;
  ConnectorDescriptor descriptor_;
};

}  // namespace

std::unique_ptr<Connector> MakeFilesystemConnector(io::FileSystem& files, duck::Instance& duckdb) {
  return std::make_unique<FilesystemConnector>(files, duckdb);
}

}  // namespace floe::connect
