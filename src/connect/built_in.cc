// SPDX-License-Identifier: Apache-2.0
#include "connect/built_in.h"

#include "connect/datagen/datagen.h"
#include "connect/faker/faker.h"
#include "connect/filesystem/filesystem.h"
#include "connect/jdbc/jdbc.h"
#include "connect/kafka/kafka_connector.h"
#include "connect/table_format.h"
#include "realtime/realtime_connector.h"

namespace floe::connect {

void AddBuiltInConnectors(ConnectorRegistry& registry, const BuiltInDependencies& dependencies) {
  kafka::KafkaDependencies kafka;
  kafka.writer = {&dependencies.log, &dependencies.files, dependencies.staging_directory};
  kafka.groups = dependencies.groups;
  kafka.clock = &dependencies.clock;
  kafka.is_this_node = dependencies.is_this_node;
  registry.SetFormatOptions(FormatOptionSpecs());
  registry.Add(kafka::MakeKafkaConnector(kafka));
  registry.Add(kafka::MakeUpsertKafkaConnector(kafka));
  registry.Add(MakeFakerConnector(dependencies.clock));
  registry.Add(MakeDatagenConnector(dependencies.clock));
  registry.Add(MakePrintConnector(dependencies.print));
  registry.Add(MakeBlackholeConnector());
  registry.Add(MakeFilesystemConnector(dependencies.files, dependencies.duckdb));
  registry.Add(MakeJdbcConnector());
  registry.Add(realtime::MakeRealtimeConnector(dependencies.realtime));
}

}  // namespace floe::connect
