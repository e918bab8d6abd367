// SPDX-License-Identifier: Apache-2.0
// Client, event stream and static assets against the real server.
#include "net/http/client.h"

#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "base/matchers.h"
#include "net/http/event_stream.h"
#include "net/http/server.h"
#include "net/http/static_assets.h"

namespace floe::net {
namespace {

using namespace std::chrono_literals;

std::vector<std::uint8_t> Gzip(std::string_view text) {
  std::vector<std::uint8_t> out(text.size() + 100);
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::unique_ptr<HttpServer> StartServer(IoThreads& io, Router router) {
  auto server = HttpServer::Start(io, std::move(router), {.listen = {.service = "test"}});
  EXPECT_THAT(server, IsOk());
  return std::move(*server);
}

std::string HeaderOf(const ClientResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

TEST(HttpClient, UrlsAreChecked) {
  auto url = ParseUrl("http://[::1]:81/a?b");
  ASSERT_OK(url);
  EXPECT_EQ(url->host + " " + url->port + " " + url->target, "::1 81 /a?b");
  EXPECT_THAT(ParseUrl("https://x"), IsError(ErrorKind::kNotSupported));
  for (const char* bad :
       {"", "localhost:3000", "http://", "http://:1", "http://a:b", "http://a b/", "http://a/\r\nX: y"}) {
    EXPECT_THAT(ParseUrl(bad), IsError(ErrorKind::kInvalidInput)) << bad;
  }
}

TEST(HttpClient, CallsStreamsAndReadsErrors) {
  IoThreads io(1);
  Router router;
  router.On(Method::kPost, "/echo", [](const Request& request) { return Response::Text(request.body); });
  router.OnAsync(Method::kGet, "/lines", [](const Request&) -> Task<Result<Response>> {
    co_return Response::Streaming("application/x-ndjson", [](BodyWriter& out) -> Task<Status> {
      for (int i = 0; i < 1000; ++i) {
        auto sent = co_await out.Write(fmt::format("{{\"n\":{}}}\n", i));
        if (!sent) co_return sent;
      }
      co_return Status{};
    });
  });
  router.OnAsync(Method::kGet, "/bad", [](const Request&) -> Task<Result<Response>> {
    co_return Fail(Error(ErrorKind::kConflict, "not now").WithPosition({3, 4}));
  });
  auto server = StartServer(io, std::move(router));

  const std::string big(3 << 20, 'y');
  auto echo = Call({.method = Method::kPost, .url = server->url() + "/echo", .body = big});
  ASSERT_OK(echo);
  EXPECT_EQ(echo->body, big);

  std::string lines;
  auto streamed = Call({.url = server->url() + "/lines", .on_data = [&](std::string_view piece) {
                          lines += piece;
                          return true;
                        }});
  ASSERT_OK(streamed);
  EXPECT_EQ(std::ranges::count(lines, '\n'), 1000);
  EXPECT_TRUE(lines.ends_with("{\"n\":999}\n"));
  auto stopped = Call({.url = server->url() + "/lines", .on_data = [](std::string_view) { return false; }});
  EXPECT_THAT(stopped, IsError(ErrorKind::kCancelled));

  auto bad = Call({.url = server->url() + "/bad"});
  ASSERT_OK(bad);
  EXPECT_EQ(bad->status, 409);
  const Error error = ErrorOf(*bad);
  EXPECT_EQ(error.kind(), ErrorKind::kConflict);
  EXPECT_EQ(error.message(), "not now");
  EXPECT_EQ(error.position()->line, 3);

  const std::string url = server->url();
  server.reset();
  auto gone = Call({.url = url + "/"});
  EXPECT_THAT(gone, IsError(ErrorKind::kUnavailable));
  EXPECT_THAT(gone, HasErrorMessage("floe serve"));
}

TEST(HttpClient, ASilentServerTimesOut) {
  IoThreads io(1);
  Router router;
  router.OnAsync(Method::kGet, "/never", [](const Request&) -> Task<Result<Response>> {
    OneShot<bool> never;
    auto nothing = co_await never.Wait();
    co_return Fail(nothing.error());
  });
  auto server = StartServer(io, std::move(router));
  EXPECT_THAT(Call({.url = server->url() + "/never", .idle_timeout = 20ms}), IsError(ErrorKind::kTimeout));
}

TEST(StaticAssets, CompressedWithEtagAndCaching) {
  IoThreads io(1);
  const std::string page = "<!doctype html>" + std::string(5000, 'p');
  const auto gzip = Gzip(page);
  const StaticAsset assets[] = {{"/index.html", "text/html", "e1", false, gzip},
                                {"/assets/a-1.js", "text/javascript", "e2", true, gzip}};
  Router router;
  ASSERT_OK(AddStaticAssets(router, assets));
  auto server = StartServer(io, std::move(router));
  auto plain = Call({.url = server->url() + "/"});
  ASSERT_OK(plain);
  EXPECT_EQ(plain->body, page);
  EXPECT_EQ(HeaderOf(*plain, "Cache-Control"), "no-cache");
  auto packed = Call({.url = server->url() + "/assets/a-1.js", .headers = {{"Accept-Encoding", "gzip, br"}}});
  ASSERT_OK(packed);
  EXPECT_EQ(packed->body, std::string(gzip.begin(), gzip.end()));
  EXPECT_EQ(HeaderOf(*packed, "Content-Encoding"), "gzip");
  EXPECT_NE(HeaderOf(*packed, "Cache-Control").find("immutable"), std::string::npos);
  auto same = Call({.url = server->url() + "/", .headers = {{"If-None-Match", "\"e1\""}}});
  ASSERT_OK(same);
  EXPECT_EQ(same->status, 304);
  EXPECT_EQ(same->body, "");
}

TEST(EventStream, FormatsEvents) {
  EXPECT_EQ(FormatEvent("points", "a\nb", "7"), "id: 7\nevent: points\ndata: a\ndata: b\n\n");
  EXPECT_EQ(FormatEvent("", "x"), "data: x\n\n");
}

Task<Result<std::string>> First() {
  co_return FormatEvent("", "first");
}

TEST(EventStream, DeliversInOrderDropsTheSlowAndEndsOnClose) {
  IoThreads io(2);
  EventStream stream({.queue_bytes = 4096, .max_clients = 2, .heartbeat = 5ms});
  Router router;
  router.OnAsync(Method::kGet, "/events", [&stream](const Request&) -> Task<Result<Response>> {
    co_return stream.Open([] { return First(); });
  });
  auto server = StartServer(io, std::move(router));

  std::string got;
  std::thread reader([&] {
    auto ended = Call({.url = server->url() + "/events", .on_data = [&](std::string_view piece) {
                         got += piece;
                         return true;
                       }});
    EXPECT_THAT(ended, IsOk());
  });
  while (stream.clients() == 0) std::this_thread::yield();
  for (int i = 0; i < 100; ++i) stream.Publish(FormatEvent("", std::to_string(i)));

  // A client that never reads: its kernel buffers fill, then its queue, then it is dropped; the reader is not.
  Response unread = *stream.Open([] { return First(); });
  EXPECT_EQ(stream.clients(), 2u);
  EXPECT_THAT(stream.Open([] { return First(); }), IsError(ErrorKind::kResourceExhausted));
  for (int i = 0; i < 3; ++i) {
    const std::string big(2000, static_cast<char>('a' + i));
    stream.Publish(FormatEvent("", big));
    while (stream.clients() == 2 && i == 2) std::this_thread::yield();
  }
  EXPECT_GE(stream.dropped(), 1u);
  stream.Close();
  reader.join();
  std::size_t at = got.find("data: first\n\n");
  ASSERT_NE(at, std::string::npos);
  for (int i = 0; i < 100; ++i) {
    at = got.find(fmt::format("data: {}\n\n", i), at);
    ASSERT_NE(at, std::string::npos) << i;
  }
  EXPECT_THAT(stream.Open([] { return First(); }), IsError(ErrorKind::kUnavailable));
  server->Stop(1s);
}

}  // namespace
}  // namespace floe::net
