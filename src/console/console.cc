// SPDX-License-Identifier: Apache-2.0
#include "console/console.h"

#include <charconv>

#include <fmt/format.h>

#include "base/logging.h"
#include "console/iso_time.h"
#include "console/web_assets.h"
#include "net/json_text.h"

namespace floe::console {

using net::Method;
using net::Request;
using net::Response;

namespace {

constexpr TimestampMs kFromTheStart{INT64_MIN};

Result<TimestampMs> SinceOf(const Request& request, bool required) {
  const std::string* since = request.Query("since");
  if (since && !since->empty()) return ParseTime(*since);
  // EventSource sends the last event's id when it reconnects by itself.
  if (const auto last = request.Header("Last-Event-ID"); !last.empty()) return ParseTime(last);
  if (required) return Fail(ErrorKind::kInvalidInput, "'since' is missing; write ?since=2026-01-08T14:30:00.000Z");
  return kFromTheStart;
}

Result<std::size_t> LimitOf(const Request& request) {
  const std::string* text = request.Query("limit");
  if (!text) return 0;
  std::size_t limit = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), limit);
  if (error != std::errc() || end != text->data() + text->size() || limit == 0) {
    return Fail(ErrorKind::kInvalidInput,
                fmt::format("'limit' is '{}', but must be a whole number above 0", text->substr(0, 40)));
  }
  return limit;
}

std::string NewestOf(const std::vector<SeriesPoint>& points) {
  TimestampMs newest = kFromTheStart;
  for (const auto& point : points) newest = std::max(newest, point.time);
  return newest == kFromTheStart ? "" : IsoTime(newest);
}

}  // namespace

Console::Console(IoThreads& io, ComputePool& pool, Clock& clock, NodeView view, ConsoleOptions options)
    : pool_(pool), clock_(clock), view_(std::move(view)), options_(std::move(options)), scope_(io.At(0), "console") {}

Console::~Console() {
  Stop();
}

void Console::Stop() {
  stream_.Close();
  scope_.StopAndWait();
}

void Console::Start() {
  scope_.Spawn([this] { return PublishPoints(); });
  scope_.Spawn([this] { return PublishStatus(); });
}

void Console::NotifyChanged() {
  std::optional<OneShot<bool>> wake;
  {
    std::lock_guard lock(mu_);
    dirty_ = true;
    wake = std::exchange(changed_, std::nullopt);
  }
  if (wake) wake->Set(true);
}

Status Console::AddRoutes(net::Router& router) {
  const auto alive = [](const Request&) { return Response::Json(R"({"status":"healthy"})"); };
  for (const char* path : {"/health", "/live", "/livez"}) FLOE_TRY_VOID(router.Add(Method::kGet, path, alive));
  for (const char* path : {"/ready", "/readyz"}) {
    FLOE_TRY_VOID(router.Add(Method::kGet, path, [this](const Request&) { return Ready(); }));
  }
  FLOE_TRY_VOID(router.Add(Method::kGet, "/metrics", [this](const Request&) {
    Response response = Response::Text(view_.metrics());
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    return response;
  }));
  FLOE_TRY_VOID(router.AddAsync(Method::kGet, "/api/weather", [this](const Request& r) { return Series(r, false); }));
  FLOE_TRY_VOID(
      router.AddAsync(Method::kGet, "/api/weather/latest", [this](const Request& r) { return Series(r, true); }));
  FLOE_TRY_VOID(router.AddAsync(Method::kGet, "/api/weather/stream", [this](const Request& r) { return Stream(r); }));
  FLOE_TRY_VOID(router.AddAsync(Method::kGet, "/api/status", [this](const Request& r) { return StatusNow(r); }));
  return net::AddStaticAssets(router, WebAssets());
}

Response Console::Ready() const {
  const auto components = view_.health();
  bool ready = true;
  for (const auto& component : components) ready = ready && component.ready;
  net::JsonWriter json;
  json.BeginObject().Key("status").String(ready ? "ready" : "not ready").Key("components").BeginObject();
  for (const auto& component : components)
    json.Key(component.name).String(component.ready ? "ready" : component.reason);
  json.EndObject().EndObject();
  return Response::Json(json.Take(), ready ? 200 : 503);
}

Task<Result<std::vector<SeriesPoint>>> Console::Read(TimestampMs after) {
  auto rows = co_await Offload(pool_, [this, after] { return view_.rows_of(options_.table, after); });
  if (!rows && rows.error().kind() == ErrorKind::kNotFound) co_return std::vector<SeriesPoint>();
  co_return rows;
}

Task<Result<std::string>> Console::ReadStatus() {
  auto status = co_await Offload(pool_, [this] { return view_.status(); });
  if (!status) co_return Fail(std::move(status).error());
  const TimestampMs now = clock_.WallNowMs();
  std::lock_guard lock(mu_);
  rates_.Sample(status->topics, now);
  co_return StatusJson(*status, rates_, now);
}

Task<Result<Response>> Console::Series(const Request& request, bool needs_since) {
  FLOE_CO_TRY(const TimestampMs since, SinceOf(request, needs_since));
  FLOE_CO_TRY(const std::size_t limit, LimitOf(request));
  FLOE_CO_TRY(auto points, co_await Read(since));
  co_return Response::Json(SeriesJson(options_.cities, std::move(points), limit));
}

Task<Result<Response>> Console::StatusNow(const Request&) {
  FLOE_CO_TRY(auto json, co_await ReadStatus());
  co_return Response::Json(std::move(json));
}

Task<Result<Response>> Console::Stream(const Request& request) {
  FLOE_CO_TRY(const TimestampMs since, SinceOf(request, false));
  co_return stream_.Open([this, since] { return InitialEvents(since); });
}

Task<Result<std::string>> Console::InitialEvents(TimestampMs since) {
  FLOE_CO_TRY(auto points, co_await Read(since));
  FLOE_CO_TRY(auto status, co_await ReadStatus());
  const std::string id = NewestOf(points);
  co_return net::FormatEvent("points", SeriesJson(options_.cities, std::move(points), 0), id) +
      net::FormatEvent("status", status);
}

Task<void> Console::PublishPoints() {
  SeriesDiff diff;
  for (;;) {
    OneShot<bool> wake;
    bool wait = true;
    {
      std::lock_guard lock(mu_);
      if (dirty_) {
        wait = false;
      } else {
        changed_ = wake;
      }
      dirty_ = false;
    }
    if (wait) {
      auto woken = co_await wake.WaitFor(options_.poll);
      if (!woken && woken.error().kind() == ErrorKind::kCancelled) co_return;
      std::lock_guard lock(mu_);
      dirty_ = false;
    }
    // Without pages nothing is read; the first page gets everything by its own query.
    if (stream_.clients() == 0) continue;
    auto points = co_await Read(diff.Since());
    if (!points) {
      logging::Warn("console", "reading the page's table failed",
                    {{"table", options_.table}, {"error", points.error().ToString()}});
      continue;
    }
    auto fresh = diff.Update(*points);
    if (fresh.empty()) continue;
    const std::string id = NewestOf(fresh);
    stream_.Publish(net::FormatEvent("points", SeriesJson(options_.cities, std::move(fresh), 0), id));
  }
}

Task<void> Console::PublishStatus() {
  for (;;) {
    auto slept = co_await SleepFor(options_.status_every);
    if (!slept) co_return;
    auto status = co_await ReadStatus();
    if (status && stream_.clients() > 0) stream_.Publish(net::FormatEvent("status", *status));
  }
}

}  // namespace floe::console
