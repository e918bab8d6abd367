// SPDX-License-Identifier: Apache-2.0
// Text to tokens. Tokens are small and point into the text; their values are made when asked for.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "sql/dialect/name.h"

namespace floe::sql::dialect {

enum class TokenKind : std::uint8_t {
  kEnd,
  kWord,           ///< unquoted identifier or keyword
  kQuoted,         ///< `name` or "name"
  kString,         ///< '...', N'...'
  kUnicodeString,  ///< U&'...'
  kBinary,         ///< X'...'
  kInteger,
  kDecimal,
  kApproximate,
  kPunctuation,  ///< text is one of ( ) [ ] , ; . + - * / % = <> != < <= > >= || => ? :
  kHintBegin,    ///< /*+
  kHintEnd,      ///< */ of a hint
  kRaw,          ///< what follows SET or RESET at the start of a statement when it is not quoted: everything up to ';'
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  bool double_quoted = false;  ///< of kQuoted
  std::string_view text;       ///< as written
  Span span;

  bool IsPunctuation(std::string_view p) const { return kind == TokenKind::kPunctuation && text == p; }
  /// Whether it is the unquoted word, in any case. `upper` must be upper case.
  bool IsWord(std::string_view upper) const;
  /// Name of kWord and kQuoted, value of the strings (of kUnicodeString: escapes still in), digits of kBinary.
  std::string Value() const;
};

/// Reads one token after another. The text must outlive the tokens.
class Lexer {
 public:
  explicit Lexer(std::string_view text, TextPosition start = {1, 1}) : text_(text), position_(start) {}
  /// kEnd at the end, again and again. Errors: kInvalidInput with the position of the opening quote, comment or bad
  /// character.
  Result<Token> Next();
  /// After an error: whether the text ended inside a quote or comment.
  bool unclosed() const { return unclosed_; }
  /// After an error: where the bad token begins.
  Span BadSpan() const { return {position_, static_cast<std::uint32_t>(at_), 1}; }
  /// After an error: goes on behind the bad character.
  void SkipBad() { Advance(at_ < text_.size() ? 1 : 0); }

 private:
  char Peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  void Advance(std::size_t bytes);
  Status SkipSpace();
  Result<Token> Quoted(TokenKind kind, std::size_t prefix);
  Result<Token> Number();
  Result<Token> Word();
  Token Raw();
  Result<Token> Punctuation();
  Token Take(TokenKind kind, std::size_t length);
  std::unexpected<Error> FailAt(TextPosition position, std::string message) const;

  std::string_view text_;
  std::size_t at_ = 0;
  TextPosition position_;
  bool in_hint_ = false;
  bool statement_start_ = true;
  bool raw_next_ = false;
  bool unclosed_ = false;
};

/// Upper case of ASCII letters.
std::string ToUpper(std::string_view text);
/// Case-insensitive for ASCII; `upper` is upper case already.
bool EqualsUpper(std::string_view text, std::string_view upper);
/// Words that may not name anything without back-ticks.
bool IsReserved(std::string_view word);
/// The known word nearest to `word` by edit distance, case ignored; empty when nothing is near.
std::string_view NearestWord(std::string_view word, std::span<const std::string_view> known);
/// The value of U&'...' with the escape character; kInvalidInput on a bad escape.
Result<std::string> DecodeUnicodeEscapes(std::string_view value, char escape);
/// Whether the text is well-formed UTF-8; if not, `bad` is the offset of the first bad byte.
bool IsUtf8(std::string_view text, std::size_t& bad);

}  // namespace floe::sql::dialect
