// SPDX-License-Identifier: Apache-2.0
#include "sql/dialect/lexer.h"

#include <utility>

#include <fmt/format.h>

#include "base/result.h"

namespace floe::sql::dialect {
namespace {

bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}
bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsWordStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool IsWordPart(char c) {
  return IsWordStart(c) || IsDigit(c) || c == '$';
}

/// What editors make of quotes; empty when the text does not begin with one.
std::string_view TypographicQuote(std::string_view text) {
  for (std::string_view quote : {"\xE2\x80\x98", "\xE2\x80\x99", "\xE2\x80\x9C", "\xE2\x80\x9D", "\xC2\xB4"}) {
    if (text.starts_with(quote)) return quote;
  }
  return {};
}

std::string Undouble(std::string_view inner, char quote) {
  std::string value;
  value.reserve(inner.size());
  for (std::size_t i = 0; i < inner.size(); ++i) {
    value += inner[i];
    if (inner[i] == quote) ++i;
  }
  return value;
}

}  // namespace

bool Token::IsWord(std::string_view upper) const {
  return kind == TokenKind::kWord && EqualsUpper(text, upper);
}

std::string Token::Value() const {
  switch (kind) {
    case TokenKind::kQuoted: return Undouble(text.substr(1, text.size() - 2), text.front());
    case TokenKind::kString:
    case TokenKind::kUnicodeString:
    case TokenKind::kBinary: {
      std::size_t open = text.find('\'');
      return Undouble(text.substr(open + 1, text.size() - open - 2), '\'');
    }
    default: return std::string(text);
  }
}

void Lexer::Advance(std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i, ++at_) {
    auto c = static_cast<unsigned char>(text_[at_]);
    if (c == '\n') {
      ++position_.line;
      position_.column = 1;
    } else if ((c & 0xC0) != 0x80) {
      ++position_.column;
    }
  }
}

std::unexpected<Error> Lexer::FailAt(TextPosition position, std::string message) const {
  return Fail(Error(ErrorKind::kInvalidInput, std::move(message)).WithPosition(position));
}

Token Lexer::Take(TokenKind kind, std::size_t length) {
  Token token;
  token.kind = kind;
  token.text = text_.substr(at_, length);
  token.span = {position_, static_cast<std::uint32_t>(at_), static_cast<std::uint32_t>(length)};
  Advance(length);
  return token;
}

Status Lexer::SkipSpace() {
  while (at_ < text_.size()) {
    if (IsSpace(Peek())) {
      Advance(1);
    } else if (text_.substr(at_).starts_with("\xEF\xBB\xBF")) {  // a byte order mark
      TextPosition same = position_;
      Advance(3);
      position_ = same;
    } else if ((Peek() == '-' && Peek(1) == '-') || (Peek() == '/' && Peek(1) == '/')) {
      while (at_ < text_.size() && Peek() != '\n') Advance(1);
    } else if (Peek() == '/' && Peek(1) == '*' && Peek(2) != '+') {
      std::size_t close = text_.find("*/", at_ + 2);
      if (close == std::string_view::npos) {
        unclosed_ = true;
        return FailAt(position_, "this comment is never closed; end it with */");
      }
      Advance(close + 2 - at_);
    } else {
      break;
    }
  }
  return {};
}

Result<Token> Lexer::Quoted(TokenKind kind, std::size_t prefix) {
  char quote = Peek(prefix);
  for (std::size_t i = at_ + prefix + 1; i < text_.size(); ++i) {
    if (text_[i] != quote) continue;
    if (i + 1 < text_.size() && text_[i + 1] == quote) {
      ++i;
      continue;
    }
    if (kind == TokenKind::kQuoted && i == at_ + 1) return FailAt(position_, "a quoted name may not be empty");
    Token token = Take(kind, i + 1 - at_);
    token.double_quoted = quote == '"';
    return token;
  }
  unclosed_ = true;
  return FailAt(position_, fmt::format("this {} is never closed; end it with {}",
                                       quote == '\'' ? "string" : "quoted name", quote));
}

Result<Token> Lexer::Number() {
  std::size_t length = 0;
  TokenKind kind = TokenKind::kInteger;
  while (IsDigit(Peek(length))) ++length;
  if (Peek(length) == '.' && !(Peek(length + 1) == '.')) {
    kind = TokenKind::kDecimal;
    ++length;
    while (IsDigit(Peek(length))) ++length;
  }
  if (Peek(length) == 'e' || Peek(length) == 'E') {
    std::size_t digits = length + 1;
    if (Peek(digits) == '+' || Peek(digits) == '-') ++digits;
    if (IsDigit(Peek(digits))) {
      kind = TokenKind::kApproximate;
      length = digits;
      while (IsDigit(Peek(length))) ++length;
    }
  }
  if (IsWordStart(Peek(length))) {
    std::size_t end = length;
    while (IsWordPart(Peek(end))) ++end;
    std::string_view text = text_.substr(at_, end);
    return FailAt(
        position_,
        fmt::format("'{}' is neither a number nor a name; a name that starts with a digit needs back-ticks: `{}`", text,
                    text));
  }
  return Take(kind, length);
}

Result<Token> Lexer::Word() {
  char c = Peek();
  if (Peek(1) == '\'') {
    if (c == 'x' || c == 'X') {
      FLOE_TRY(Token token, Quoted(TokenKind::kBinary, 1));
      return token;
    }
    if (c == 'n' || c == 'N') return Quoted(TokenKind::kString, 1);
  }
  if ((c == 'u' || c == 'U') && Peek(1) == '&' && Peek(2) == '\'') return Quoted(TokenKind::kUnicodeString, 2);
  std::size_t length = 1;
  while (IsWordPart(Peek(length)) && TypographicQuote(text_.substr(at_ + length)).empty()) ++length;
  return Take(TokenKind::kWord, length);
}

Result<Token> Lexer::Punctuation() {
  std::string_view rest = text_.substr(at_);
  if (rest.starts_with("/*+")) {
    in_hint_ = true;
    return Take(TokenKind::kHintBegin, 3);
  }
  if (in_hint_ && rest.starts_with("*/")) {
    in_hint_ = false;
    return Take(TokenKind::kHintEnd, 2);
  }
  struct Foreign {
    std::string_view text;
    std::string_view fix;
  };
  for (const Foreign& foreign :
       {Foreign{"==", "write = to compare"}, Foreign{"&&", "write AND"}, Foreign{"::", "write CAST(x AS type)"},
        Foreign{"->", "use JSON_VALUE or a field path a.b"}}) {
    if (rest.starts_with(foreign.text)) {
      return FailAt(position_, fmt::format("'{}' is not an operator here; {}", foreign.text, foreign.fix));
    }
  }
  for (std::string_view two : {"<>", "!=", "<=", ">=", "||", "=>"}) {
    if (rest.starts_with(two)) return Take(TokenKind::kPunctuation, 2);
  }
  if (std::string_view("()[],;.+-*/%=<>?:{}|").find(rest.front()) != std::string_view::npos)
    return Take(TokenKind::kPunctuation, 1);
  auto c = static_cast<unsigned char>(rest.front());
  if (c < 0x20 || c == 0x7F) return FailAt(position_, fmt::format("unexpected control character 0x{:02X}", c));
  return FailAt(position_, fmt::format("unexpected character '{}'", rest.front()));
}

/// The old SET key = value, whose words are no SQL: 10s, s3://bucket/path.
Token Lexer::Raw() {
  std::size_t end = at_;
  while (end < text_.size() && text_[end] != ';') ++end;
  while (end > at_ && IsSpace(text_[end - 1])) --end;
  return Take(TokenKind::kRaw, end - at_);
}

Result<Token> Lexer::Next() {
  FLOE_TRY_VOID(SkipSpace());
  if (at_ >= text_.size()) return Take(TokenKind::kEnd, 0);
  bool start = std::exchange(statement_start_, Peek() == ';');
  if (std::exchange(raw_next_, false) && Peek() != '\'' && Peek() != ';') return Raw();
  if (std::string_view quote = TypographicQuote(text_.substr(at_)); !quote.empty()) {
    return FailAt(position_,
                  fmt::format("'{}' is a typographic quote; write ' around strings and ` around names", quote));
  }
  char c = Peek();
  if (c == '\'') return Quoted(TokenKind::kString, 0);
  if (c == '`' || c == '"') return Quoted(TokenKind::kQuoted, 0);
  if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) return Number();
  if (IsWordStart(c)) {
    FLOE_TRY(Token word, Word());
    raw_next_ = start && (word.IsWord("SET") || word.IsWord("RESET"));
    return word;
  }
  return Punctuation();
}

}  // namespace floe::sql::dialect
