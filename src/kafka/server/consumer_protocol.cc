// SPDX-License-Identifier: Apache-2.0
// Consumer subscriptions: version, array of topic names, and what later versions add.
#include "kafka/server/consumer_protocol.h"

#include "kafka/protocol/reader.h"

namespace floe::kafka {

std::set<std::string> SubscriptionTopics(std::string metadata) {
  Reader reader({reinterpret_cast<std::byte*>(metadata.data()), metadata.size()});
  std::set<std::string> topics;
  if (reader.Int16() < 0) return topics;
  const auto count = reader.ArrayLength(false, false, 2);
  for (std::int32_t i = 0; i < count && reader.ok(); ++i) topics.insert(reader.String(false));
  return reader.ok() ? topics : std::set<std::string>();
}

}  // namespace floe::kafka
