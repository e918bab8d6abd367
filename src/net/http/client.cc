// SPDX-License-Identifier: Apache-2.0
#include "net/http/client.h"

#include <array>
#include <optional>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/async/task.h"

namespace floe::net {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

namespace {

// One exchange on a private event loop, so that time limits work without signals or threads.
class Exchange {
 public:
  Exchange(const ClientRequest& request, ParsedUrl url)
      : request_(request), url_(std::move(url)), socket_(context_), what_(fmt::format("calling {}", request.url)) {}

  Result<ClientResponse> Run() {
    FLOE_TRY_VOID(Connect());
    auto sent = Await(request_.idle_timeout, [&](auto done) {
      head_ = Head();
      asio::async_write(socket_, std::array<asio::const_buffer, 2>{asio::buffer(head_), asio::buffer(request_.body)},
                        done);
    });
    // A server that refuses a request early answers before it has read everything.
    auto received = Receive();
    if (!sent && !received) return Fail(std::move(sent).error());
    return received;
  }

 private:
  // Starts one asynchronous operation and runs the loop until it or the time limit ends.
  template <typename Start>
  Status Await(std::chrono::milliseconds limit, Start start) {
    std::optional<boost::system::error_code> result;
    start([&result](const boost::system::error_code& error, auto&&...) { result = error; });
    context_.restart();
    context_.run_for(limit);
    if (!result) {
      boost::system::error_code ignored;
      socket_.close(ignored);
      resolver_.cancel();
      context_.restart();
      context_.run();
      return Fail(ErrorKind::kTimeout, fmt::format("{}: no answer within {} ms", what_, limit.count()));
    }
    if (*result) {
      Error error = NetworkError(*result, what_);
      last_ = *result;
      return Fail(std::move(error));
    }
    return {};
  }

  Status Connect() {
    tcp::resolver::results_type endpoints;
    FLOE_TRY_VOID(Await(request_.connect_timeout, [&](auto done) {
      resolver_.async_resolve(url_.host, url_.port, [&endpoints, done](const auto& error, auto found) mutable {
        endpoints = std::move(found);
        done(error);
      });
    }));
    auto connected = Await(request_.connect_timeout, [&](auto done) { asio::async_connect(socket_, endpoints, done); });
    if (!connected && last_ == asio::error::connection_refused) {
      return Fail(ErrorKind::kUnavailable,
                  fmt::format("nothing listens on {}:{}; start the node with 'floe serve' or give its address",
                              url_.host, url_.port));
    }
    return connected;
  }

  std::string Head() const {
    std::string out = fmt::format("{} {} HTTP/1.1\r\nHost: {}:{}\r\nConnection: close\r\nUser-Agent: floe\r\n",
                                  ToString(request_.method), url_.target, url_.host, url_.port);
    for (const auto& [name, value] : request_.headers) out += fmt::format("{}: {}\r\n", name, value);
    const bool has_body = request_.method != Method::kGet && request_.method != Method::kHead;
    if (has_body) out += fmt::format("Content-Length: {}\r\n", request_.body.size());
    return out + "\r\n";
  }

  Result<ClientResponse> Receive() {
    http::response_parser<http::buffer_body> parser;
    parser.body_limit(boost::none);
    parser.skip(request_.method == Method::kHead);
    ClientResponse response;
    std::string in;
    while (!parser.is_done()) {
      std::array<char, 32768> chunk{};
      std::size_t n = 0;
      auto read = Await(request_.idle_timeout, [&](auto done) {
        socket_.async_read_some(asio::buffer(chunk), [&n, done](const auto& error, std::size_t got) mutable {
          n = got;
          done(error);
        });
      });
      if (!read && last_ == asio::error::eof) {
        FLOE_TRY_VOID(Finish(parser));
        break;
      }
      if (!read) return Fail(std::move(read).error());
      in.append(chunk.data(), n);
      FLOE_TRY_VOID(Feed(parser, in, response));
    }
    return response;
  }

  // Parses what it can of `in` and hands the body on.
  Status Feed(http::response_parser<http::buffer_body>& parser, std::string& in, ClientResponse& response) {
    while (!in.empty() && !parser.is_done()) {
      std::array<char, 65536> body{};
      parser.get().body().data = body.data();
      parser.get().body().size = body.size();
      boost::system::error_code error;
      const std::size_t used = parser.put(asio::buffer(in), error);
      in.erase(0, used);
      if (parser.is_header_done() && response.status == 0) {
        response.status = parser.get().result_int();
        for (const auto& field : parser.get()) {
          response.headers.emplace_back(std::string_view(field.name_string()), std::string_view(field.value()));
        }
      }
      FLOE_TRY_VOID(Deliver(std::string_view(body.data(), body.size() - parser.get().body().size), response));
      if (error == http::error::need_more) return {};
      if (error && error != http::error::need_buffer) {
        return Fail(ErrorKind::kCorruption, fmt::format("{}: the answer is no valid HTTP: {}", what_, error.message()));
      }
    }
    return {};
  }

  Status Deliver(std::string_view piece, ClientResponse& response) {
    if (piece.empty()) return {};
    if (request_.on_data && response.status / 100 == 2) {
      if (request_.on_data(piece)) return {};
      return Fail(ErrorKind::kCancelled, fmt::format("{}: stopped by the caller", what_));
    }
    if (response.body.size() + piece.size() > request_.max_body_bytes) {
      return Fail(ErrorKind::kTooLarge, fmt::format("{}: the answer exceeds {} bytes", what_, request_.max_body_bytes));
    }
    response.body += piece;
    return {};
  }

  Status Finish(http::response_parser<http::buffer_body>& parser) {
    boost::system::error_code error;
    parser.put_eof(error);
    if (!error && parser.is_header_done()) return {};
    return Fail(ErrorKind::kUnavailable, fmt::format("{}: the connection ended in the middle of the answer", what_));
  }

  const ClientRequest& request_;
  const ParsedUrl url_;
  asio::io_context context_{1};
  tcp::resolver resolver_{context_};
  tcp::socket socket_;
  std::string what_;
  std::string head_;
  boost::system::error_code last_;
};

}  // namespace

Result<ParsedUrl> ParseUrl(std::string_view url) {
  if (url.starts_with("https://")) {
    return Fail(ErrorKind::kNotSupported, fmt::format("'{}': only http:// is built; a node listens on loopback", url));
  }
  const auto bad = [&] {
    return Fail(ErrorKind::kInvalidInput, fmt::format("'{}' is no URL; write http://HOST:PORT", url));
  };
  std::string_view rest = url;
  if (!rest.starts_with("http://")) return bad();
  rest.remove_prefix(7);
  if (rest.find_first_of("\r\n \t") != std::string_view::npos) return bad();
  const auto slash = rest.find('/');
  std::string_view authority = rest.substr(0, slash);
  ParsedUrl out{
      .host = {}, .port = "80", .target = slash == std::string_view::npos ? "/" : std::string(rest.substr(slash))};
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return bad();
    out.host = authority.substr(1, end - 1);
    authority.remove_prefix(end + 1);
    if (authority.starts_with(':')) out.port = authority.substr(1);
  } else {
    const auto colon = authority.find(':');
    out.host = authority.substr(0, colon);
    if (colon != std::string_view::npos) out.port = authority.substr(colon + 1);
  }
  if (out.host.empty() || out.port.empty() || out.port.find_first_not_of("0123456789") != std::string::npos)
    return bad();
  return out;
}

Result<ClientResponse> Call(const ClientRequest& request) {
  FLOE_TRY(auto url, ParseUrl(request.url));
  return Exchange(request, std::move(url)).Run();
}

Error ErrorOf(const ClientResponse& response) {
  const auto body = nlohmann::json::parse(response.body, nullptr, false);
  std::string message = fmt::format("the node answered {} {}", response.status, ReasonPhrase(response.status));
  ErrorKind kind = response.status == 404  ? ErrorKind::kNotFound
                   : response.status < 500 ? ErrorKind::kInvalidInput
                                           : ErrorKind::kUnavailable;
  if (!body.is_object() || !body.contains("error") || !body["error"].is_object()) return Error(kind, message);
  const auto& error = body["error"];
  if (error.contains("message") && error["message"].is_string()) message = error["message"].get<std::string>();
  const std::string name = error.contains("kind") && error["kind"].is_string() ? error["kind"].get<std::string>() : "";
  for (int i = 0; i <= static_cast<int>(ErrorKind::kInternal); ++i) {
    if (ErrorKindName(static_cast<ErrorKind>(i)) == name) kind = static_cast<ErrorKind>(i);
  }
  Error out(kind, message);
  if (error.contains("position") && error["position"].is_object()) {
    const auto& at = error["position"];
    return std::move(out).WithPosition({at.value("line", 0), at.value("column", 0)});
  }
  return out;
}

}  // namespace floe::net
