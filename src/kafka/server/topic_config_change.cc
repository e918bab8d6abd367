// SPDX-License-Identifier: Apache-2.0
// Set, delete, append, subtract (KIP-339).
#include "kafka/server/topic_config_change.h"

#include <algorithm>
#include <set>

#include "log/topic_config.h"

namespace floe::kafka {
namespace {

std::vector<std::string> SplitList(const std::string& text) {
  std::vector<std::string> items;
  for (std::size_t from = 0; from <= text.size();) {
    const auto comma = std::min(text.find(',', from), text.size());
    if (comma > from) items.push_back(text.substr(from, comma - from));
    from = comma + 1;
  }
  return items;
}

std::string JoinList(const std::vector<std::string>& items) {
  std::string text;
  for (const auto& item : items) text += (text.empty() ? "" : ",") + item;
  return text;
}

std::string ChangeList(const std::string& current, const std::string& change, AlterOperation operation) {
  auto items = SplitList(current);
  for (const auto& item : SplitList(change)) {
    const auto found = std::ranges::find(items, item);
    if (operation == AlterOperation::kAppend && found == items.end()) items.push_back(item);
    if (operation == AlterOperation::kSubtract && found != items.end()) items.erase(found);
  }
  return JoinList(items);
}

Status ApplyOne(log::TopicConfig& config, const ConfigChange& change) {
  const auto* spec = log::FindTopicConfig(change.name);
  if (change.operation == AlterOperation::kDelete) {
    if (spec == nullptr) return Fail(ErrorKind::kInvalidInput, "unknown topic configuration '" + change.name + "'");
    config.overrides.erase(change.name);
    return {};
  }
  if (!change.value) return Fail(ErrorKind::kInvalidInput, "topic configuration '" + change.name + "' has no value");
  switch (change.operation) {
    case AlterOperation::kSet: config.overrides[change.name] = *change.value; return {};
    case AlterOperation::kDelete: return {};
    case AlterOperation::kAppend:
    case AlterOperation::kSubtract: {
      if (spec == nullptr || spec->type != log::ConfigType::kList) {
        return Fail(ErrorKind::kInvalidInput,
                    "topic configuration '" + change.name + "' is not a list; set it instead");
      }
      const auto own = config.overrides.find(change.name);
      const auto current = own == config.overrides.end() ? std::string(spec->default_value) : own->second;
      config.overrides[change.name] = ChangeList(current, *change.value, change.operation);
      return {};
    }
  }
  return Fail(ErrorKind::kInvalidInput, "unknown operation on topic configuration '" + change.name + "'");
}

}  // namespace

Result<log::TopicConfig> ApplyConfigChanges(log::TopicConfig config, const std::vector<ConfigChange>& changes) {
  std::set<std::string> seen;
  for (const auto& change : changes) {
    if (!seen.insert(change.name).second) {
      return Fail(ErrorKind::kInvalidInput,
                  "topic configuration '" + change.name + "' is changed twice in one request");
    }
    FLOE_TRY_VOID(ApplyOne(config, change));
  }
  FLOE_TRY_VOID(log::Resolve(config.overrides, kDefaultSegmentBytes));
  return config;
}

}  // namespace floe::kafka
