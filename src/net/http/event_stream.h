// SPDX-License-Identifier: Apache-2.0
// Server-Sent Events: one publisher, many browsers, none of which can slow the publisher down.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/async/channel.h"
#include "net/http/message.h"

namespace floe::net {

/// "id: 7\nevent: points\ndata: {...}\n\n"; a line break in `data` becomes a second data line. Empty id or event: left
/// out.
std::string FormatEvent(std::string_view event, std::string_view data, std::string_view id = {});

struct EventStreamOptions {
  std::size_t queue_bytes = 256 << 10;  ///< per client; one that falls further behind is dropped and reconnects
  std::size_t max_clients = 256;
  std::chrono::milliseconds heartbeat{15'000};  ///< a comment line: keeps proxies open, finds clients that are gone
};

/// Thread-safe. Must outlive the server whose routes use it; call Close before stopping that server.
class EventStream {
 public:
  explicit EventStream(EventStreamOptions options = {}) : options_(options) {}
  ~EventStream() { Close(); }

  /// Makes the events that bring a new client up to date.
  using Initial = std::move_only_function<Task<Result<std::string>>()>;

  /// The answer of a GET. `initial` runs after the client is subscribed, so nothing published falls between the two;
  /// what is published meanwhile follows it (events should be idempotent). kResourceExhausted (too many clients),
  /// kUnavailable (closed).
  Result<Response> Open(Initial initial);
  /// Formatted events. A client whose queue is full is dropped: EventSource reconnects and catches up by itself.
  void Publish(const std::string& events);
  /// Ends all streams and refuses new ones.
  void Close();

  std::size_t clients() const;
  std::uint64_t dropped() const;

 private:
  using Queue = Channel<std::shared_ptr<const std::string>>;
  void Remove(const std::shared_ptr<Queue>& queue);
  Task<Status> Run(std::shared_ptr<Queue> queue, std::shared_ptr<Initial> initial, BodyWriter& out);

  const EventStreamOptions options_;
  mutable std::mutex mu_;
  // Guarded by mu_.
  std::list<std::shared_ptr<Queue>> queues_;
  std::uint64_t dropped_ = 0;
  bool closed_ = false;
};

}  // namespace floe::net
