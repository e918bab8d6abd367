// SPDX-License-Identifier: Apache-2.0
#include "net/http/connection.h"

#include <array>
#include <ctime>
#include <optional>
#include <vector>

#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <fmt/format.h>

#include "base/logging.h"
#include "net/http/uri.h"

namespace floe::net {

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

constexpr std::size_t kReadChunk = 16 << 10;
// Answers of pipelined requests are collected up to here before they are sent.
constexpr std::size_t kFlushBytes = 64 << 10;

constexpr std::string_view kPageHeaders =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
    "X-Frame-Options: DENY\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n";

std::optional<Method> FromVerb(http::verb verb) {
  switch (verb) {
    case http::verb::get: return Method::kGet;
    case http::verb::head: return Method::kHead;
    case http::verb::post: return Method::kPost;
    case http::verb::put: return Method::kPut;
    case http::verb::delete_: return Method::kDelete;
    case http::verb::patch: return Method::kPatch;
    case http::verb::options: return Method::kOptions;
    default: return std::nullopt;
  }
}

// The Date header, made once a second per thread.
std::string_view DateLine() {
  thread_local std::time_t made_at = 0;
  thread_local std::string line;
  const std::time_t now = std::time(nullptr);
  if (now != made_at) {
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::array<char, 64> text{};
    const std::size_t n = std::strftime(text.data(), text.size(), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
    line.assign(text.data(), n);
    made_at = now;
  }
  return line;
}

bool IsRequestId(std::string_view id) {
  return !id.empty() && id.size() <= 64 &&
         id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
             std::string_view::npos;
}

// Header values come from our own code; a line break in one would split the response, so it is dropped.
void AppendHeader(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  for (char c : value) {
    if (c != '\r' && c != '\n') out += c;
  }
  out += "\r\n";
}

}  // namespace

Connection::Connection(std::shared_ptr<ServerShared> shared, TcpSocket socket)
    : shared_(std::move(shared)), socket_(std::move(socket)) {
  boost::system::error_code error;
  const auto peer = socket_.remote_endpoint(error);
  if (!error) remote_ = peer.address().to_string();
}

void Connection::SetDeadline(std::chrono::milliseconds from_now) {
  deadline_ = std::chrono::steady_clock::now() + from_now;
}

void Connection::CloseIfPast(Time now) {
  if (now < deadline_) return;
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void Connection::CloseIfIdle() {
  if (!idle_) return;
  boost::system::error_code ignored;
  socket_.close(ignored);
}

Task<void> Connection::Serve() {
  bool refused = false;
  while (keep_alive_) {
    Request request;
    std::optional<Refusal> refusal;
    const ReadOutcome outcome = co_await ReadRequest(request, refusal);
    if (outcome == ReadOutcome::kClosed) co_return;
    idle_ = false;
    ClearDeadline();
    shared_->requests.fetch_add(1, std::memory_order_relaxed);
    Response response;
    if (outcome == ReadOutcome::kRefused) {
      keep_alive_ = false;
      refused = true;
      response = ErrorAnswer(refusal->error);
      response.status = refusal->status;
    } else {
      response = co_await Dispatch(request);
    }
    if (response.status >= 500) shared_->errors.fetch_add(1, std::memory_order_relaxed);
    if (shared_->draining.load(std::memory_order_relaxed)) keep_alive_ = false;
    auto sent = co_await Send(std::move(response), request);
    if (!sent) co_return;
    idle_ = in_begin_ == in_.size();
  }
  auto flushed = co_await Flush();
  if (!flushed) co_return;
  boost::system::error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_send, ignored);
  if (refused) co_await Linger();
}

// Closing while the client still sends would reset the connection, and the client might never read why it was refused.
Task<void> Connection::Linger() {
  constexpr std::size_t kMaxDiscarded = 64 << 20;
  SetDeadline(std::chrono::seconds(2));
  std::vector<char> chunk(64 << 10);
  for (std::size_t discarded = 0; discarded < kMaxDiscarded;) {
    auto [error, n] = co_await socket_.async_read_some(asio::buffer(chunk), kAsValues);
    if (error) co_return;
    discarded += n;
  }
}

Task<Status> Connection::Fill() {
  FLOE_CO_TRY_VOID(co_await Flush());
  if (in_begin_ > 0) {
    in_.erase(0, in_begin_);
    in_begin_ = 0;
  }
  const std::size_t used = in_.size();
  in_.resize(used + kReadChunk);
  auto [error, n] = co_await socket_.async_read_some(asio::buffer(in_.data() + used, kReadChunk), kAsValues);
  in_.resize(used + n);
  if (error) co_return Fail(NetworkError(error, "reading a request"));
  co_return Status{};
}

Task<Connection::ReadOutcome> Connection::ReadRequest(Request& request, std::optional<Refusal>& refusal) {
  const HttpServerOptions& options = shared_->options;
  http::request_parser<http::string_body> parser;
  parser.header_limit(options.max_header_bytes);
  parser.body_limit(options.max_body_bytes);
  parser.eager(true);
  bool begun = false;
  bool continued = false;
  SetDeadline(options.idle_timeout);
  for (;;) {
    if (in_begin_ < in_.size()) {
      if (!begun) SetDeadline(options.request_timeout);
      begun = true;
      idle_ = false;
      boost::system::error_code error;
      in_begin_ += parser.put(asio::buffer(in_.data() + in_begin_, in_.size() - in_begin_), error);
      if (error == http::error::header_limit) {
        refusal = Refusal{431, Error(ErrorKind::kTooLarge,
                                     fmt::format("the request's headers exceed {} bytes", options.max_header_bytes))};
        co_return ReadOutcome::kRefused;
      }
      if (error == http::error::body_limit) {
        refusal = Refusal{
            413, Error(ErrorKind::kTooLarge, fmt::format("the body exceeds the limit of {} bytes; send it in parts",
                                                         options.max_body_bytes))};
        co_return ReadOutcome::kRefused;
      }
      if (error && error != http::error::need_more) {
        refusal = Refusal{400, Error(ErrorKind::kInvalidInput,
                                     fmt::format("this is no valid HTTP/1.1 request: {}", error.message()))};
        co_return ReadOutcome::kRefused;
      }
      if (parser.is_done()) break;
      if (!continued && parser.is_header_done() && parser.get()[http::field::expect] == "100-continue") {
        continued = true;
        out_ += "HTTP/1.1 100 Continue\r\n\r\n";
      }
      if (!error && in_begin_ < in_.size()) continue;
    }
    auto filled = co_await Fill();
    if (!filled) co_return ReadOutcome::kClosed;
  }

  auto message = parser.release();
  keep_alive_ = message.keep_alive();
  http_1_0_ = message.version() < 11;
  request.headers.reserve(8);
  for (const auto& field : message) {
    request.headers.emplace_back(std::string_view(field.name_string()), std::string_view(field.value()));
  }
  request.target = std::string_view(message.target());
  request.body = std::move(message.body());
  request.remote_address = remote_;
  request.id = RequestId(request);
  const auto method = FromVerb(message.method());
  if (!method) {
    refusal = Refusal{501, Error(ErrorKind::kNotSupported, "this HTTP method is not offered here")};
    co_return ReadOutcome::kRefused;
  }
  request.method = *method;
  if (request.target.size() > options.max_target_bytes) {
    refusal = Refusal{414, Error(ErrorKind::kTooLarge, fmt::format("the URL exceeds {} bytes; send a body instead",
                                                                   options.max_target_bytes))};
    co_return ReadOutcome::kRefused;
  }
  if (!http_1_0_ && message.count(http::field::host) != 1) {
    refusal = Refusal{400, Error(ErrorKind::kInvalidInput, "an HTTP/1.1 request has exactly one Host header")};
    co_return ReadOutcome::kRefused;
  }
  co_return ReadOutcome::kRequest;
}

std::string Connection::RequestId(const Request& request) {
  const std::string_view given = request.Header("X-Request-Id");
  if (IsRequestId(given)) return std::string(given);
  return fmt::format("{}-{:x}", shared_->id_prefix, shared_->requests.load(std::memory_order_relaxed));
}

Task<Response> Connection::Dispatch(Request& request) {
  const auto question = request.target.find('?');
  request.path = request.target.substr(0, question);
  if (auto host = CheckHost(shared_->options.same_site, request); !host) co_return ErrorAnswer(host.error());
  if (request.method == Method::kOptions) {
    Response response = Response::Text("", 204);
    std::string allow;
    for (Method method : shared_->router.MethodsOf(request.path)) {
      if (!allow.empty()) allow += ", ";
      allow += ToString(method);
    }
    if (allow.empty())
      co_return ErrorAnswer(Error(ErrorKind::kNotFound, fmt::format("there is nothing at {}", request.path)));
    response.headers.emplace_back("Allow", allow);
    co_return response;
  }
  if (question != std::string::npos) {
    auto query = ParseQuery(std::string_view(request.target).substr(question + 1));
    if (!query) co_return ErrorAnswer(query.error());
    request.query = std::move(*query);
  }
  auto route = shared_->router.Match(request);
  if (!route) {
    Response response = ErrorAnswer(route.error());
    if (route.error().kind() == ErrorKind::kNotSupported) {
      response.status = 405;
      std::string allow;
      for (Method method : shared_->router.MethodsOf(request.path)) {
        if (!allow.empty()) allow += ", ";
        allow += ToString(method);
      }
      response.headers.emplace_back("Allow", allow);
    }
    co_return response;
  }
  const bool reads = request.method == Method::kGet || request.method == Method::kHead;
  if (!reads || (*route)->options.mutates) {
    if (auto origin = CheckOrigin(shared_->options.same_site, request); !origin) co_return ErrorAnswer(origin.error());
  }
  if (shared_->options.authorize) {
    if (auto allowed = shared_->options.authorize(request); !allowed) co_return ErrorAnswer(allowed.error());
  }
  if (const auto* handler = std::get_if<Handler>(&(*route)->handler)) co_return (*handler)(request);
  // Answers collected so far do not wait for a handler that does.
  auto flushed = co_await Flush();
  if (!flushed) co_return ErrorAnswer(flushed.error());
  co_return co_await DispatchAsync(std::get<AsyncHandler>((*route)->handler), request);
}

Response Connection::ErrorAnswer(const Error& error) const {
  const auto& render = shared_->options.render_error;
  return render ? render(error) : Response::Error(error);
}

Task<Response> Connection::DispatchAsync(const AsyncHandler& handler, const Request& request) {
  auto result = co_await handler(request);
  if (!result) {
    const ErrorKind kind = result.error().kind();
    if (HttpStatus(kind) >= 500 && kind != ErrorKind::kCancelled) {
      logging::Warn("http", "request failed",
                    {{"request", fmt::format("{} {}", ToString(request.method), request.path)},
                     {"id", request.id},
                     {"error", result.error().ToString()}});
    }
    co_return ErrorAnswer(result.error());
  }
  co_return std::move(*result);
}

void Connection::AppendHead(const Response& response, const Request& request, std::string_view body) {
  fmt::format_to(std::back_inserter(out_), "HTTP/1.1 {} {}\r\n", response.status, ReasonPhrase(response.status));
  out_ += DateLine();
  const bool has_content = response.status != 204 && response.status != 304;
  if (has_content) AppendHeader(out_, "Content-Type", response.content_type);
  if (response.stream) {
    chunked_ = !http_1_0_;
    if (chunked_) {
      out_ += "Transfer-Encoding: chunked\r\n";
    } else {
      keep_alive_ = false;
    }
  } else if (has_content) {
    fmt::format_to(std::back_inserter(out_), "Content-Length: {}\r\n", body.size());
  }
  bool cached = false;
  for (const auto& [name, value] : response.headers) {
    AppendHeader(out_, name, value);
    cached = cached || name == "Cache-Control";
  }
  if (!cached) out_ += "Cache-Control: no-store\r\n";
  out_ += "X-Content-Type-Options: nosniff\r\n";
  if (shared_->options.serves_pages) out_ += kPageHeaders;
  if (!request.id.empty()) AppendHeader(out_, "X-Request-Id", request.id);
  if (!keep_alive_) {
    out_ += "Connection: close\r\n";
  } else if (http_1_0_) {
    out_ += "Connection: keep-alive\r\n";
  }
  out_ += "\r\n";
}

Task<Status> Connection::Send(Response response, const Request& request) {
  const std::string_view body = response.static_body.empty() ? std::string_view(response.body) : response.static_body;
  AppendHead(response, request, body);
  if (request.method == Method::kHead || response.status == 304) co_return Status{};
  if (response.stream) co_return co_await SendStream(std::move(response));
  if (body.size() <= kFlushBytes) {
    out_ += body;
    if (out_.size() > kFlushBytes) co_return co_await Flush();
    co_return Status{};
  }
  FLOE_CO_TRY_VOID(co_await Flush());
  co_return co_await SendAll(body);
}

Task<Status> Connection::SendStream(Response response) {
  FLOE_CO_TRY_VOID(co_await Flush());
  FLOE_CO_TRY_VOID(co_await response.stream(*this));
  if (!chunked_) co_return Status{};
  co_return co_await SendAll("0\r\n\r\n");
}

Task<Status> Connection::Write(std::string bytes) {
  if (bytes.empty()) co_return Status{};
  if (chunked_) {
    bytes.insert(0, fmt::format("{:x}\r\n", bytes.size()));
    bytes += "\r\n";
  }
  co_return co_await SendAll(bytes);
}

Task<Status> Connection::Flush() {
  if (out_.empty()) co_return Status{};
  std::string bytes;
  bytes.swap(out_);
  auto sent = co_await SendAll(bytes);
  bytes.clear();
  out_.swap(bytes);
  co_return sent;
}

Task<Status> Connection::SendAll(std::string_view bytes) {
  // Most answers fit the kernel's buffer: one system call, no event-loop round trip, no deadline.
  boost::system::error_code now_error;
  if (!socket_.non_blocking()) socket_.non_blocking(true, now_error);
  const std::size_t sent = now_error ? 0 : socket_.write_some(asio::buffer(bytes.data(), bytes.size()), now_error);
  if (!now_error && sent == bytes.size()) co_return Status{};
  if (now_error && now_error != asio::error::would_block && now_error != asio::error::try_again) {
    co_return Fail(NetworkError(now_error, "sending an answer"));
  }
  bytes.remove_prefix(now_error ? 0 : sent);
  while (!bytes.empty()) {
    const Time before = deadline_;
    SetDeadline(shared_->options.write_timeout);
    auto [error, n] = co_await socket_.async_write_some(asio::buffer(bytes.data(), bytes.size()), kAsValues);
    deadline_ = before;
    if (error) co_return Fail(NetworkError(error, "sending an answer"));
    bytes.remove_prefix(n);
  }
  co_return Status{};
}

}  // namespace floe::net
