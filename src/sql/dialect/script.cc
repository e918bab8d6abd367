// SPDX-License-Identifier: Apache-2.0
// Cutting scripts into statements, and errors with their source line.
#include <algorithm>

#include <fmt/format.h>

#include "base/result.h"
#include "sql/dialect/lexer.h"
#include "sql/dialect/parser.h"

namespace floe::sql::dialect {
namespace {

/// Follows one statement to see where its statement set begins and ends.
class SetTracker {
 public:
  void Take(const Token& token) {
    if (index_ < 3) first_[index_] = token;
    ++index_;
    if (index_ == 3 && first_[1].IsWord("STATEMENT") && first_[2].IsWord("SET")) {
      in_set_ = first_[0].IsWord("BEGIN") || first_[0].IsWord("EXECUTE");
    }
    // Behind EXPLAIN the words stand anywhere near the front: EXPLAIN PLAN FOR STATEMENT SET BEGIN.
    if (index_ >= 3 && first_[0].IsWord("EXPLAIN") && token.IsWord("SET") && previous_.IsWord("STATEMENT"))
      in_set_ = true;
    if (in_set_ && token.IsWord("END") && after_semicolon_) in_set_ = false;
    after_semicolon_ = token.IsPunctuation(";") || token.IsWord("BEGIN");
    previous_ = token;
  }
  bool in_set() const { return in_set_; }

 private:
  std::size_t index_ = 0;
  Token first_[3];
  Token previous_;
  bool in_set_ = false;
  bool after_semicolon_ = false;
};

std::string_view LineAt(std::string_view sql, int line) {
  std::size_t start = 0;
  for (int i = 1; i < line; ++i) {
    std::size_t end = sql.find('\n', start);
    if (end == std::string_view::npos) return {};
    start = end + 1;
  }
  std::string_view text = sql.substr(start, sql.find('\n', start) - start);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

bool IsContinuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

}  // namespace

std::vector<ScriptStatement> SplitScript(std::string_view sql) {
  std::vector<ScriptStatement> statements;
  Lexer lexer(sql);
  bool open = false;
  Span span;
  SetTracker tracker;
  for (;;) {
    auto token = lexer.Next();
    if (!token) {
      if (!open) span = lexer.BadSpan();
      open = true;
      if (lexer.unclosed()) {
        span.length = static_cast<std::uint32_t>(sql.size()) - span.offset;
        statements.push_back({span, false});
        return statements;
      }
      // Something that is no token: the parser will say what is wrong with it; here only the ';' behind it counts.
      span.length = lexer.BadSpan().end() - span.offset;
      lexer.SkipBad();
      continue;
    }
    bool end = token->kind == TokenKind::kEnd;
    if (end || (token->IsPunctuation(";") && !tracker.in_set())) {
      if (open) statements.push_back({span, !end});
      if (end) return statements;
      open = false;
      tracker = SetTracker();
      continue;
    }
    if (!open) span = token->span;
    open = true;
    span.length = token->span.end() - span.offset;
    tracker.Take(*token);
  }
}

std::string RenderError(std::string_view sql, const Error& error) {
  if (!error.position() || error.position()->line < 1) return "error: " + error.ToString();
  TextPosition position = *error.position();
  std::string out = fmt::format("error at line {}, column {}: {}", position.line, position.column, error.ToString());
  std::string_view line = LineAt(sql, position.line);
  if (line.empty()) return out;

  // A very long line is shown around the place: 60 characters before it, 60 behind it.
  constexpr int kAround = 60;
  int first = position.column > kAround ? position.column - kAround : 1;
  std::string shown;
  std::string caret;
  int column = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (!IsContinuation(line[i])) ++column;
    if (column < first || column > position.column + kAround) continue;
    shown += line[i] == '\t' ? ' ' : line[i];
    if (!IsContinuation(line[i]) && column < position.column) caret += ' ';
  }
  if (position.column > column)
    caret.append(static_cast<std::size_t>(std::clamp(position.column - column - 1, 0, kAround)), ' ');
  std::string number = std::to_string(position.line);
  out += fmt::format("\n  {} | {}{}\n  {} | {}{}^", number, first > 1 ? "..." : "", shown,
                     std::string(number.size(), ' '), first > 1 ? "   " : "", caret);
  return out;
}

}  // namespace floe::sql::dialect
