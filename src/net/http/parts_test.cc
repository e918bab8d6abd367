// SPDX-License-Identifier: Apache-2.0
// The pure parts: URIs, routes, same-site rules, the status table.
#include <set>

#include <gtest/gtest.h>

#include "base/matchers.h"
#include "net/http/router.h"
#include "net/http/same_site.h"
#include "net/http/uri.h"

namespace floe::net {
namespace {

TEST(Uri, DecodesAndRefuses) {
  auto decoded = PercentDecode("San%20Francisco+x%2b", true);
  ASSERT_OK(decoded);
  EXPECT_EQ(*decoded, "San Francisco x+");
  auto path = PercentDecode("a+b", false);
  ASSERT_OK(path);
  EXPECT_EQ(*path, "a+b");
  for (const char* bad : {"%", "%2", "%zz", "a%g1", "%00"}) {
    EXPECT_THAT(PercentDecode(bad, true), IsError(ErrorKind::kInvalidInput)) << bad;
  }
  std::string all;
  for (int i = 1; i < 256; ++i) all += static_cast<char>(i);
  auto back = PercentDecode(PercentEncode(all), true);
  ASSERT_OK(back);
  EXPECT_EQ(*back, all);
}

TEST(Uri, QueryKeepsOrderAndEmptyValues) {
  auto query = ParseQuery("a=1&&b=x%26y&flag&a=2&=v");
  ASSERT_OK(query);
  EXPECT_EQ(*query, (NameValues{{"a", "1"}, {"b", "x&y"}, {"flag", ""}, {"a", "2"}, {"", "v"}}));
}

TEST(Uri, SegmentsKeepEncodedSlashesAndRefuseDots) {
  auto segments = PathSegments("/topics/a%2Fb/");
  ASSERT_OK(segments);
  EXPECT_EQ(*segments, (std::vector<std::string>{"topics", "a/b", ""}));
  for (const char* bad : {"", "topics", "/a/../b", "/%2e%2E/b", "/."}) {
    EXPECT_THAT(PathSegments(bad), IsError(ErrorKind::kInvalidInput)) << bad;
  }
}

Response Named(const char* name) {
  return Response::Text(name);
}

std::string Matched(const Router& router, Method method, std::string path) {
  Request request;
  request.method = method;
  request.path = std::move(path);
  auto route = router.Match(request);
  if (!route) return std::string(ToString(route.error().kind()));
  std::string out = std::get<Handler>((*route)->handler)(request).body;
  for (const auto& [name, value] : request.path_params) out += " " + name + "=" + value;
  return out;
}

TEST(Router, MatchesExactlyAndPrefersLiterals) {
  Router router;
  router.On(Method::kPost, "/topics/{topic}", [](const Request&) { return Named("produce"); });
  router.On(Method::kGet, "/topics/{topic}/{rest}", [](const Request&) { return Named("rest"); });
  router.On(Method::kGet, "/topics/{topic}/config", [](const Request&) { return Named("config"); });
  router.On(Method::kGet, "/topics/all", [](const Request&) { return Named("all"); });
  EXPECT_EQ(Matched(router, Method::kPost, "/topics/a%2Fb"), "produce topic=a/b");
  EXPECT_EQ(Matched(router, Method::kHead, "/topics/all"), "all");
  router.On(Method::kGet, "/log", [](const Request&) { return Named("log"); }, {.mutates = true});
  EXPECT_EQ(Matched(router, Method::kGet, "/log"), "log");
  EXPECT_EQ(Matched(router, Method::kHead, "/log"), "not supported");
  EXPECT_EQ(router.MethodsOf("/log"), (std::vector<Method>{Method::kGet, Method::kOptions}));
  EXPECT_EQ(Matched(router, Method::kGet, "/topics/x/config"), "config topic=x");
  EXPECT_EQ(Matched(router, Method::kGet, "/topics/x/y"), "rest topic=x rest=y");
  EXPECT_EQ(Matched(router, Method::kGet, "/topics/x"), "not supported");
  for (const char* odd : {"/topics", "/topics/", "//topics/x", "/TOPICS/x", "/topics/x/", "/topics/x/y/z", "/"}) {
    EXPECT_EQ(Matched(router, Method::kPost, odd), "not found") << odd;
  }
  EXPECT_EQ(router.MethodsOf("/topics/all"),
            (std::vector<Method>{Method::kGet, Method::kPost, Method::kHead, Method::kOptions}));
}

TEST(Router, RefusesBadAndDoubleTemplates) {
  Router router;
  EXPECT_OK(router.Add(Method::kGet, "/a/{x}", [](const Request&) { return Named(""); }));
  EXPECT_THAT(router.Add(Method::kGet, "/a/{y}", [](const Request&) { return Named(""); }),
              IsError(ErrorKind::kAlreadyExists));
  for (const char* bad : {"a", "/a/{", "/a/{}", "/a/x{y}", "/a/{y}z", "/{a}{b}"}) {
    EXPECT_THAT(router.Add(Method::kGet, bad, [](const Request&) { return Named(""); }),
                IsError(ErrorKind::kInvalidInput))
        << bad;
  }
}

Request WithHeaders(NameValues headers) {
  Request request;
  request.headers = std::move(headers);
  return request;
}

TEST(SameSite, OnlyLoopbackNamesOnALoopbackListener) {
  SameSiteRules rules;
  for (const char* good :
       {"localhost", "localhost:3000", "127.0.0.1:3000", "127.8.0.1", "[::1]:3000", "floe.localhost:1"}) {
    EXPECT_OK(CheckHost(rules, WithHeaders({{"Host", good}}))) << good;
  }
  for (const char* bad :
       {"", "evil.com", "127.0.0.1.evil.com", "localhost.evil.com:3000", "128.0.0.1", "127.0.0", "[::2]:1"}) {
    EXPECT_THAT(CheckHost(rules, WithHeaders({{"host", bad}})), IsError(ErrorKind::kPermissionDenied)) << bad;
  }
  rules.allowed_hosts = {"node.lan"};
  EXPECT_OK(CheckHost(rules, WithHeaders({{"Host", "node.lan:3000"}})));
}

TEST(SameSite, ForeignPagesMayNotWrite) {
  SameSiteRules rules;
  rules.allowed_origins = {"http://localhost:5173"};
  const std::pair<std::string, std::string> host{"Host", "localhost:3000"};
  EXPECT_OK(CheckOrigin(rules, WithHeaders({host})));
  EXPECT_OK(CheckOrigin(rules, WithHeaders({host, {"Origin", "http://localhost:3000"}})));
  EXPECT_OK(CheckOrigin(rules, WithHeaders({host, {"Origin", "http://localhost:5173"}})));
  EXPECT_OK(CheckOrigin(rules, WithHeaders({host, {"Sec-Fetch-Site", "same-origin"}})));
  for (const NameValues& bad :
       {NameValues{host, {"Origin", "null"}}, NameValues{host, {"Origin", "http://evil.com"}},
        NameValues{host, {"Origin", "http://localhost:3001"}}, NameValues{host, {"Sec-Fetch-Site", "cross-site"}},
        NameValues{host, {"Sec-Fetch-Site", "same-site"}}}) {
    EXPECT_THAT(CheckOrigin(rules, WithHeaders(bad)), IsError(ErrorKind::kPermissionDenied)) << bad.back().second;
  }
}

TEST(Status, EveryKindHasAnErrorStatusAndName) {
  std::set<std::string> names;
  for (int i = 0; i <= static_cast<int>(ErrorKind::kInternal); ++i) {
    const auto kind = static_cast<ErrorKind>(i);
    EXPECT_GE(HttpStatus(kind), 400);
    EXPECT_NE(ReasonPhrase(HttpStatus(kind)), "Status");
    EXPECT_TRUE(names.insert(ErrorKindName(kind)).second);
  }
  const Response response = Response::Error(Error(ErrorKind::kInvalidInput, "bad \"x\"").WithPosition({2, 3}));
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body,
            R"({"error":{"kind":"invalid_input","message":"bad \"x\"","position":{"line":2,"column":3}}})");
}

}  // namespace
}  // namespace floe::net
