// SPDX-License-Identifier: Apache-2.0
#include "net/http/event_stream.h"

#include <fmt/format.h>

namespace floe::net {

std::string FormatEvent(std::string_view event, std::string_view data, std::string_view id) {
  std::string out;
  if (!id.empty()) out += fmt::format("id: {}\n", id);
  if (!event.empty()) out += fmt::format("event: {}\n", event);
  for (;;) {
    const auto end = data.find('\n');
    out += "data: ";
    out += data.substr(0, end);
    out += '\n';
    if (end == std::string_view::npos) break;
    data.remove_prefix(end + 1);
  }
  out += '\n';
  return out;
}

Result<Response> EventStream::Open(Initial initial) {
  auto queue = std::make_shared<Queue>(options_.queue_bytes);
  {
    std::lock_guard lock(mu_);
    if (closed_) return Fail(ErrorKind::kUnavailable, "the node is shutting down; reconnect in a moment");
    if (queues_.size() >= options_.max_clients) {
      return Fail(ErrorKind::kResourceExhausted,
                  fmt::format("{} pages are connected already; close some of them", options_.max_clients));
    }
    queues_.push_back(queue);
  }
  auto first = std::make_shared<Initial>(std::move(initial));
  // Owned by the response: leaves the list even when the stream never runs (HEAD, or the client left).
  std::shared_ptr<void> membership(nullptr, [this, queue](void*) { Remove(queue); });
  Response response = Response::Streaming(
      "text/event-stream", [this, queue, first, membership](BodyWriter& out) { return Run(queue, first, out); });
  response.headers.emplace_back("X-Accel-Buffering", "no");
  return response;
}

Task<Status> EventStream::Run(std::shared_ptr<Queue> queue, std::shared_ptr<Initial> initial, BodyWriter& out) {
  FLOE_CO_TRY(auto first, co_await (*initial)());
  FLOE_CO_TRY_VOID(co_await out.Write("retry: 1000\n\n" + first));
  for (;;) {
    auto events = co_await queue->PopFor(options_.heartbeat);
    if (!events && events.error().kind() == ErrorKind::kTimeout) {
      FLOE_CO_TRY_VOID(co_await out.Write(":\n\n"));
      continue;
    }
    // Closed: shutdown, or dropped for being slow. Both end the body properly.
    if (!events) co_return Status{};
    FLOE_CO_TRY_VOID(co_await out.Write(**events));
  }
}

void EventStream::Publish(const std::string& events) {
  auto shared = std::make_shared<const std::string>(events);
  std::lock_guard lock(mu_);
  for (auto it = queues_.begin(); it != queues_.end();) {
    if ((*it)->TryPush(shared, shared->size())) {
      ++it;
      continue;
    }
    (*it)->Close();
    ++dropped_;
    it = queues_.erase(it);
  }
}

void EventStream::Remove(const std::shared_ptr<Queue>& queue) {
  std::lock_guard lock(mu_);
  queues_.remove(queue);
}

void EventStream::Close() {
  std::lock_guard lock(mu_);
  closed_ = true;
  for (auto& queue : queues_) queue->Close();
  queues_.clear();
}

std::size_t EventStream::clients() const {
  std::lock_guard lock(mu_);
  return queues_.size();
}

std::uint64_t EventStream::dropped() const {
  std::lock_guard lock(mu_);
  return dropped_;
}

}  // namespace floe::net
