// SPDX-License-Identifier: Apache-2.0
#include "connect/jdbc/jdbc.h"

#include <fmt/format.h>

#include "connect/jdbc/jdbc_internal.h"

namespace floe::connect {
namespace {

class JdbcConnector final : public Connector {
 public:
  JdbcConnector() {
    descriptor_.name = "jdbc";
    descriptor_.help = "Reads and writes tables of a PostgreSQL; upserts when a primary key is declared.";
    descriptor_.source = true;
    descriptor_.sink = true;
    descriptor_.options = {
        {.key = "url", .required = true, .help = "jdbc:postgresql://host:port/database"},
        {.key = "table-name", .required = true, .help = "table, with its schema if need be"},
        {.key = "username", .help = "user"},
        {.key = "password", .help = "password"},
        {.key = "driver", .help = "found from the url", .accepted_and_ignored = true},
        {.key = "sink.buffer-flush.max-rows",
         .type = OptionType::kInteger,
         .default_value = "100",
         .help = "rows kept before they are written; 0: only at checkpoints and by time"},
        {.key = "sink.buffer-flush.interval",
         .type = OptionType::kDuration,
         .default_value = "1 s",
         .help = "age at which rows are written; 0: no limit"},
        {.key = "sink.max-retries",
         .type = OptionType::kInteger,
         .default_value = "3",
         .help = "attempts after a lost connection"},
        {.key = "sink.parallelism", .help = "one sink task", .accepted_and_ignored = true},
        {.key = "connection.max-retry-timeout",
         .help = "attempts are counted, not timed",
         .accepted_and_ignored = true},
        {.key = "scan.partition.column", .help = "one reader", .accepted_and_ignored = true},
        {.key = "scan.partition.num", .help = "one reader", .accepted_and_ignored = true},
        {.key = "scan.partition.lower-bound", .help = "one reader", .accepted_and_ignored = true},
        {.key = "scan.partition.upper-bound", .help = "one reader", .accepted_and_ignored = true},
        {.key = "scan.fetch-size", .help = "rows are streamed", .accepted_and_ignored = true},
        {.key = "scan.auto-commit", .help = "reads are one statement", .accepted_and_ignored = true},
        {.key = "lookup.*", .help = "lookup joins are not built", .accepted_and_ignored = true},
    };
    descriptor_.bounded = [](const TableDefinition&) { return true; };
    descriptor_.validate = [this](const TableDefinition& table) -> Status {
      FLOE_TRY(jdbc::PostgresAddress address, Address(table));
      return {};
    };
  }
  const ConnectorDescriptor& descriptor() const override { return descriptor_; }

  Result<std::unique_ptr<SourceReader>> OpenSource(ScanRequest request) override {
    FLOE_TRY(jdbc::PostgresAddress address, Address(request.table));
    std::string table = OptionReader(descriptor_, request.table.options).String("table-name");
    return jdbc::OpenPostgresSource(address, table, std::move(request));
  }

  Result<std::unique_ptr<Sink>> OpenSink(SinkRequest request) override {
    OptionReader reader(descriptor_, request.table.options);
    jdbc::SinkOptions options;
    FLOE_TRY(options.address, Address(request.table));
    options.table = reader.String("table-name");
    FLOE_TRY(options.flush_rows, reader.Integer("sink.buffer-flush.max-rows"));
    FLOE_TRY(options.flush_interval, reader.Duration("sink.buffer-flush.interval"));
    FLOE_TRY(options.max_retries, reader.Integer("sink.max-retries"));
    return jdbc::OpenPostgresSink(std::move(options), std::move(request));
  }

 private:
  Result<jdbc::PostgresAddress> Address(const TableDefinition& table) const {
    OptionReader reader(descriptor_, table.options);
    auto address = jdbc::ParseJdbcUrl(reader.String("url"));
    if (!address) return Fail(std::move(address.error()).WithContext(fmt::format("in table {}", table.FullName())));
    if (reader.Has("username")) address->user = reader.String("username");
    if (reader.Has("password")) address->password = reader.String("password");
    return address;
  }

  ConnectorDescriptor descriptor_;
};

}  // namespace

std::unique_ptr<Connector> MakeJdbcConnector() {
  return std::make_unique<JdbcConnector>();
}

}  // namespace floe::connect
