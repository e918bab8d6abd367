// SPDX-License-Identifier: Apache-2.0
#include "connect/kafka/cluster_client.h"

#include <algorithm>

#include <fmt/format.h>

namespace floe::connect::kafka {
namespace {

constexpr std::string_view kJavaOnly[] = {"key.deserializer",
                                          "value.deserializer",
                                          "key.serializer",
                                          "value.serializer",
                                          "partition.discovery.interval.ms",
                                          "max.poll.records",
                                          "auto.offset.reset",
                                          "enable.auto.commit",
                                          "transaction.timeout.ms"};

}  // namespace

Status SetProperty(rd_kafka_conf_t* config, const std::string& name, const std::string& value) {
  char reason[512];
  if (rd_kafka_conf_set(config, name.c_str(), value.c_str(), reason, sizeof reason) == RD_KAFKA_CONF_OK) return {};
  return Fail(ErrorKind::kInvalidInput, fmt::format("option 'properties.{}': {}", name, reason));
}

Result<ConfigPtr> MakeClusterConfig(const Options& options) {
  ConfigPtr config(rd_kafka_conf_new());
  rd_kafka_conf_set_log_cb(config.get(), nullptr);
  for (const auto& [key, value] : options) {
    if (!key.starts_with("properties.")) continue;
    std::string name = key.substr(11);
    if (std::ranges::find(kJavaOnly, name) != std::end(kJavaOnly)) continue;
    FLOE_TRY_VOID(SetProperty(config.get(), name, value));
  }
  return config;
}

Result<ClientPtr> MakeClient(rd_kafka_type_t type, ConfigPtr config) {
  char reason[512];
  rd_kafka_t* client = rd_kafka_new(type, config.get(), reason, sizeof reason);
  if (client == nullptr)
    return Fail(ErrorKind::kUnavailable, fmt::format("the Kafka client could not start: {}", reason));
  (void)config.release();  // the client owns it now
  return ClientPtr(client);
}

Error ClusterError(rd_kafka_resp_err_t code, const std::string& what) {
  ErrorKind kind = ErrorKind::kUnavailable;
  if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
    kind = ErrorKind::kNotFound;
  if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) kind = ErrorKind::kPermissionDenied;
  if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) kind = ErrorKind::kTooLarge;
  return Error(kind, fmt::format("{}: {}; check properties.bootstrap.servers and that the cluster is up", what,
                                 rd_kafka_err2str(code)))
      .WithDomain(ErrorDomain::kExternal);
}

}  // namespace floe::connect::kafka
