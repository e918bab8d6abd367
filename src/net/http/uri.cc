// SPDX-License-Identifier: Apache-2.0
#include "net/http/uri.h"

#include <iterator>

#include <fmt/format.h>

namespace floe::net {

namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Result<std::string> PercentDecode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        return Fail(ErrorKind::kInvalidInput,
                    fmt::format("bad percent-encoding at byte {} of the URL part; write a literal '%' as %25", i));
      }
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    if (c == '\0') return Fail(ErrorKind::kInvalidInput, "a NUL byte in the URL; it has no meaning there");
    out += c;
  }
  return out;
}

std::string PercentEncode(std::string_view text) {
  std::string out;
  for (char c : text) {
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                            c == '.' || c == '_' || c == '~';
    if (unreserved) {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

Result<NameValues> ParseQuery(std::string_view text) {
  NameValues out;
  while (!text.empty()) {
    const auto end = text.find('&');
    const std::string_view pair = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    FLOE_TRY(auto name, PercentDecode(pair.substr(0, equals), true));
    std::string value;
    if (equals != std::string_view::npos) {
      FLOE_TRY(value, PercentDecode(pair.substr(equals + 1), true));
    }
    out.emplace_back(std::move(name), std::move(value));
  }
  return out;
}

Result<std::vector<std::string>> PathSegments(std::string_view path) {
  if (!path.starts_with('/')) return Fail(ErrorKind::kInvalidInput, "the URL path must start with '/'");
  std::vector<std::string> out;
  path.remove_prefix(1);
  for (;;) {
    const auto end = path.find('/');
    FLOE_TRY(auto segment, PercentDecode(path.substr(0, end), false));
    if (segment == "." || segment == "..") {
      return Fail(ErrorKind::kInvalidInput, "'.' and '..' are not allowed in the URL path; send the final path");
    }
    out.push_back(std::move(segment));
    if (end == std::string_view::npos) return out;
    path.remove_prefix(end + 1);
  }
}

}  // namespace floe::net
