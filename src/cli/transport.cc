// SPDX-License-Identifier: Apache-2.0
#include "cli/transport.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/result.h"
#include "net/http/message.h"

namespace floe::cli {
namespace {

using nlohmann::json;

ErrorKind KindFromText(const std::string& text) {
  for (int i = 0; i <= static_cast<int>(ErrorKind::kInternal); ++i) {
    auto kind = static_cast<ErrorKind>(i);
    if (net::ErrorKindName(kind) == text) return kind;
  }
  return ErrorKind::kInternal;
}

std::string BaseOf(const std::string& url) {
  std::string base = url.starts_with("http://") || url.starts_with("https://") ? url : "http://" + url;
  while (base.ends_with('/')) base.pop_back();
  return base;
}

/// Keeps an error answer whole, hands a good one on.
class AnswerSplitter {
 public:
  explicit AnswerSplitter(const std::function<bool(std::string_view)>& on_bytes) : on_bytes_(on_bytes) {}
  void set_status(long status) { status_ = status; }
  bool Take(std::string_view bytes) {
    if (status_ < 400) return on_bytes_(bytes);
    error_body_.append(bytes);
    return error_body_.size() < (1U << 20);
  }
  Status Finish() const {
    if (status_ < 400) return {};
    if (auto error = ErrorFromJson(error_body_)) return Fail(std::move(*error));
    return Fail(ErrorKind::kUnavailable,
                fmt::format("the node answered HTTP {}: {}", status_, error_body_.substr(0, 200)));
  }

 private:
  const std::function<bool(std::string_view)>& on_bytes_;
  long status_ = 200;
  std::string error_body_;
};

class HttpTransport final : public Transport {
 public:
  HttpTransport(std::string base, std::function<std::string()> find) : base_(std::move(base)), find_(std::move(find)) {}
  std::string Describe() const override { return base_; }

  Status Call(const server::ApiRequest& request, const std::function<bool(std::string_view)>& on_bytes) override {
    bool connected = true;
    Status done = Try(request, on_bytes, connected);
    if (connected || !find_) return done;
    const std::string found = find_();
    if (found.empty() || BaseOf(found) == base_) return done;
    base_ = BaseOf(found);
    return Try(request, on_bytes, connected);
  }

 private:
  /// `connected` becomes false when no byte of the request can have been sent.
  Status Try(const server::ApiRequest& request, const std::function<bool(std::string_view)>& on_bytes,
             bool& connected) {
    std::unique_ptr<CURL, void (*)(CURL*)> curl(::curl_easy_init(), ::curl_easy_cleanup);
    AnswerSplitter splitter(on_bytes);
    Exchange exchange{curl.get(), &splitter, false};
    std::string url = Url(curl.get(), request);
    char message[CURL_ERROR_SIZE] = {};
    ::curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
    ::curl_easy_setopt(curl.get(), CURLOPT_CUSTOMREQUEST, request.method.c_str());
    ::curl_easy_setopt(curl.get(), CURLOPT_NOPROXY, "*");
    ::curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
    ::curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, message);
    ::curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &HttpTransport::OnBytes);
    ::curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &exchange);
    ::curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT_MS, 3000L);
    ::curl_easy_setopt(curl.get(), CURLOPT_NOPROGRESS, 0L);
    ::curl_easy_setopt(curl.get(), CURLOPT_XFERINFOFUNCTION, &HttpTransport::OnProgress);
    ::curl_easy_setopt(curl.get(), CURLOPT_XFERINFODATA, &request);
    curl_slist* headers = ::curl_slist_append(nullptr, "Content-Type: application/json");
    if (request.method != "GET") {
      ::curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      ::curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, request.body.data());
    }
    ::curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers);
    CURLcode code = ::curl_easy_perform(curl.get());
    connected = code != CURLE_COULDNT_CONNECT;
    ::curl_slist_free_all(headers);
    if (exchange.given_up || code == CURLE_ABORTED_BY_CALLBACK) return Fail(ErrorKind::kCancelled, "cancelled");
    if (code != CURLE_OK) {
      return Fail(ErrorKind::kUnavailable, fmt::format("the node at {} does not answer: {}; is 'floe serve' running?",
                                                       base_, *message != 0 ? message : ::curl_easy_strerror(code)));
    }
    return splitter.Finish();
  }

  struct Exchange {
    CURL* curl;
    AnswerSplitter* splitter;
    bool given_up;
  };

  static std::size_t OnBytes(char* bytes, std::size_t, std::size_t size, void* user) {
    auto& exchange = *static_cast<Exchange*>(user);
    long status = 200;
    ::curl_easy_getinfo(exchange.curl, CURLINFO_RESPONSE_CODE, &status);
    exchange.splitter->set_status(status);
    if (exchange.splitter->Take({bytes, size})) return size;
    exchange.given_up = true;
    return 0;
  }

  static int OnProgress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<const server::ApiRequest*>(user)->IsCancelled() ? 1 : 0;
  }

  std::string Url(CURL* curl, const server::ApiRequest& request) const {
    auto escape = [&](const std::string& text) {
      char* escaped = ::curl_easy_escape(curl, text.data(), static_cast<int>(text.size()));
      std::string copy = escaped == nullptr ? "" : escaped;
      ::curl_free(escaped);
      return copy;
    };
    std::string url = base_;
    std::string_view rest = request.path;
    while (!rest.empty()) {
      rest.remove_prefix(rest.front() == '/' ? 1 : 0);
      std::size_t slash = rest.find('/');
      url += "/" + escape(std::string(rest.substr(0, slash)));
      rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
    }
    char separator = '?';
    for (const auto& [key, value] : request.query) {
      url += separator + escape(key) + "=" + escape(value);
      separator = '&';
    }
    return url;
  }

  std::string base_;
  const std::function<std::string()> find_;
};

class LocalTransport final : public Transport {
 public:
  explicit LocalTransport(const server::Api& api) : api_(api) {}
  std::string Describe() const override { return "embedded"; }
  bool embedded() const override { return true; }

  Status Call(const server::ApiRequest& request, const std::function<bool(std::string_view)>& on_bytes) override {
    AnswerSplitter splitter(on_bytes);
    Reply reply(splitter);
    api_.Handle(request, reply);
    if (reply.given_up) return Fail(ErrorKind::kCancelled, "cancelled");
    return splitter.Finish();
  }

 private:
  class Reply final : public server::ApiReply {
   public:
    explicit Reply(AnswerSplitter& splitter) : splitter_(splitter) {}
    void Begin(int status, std::string_view) override { splitter_.set_status(status); }
    bool Write(std::string_view bytes) override {
      if (!given_up && !splitter_.Take(bytes)) given_up = true;
      return !given_up;
    }
    bool given_up = false;

   private:
    AnswerSplitter& splitter_;
  };

  const server::Api& api_;
};

}  // namespace

Result<std::string> Transport::Fetch(const server::ApiRequest& request) {
  std::string whole;
  FLOE_TRY_VOID(Call(request, [&](std::string_view bytes) {
    whole.append(bytes);
    return true;
  }));
  return whole;
}

std::unique_ptr<Transport> MakeHttpTransport(const std::string& url, std::function<std::string()> find) {
  return std::make_unique<HttpTransport>(BaseOf(url), std::move(find));
}

std::unique_ptr<Transport> MakeLocalTransport(const server::Api& api) {
  return std::make_unique<LocalTransport>(api);
}

std::optional<Error> ErrorFromJson(std::string_view body) {
  json parsed = json::parse(body, nullptr, false);
  if (!parsed.is_object() || !parsed.contains("error") || !parsed["error"].is_object()) return std::nullopt;
  const json& error = parsed["error"];
  ErrorKind kind = KindFromText(error.value("kind", "internal"));
  // The node answers: what does not is something that it called, a database or another broker.
  if (kind == ErrorKind::kUnavailable) kind = ErrorKind::kIo;
  Error result(kind, error.value("message", "the node gave no reason"));
  if (!error.contains("position") || !error["position"].is_object()) return result;
  return std::move(result).WithPosition({error["position"].value("line", 1), error["position"].value("column", 1)});
}

}  // namespace floe::cli
