// SPDX-License-Identifier: Apache-2.0
#include "connect/iceberg/iceberg_connector.h"

#include <iterator>

#include <fmt/format.h>

#include "base/result.h"
#include "iceberg/commit/table_appender.h"
#include "iceberg/metadata/property.h"

namespace floe::connect {
namespace {

/// Invariant: `files_` are flushed and not committed; `staged_` names them and is not committed either.
class IcebergSink final : public Sink {
 public:
  IcebergSink(iceberg::Catalog& catalog, std::unique_ptr<iceberg::TableAppender> appender)
      : catalog_(catalog), appender_(std::move(appender)) {}

  Status Write(const data::Batch& batch) override { return appender_->Write(batch); }

  Result<std::string> Prepare(CheckpointId checkpoint) override {
    FLOE_TRY(std::vector<iceberg::DataFile> flushed, appender_->Flush());
    std::move(flushed.begin(), flushed.end(), std::back_inserter(files_));
    // A second Prepare means that the first one's commit was refused for good.
    if (staged_) catalog_.Discard(*staged_);
    staged_.reset();
    if (files_.empty()) return std::string();
    FLOE_TRY(staged_, appender_->Stage(files_, checkpoint));
    // Nothing to repair after a crash: the commit is part of the checkpoint's own transaction.
    return std::string();
  }

  Status Commit(meta::Transaction& transaction, CheckpointId) override {
    return staged_ ? catalog_.Apply(transaction, *staged_) : Status{};
  }

  Status Publish(CheckpointId) override {
    staged_.reset();
    files_.clear();
    return {};
  }

  bool VisibleAtCheckpoint() const override { return true; }
  Status Close() override { return {}; }

 private:
  iceberg::Catalog& catalog_;
  std::unique_ptr<iceberg::TableAppender> appender_;
  std::vector<iceberg::DataFile> files_;
  std::optional<iceberg::StagedCommit> staged_;
};

/// Options that are Iceberg table properties by their names.
bool IsProperty(const std::string& key) {
  return key == "format-version" || key.starts_with("write.") || key.starts_with("commit.") ||
         key.starts_with("history.") || key.starts_with("floe.") || key.starts_with("gc.") ||
         key.starts_with("read.") || key.starts_with("schema.");
}

class IcebergConnector final : public Connector {
 public:
  IcebergConnector(iceberg::Catalog& catalog, duck::Instance& duckdb) : catalog_(catalog), duckdb_(duckdb) {
    descriptor_.name = "iceberg";
    descriptor_.help = "Apache Iceberg table in this node's warehouse";
    descriptor_.source = true;
    descriptor_.sink = true;
    descriptor_.bounded = [](const TableDefinition&) { return true; };
    descriptor_.sink_mode = [](const TableDefinition&) { return ChangelogMode::kAppend; };
    descriptor_.options = Options();
    descriptor_.validate = Validate;
  }

  const ConnectorDescriptor& descriptor() const override { return descriptor_; }

  Result<std::unique_ptr<SourceReader>> OpenSource(ScanRequest request) override {
    return Fail(
        ErrorKind::kNotSupported,
        fmt::format(
            "reading Iceberg table {} as a stream is not supported yet (docs/status.md); a batch query reads it: SET "
            "'execution.runtime-mode' = 'batch'",
            request.table.FullName()));
  }

  Result<std::unique_ptr<Sink>> OpenSink(SinkRequest request) override {
    iceberg::TableName name = IcebergTableOf(request.table.options, request.table.database, request.table.name);
    FLOE_TRY_VOID(MakeIfMissing(name, request.table));
    iceberg::AppenderOptions options{.job_id = request.job_id, .task = request.sink_index};
    FLOE_TRY(auto appender, iceberg::TableAppender::Open(catalog_, duckdb_, name, request.input, options));
    return std::make_unique<IcebergSink>(catalog_, std::move(appender));
  }

 private:
  static std::vector<OptionSpec> Options() {
    auto text = [](std::string key, std::string help) {
      OptionSpec spec;
      spec.key = std::move(key);
      spec.help = std::move(help);
      return spec;
    };
    auto ignored = [&](std::string key) {
      OptionSpec spec = text(std::move(key), "known to Flink, without meaning for the node's own warehouse");
      spec.accepted_and_ignored = true;
      return spec;
    };
    return {text("catalog-database", "database of the table; default: the definition's"),
            text("catalog-table", "name of the table; default: the definition's"),
            text("catalog-type", "only 'floe', the node's own catalog"),
            text("format-version", "2"),
            text("floe.metadata-table", "snapshots, files, ... of the table"),
            text("write.*", "Iceberg table property"),
            text("commit.*", "Iceberg table property"),
            text("history.*", "Iceberg table property"),
            text("floe.*", "table property of Floe"),
            text("read.*", "Iceberg table property"),
            text("gc.*", "Iceberg table property"),
            text("schema.*", "Iceberg table property"),
            text("comment", "of the table"),
            text("owner", "of the table"),
            text("location", "directory of the table; default: below the warehouse"),
            text("format", "PARQUET (Trino's spelling)"),
            text("format_version", "2 (Trino's spelling)"),
            text("compression_codec", "of data files (Trino's spelling)"),
            ignored("catalog-name"),
            ignored("warehouse"),
            ignored("uri")};
  }

  static Status Validate(const TableDefinition& table) {
    auto type = table.options.find("catalog-type");
    if (type != table.options.end() && type->second != "floe") {
      return Fail(
          ErrorKind::kNotSupported,
          fmt::format(
              "'catalog-type' = '{}' is not supported yet (docs/status.md); leave it out for this node's own warehouse",
              type->second));
    }
    for (const auto& [key, value] : table.options) FLOE_TRY_VOID(iceberg::CheckProperty(key, value));
    return {};
  }

  Status MakeIfMissing(const iceberg::TableName& name, const TableDefinition& table) {
    FLOE_TRY(bool exists, catalog_.TableExists(name));
    if (exists) return {};
    Status database = catalog_.CreateDatabase(name.database);
    if (!database && database.error().kind() != ErrorKind::kAlreadyExists) return database;
    iceberg::TableDefinition definition;
    FLOE_TRY(definition.fields, iceberg::FromFlink(table.physical));
    definition.identifier = table.primary_key;
    definition.partitioning = table.partition_keys;
    for (const auto& [key, value] : table.options) {
      const std::string property = iceberg::PropertyName(key);
      if (IsProperty(property)) definition.properties[property] = value;
    }
    auto created = catalog_.CreateTable(name, definition);
    if (!created && created.error().kind() != ErrorKind::kAlreadyExists) return Fail(std::move(created).error());
    return {};
  }

  iceberg::Catalog& catalog_;
  duck::Instance& duckdb_;
  ConnectorDescriptor descriptor_;
};

}  // namespace

iceberg::TableName IcebergTableOf(const Options& options, const std::string& database, const std::string& name) {
  auto option = [&](const char* key, const std::string& fallback) {
    auto found = options.find(key);
    return found == options.end() ? fallback : found->second;
  };
  return {option("catalog-database", database), option("catalog-table", name)};
}

std::unique_ptr<Connector> MakeIcebergConnector(iceberg::Catalog& catalog, duck::Instance& duckdb) {
  return std::make_unique<IcebergConnector>(catalog, duckdb);
}

}  // namespace floe::connect
