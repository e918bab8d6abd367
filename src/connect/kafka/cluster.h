// SPDX-License-Identifier: Apache-2.0
// Topics of an outside cluster, through librdkafka.
#pragma once

#include <memory>

#include "connect/api/connector.h"
#include "connect/kafka/start.h"
#include "connect/table_format.h"

namespace floe::connect::kafka {

/// Offsets are kept in the checkpoint, so a restored job continues where it was. kUnavailable when the brokers do not
/// answer in time.
Result<std::unique_ptr<SourceReader>> OpenClusterSource(ScanRequest request, KafkaScan scan,
                                                        const MessageLayout& layout);
/// At least once: Prepare waits for the acknowledgement of everything written. kNotSupported for an explicit
/// exactly-once.
Result<std::unique_ptr<Sink>> OpenClusterSink(const ConnectorDescriptor& descriptor, SinkRequest request,
                                              const MessageLayout& layout, bool upsert);

}  // namespace floe::connect::kafka
