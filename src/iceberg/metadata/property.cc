// SPDX-License-Identifier: Apache-2.0
#include "iceberg/metadata/property.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"

namespace floe::iceberg {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

struct Numbers {
  std::string_view key;
  std::int64_t least;
  std::int64_t most = kMost;
};
// A 0 that Java takes for its least value is taken here, too.
constexpr std::array kNumbers = {
    Numbers{"write.target-file-size-bytes", 1},
    Numbers{"write.parquet.compression-level", 0, 22},
    Numbers{"write.avro.compression-level", 0, 9},
    Numbers{"write.metadata.previous-versions-max", 0},
    Numbers{"write.metadata.metrics.max-inferred-column-defaults", 0},
    Numbers{"commit.manifest.min-count-to-merge", 0},
    Numbers{"commit.manifest.target-size-bytes", 1},
    Numbers{"history.expire.max-snapshot-age-ms", 0},
    Numbers{"history.expire.min-snapshots-to-keep", 1},
};

constexpr std::array<std::string_view, 4> kBooleans = {"write.metadata.delete-after-commit.enabled",
                                                       "commit.manifest-merge.enabled", "floe.history.thinning.enabled",
                                                       "gc.enabled"};

struct Words {
  std::string_view key;
  bool any_case;  ///< how it is read
  std::vector<std::string_view> built;
  std::vector<std::string_view> others;  ///< Iceberg's that are not built
};

const std::vector<Words>& AllWords() {
  static const std::vector<Words> words = {
      {"write.format.default", true, {"parquet"}, {"avro", "orc"}},
      {"write.parquet.compression-codec", true, {"zstd", "snappy", "gzip", "lz4", "brotli", "uncompressed"}, {"lzo"}},
      {"write.avro.compression-codec", false, {"gzip", "uncompressed"}, {"zstd", "snappy"}},
  };
  return words;
}

std::string Lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return text;
}

std::unexpected<Error> Refuse(const std::string& key, const std::string& value, std::string_view allowed,
                              ErrorKind kind = ErrorKind::kInvalidInput) {
  return Fail(kind,
              fmt::format("table property '{}' = '{}' {}{}", key, value,
                          kind == ErrorKind::kNotSupported ? "is not supported; " : "cannot work; it takes ", allowed));
}

std::optional<std::int64_t> NumberIn(std::string_view text) {
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Status CheckNumber(const Numbers& rule, const std::string& key, const std::string& value) {
  std::optional<std::int64_t> number = NumberIn(value);
  if (number && *number >= rule.least && *number <= rule.most) return {};
  return Refuse(key, value,
                rule.most == kMost ? fmt::format("a whole number from {}", rule.least)
                                   : fmt::format("a whole number from {} to {}", rule.least, rule.most));
}

Status CheckWord(const Words& rule, const std::string& key, const std::string& value) {
  const std::string word = Lower(value);
  if (std::ranges::find(rule.built, rule.any_case ? word : value) != rule.built.end()) return {};
  std::string built = fmt::format("{}", fmt::join(rule.built, ", "));
  if (std::ranges::find(rule.others, word) == rule.others.end()) return Refuse(key, value, built);
  return Refuse(key, value, "there is " + built, ErrorKind::kNotSupported);
}

Status CheckMetricsMode(const std::string& key, const std::string& value) {
  const std::string_view mode = value;
  if (mode == "none" || mode == "counts" || mode == "full") return {};
  constexpr std::string_view kOpen = "truncate(";
  if (mode.starts_with(kOpen) && mode.ends_with(')')) {
    auto length = NumberIn(mode.substr(kOpen.size(), mode.size() - kOpen.size() - 1));
    if (length && *length > 0) return {};
  }
  return Refuse(key, value, "none, counts, full or truncate(N), N from 1");
}

}  // namespace

std::string PropertyName(std::string_view key) {
  if (key == "format_version") return "format-version";
  if (key == "compression_codec") return "write.parquet.compression-codec";
  if (key == "format") return "write.format.default";
  return std::string(key);
}

Status CheckProperty(const std::string& key, const std::string& value) {
  const std::string property = PropertyName(key);
  if (auto rule = std::ranges::find(kNumbers, property, &Numbers::key); rule != kNumbers.end())
    return CheckNumber(*rule, key, value);
  if (auto rule = std::ranges::find(AllWords(), property, &Words::key); rule != AllWords().end())
    return CheckWord(*rule, key, value);
  if (std::ranges::find(kBooleans, property) != kBooleans.end())
    return ParseBoolean(value) ? Status() : Refuse(key, value, "true or false");
  if (property == "write.metadata.metrics.default" || property.starts_with("write.metadata.metrics.column."))
    return CheckMetricsMode(key, value);
  if (property == "format-version" && !NumberIn(value)) return Refuse(key, value, "1 or 2");
  return {};
}

}  // namespace floe::iceberg
