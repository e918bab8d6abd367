// SPDX-License-Identifier: Apache-2.0
#include "kafka/server/group_admin.h"

#include <future>

#include <fmt/format.h>

#include "kafka/server/group_coordinator.h"
#include "kafka/server/offset_store.h"

namespace floe::kafka {

std::vector<GroupView> GroupAdmin::List() const {
  std::vector<GroupView> views;
  for (const GroupSummary& summary : groups_.List()) {
    if (auto view = Describe(summary.group_id)) views.push_back(std::move(*view));
  }
  return views;
}

Result<GroupView> GroupAdmin::Describe(const std::string& group) const {
  auto description = groups_.Describe(group);
  if (!description)
    return Fail(ErrorKind::kNotFound, fmt::format("there is no group '{}'; 'floe group list' shows all", group));
  GroupView view{.id = group, .state = description->state, .protocol_type = description->protocol_type};
  for (const auto& member : description->members)
    view.members.push_back({member.member_id, member.client_id, member.client_host});
  if (auto offsets = offsets_.Find(group)) {
    for (const auto& [at, committed] : *offsets) view.offsets.push_back({at.topic, at.partition, committed.offset});
  }
  return view;
}

bool GroupAdmin::AllowsCommit(const std::string& group) const {
  return groups_.CheckCommit(group, "", std::nullopt, -1) == ErrorCode::kNone;
}

Status GroupAdmin::Delete(const std::string& group) {
  ErrorCode forgotten = groups_.Forget(group);
  if (forgotten == ErrorCode::kNonEmptyGroup) {
    return Fail(ErrorKind::kFailedPrecondition, fmt::format("group '{}' has members; stop its consumers first", group));
  }
  if (forgotten != ErrorCode::kNone) return Fail(ErrorKind::kNotFound, fmt::format("there is no group '{}'", group));
  // Shared, since set_value may still be running when get has returned.
  auto removed = std::make_shared<std::promise<Status>>();
  offsets_.Remove(group, std::nullopt, [removed](Status status) { removed->set_value(std::move(status)); });
  return removed->get_future().get();
}

}  // namespace floe::kafka
