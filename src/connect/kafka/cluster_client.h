// SPDX-License-Identifier: Apache-2.0
// Ownership and configuration of librdkafka objects.
#pragma once

#include <memory>
#include <string>

#include <librdkafka/rdkafka.h>

#include "base/result.h"
#include "connect/api/table.h"

namespace floe::connect::kafka {

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using ClientPtr = std::unique_ptr<rd_kafka_t, Deleter<rd_kafka_destroy>>;
using ConfigPtr = std::unique_ptr<rd_kafka_conf_t, Deleter<rd_kafka_conf_destroy>>;
using QueuePtr = std::unique_ptr<rd_kafka_queue_t, Deleter<rd_kafka_queue_destroy>>;
using PartitionsPtr = std::unique_ptr<rd_kafka_topic_partition_list_t, Deleter<rd_kafka_topic_partition_list_destroy>>;
using MessagePtr = std::unique_ptr<rd_kafka_message_t, Deleter<rd_kafka_message_destroy>>;

/// Waiting for brokers at open and at checkpoints.
constexpr int kClusterTimeoutMs = 10'000;

/// The table's properties.* as a configuration; those that only Java clients know are left out. kInvalidInput names the
/// property.
Result<ConfigPtr> MakeClusterConfig(const Options& options);
Status SetProperty(rd_kafka_conf_t* config, const std::string& name, const std::string& value);
Result<ClientPtr> MakeClient(rd_kafka_type_t type, ConfigPtr config);
Error ClusterError(rd_kafka_resp_err_t code, const std::string& what);

}  // namespace floe::connect::kafka
