// SPDX-License-Identifier: Apache-2.0
#include "connect/print/print.h"

#include <cstdio>
#include <string>

#include <fmt/format.h>

#include "formats/input.h"

namespace floe::connect {
namespace {

Result<std::unique_ptr<SourceReader>> NoSource(const ScanRequest& request) {
  return Fail(ErrorKind::kNotSupported, fmt::format("table {}: connector '{}' cannot be read", request.table.FullName(),
                                                    request.table.connector));
}

class PrintSink final : public Sink {
 public:
  PrintSink(const SinkRequest& request, PrintTarget target, std::string prefix, bool error)
      : target_(std::move(target)), prefix_(std::move(prefix)), error_(error) {
    for (const data::Field& field : request.input.fields)
      columns_.push_back(formats::Input::Make(field.type, field.name));
  }
  Status Write(const data::Batch& batch) override {
    for (std::size_t i = 0; i < columns_.size(); ++i) columns_[i].Bind(batch.rows.data[i], batch.size());
    std::string lines;
    for (std::size_t row = 0; row < batch.size(); ++row) {
      lines += prefix_;
      lines += data::ToString(batch.kind(row));
      lines += '[';
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (i > 0) lines += ", ";
        formats::AppendJavaText(columns_[i], row, lines);
      }
      lines += "]\n";
    }
    if (!lines.empty()) target_(lines, error_);
    return {};
  }
  Result<std::string> Prepare(CheckpointId) override { return std::string(); }
  Status Commit(meta::Transaction&, CheckpointId) override { return {}; }
  Status Publish(CheckpointId) override { return {}; }
  Status Close() override { return {}; }

 private:
  PrintTarget target_;
  std::string prefix_;
  bool error_;
  std::vector<formats::Input> columns_;
};

class PrintConnector final : public Connector {
 public:
  explicit PrintConnector(PrintTarget target) : target_(std::move(target)) {
    descriptor_.name = "print";
    descriptor_.help = "Prints rows as '+I[a, 1]'; at least once after a restart.";
    descriptor_.options = {{.key = "print-identifier", .help = "stands before every line"},
                           {.key = "standard-error",
                            .type = OptionType::kBoolean,
                            .default_value = "false",
                            .help = "print to standard error"},
                           {.key = "sink.parallelism", .help = "one sink task", .accepted_and_ignored = true}};
    descriptor_.sink = true;
    descriptor_.sink_mode = [](const TableDefinition&) { return ChangelogMode::kRetract; };
  }
  const ConnectorDescriptor& descriptor() const override { return descriptor_; }
  Result<std::unique_ptr<SourceReader>> OpenSource(ScanRequest request) override { return NoSource(request); }
  Result<std::unique_ptr<Sink>> OpenSink(SinkRequest request) override {
    OptionReader reader(descriptor_, request.table.options);
    FLOE_TRY(bool error, reader.Boolean("standard-error"));
    std::string identifier = reader.String("print-identifier");
    return std::make_unique<PrintSink>(request, target_, identifier.empty() ? "" : identifier + "> ", error);
  }

 private:
  PrintTarget target_;
  ConnectorDescriptor descriptor_;
};

class BlackholeSink final : public Sink {
 public:
  Status Write(const data::Batch&) override { return {}; }
  Result<std::string> Prepare(CheckpointId) override { return std::string(); }
  Status Commit(meta::Transaction&, CheckpointId) override { return {}; }
  Status Publish(CheckpointId) override { return {}; }
  Status Close() override { return {}; }
};

class BlackholeConnector final : public Connector {
 public:
  BlackholeConnector() {
    descriptor_.name = "blackhole";
    descriptor_.help = "Takes rows and forgets them.";
    descriptor_.sink = true;
    descriptor_.sink_mode = [](const TableDefinition&) { return ChangelogMode::kRetract; };
  }
  const ConnectorDescriptor& descriptor() const override { return descriptor_; }
  Result<std::unique_ptr<SourceReader>> OpenSource(ScanRequest request) override { return NoSource(request); }
  Result<std::unique_ptr<Sink>> OpenSink(SinkRequest) override { return std::make_unique<BlackholeSink>(); }

 private:
  ConnectorDescriptor descriptor_;
};

}  // namespace

PrintTarget ProcessOutput() {
  return [](std::string_view lines, bool error) {
    FILE* stream = error ? stderr : stdout;
    std::fwrite(lines.data(), 1, lines.size(), stream);
    std::fflush(stream);
  };
}

std::unique_ptr<Connector> MakePrintConnector(PrintTarget target) {
  return std::make_unique<PrintConnector>(std::move(target));
}
std::unique_ptr<Connector> MakeBlackholeConnector() {
  return std::make_unique<BlackholeConnector>();
}

}  // namespace floe::connect
