// SPDX-License-Identifier: Apache-2.0
// DeleteTopics: the topic, then the offsets that groups committed to it.
#include "kafka/protocol/messages/delete_topics.h"

#include "kafka/server/error_map.h"
#include "kafka/server/handlers/handlers.h"
#include "kafka/server/offset_store.h"
#include "kafka/server/topic_directory.h"

namespace floe::kafka {
namespace {

DeleteTopicsResponse::Topic Delete(Services& services, std::optional<std::string> name, const Uuid& id) {
  DeleteTopicsResponse::Topic answer;
  answer.topic_id = id;
  if (name) {
    const auto topic = services.topics.FindByName(*name);
    if (topic != nullptr) answer.topic_id = TopicDirectory::IdOf(*topic);
  } else if (const auto topic = services.topics.FindById(id)) {
    name = topic->name;
  } else {
    answer.error_code = Code(ErrorCode::kUnknownTopicId);
    answer.error_message = "there is no topic with id " + id.ToString();
    return answer;
  }
  answer.name = name;
  if (auto deleted = services.log.DeleteTopic(*name); !deleted) {
    answer.error_code = Code(ToErrorCode(deleted.error().kind(), ErrorSubject::kTopic));
    answer.error_message = deleted.error().ToString();
  }
  return answer;
}

}  // namespace

HandlerResult HandleDeleteTopics(Services& services, Request& request) {
  FLOE_CO_TRY(const auto asked, request.Decode<DeleteTopicsRequest>());
  DeleteTopicsResponse response;
  const auto delete_all = [&] {
    for (const auto& name : asked.topic_names) response.responses.push_back(Delete(services, name, {}));
    for (const auto& topic : asked.topics) response.responses.push_back(Delete(services, topic.name, topic.topic_id));
  };
  co_await Offload(services.compute, delete_all);
  for (const auto& topic : response.responses) {
    if (topic.error_code != 0) continue;
    OneShot<Status> removed;
    services.offsets.RemoveTopic(*topic.name, [removed](Status status) { removed.Set(std::move(status)); });
    FLOE_CO_TRY([[maybe_unused]] const auto status, co_await removed.Wait());
  }
  co_return Reply(request.Encode(response));
}

}  // namespace floe::kafka
