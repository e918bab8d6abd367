// SPDX-License-Identifier: Apache-2.0
#include "connect/kafka/kafka_connector.h"

#include <fmt/format.h>

#include "connect/kafka/cluster.h"
#include "connect/kafka/log_sink.h"
#include "connect/kafka/log_source.h"
#include "connect/kafka/message_decoder.h"

namespace floe::connect::kafka {
namespace {

class KafkaConnector final : public Connector {
 public:
  KafkaConnector(KafkaDependencies dependencies, bool upsert) : deps_(std::move(dependencies)), upsert_(upsert) {
    descriptor_.name = upsert ? "upsert-kafka" : "kafka";
    descriptor_.help = upsert
                           ? "Writes a changelog by primary key to a topic; deletes are null values."
                           : "Reads and writes topics of this node, or of the cluster at properties.bootstrap.servers.";
    descriptor_.options = KafkaOptions();
    descriptor_.metadata = MessageDecoder::Metadata();
    descriptor_.source = !upsert;
    descriptor_.sink = true;
    descriptor_.uses_formats = true;
    descriptor_.bounded = [](const TableDefinition& table) {
      auto it = table.options.find("scan.bounded.mode");
      return it != table.options.end() && it->second != "unbounded";
    };
    descriptor_.sink_mode = [upsert](const TableDefinition&) {
      return upsert ? ChangelogMode::kUpsert : ChangelogMode::kAppend;
    };
    descriptor_.validate = [this, upsert](const TableDefinition& table) -> Status {
      FLOE_TRY(MessageLayout layout, MakeMessageLayout(table, upsert));
      FLOE_TRY(KafkaScan scan, ReadKafkaScan(descriptor_, table));
      return {};
    };
  }

  const ConnectorDescriptor& descriptor() const override { return descriptor_; }

  Result<std::unique_ptr<SourceReader>> OpenSource(ScanRequest request) override {
    if (upsert_) {
      return Fail(ErrorKind::kNotSupported,
                  fmt::format("table {}: reading 'upsert-kafka' is not built; read the topic with 'kafka'",
                              request.table.FullName()));
    }
    FLOE_TRY(MessageLayout layout, MakeMessageLayout(request.table, false));
    FLOE_TRY(KafkaScan scan, ReadKafkaScan(descriptor_, request.table));
    if (Outside(request.table)) return OpenClusterSource(std::move(request), std::move(scan), layout);
    return OpenLogSource({deps_.writer.log, deps_.groups, deps_.clock}, std::move(request), std::move(scan), layout);
  }

  Result<std::unique_ptr<Sink>> OpenSink(SinkRequest request) override {
    FLOE_TRY(MessageLayout layout, MakeMessageLayout(request.table, upsert_));
    if (Outside(request.table)) return OpenClusterSink(descriptor_, std::move(request), layout, upsert_);
    return OpenLogSink({deps_.writer, deps_.clock}, descriptor_, std::move(request), layout, upsert_);
  }

 private:
  bool Outside(const TableDefinition& table) const {
    std::string servers = BootstrapServers(table);
    return !servers.empty() && !(deps_.is_this_node && deps_.is_this_node(servers));
  }

  KafkaDependencies deps_;
  bool upsert_;
  ConnectorDescriptor descriptor_;
};

}  // namespace

std::unique_ptr<Connector> MakeKafkaConnector(KafkaDependencies dependencies) {
  return std::make_unique<KafkaConnector>(std::move(dependencies), false);
}

std::unique_ptr<Connector> MakeUpsertKafkaConnector(KafkaDependencies dependencies) {
  return std::make_unique<KafkaConnector>(std::move(dependencies), true);
}

}  // namespace floe::connect::kafka
