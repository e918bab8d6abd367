// SPDX-License-Identifier: Apache-2.0
// DescribeLogDirs: sizes of partitions.
#include "kafka/protocol/messages/describe_log_dirs.h"

#include <algorithm>
#include <optional>

#include "kafka/server/handlers/handlers.h"
#include "kafka/server/topic_directory.h"

namespace floe::kafka {

HandlerResult HandleDescribeLogDirs(Services& services, Request& request) {
  FLOE_CO_TRY(const auto asked, request.Decode<DescribeLogDirsRequest>());
  DescribeLogDirsResponse response;
  auto& directory = response.results.emplace_back();
  directory.log_dir = services.options.log_directory;
  const auto add = [&directory](const log::Topic& topic, const std::vector<std::int32_t>* wanted) {
    auto& answer = directory.topics.emplace_back();
    answer.name = topic.name;
    for (const auto& partition : topic.partitions) {
      const auto index = partition->id().value();
      if (wanted != nullptr && std::ranges::find(*wanted, index) == wanted->end()) continue;
      answer.partitions.push_back(
          {.index = index, .partition_size = static_cast<std::int64_t>(partition->size_bytes())});
    }
  };
  if (!asked.topics) {
    for (const auto& topic : services.log.Topics()) add(*topic, nullptr);
  } else {
    for (const auto& topic : *asked.topics) {
      if (const auto known = services.topics.FindByName(topic.name)) add(*known, &topic.partitions);
    }
  }
  co_return Reply(request.Encode(response));
}

}  // namespace floe::kafka
