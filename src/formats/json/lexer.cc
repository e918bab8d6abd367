// SPDX-License-Identifier: Apache-2.0
#include "formats/json/lexer.h"

#include <bitset>

#include "formats/number.h"
#include "formats/text.h"

namespace floe::formats::json {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// Four hex digits after "\u"; -1 when malformed.
int ReadHex4(Cursor& in) {
  if (in.end - in.p < 4) return -1;
  int value = 0;
  for (int i = 0; i < 4; ++i) {
    int digit = HexDigit(in.p[i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  in.p += 4;
  return value;
}

void AppendUtf8(std::string& out, unsigned code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

/// A lone surrogate cannot be written as UTF-8 and is refused.
bool ReadUnicodeEscape(Cursor& in, std::string& out) {
  int code = ReadHex4(in);
  if (code < 0) return in.Fail("four hexadecimal digits after \\u");
  if (code >= 0xDC00 && code <= 0xDFFF) return in.Fail("a high surrogate before the low one");
  if (code >= 0xD800 && code <= 0xDBFF) {
    if (in.end - in.p < 6 || in.p[0] != '\\' || in.p[1] != 'u') return in.Fail("a low surrogate after the high one");
    in.p += 2;
    int low = ReadHex4(in);
    if (low < 0xDC00 || low > 0xDFFF) return in.Fail("a low surrogate after the high one");
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  AppendUtf8(out, static_cast<unsigned>(code));
  return true;
}

bool ReadEscape(Cursor& in, std::string& out) {
  if (++in.p >= in.end) return in.Fail("the end of the string");
  char c = *in.p++;
  switch (c) {
    case '"':
    case '\\':
    case '/': out += c; return true;
    case 'b': out += '\b'; return true;
    case 'f': out += '\f'; return true;
    case 'n': out += '\n'; return true;
    case 'r': out += '\r'; return true;
    case 't': out += '\t'; return true;
    case 'u': return ReadUnicodeEscape(in, out);
    default: --in.p; return in.Fail("one of \"\\/bfnrtu after the backslash");
  }
}

bool SkipScalar(Cursor& in, std::string& scratch) {
  if (in.p >= in.end) return in.Fail("a value");
  switch (*in.p) {
    case '"': {
      std::string_view text;
      return ReadString(in, scratch, text);
    }
    case 't': return ReadLiteral(in, "true");
    case 'f': return ReadLiteral(in, "false");
    case 'n': return ReadLiteral(in, "null");
    default: {
      bool integer = false;
      const char* stop = number::Scan(in.p, in.end, integer);
      if (stop == nullptr) return in.Fail("a value");
      in.p = stop;
      return true;
    }
  }
}

/// Walks one value without recursion; Token(begin, end) sees every token without the space around it.
template <typename Token>
bool Walk(Cursor& in, std::string& scratch, Token token) {
  std::bitset<kMaxDepth> in_object;
  int depth = 0;
  auto key = [&]() -> bool {
    in.SkipSpace();
    if (!in.At('"')) return in.Fail("a field name");
    const char* start = in.p;
    std::string_view text;
    if (!ReadString(in, scratch, text)) return false;
    token(start, in.p);
    in.SkipSpace();
    if (!in.At(':')) return in.Fail("':'");
    token(in.p, in.p + 1);
    ++in.p;
    return true;
  };
  for (;;) {
    in.SkipSpace();
    const char* start = in.p;
    if (in.At('{') || in.At('[')) {
      if (depth == kMaxDepth) return in.Fail("fewer than 1000 nested levels");
      bool object = *in.p++ == '{';
      token(start, in.p);
      in.SkipSpace();
      if (!in.At(object ? '}' : ']')) {
        in_object[static_cast<std::size_t>(depth++)] = object;
        if (object && !key()) return false;
        continue;
      }
      token(in.p, in.p + 1);
      ++in.p;
    } else {
      if (!SkipScalar(in, scratch)) return false;
      token(start, in.p);
    }
    // A value is complete: close what ends here, or go on to the next element.
    for (;;) {
      if (depth == 0) return true;
      in.SkipSpace();
      bool object = in_object[static_cast<std::size_t>(depth - 1)];
      if (in.At(',')) {
        token(in.p, in.p + 1);
        ++in.p;
        if (object && !key()) return false;
        break;
      }
      if (!in.At(object ? '}' : ']')) return in.Fail(object ? "',' or '}'" : "',' or ']'");
      token(in.p, in.p + 1);
      ++in.p;
      --depth;
    }
  }
}

}  // namespace

bool ReadLiteral(Cursor& in, std::string_view literal) {
  if (static_cast<std::size_t>(in.end - in.p) < literal.size() || std::string_view(in.p, literal.size()) != literal) {
    return in.Fail("a value");
  }
  in.p += literal.size();
  return true;
}

bool ReadStringSlow(Cursor& in, std::string& scratch, std::string_view& text) {
  const char* start = ++in.p;
  bool high = false;
  const char* stop = FindSpecial(start, in.end, in.readable, high);
  if (stop < in.end && *stop == '"') {
    text = std::string_view(start, static_cast<std::size_t>(stop - start));
    if (high && !ValidUtf8(text)) return in.Fail("valid UTF-8 in the string");
    in.p = stop + 1;
    return true;
  }
  scratch.clear();
  const char* copied = start;
  for (;;) {
    in.p = stop;
    if (stop >= in.end) return in.Fail("the end of the string");
    scratch.append(copied, static_cast<std::size_t>(stop - copied));
    if (*stop == '"') break;
    if (*stop != '\\') return in.Fail("no unescaped control character in the string");
    if (!ReadEscape(in, scratch)) return false;
    copied = in.p;
    stop = FindSpecial(in.p, in.end, in.readable, high);
  }
  ++in.p;
  if (high && !ValidUtf8(scratch)) return in.Fail("valid UTF-8 in the string");
  text = scratch;
  return true;
}

bool SkipValue(Cursor& in, std::string& scratch) {
  if (in.p < in.end && *in.p != '{' && *in.p != '[') return SkipScalar(in, scratch);
  return Walk(in, scratch, [](const char*, const char*) {});
}

bool CopyValue(Cursor& in, std::string& scratch, std::string& out) {
  return Walk(in, scratch,
              [&out](const char* from, const char* to) { out.append(from, static_cast<std::size_t>(to - from)); });
}

}  // namespace floe::formats::json
