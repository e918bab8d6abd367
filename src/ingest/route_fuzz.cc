// SPDX-License-Identifier: Apache-2.0
// Requests from strangers against configured routes: path, query and body. What is accepted renders to one JSON object.
#include <array>
#include <cstdlib>
#include <string>

#include "ingest/json_records.h"
#include "ingest/route_fields.h"
#include "ingest/template.h"
#include "net/http/router.h"
#include "net/http/uri.h"

namespace {

using namespace floe;

struct Setup {
  ingest::RouteSpec spec{
      .method = net::Method::kPost,
      .path = "/in/{device}/{kind}",
      .topic = "t",
      .key_field = "device",
      .fields = {{"device", ingest::FieldSource::kPath, ingest::FieldType::kString, true},
                 {"kind", ingest::FieldSource::kPath, ingest::FieldType::kInteger, true},
                 {"city", ingest::FieldSource::kQuery, ingest::FieldType::kString, false},
                 {"temperature", ingest::FieldSource::kQuery, ingest::FieldType::kNumber, true},
                 {"note", ingest::FieldSource::kBody, ingest::FieldType::kString, false},
                 {"ok", ingest::FieldSource::kBody, ingest::FieldType::kBoolean, false}},
      .value =
          R"({"d":"${device}-${kind}","k":${kind},"c":${city},"t":${temperature},"n":${note},"ok":${ok},"at":"${now:iso}"})",
      .answer = R"({"data":${value},"note":"x${note}"})"};
  ingest::Template value = *ingest::Template::Parse(spec.value, spec.fields, false);
  ingest::Template answer = *ingest::Template::Parse(spec.answer, spec.fields, true);
  net::Router router;

  Setup() {
    router.On(spec.method, spec.path, [](const net::Request&) { return net::Response(); });
    router.On(net::Method::kGet, "/in/{device}/status", [](const net::Request&) { return net::Response(); });
  }
};

void CheckJson(std::string text) {
  if (!ingest::ObjectMembers(text, 64)) std::abort();
}

}  // namespace

// Target, a line end, the body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Setup setup;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto line = std::min(input.find('\n'), input.size());
  net::Request request;
  request.method = setup.spec.method;
  request.target = input.substr(0, line);
  request.body = input.substr(std::min(line + 1, size));
  const auto question = std::min(request.target.find('?'), request.target.size());
  request.path = request.target.substr(0, question);
  auto query = net::ParseQuery(std::string_view(request.target).substr(std::min(question + 1, request.target.size())));
  if (!query) return 0;
  request.query = std::move(*query);
  static_cast<void>(setup.router.MethodsOf(request.path));
  // Also without a route that fits, so that query and body are reached from any path.
  if (!setup.router.Match(request)) request.path_params = {{"device", request.path}, {"kind", "7"}};
  const auto values = ingest::ReadFields(setup.spec.fields, request, 32);
  if (!values) return 0;
  if (values->size() != setup.spec.fields.size()) std::abort();
  const std::string value = setup.value.Render(*values, floe::TimestampMs(1'700'000'000'123));
  CheckJson(value);
  if (value.find('\n') != std::string::npos) std::abort();
  CheckJson(setup.answer.Render(*values, floe::TimestampMs(0), value));
  return 0;
}
