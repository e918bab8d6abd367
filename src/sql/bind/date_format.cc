// SPDX-License-Identifier: Apache-2.0
#include "sql/bind/date_format.h"

#include <array>
#include <cctype>

#include <fmt/format.h>

namespace floe::sql::bind {
namespace {

struct Letter {
  char letter;
  std::size_t least;  ///< repetitions
  std::size_t most;
  std::string_view format;
};

constexpr std::array kLetters = std::to_array<Letter>({
    {'y', 2, 2, "%y"},  {'y', 1, 1, "%Y"},  {'y', 4, 4, "%Y"},  {'u', 4, 4, "%Y"},  {'M', 1, 1, "%-m"},
    {'M', 2, 2, "%m"},  {'M', 3, 3, "%b"},  {'M', 4, 4, "%B"},  {'L', 2, 2, "%m"},  {'d', 1, 1, "%-d"},
    {'d', 2, 2, "%d"},  {'D', 1, 1, "%-j"}, {'D', 3, 3, "%j"},  {'H', 1, 1, "%-H"}, {'H', 2, 2, "%H"},
    {'h', 1, 1, "%-I"}, {'h', 2, 2, "%I"},  {'m', 1, 1, "%-M"}, {'m', 2, 2, "%M"},  {'s', 1, 1, "%-S"},
    {'s', 2, 2, "%S"},  {'S', 3, 3, "%g"},  {'S', 6, 6, "%f"},  {'S', 9, 9, "%n"},  {'a', 1, 1, "%p"},
    {'E', 1, 3, "%a"},  {'E', 4, 4, "%A"},
});

constexpr std::string_view kKnown = "yyyy yy MM M MMM MMMM dd d HH H hh h mm m ss s SSS SSSSSS a EEE EEEE DDD";

Result<std::string_view> FormatOf(char letter, std::size_t count, std::string_view pattern) {
  for (const Letter& known : kLetters) {
    if (known.letter == letter && count >= known.least && count <= known.most) return known.format;
  }
  return Fail(
      ErrorKind::kInvalidInput,
      fmt::format("date pattern '{}': '{}' is not supported; write one of {}, and other letters in single quotes",
                  pattern, std::string(count, letter), kKnown));
}

void AppendText(char c, std::string& format) {
  if (c == '%') format += '%';
  format += c;
}

/// Appends what stands between quotes at `i` (an opening quote) and moves behind the closing one.
Status AppendQuoted(std::string_view pattern, std::size_t& i, std::string& format) {
  ++i;
  if (i < pattern.size() && pattern[i] == '\'') {
    format += '\'';
    ++i;
    return {};
  }
  while (i < pattern.size()) {
    bool quote = pattern[i] == '\'';
    if (quote && (i + 1 == pattern.size() || pattern[i + 1] != '\'')) {
      ++i;
      return {};
    }
    if (quote) ++i;
    AppendText(pattern[i++], format);
  }
  return Fail(ErrorKind::kInvalidInput, fmt::format("date pattern '{}': a quoted text has no closing quote", pattern));
}

}  // namespace

Result<std::string> FormatFromJavaPattern(std::string_view pattern) {
  std::string format;
  std::size_t i = 0;
  while (i < pattern.size()) {
    char c = pattern[i];
    if (c == '\'') {
      FLOE_TRY_VOID(AppendQuoted(pattern, i, format));
    } else if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
      std::size_t end = pattern.find_first_not_of(c, i);
      if (end == std::string_view::npos) end = pattern.size();
      FLOE_TRY(std::string_view part, FormatOf(c, end - i, pattern));
      format += part;
      i = end;
    } else {
      AppendText(c, format);
      ++i;
    }
  }
  return format;
}

}  // namespace floe::sql::bind
