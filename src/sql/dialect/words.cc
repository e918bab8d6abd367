// SPDX-License-Identifier: Apache-2.0
// Reserved words, near words, quoting, and the text rules that lexer and parser share.
#include <algorithm>
#include <vector>

#include "base/result.h"
#include "sql/dialect/lexer.h"

namespace floe::sql::dialect {
namespace {

// Flink reserves several hundred words; only those are refused here without which a sentence could be read in two ways.
constexpr std::string_view kReserved[] = {"ALL",       "ALTER",
                                          "AND",       "ANY",
                                          "AS",        "BETWEEN",
                                          "BY",        "CASE",
                                          "CAST",      "CONSTRAINT",
                                          "CREATE",    "CROSS",
                                          "DISTINCT",  "DROP",
                                          "ELSE",      "END",
                                          "EXCEPT",    "EXISTS",
                                          "FALSE",     "FETCH",
                                          "FOR",       "FROM",
                                          "FULL",      "GROUP",
                                          "HAVING",    "IN",
                                          "INNER",     "INSERT",
                                          "INTERSECT", "INTERVAL",
                                          "INTO",      "IS",
                                          "JOIN",      "LATERAL",
                                          "LEFT",      "LIKE",
                                          "LIMIT",     "MATCH_RECOGNIZE",
                                          "NATURAL",   "NOT",
                                          "NULL",      "OFFSET",
                                          "ON",        "OR",
                                          "ORDER",     "OUTER",
                                          "OVER",      "PARTITION",
                                          "PRIMARY",   "RIGHT",
                                          "SELECT",    "SIMILAR",
                                          "TABLE",     "THEN",
                                          "TRUE",      "UNION",
                                          "UNNEST",    "USING",
                                          "VALUES",    "WATERMARK",
                                          "WHEN",      "WHERE",
                                          "WITH"};

char Upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool IsPlainWord(std::string_view name) {
  if (name.empty() || (name.front() >= '0' && name.front() <= '9') || name.front() == '$') return false;
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
  });
}

/// Edits (insert, delete, replace, swap of neighbours) between two upper-case words.
std::size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

void AppendUtf8(std::uint32_t code, std::string& out) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = Upper(c);
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// Length of the UTF-8 sequence at `at`, 0 when it is malformed.
std::size_t SequenceLength(std::string_view text, std::size_t at) {
  auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  auto tail = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  unsigned c = byte(at);
  if (c < 0x80) return 1;
  if (c >= 0xC2 && c <= 0xDF) return tail(at + 1) ? 2 : 0;
  if (c >= 0xE0 && c <= 0xEF) {
    unsigned second = byte(at + 1);
    if ((c == 0xE0 && second < 0xA0) || (c == 0xED && second > 0x9F)) return 0;
    return tail(at + 1) && tail(at + 2) ? 3 : 0;
  }
  if (c >= 0xF0 && c <= 0xF4) {
    unsigned second = byte(at + 1);
    if ((c == 0xF0 && second < 0x90) || (c == 0xF4 && second > 0x8F)) return 0;
    return tail(at + 1) && tail(at + 2) && tail(at + 3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::string ToUpper(std::string_view text) {
  std::string upper(text);
  std::ranges::transform(upper, upper.begin(), Upper);
  return upper;
}

bool EqualsUpper(std::string_view text, std::string_view upper) {
  return text.size() == upper.size() &&
         std::equal(text.begin(), text.end(), upper.begin(), [](char a, char b) { return Upper(a) == b; });
}

bool IsReserved(std::string_view word) {
  return std::ranges::any_of(kReserved, [&](std::string_view reserved) { return EqualsUpper(word, reserved); });
}

std::string_view NearestWord(std::string_view word, std::span<const std::string_view> known) {
  if (word.size() > 40) return {};
  std::string upper = ToUpper(word);
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, std::min<std::size_t>(2, upper.size() / 3)) + 1;
  for (std::string_view candidate : known) {
    std::string other = ToUpper(candidate);
    std::size_t distance = Distance(upper, other);
    // WHIT for WITH: the right letters in a wrong order are one slip.
    if (distance == 2 && std::ranges::is_permutation(upper, other)) distance = 1;
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

Result<std::string> DecodeUnicodeEscapes(std::string_view value, char escape) {
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] != escape) {
      out += value[i];
      continue;
    }
    if (i + 1 < value.size() && value[i + 1] == escape) {
      out += escape;
      ++i;
      continue;
    }
    bool six = i + 1 < value.size() && value[i + 1] == '+';
    std::size_t first = i + (six ? 2 : 1);
    std::size_t digits = six ? 6 : 4;
    std::uint32_t code = 0;
    for (std::size_t k = first; k < first + digits; ++k) {
      int digit = k < value.size() ? HexDigit(value[k]) : -1;
      if (digit < 0)
        return Fail(ErrorKind::kInvalidInput, "a Unicode escape needs four hexadecimal digits, or + and six");
      code = code * 16 + static_cast<std::uint32_t>(digit);
    }
    if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
      return Fail(ErrorKind::kInvalidInput, "a Unicode escape names no character");
    }
    AppendUtf8(code, out);
    i = first + digits - 1;
  }
  return out;
}

bool IsUtf8(std::string_view text, std::size_t& bad) {
  for (std::size_t i = 0; i < text.size();) {
    std::size_t length = SequenceLength(text, i);
    if (length == 0) {
      bad = i;
      return false;
    }
    i += length;
  }
  return true;
}

std::string QuoteIdentifier(std::string_view name) {
  if (IsPlainWord(name) && !IsReserved(name)) return std::string(name);
  std::string quoted = "`";
  for (char c : name) {
    if (c == '`') quoted += '`';
    quoted += c;
  }
  return quoted + "`";
}

std::string QuoteString(std::string_view text) {
  std::string quoted = "'";
  for (char c : text) {
    if (c == '\'') quoted += '\'';
    quoted += c;
  }
  return quoted + "'";
}

std::string ObjectName::ToString() const {
  std::string text;
  for (const Identifier& part : parts) {
    if (!text.empty()) text += '.';
    text += QuoteIdentifier(part.text);
  }
  return text;
}

}  // namespace floe::sql::dialect
