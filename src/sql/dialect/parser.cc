// SPDX-License-Identifier: Apache-2.0
// Token handling, errors with likely fixes, names and options: what all parts of the parser share.
#include "sql/dialect/parser.h"

#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "sql/dialect/parser_internal.h"

namespace floe::sql::dialect {
namespace {

/// Words that begin a clause or statement: a near miss of one is worth a question.
constexpr std::string_view kClauseWords[] = {
    "SELECT",    "FROM",    "WHERE",      "GROUP BY", "GROUP",   "HAVING",  "ORDER BY",       "ORDER",       "LIMIT",
    "OFFSET",    "UNION",   "INTERSECT",  "EXCEPT",   "JOIN",    "INNER",   "LEFT",           "RIGHT",       "FULL",
    "CROSS",     "USING",   "WINDOW",     "WITH",     "VALUES",  "INSERT",  "INTO",           "CREATE",      "TABLE",
    "WATERMARK", "PRIMARY", "CONSTRAINT", "METADATA", "VIRTUAL", "COMMENT", "PARTITIONED BY", "PARTITIONED", "DISTINCT",
    "BETWEEN",   "EXISTS",  "ENFORCED",   "INTERVAL", "LATERAL"};

}  // namespace

std::unexpected<Error> Parser::FailAt(const Span& span, std::string message, ErrorKind kind) const {
  return Fail(Error(kind, std::move(message)).WithPosition(span.position));
}

Status Parser::Tokenize(TextPosition start) {
  if (text_.size() > limits_.max_bytes) {
    return Fail(ErrorKind::kTooLarge,
                fmt::format("the statement has {} bytes, more than the limit of {}", text_.size(), limits_.max_bytes));
  }
  Lexer lexer(text_, start);
  std::size_t bad = 0;
  if (!IsUtf8(text_, bad)) {
    Lexer prefix(text_.substr(0, bad), start);
    TextPosition position = start;
    for (;;) {
      auto token = prefix.Next();
      if (!token || token->kind == TokenKind::kEnd) {
        if (token) position = token->span.position;
        break;
      }
      position = token->span.position;
    }
    return Fail(
        Error(ErrorKind::kInvalidInput, "the statement is not valid UTF-8 after this point").WithPosition(position));
  }
  std::vector<std::size_t> open;
  for (;;) {
    FLOE_TRY(Token token, lexer.Next());
    if (token.IsPunctuation("(")) {
      open.push_back(tokens_.size());
    } else if (token.IsPunctuation(")") && !open.empty()) {
      match_[open.back()] = tokens_.size();
      open.pop_back();
    }
    tokens_.push_back(token);
    match_.push_back(std::numeric_limits<std::size_t>::max() - 1);
    if (token.kind == TokenKind::kEnd) return {};
  }
}

// ---- tokens ----

bool Parser::AreWords(std::initializer_list<std::string_view> words) const {
  std::size_t i = 0;
  for (std::string_view word : words) {
    if (!Ahead(i++).IsWord(word)) return false;
  }
  return true;
}

bool Parser::Accept(std::string_view word) {
  if (!Is(word)) return false;
  Next();
  return true;
}

bool Parser::AcceptWords(std::initializer_list<std::string_view> words) {
  if (!AreWords(words)) return false;
  for (std::size_t i = 0; i < words.size(); ++i) Next();
  return true;
}

bool Parser::AcceptMark(std::string_view mark) {
  if (!IsMark(mark)) return false;
  Next();
  return true;
}

Status Parser::Expect(std::string_view word) {
  if (Accept(word)) return {};
  return Unexpected(word, {word});
}

Status Parser::ExpectMark(std::string_view mark) {
  if (AcceptMark(mark)) return {};
  return Unexpected(fmt::format("'{}'", mark));
}

Result<Token> Parser::Open(std::string_view mark) {
  Token open = Current();
  FLOE_TRY_VOID(ExpectMark(mark));
  return open;
}

bool Parser::NeverClosed(const Token& open) const {
  if (AtEnd() || IsMark(";")) return true;
  if (open.text != "(") return false;
  auto at =
      std::ranges::lower_bound(tokens_, open.span.offset, {}, [](const Token& token) { return token.span.offset; });
  return match_[static_cast<std::size_t>(at - tokens_.begin())] >= tokens_.size() &&
         Current().kind == TokenKind::kWord && IsReserved(Current().text);
}

Status Parser::Close(const Token& open) {
  std::string_view mark = open.text == "(" ? ")" : open.text == "[" ? "]" : ">";
  if (AcceptMark(mark)) return {};
  if (NeverClosed(open)) {
    std::string before = AtEnd() ? "" : fmt::format(" before {}", Found());
    return FailAt(open.span, fmt::format("this '{}' is never closed; add '{}'{}", open.text, mark, before));
  }
  return Unexpected(fmt::format("',' or '{}'", mark));
}

Result<bool> Parser::MoreItems(const Token& open) {
  Token comma = Current();
  if (AcceptMark(",")) {
    if (IsMark(")") || IsMark("]")) return FailAt(comma.span, "nothing follows this ','; remove it");
    return true;
  }
  if (IsMark(")") || IsMark("]") || NeverClosed(open)) {
    FLOE_TRY_VOID(Close(open));
    return false;
  }
  std::string fix = LikelyFix({});
  TokenKind kind = Current().kind;
  if (fix.empty() && (IsName() || kind == TokenKind::kString || kind == TokenKind::kInteger))
    fix = "; is a ',' missing before it?";
  return FailAt(Current().span,
                fmt::format("expected ',' or '{}', found {}{}", open.text == "(" ? ")" : "]", Found(), fix));
}

std::string Parser::Found() const {
  const Token& token = Current();
  std::string text(token.text.substr(0, 40));
  while (text.size() < token.text.size() && !text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80)
    text.pop_back();
  if (text.size() < token.text.size()) {
    if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xC0) text.pop_back();
    text += "...";
  }
  switch (token.kind) {
    case TokenKind::kEnd: return "the end of the statement";
    case TokenKind::kString:
    case TokenKind::kUnicodeString:
    case TokenKind::kBinary: return "the string " + text;
    case TokenKind::kInteger:
    case TokenKind::kDecimal:
    case TokenKind::kApproximate: return "the number " + text;
    case TokenKind::kQuoted: return "the name " + text;
    case TokenKind::kHintBegin: return "a hint; hints go behind SELECT or a table name";
    default: return "'" + text + "'";
  }
}

std::string Parser::LikelyFix(std::initializer_list<std::string_view> candidates) const {
  const Token& token = Current();
  std::span<const std::string_view> wanted(candidates.begin(), candidates.size());
  if (token.kind == TokenKind::kWord) {
    std::string_view near = NearestWord(token.text, wanted);
    if (!near.empty() && !EqualsUpper(token.text, near)) return fmt::format("; did you mean {}?", near);
  }
  // A misspelt keyword is easily read as an alias or a name, and the trouble shows one or two tokens later.
  for (std::size_t back = 0; back <= 2 && back <= at_; ++back) {
    const Token& word = tokens_[at_ - back];
    if (word.kind != TokenKind::kWord || word.text.size() < 4 || IsReserved(word.text)) continue;
    std::string_view near = NearestWord(word.text, kClauseWords);
    if (!near.empty() && !EqualsUpper(word.text, near)) {
      return back == 0 ? fmt::format("; did you mean {}?", near)
                       : fmt::format("; did you mean {} instead of '{}' at line {}, column {}?", near, word.text,
                                     word.span.position.line, word.span.position.column);
    }
  }
  return {};
}

std::unexpected<Error> Parser::Unexpected(std::string_view expected,
                                          std::initializer_list<std::string_view> candidates) const {
  return FailAt(Current().span, fmt::format("expected {}, found {}{}", expected, Found(), LikelyFix(candidates)));
}

Span Parser::Since(const Span& first) const {
  Span span = first;
  if (at_ > 0 && tokens_[at_ - 1].span.end() > first.offset) span.length = tokens_[at_ - 1].span.end() - first.offset;
  return span;
}

Status Parser::Grow(int height) {
  if (height > kMaxHeight) {
    return FailAt(
        Current().span,
        fmt::format("more than {} operators in a chain; use IN (...), views or parentheses in halves", kMaxHeight),
        ErrorKind::kTooLarge);
  }
  height_ = height;
  return {};
}

void Parser::SkipSemicolons() {
  while (AcceptMark(";")) {
  }
}

Status Parser::ExpectStatementEnd() {
  if (AtEnd()) return {};
  if (!IsMark(";")) {
    if (IsMark(")") || IsMark("]"))
      return FailAt(Current().span, fmt::format("this '{}' closes nothing; remove it", Current().text));
    return Unexpected("the end of the statement");
  }
  SkipSemicolons();
  return {};
}

Status Parser::ExpectEnd() {
  FLOE_TRY_VOID(ExpectStatementEnd());
  if (AtEnd()) return {};
  return FailAt(Current().span, "a second statement begins here; send one statement at a time");
}

// ---- names, strings, options ----

bool Parser::IsName() const {
  return Current().kind == TokenKind::kQuoted || (Current().kind == TokenKind::kWord && !IsReserved(Current().text));
}

Result<Identifier> Parser::ParseIdentifier(std::string_view what) {
  const Token& token = Current();
  if (IsName()) {
    Identifier identifier{token.Value(), token.kind == TokenKind::kQuoted, token.span};
    Next();
    return identifier;
  }
  if (token.kind == TokenKind::kWord) {
    return FailAt(
        token.span,
        fmt::format("expected {}, found the reserved word {}; to use it as a name, put it in back-ticks: `{}`", what,
                    ToUpper(token.text), token.text));
  }
  if (token.kind == TokenKind::kString) {
    return FailAt(token.span,
                  fmt::format("expected {}, found {}; names stand in back-ticks: `{}`", what, Found(), token.Value()));
  }
  return Unexpected(what);
}

Result<Identifier> Parser::ParseAnyWord(std::string_view what) {
  if (Current().kind != TokenKind::kWord) return ParseIdentifier(what);
  Identifier identifier{std::string(Current().text), false, Current().span};
  Next();
  return identifier;
}

Result<ObjectName> Parser::ParseObjectName(std::string_view what, std::size_t max_parts) {
  ObjectName name;
  FLOE_TRY(Identifier first, ParseIdentifier(what));
  name.span = first.span;
  name.parts.push_back(std::move(first));
  while (IsMark(".")) {
    Next();
    FLOE_TRY(Identifier part, ParseAnyWord("a name behind '.'"));
    name.parts.push_back(std::move(part));
  }
  name.span = Since(name.span);
  if (name.parts.size() > max_parts) {
    return FailAt(name.span,
                  fmt::format("{} has {} parts; at most {} are possible{}", name.ToString(), name.parts.size(),
                              max_parts, max_parts == 3 ? ": catalog.database.name" : ""));
  }
  return name;
}

Result<std::vector<Identifier>> Parser::ParseColumnList() {
  std::vector<Identifier> columns;
  FLOE_TRY(Token open, Open("("));
  for (bool more = true; more;) {
    FLOE_TRY(Identifier column, ParseIdentifier("a column name"));
    columns.push_back(std::move(column));
    FLOE_TRY(more, MoreItems(open));
  }
  return columns;
}

Result<std::string> Parser::ParseString(std::string_view what) {
  const Token& token = Current();
  if (token.kind == TokenKind::kString) {
    std::string value = token.Value();
    Next();
    return value;
  }
  if (token.kind == TokenKind::kUnicodeString) {
    std::string raw = token.Value();
    Span span = token.span;
    Next();
    char escape = '\\';
    if (Accept("UESCAPE")) {
      Span escape_span = Current().span;
      FLOE_TRY(std::string written, ParseString("the escape character"));
      if (written.size() != 1 || static_cast<unsigned char>(written[0]) >= 0x80 || written[0] == '+' ||
          written[0] == ' ') {
        return FailAt(escape_span, "UESCAPE takes one character that is neither '+' nor a space");
      }
      escape = written[0];
    }
    auto decoded = DecodeUnicodeEscapes(raw, escape);
    if (!decoded) return FailAt(span, decoded.error().message());
    return decoded;
  }
  if (token.kind == TokenKind::kQuoted || token.kind == TokenKind::kWord) {
    return FailAt(token.span,
                  fmt::format("expected {} in single quotes, found {}; write '{}'", what, Found(), token.Value()));
  }
  return Unexpected(fmt::format("{} in single quotes", what));
}

Result<std::int64_t> Parser::ParseInteger(std::string_view what) {
  const Token& token = Current();
  if (token.kind != TokenKind::kInteger) return Unexpected(what);
  std::int64_t value = 0;
  auto [end, error] = std::from_chars(token.text.data(), token.text.data() + token.text.size(), value);
  if (error != std::errc() || end != token.text.data() + token.text.size()) {
    return FailAt(token.span, fmt::format("{} is too large for {}", token.text, what));
  }
  Next();
  return value;
}

Result<std::string> Parser::ParseForeignValue() {
  if (Current().kind == TokenKind::kString || Current().kind == TokenKind::kUnicodeString)
    return ParseString("a value");
  if (AreWords({"ARRAY"}) && Ahead(1).IsPunctuation("[")) {
    Next();
    FLOE_TRY(Token open, Open("["));
    std::string joined;
    for (bool more = !AcceptMark("]"); more;) {
      FLOE_TRY(std::string item, ParseString("an array item"));
      if (!joined.empty()) joined += ',';
      joined += item;
      FLOE_TRY(more, MoreItems(open));
    }
    return joined;
  }
  std::string sign = AcceptMark("-") ? "-" : "";
  const Token& token = Current();
  if (token.kind == TokenKind::kInteger || token.kind == TokenKind::kDecimal || token.IsWord("TRUE") ||
      token.IsWord("FALSE")) {
    std::string value = sign + std::string(token.text);
    Next();
    return value;
  }
  return ParseString("the option's value");
}

Result<std::vector<Option>> Parser::ParseOptions(bool foreign) {
  std::vector<Option> options;
  FLOE_TRY(Token open, Open("("));
  if (AcceptMark(")")) return options;
  for (bool more = true; more;) {
    Option option;
    option.key_span = Current().span;
    if (foreign && Current().kind == TokenKind::kWord && (Ahead(1).IsPunctuation("=") || Ahead(1).IsPunctuation("."))) {
      // Trino writes format = 'PARQUET', Spark format.version = 2. A dotted Flink key without quotes is read the same
      // way.
      while (Current().kind == TokenKind::kWord || IsMark(".") || IsMark("-")) {
        option.key += Current().text;
        Next();
      }
    } else {
      FLOE_TRY(option.key, ParseString("the option's key"));
    }
    option.key_span = Since(option.key_span);
    if (!IsMark("=")) return Unexpected(fmt::format("'=' behind the option {}", QuoteString(option.key)));
    Next();
    option.value_span = Current().span;
    if (foreign) {
      FLOE_TRY(option.value, ParseForeignValue());
    } else {
      FLOE_TRY(option.value, ParseString("the option's value"));
    }
    option.value_span = Since(option.value_span);
    options.push_back(std::move(option));
    if (Current().kind == TokenKind::kString) {
      return FailAt(Current().span, fmt::format("missing ',' before {}", Current().text));
    }
    FLOE_TRY(more, MoreItems(open));
  }
  return options;
}

Result<std::vector<OptionKey>> Parser::ParseOptionKeys() {
  std::vector<OptionKey> keys;
  FLOE_TRY(Token open, Open("("));
  for (bool more = true; more;) {
    const Span span = Current().span;
    FLOE_TRY(std::string key, ParseString("the option's key"));
    keys.push_back({std::move(key), span});
    FLOE_TRY(more, MoreItems(open));
  }
  return keys;
}

Result<std::vector<Hint>> Parser::ParseHints() {
  std::vector<Hint> hints;
  if (Current().kind != TokenKind::kHintBegin) return hints;
  Next();
  while (Current().kind != TokenKind::kHintEnd) {
    Hint hint;
    hint.span = Current().span;
    FLOE_TRY(hint.name, ParseIdentifier("a hint's name"));
    if (IsMark("(")) {
      FLOE_TRY(Token open, Open("("));
      for (bool more = !AcceptMark(")"); more;) {
        if (Ahead(1).IsPunctuation("=")) {
          Option option;
          option.key_span = Current().span;
          if (Current().kind == TokenKind::kWord) {
            option.key = std::string(Current().text);
            Next();
          } else {
            FLOE_TRY(option.key, ParseString("the hint option's key"));
          }
          Next();
          option.value_span = Current().span;
          FLOE_TRY(option.value, ParseString("the hint option's value"));
          hint.options.push_back(std::move(option));
        } else if (Current().kind == TokenKind::kString || Current().kind == TokenKind::kInteger) {
          hint.arguments.push_back(Current().Value());
          Next();
        } else {
          FLOE_TRY(ObjectName name, ParseObjectName("a hint's argument"));
          hint.arguments.push_back(name.ToString());
        }
        FLOE_TRY(more, MoreItems(open));
      }
    }
    hint.span = Since(hint.span);
    hints.push_back(std::move(hint));
    AcceptMark(",");
    if (AtEnd()) return Unexpected("'*/' to end the hint");
  }
  Next();
  return hints;
}

// ---- entry points ----

Result<Statement> ParseStatement(std::string_view sql, const ParseLimits& limits, TextPosition start) {
  Parser parser(sql, limits);
  FLOE_TRY_VOID(parser.Tokenize(start));
  parser.SkipSemicolons();
  FLOE_TRY(Statement statement, parser.ParseOneStatement());
  FLOE_TRY_VOID(parser.ExpectEnd());
  return statement;
}

Result<Query> ParseQuery(std::string_view sql, const ParseLimits& limits) {
  Parser parser(sql, limits);
  FLOE_TRY_VOID(parser.Tokenize({1, 1}));
  FLOE_TRY(Query query, parser.ParseQueryExpression());
  FLOE_TRY_VOID(parser.ExpectEnd());
  return query;
}

Result<Expression> ParseExpression(std::string_view sql, const ParseLimits& limits) {
  Parser parser(sql, limits);
  FLOE_TRY_VOID(parser.Tokenize({1, 1}));
  FLOE_TRY(Expression expression, parser.ParseExpr());
  FLOE_TRY_VOID(parser.ExpectEnd());
  return expression;
}

Result<TypeName> ParseType(std::string_view sql, const ParseLimits& limits) {
  Parser parser(sql, limits);
  FLOE_TRY_VOID(parser.Tokenize({1, 1}));
  FLOE_TRY(TypeName type, parser.ParseTypeName());
  FLOE_TRY_VOID(parser.ExpectEnd());
  return type;
}

Result<std::vector<Statement>> ParseScript(std::string_view sql, const ParseLimits& limits) {
  std::vector<Statement> statements;
  Parser parser(sql, limits);
  FLOE_TRY_VOID(parser.Tokenize({1, 1}));
  for (parser.SkipSemicolons(); !parser.AtEnd(); parser.SkipSemicolons()) {
    FLOE_TRY(Statement statement, parser.ParseOneStatement());
    FLOE_TRY_VOID(parser.ExpectStatementEnd());
    statements.push_back(std::move(statement));
  }
  return statements;
}

}  // namespace floe::sql::dialect
