// SPDX-License-Identifier: Apache-2.0
// URLs from strangers: never a crash, and what decodes encodes back.
#include <cstdlib>

#include "net/http/uri.h"
#include "net/json_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto query = floe::net::ParseQuery(text);
  if (query) {
    std::string again;
    for (const auto& [name, value] : *query) {
      again += floe::net::PercentEncode(name) + "=" + floe::net::PercentEncode(value) + "&";
    }
    auto second = floe::net::ParseQuery(again);
    if (!second || *second != *query) std::abort();
  }
  auto segments = floe::net::PathSegments(text);
  static_cast<void>(segments);
  std::string json;
  floe::net::AppendJsonString(json, text);
  return 0;
}
