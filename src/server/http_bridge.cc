// SPDX-License-Identifier: Apache-2.0
#include "server/http_bridge.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "base/async/one_shot.h"
#include "net/http/uri.h"

namespace floe::server {
namespace {

constexpr std::size_t kQueueBytes = 1 << 20;
/// A line-wise answer that is silent this long gets an empty line: only a write tells that the client went away.
constexpr std::chrono::milliseconds kHeartbeat{500};

/// The two ends of one answer: the handler's thread writes, the connection's coroutine reads.
class Exchange final : public ApiReply {
 public:
  struct Head {
    int status = 200;
    std::string content_type;
  };

  // Handler's side.
  void Begin(int status, std::string_view content_type) override { head.Set({status, std::string(content_type)}); }
  bool Write(std::string_view bytes) override {
    std::unique_lock lock(mu_);
    room_.wait(lock, [&] { return queued_ < kQueueBytes || abandoned_; });
    if (abandoned_) return false;
    queue_.emplace_back(bytes);
    queued_ += bytes.size();
    WakeLocked();
    return true;
  }
  void End() {
    std::lock_guard lock(mu_);
    ended_ = true;
    WakeLocked();
  }

  // Connection's side.
  /// Everything queued so far; empty at the end, kTimeout when nothing came for a while.
  Task<Result<std::string>> Next() {
    while (true) {
      OneShot<bool> wake;
      {
        std::lock_guard lock(mu_);
        if (queued_ > 0 || ended_) {
          std::string bytes;
          for (std::string& piece : queue_) bytes += piece;
          queue_.clear();
          queued_ = 0;
          room_.notify_all();
          co_return bytes;
        }
        waiting_ = wake;
      }
      auto woken = co_await wake.WaitFor(kHeartbeat);
      if (!woken) co_return Fail(std::move(woken).error());
    }
  }
  void Abandon() {
    cancelled = true;
    std::lock_guard lock(mu_);
    abandoned_ = true;
    room_.notify_all();
  }

  OneShot<Head> head;
  std::atomic<bool> cancelled{false};
  ApiRequest request;

 private:
  void WakeLocked() {
    if (waiting_) waiting_->Set(true);
    waiting_.reset();
  }

  std::mutex mu_;
  std::condition_variable room_;
  // Guarded by mu_.
  std::deque<std::string> queue_;
  std::size_t queued_ = 0;
  bool ended_ = false;
  bool abandoned_ = false;
  std::optional<OneShot<bool>> waiting_;
};

/// Abandons the exchange however the stream ends: done, client gone, shutdown.
struct AbandonAtEnd {
  std::shared_ptr<Exchange> exchange;
  explicit AbandonAtEnd(std::shared_ptr<Exchange> e) : exchange(std::move(e)) {}
  AbandonAtEnd(AbandonAtEnd&&) = default;
  ~AbandonAtEnd() {
    if (exchange) exchange->Abandon();
  }
};

Task<Status> Stream(net::BodyWriter& writer, std::shared_ptr<Exchange> exchange, bool lines) {
  AbandonAtEnd guard(exchange);
  while (true) {
    auto bytes = co_await exchange->Next();
    if (!bytes && bytes.error().kind() == ErrorKind::kTimeout) {
      // No conditional operator: GCC 12 destroys its awaited operand twice.
      if (!lines) continue;
      Status alive = co_await writer.Write("\n");
      if (!alive) co_return alive;
      continue;
    }
    if (!bytes) co_return Fail(std::move(bytes).error());
    if (bytes->empty()) co_return Status{};
    Status written = co_await writer.Write(std::move(*bytes));
    if (!written) co_return written;
  }
}

std::shared_ptr<Exchange> MakeExchange(const net::Request& http) {
  auto exchange = std::make_shared<Exchange>();
  exchange->request.method = http.method == net::Method::kHead ? "GET" : std::string(net::ToString(http.method));
  exchange->request.path = net::PercentDecode(http.path, false).value_or(http.path);
  for (const auto& [name, value] : http.query) exchange->request.query.emplace(name, value);
  exchange->request.body = http.body;
  exchange->request.cancelled = &exchange->cancelled;
  return exchange;
}

Task<Result<net::Response>> Serve(const Api& api, ComputePool& pool, const net::Request& http) {
  std::shared_ptr<Exchange> exchange = MakeExchange(http);
  pool.Post([&api, exchange] {
    api.Handle(exchange->request, *exchange);
    exchange->End();
  });
  AbandonAtEnd guard(exchange);
  auto head = co_await exchange->head.Wait();
  if (!head) co_return Fail(std::move(head).error());
  bool lines = head->content_type == "application/x-ndjson";
  auto response = net::Response::Streaming(
      head->content_type, [exchange, lines](net::BodyWriter& writer) { return Stream(writer, exchange, lines); });
  response.status = head->status;
  guard.exchange.reset();
  co_return response;
}

net::Method MethodOf(const std::string& text) {
  if (text == "POST") return net::Method::kPost;
  if (text == "PUT") return net::Method::kPut;
  if (text == "DELETE") return net::Method::kDelete;
  return net::Method::kGet;
}

}  // namespace

void AddApiRoutes(const Api& api, ComputePool& pool, net::Router& router) {
  for (const auto& [method, path] : api.Routes()) {
    router.OnAsync(MethodOf(method), path,
                   [&api, &pool](const net::Request& request) { return Serve(api, pool, request); });
  }
}

}  // namespace floe::server
