// SPDX-License-Identifier: Apache-2.0
#include "server/json_body.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/result.h"

namespace floe::server {
namespace {

constexpr int kMostLevels = 64;

/// Levels of arrays and objects, as far as they open before the first mistake.
int LevelsOf(std::string_view text) {
  int level = 0;
  int most = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\') {
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == '[' || c == '{')) {
      most = std::max(most, ++level);
    } else if (!quoted && (c == ']' || c == '}')) {
      --level;
    }
  }
  return most;
}

}  // namespace

Result<nlohmann::ordered_json> ParseJson(std::string_view text) {
  if (LevelsOf(text) > kMostLevels)
    return Fail(ErrorKind::kInvalidInput, fmt::format("JSON of more than {} levels", kMostLevels));
  auto json = nlohmann::ordered_json::parse(text, nullptr, false);
  if (json.is_discarded()) return Fail(ErrorKind::kInvalidInput, "not JSON");
  return json;
}

}  // namespace floe::server
