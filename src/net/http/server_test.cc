// SPDX-License-Identifier: Apache-2.0
// The server over real sockets, with raw bytes so that odd clients can be played.
#include "net/http/server.h"

#include <thread>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/async/block_on.h"
#include "base/async/one_shot.h"
#include "base/matchers.h"

namespace floe::net {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

class RawClient {
 public:
  explicit RawClient(const HttpServer& server) : socket_(context_) {
    socket_.connect({asio::ip::address_v4::loopback(), server.address().port});
  }
  void Send(std::string_view bytes) {
    boost::system::error_code ignored;
    asio::write(socket_, asio::buffer(bytes.data(), bytes.size()), ignored);
  }
  /// Reads until `marker` was seen `times`, or the end of the stream.
  std::string ReadUntil(std::string_view marker, int times = 1) {
    for (;;) {
      int seen = 0;
      for (auto at = got_.find(marker); at != std::string::npos; at = got_.find(marker, at + 1)) ++seen;
      if (seen >= times) return got_;
      char chunk[4096];
      boost::system::error_code error;
      const std::size_t n = socket_.read_some(asio::buffer(chunk), error);
      got_.append(chunk, n);
      if (error) return got_;
    }
  }
  std::string ReadAll() { return ReadUntil("\x01 never", 1); }
  void Clear() { got_.clear(); }

 private:
  asio::io_context context_;
  TcpSocket socket_;
  std::string got_;
};

Router TestRouter() {
  Router router;
  router.On(Method::kGet, "/health", [](const Request&) { return Response::Json(R"({"status":"healthy"})"); });
  router.On(Method::kPost, "/echo", [](const Request& request) { return Response::Text(request.body); });
  router.On(Method::kGet, "/big", [](const Request&) { return Response::Text(std::string(5 << 20, 'x') + "END"); });
  router.On(Method::kGet, "/write", [](const Request&) { return Response::Text("wrote"); }, {.mutates = true});
  router.OnAsync(Method::kGet, "/fail", [](const Request&) -> Task<Result<Response>> {
    co_return Fail(ErrorKind::kDiskFull, "disk full: /data; free some space");
  });
  router.OnAsync(Method::kGet, "/numbers", [](const Request&) -> Task<Result<Response>> {
    co_return Response::Streaming("text/plain", [](BodyWriter& out) -> Task<Status> {
      for (int i = 0; i < 3; ++i) {
        auto sent = co_await out.Write(fmt::format("{}\n", i));
        if (!sent) co_return sent;
      }
      co_return Status{};
    });
  });
  return router;
}

class HttpServerTest : public testing::Test {
 protected:
  HttpServer& Start(HttpServerOptions options = {}, Router router = TestRouter()) {
    options.listen.service = "test";
    auto server = HttpServer::Start(io_, std::move(router), std::move(options));
    EXPECT_THAT(server, IsOk());
    server_ = std::move(*server);
    return *server_;
  }
  std::string Once(std::string_view head, std::string_view rest = "") {
    RawClient client(*server_);
    client.Send(fmt::format("{} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{}{}", head, rest,
                            rest.empty() || rest.ends_with("\r\n") ? "\r\n" : ""));
    return client.ReadAll();
  }
  IoThreads io_{2};
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, AnswersWithSafeHeaders) {
  Start({.serves_pages = true});
  const std::string answer = Once("GET /health", "X-Request-Id: abc-1\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n{\"status\":\"healthy\"}")) << answer;
  for (const char* header : {"Content-Type: application/json\r\n", "Content-Length: 20\r\n", "X-Request-Id: abc-1\r\n",
                             "X-Content-Type-Options: nosniff\r\n", "default-src 'none'", "Connection: close\r\n"}) {
    EXPECT_NE(answer.find(header), std::string::npos) << header;
  }
}

TEST_F(HttpServerTest, KeepsAliveAndAnswersPipelinedRequestsInOrder) {
  HttpServer& server = Start();
  RawClient client(server);
  std::string many;
  for (int i = 0; i < 50; ++i) {
    many += fmt::format("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\n<{:04}>", i);
  }
  // In three pieces that cut requests in the middle.
  client.Send(many.substr(0, 100));
  client.Send(many.substr(100, 700));
  client.Send(many.substr(800));
  const std::string answers = client.ReadUntil("<0049>");
  std::size_t at = 0;
  for (int i = 0; i < 50; ++i) {
    at = answers.find(fmt::format("<{:04}>", i), at);
    ASSERT_NE(at, std::string::npos) << i;
  }
  EXPECT_EQ(server.stats().requests, 50u);
}

TEST_F(HttpServerTest, AByteAtATime) {
  HttpServer& server = Start();
  RawClient client(server);
  const std::string request =
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  for (char c : request) client.Send(std::string_view(&c, 1));
  EXPECT_NE(client.ReadUntil("abcde").find("200 OK"), std::string::npos);
}

TEST_F(HttpServerTest, HeadOptionsAndWrongMethods) {
  Start();
  const std::string head = Once("HEAD /health");
  EXPECT_NE(head.find("Content-Length: 20\r\n"), std::string::npos);
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
  EXPECT_NE(Once("OPTIONS /health").find("Allow: GET, HEAD, OPTIONS\r\n"), std::string::npos);
  const std::string wrong = Once("DELETE /health");
  EXPECT_TRUE(wrong.starts_with("HTTP/1.1 405 ")) << wrong;
  EXPECT_NE(wrong.find("Allow: GET, HEAD, OPTIONS\r\n"), std::string::npos);
  EXPECT_TRUE(Once("BREW /health").starts_with("HTTP/1.1 501 "));
  EXPECT_TRUE(Once("GET /nothing").starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(Once("GET /fail").starts_with("HTTP/1.1 507 "));
}

TEST_F(HttpServerTest, LimitsAreRefusedBeforeTheBodyArrives) {
  Start({.max_header_bytes = 2048, .max_target_bytes = 100, .max_body_bytes = 1000});
  const std::string body = Once("POST /echo", "Content-Length: 99999999999\r\n");
  EXPECT_TRUE(body.starts_with("HTTP/1.1 413 ")) << body;
  EXPECT_NE(body.find("1000 bytes"), std::string::npos);
  EXPECT_TRUE(Once("GET /health", "X: " + std::string(4000, 'x') + "\r\n").starts_with("HTTP/1.1 431 "));
  EXPECT_TRUE(Once("GET /health?" + std::string(200, 'x')).starts_with("HTTP/1.1 414 "));
  EXPECT_TRUE(Once("POST /echo", "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\n").starts_with("HTTP/1.1 4"));
}

TEST_F(HttpServerTest, MalformedRequestsGet400) {
  HttpServer& server = Start();
  for (const char* bad :
       {"nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /health HTTP/1.1\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET /%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "GET /health?a=%g HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "GET http://evil/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"}) {
    RawClient client(server);
    client.Send(bad);
    EXPECT_TRUE(client.ReadAll().starts_with("HTTP/1.1 400 ")) << bad;
  }
}

TEST_F(HttpServerTest, RebindingAndCrossSiteWritesAreForbidden) {
  HttpServer& server = Start();
  RawClient rebound(server);
  rebound.Send("GET /health HTTP/1.1\r\nHost: evil.com\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(rebound.ReadAll().starts_with("HTTP/1.1 403 "));
  EXPECT_TRUE(Once("GET /health", "Sec-Fetch-Site: cross-site\r\n").starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(Once("GET /write", "Sec-Fetch-Site: cross-site\r\n").starts_with("HTTP/1.1 403 "));
  EXPECT_TRUE(Once("POST /echo", "Origin: http://evil.com\r\nContent-Length: 0\r\n").starts_with("HTTP/1.1 403 "));
  EXPECT_TRUE(Once("POST /echo", "Origin: http://localhost\r\nContent-Length: 0\r\n").starts_with("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, AuthorizeStandsInFrontOfEveryRoute) {
  Start({.authorize = [](const Request& request) -> Status {
    if (request.Header("Authorization") == "Bearer good") return {};
    return Fail(ErrorKind::kPermissionDenied, "a token is needed");
  }});
  for (const char* target : {"GET /health", "GET /numbers", "POST /echo"}) {
    EXPECT_TRUE(Once(target).starts_with("HTTP/1.1 403 ")) << target;
  }
  EXPECT_TRUE(Once("GET /health", "Authorization: Bearer good\r\n").starts_with("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, LargeBodiesAndStreams) {
  HttpServer& server = Start();
  const std::string big = Once("GET /big");
  EXPECT_GT(big.size(), 5u << 20);
  EXPECT_TRUE(big.ends_with("xEND"));
  RawClient client(server);
  client.Send("GET /numbers HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_NE(client.ReadUntil("0\r\n\r\n").find("2\r\n0\n\r\n2\r\n1\n\r\n2\r\n2\n\r\n0\r\n\r\n"), std::string::npos);
  RawClient old(server);
  old.Send("GET /numbers HTTP/1.0\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(old.ReadAll().ends_with("\r\n\r\n0\n1\n2\n"));
}

TEST_F(HttpServerTest, ExpectContinue) {
  HttpServer& server = Start();
  RawClient client(server);
  client.Send("POST /echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("ok");
  EXPECT_TRUE(client.ReadUntil("\r\n\r\nok").ends_with("ok"));
}

TEST_F(HttpServerTest, SilentClientsAreClosed) {
  HttpServer& server = Start({.idle_timeout = 1ms, .request_timeout = 1ms});
  RawClient idle(server);
  EXPECT_EQ(idle.ReadAll(), "");
  RawClient slow(server);
  slow.Send("GET /hea");
  EXPECT_EQ(slow.ReadAll(), "");
}

TEST_F(HttpServerTest, StopLetsARunningRequestFinishAndCancelsAHangingOne) {
  auto started = std::make_shared<OneShot<bool>>();
  auto release = std::make_shared<OneShot<bool>>();
  Router router;
  router.OnAsync(Method::kGet, "/wait", [started, release](const Request&) -> Task<Result<Response>> {
    started->Set(true);
    auto released = co_await release->Wait();
    if (!released) co_return Fail(released.error());
    co_return Response::Text("finished");
  });
  HttpServer& server = Start({}, std::move(router));
  RawClient idle(server);
  RawClient client(server);
  client.Send("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n");
  std::thread releaser([started, release] {
    IoThreads io(1);
    auto running = BlockOn(io.Next(), started->Wait());
    ASSERT_OK(running);
    release->Set(true);
  });
  releaser.join();
  server.Stop(10s);
  EXPECT_TRUE(client.ReadAll().ends_with("finished"));
  EXPECT_EQ(idle.ReadAll(), "");

  auto hanging = std::make_shared<OneShot<bool>>();
  Router second;
  second.OnAsync(Method::kGet, "/hang", [hanging](const Request&) -> Task<Result<Response>> {
    hanging->Set(true);
    OneShot<bool> never;
    auto nothing = co_await never.Wait();
    co_return Fail(nothing.error());
  });
  HttpServer& other = Start({}, std::move(second));
  RawClient stuck(other);
  stuck.Send("GET /hang HTTP/1.1\r\nHost: localhost\r\n\r\n");
  IoThreads io(1);
  auto running = BlockOn(io.Next(), hanging->Wait());
  ASSERT_OK(running);
  other.Stop(1ms);
  EXPECT_EQ(other.stats().connections, 0u);
}

}  // namespace
}  // namespace floe::net
