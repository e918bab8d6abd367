// SPDX-License-Identifier: Apache-2.0
// JSON's lexical level over a byte range: white space, strings, skipping of values; strict RFC 8259, 16 bytes at a time
// where it pays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace floe::formats::json {

/// Nesting allowed in skipped or copied values; what Jackson allows.
constexpr int kMaxDepth = 1000;

/// A position in a message. Bytes in [end, readable) may be loaded but mean nothing.
struct Cursor {
  const char* p = nullptr;
  const char* begin = nullptr;
  const char* end = nullptr;
  const char* readable = nullptr;
  const char* problem = nullptr;  ///< what was expected, set by whoever returns false

  bool Fail(const char* what) {
    problem = what;
    return false;
  }
  std::size_t position() const { return static_cast<std::size_t>(p - begin); }
  bool At(char c) const { return p < end && *p == c; }
  void SkipSpace() {
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) ++p;
  }
};

/// Moves `p` to the first of '"', '\\', a control character, or `end`. ORs into `high` whether a byte over 0x7F was
/// passed.
inline const char* FindSpecial(const char* p, const char* end, [[maybe_unused]] const char* readable, bool& high) {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i control = _mm_set1_epi8(0x1F);
  while (p < end && readable - p >= 16) {
    __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    __m128i special = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
                                   _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes));
    auto mask = static_cast<unsigned>(_mm_movemask_epi8(special));
    auto high_mask = static_cast<unsigned>(_mm_movemask_epi8(bytes));
    if (mask != 0) {
      int at = __builtin_ctz(mask);
      const char* found = p + at;
      if (found >= end) {
        high |= (high_mask & ((1U << (end - p)) - 1)) != 0;
        return end;
      }
      high |= (high_mask & ((1U << at) - 1)) != 0;
      return found;
    }
    if (end - p < 16) {
      high |= (high_mask & ((1U << (end - p)) - 1)) != 0;
      return end;
    }
    high |= high_mask != 0;
    p += 16;
  }
#endif
  while (p < end) {
    auto c = static_cast<unsigned char>(*p);
    if (c == '"' || c == '\\' || c < 0x20) return p;
    high |= c >= 0x80;
    ++p;
  }
  return end;
}

/// Reads the string whose opening quote is at the cursor. `text` points into the message, or into `scratch` when there
/// were escapes.
bool ReadStringSlow(Cursor& in, std::string& scratch, std::string_view& text);
inline bool ReadString(Cursor& in, std::string& scratch, std::string_view& text) {
  bool high = false;
  const char* start = in.p + 1;
  const char* stop = FindSpecial(start, in.end, in.readable, high);
  if (stop < in.end && *stop == '"' && !high) [[likely]] {
    text = std::string_view(start, static_cast<std::size_t>(stop - start));
    in.p = stop + 1;
    return true;
  }
  return ReadStringSlow(in, scratch, text);
}

/// Checks and passes one value of any kind.
bool SkipValue(Cursor& in, std::string& scratch);
/// The same, and appends it without the white space between tokens.
bool CopyValue(Cursor& in, std::string& scratch, std::string& out);
/// Passes the literal ("true", "null") at the cursor.
bool ReadLiteral(Cursor& in, std::string_view literal);

}  // namespace floe::formats::json
