// SPDX-License-Identifier: Apache-2.0
// Text to AST: Flink SQL, and the few spellings of Spark and Trino that the dialect takes as well.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "sql/dialect/statement.h"

namespace floe::sql::dialect {

struct ParseLimits {
  std::size_t max_bytes = 4u << 20;  ///< of one text; more is kTooLarge
  int max_depth = 200;               ///< of nested expressions, queries and types; more is kTooLarge
};

/// One statement; a ';' behind it is fine. Positions count from `start` (the first character of `sql`), so that a
/// statement cut out of a script reports the script's lines. Errors: kInvalidInput with a position, kTooLarge.
Result<Statement> ParseStatement(std::string_view sql, const ParseLimits& limits = {}, TextPosition start = {1, 1});
/// One query without a statement around it (a view's text).
Result<Query> ParseQuery(std::string_view sql, const ParseLimits& limits = {});
/// One expression (a computed column's text).
Result<Expression> ParseExpression(std::string_view sql, const ParseLimits& limits = {});
/// One data type: "ROW<a INT, b STRING NOT NULL>".
Result<TypeName> ParseType(std::string_view sql, const ParseLimits& limits = {});

/// A whole script; spans count from the script's start. The first error ends it.
Result<std::vector<Statement>> ParseScript(std::string_view sql, const ParseLimits& limits = {});

/// A statement's text in a script: without its ';' and without the space and comments around it.
struct ScriptStatement {
  Span span;
  bool complete = true;  ///< a ';' ended it (a shell waits for more otherwise)
};
/// Cuts a script at its ';', minding quotes, comments and statement sets (BEGIN ... END). Never fails: an open quote or
/// comment runs to the end and leaves `complete` false.
std::vector<ScriptStatement> SplitScript(std::string_view sql);

/// The message with the line it is about and a caret below:
///
///   error at line 2, column 8: unknown column ...
///     2 | SELECT foo
///       |        ^
///
/// Without a position: the message alone. Tabs are kept as one space.
std::string RenderError(std::string_view sql, const Error& error);

}  // namespace floe::sql::dialect
