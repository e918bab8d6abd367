// SPDX-License-Identifier: Apache-2.0
// FROM: table names, sub-queries, table functions, joins, time travel.
#include <fmt/format.h>

#include "sql/dialect/parser_internal.h"

namespace floe::sql::dialect {

Result<TableReference> Parser::ParseFrom() {
  Span span = Current().span;
  FLOE_TRY(TableReference left, ParseTableReference());
  while (IsMark(",")) {
    Span comma = Current().span;
    Next();
    if (AtEnd() || IsMark(";") || IsMark(")") || Is("WHERE") || Is("GROUP"))
      return FailAt(comma, "nothing follows this ','; remove it");
    int height = height_;
    FLOE_TRY(TableReference right, ParseTableReference());
    FLOE_TRY_VOID(Grow(std::max(height, height_) + 1));
    Join join;
    join.kind = JoinKind::kCross;
    join.comma = true;
    join.left = std::move(left);
    join.right = std::move(right);
    left = TableReference();
    left.node = std::move(join);
    left.span = Since(span);
  }
  return left;
}

std::optional<JoinKind> Parser::AcceptJoin(bool& cross) {
  cross = false;
  if (Is("CROSS")) {
    cross = true;
    Next();
    return JoinKind::kCross;
  }
  if (Accept("INNER")) return JoinKind::kInner;
  std::optional<JoinKind> kind;
  if (Is("LEFT")) kind = JoinKind::kLeft;
  if (Is("RIGHT")) kind = JoinKind::kRight;
  if (Is("FULL")) kind = JoinKind::kFull;
  if (kind) {
    Next();
    Accept("OUTER");
    return kind;
  }
  if (Is("JOIN")) return JoinKind::kInner;
  return std::nullopt;
}

Result<TableReference> Parser::ParseTableReference() {
  DepthGuard guard(*this);
  FLOE_TRY_VOID(guard.status());
  FLOE_TRY(TableReference left, ParseTablePrimary());
  for (;;) {
    bool natural = Is("NATURAL");
    if (natural) Next();
    bool cross = false;
    std::optional<JoinKind> kind = AcceptJoin(cross);
    if (!kind) {
      if (natural) return Unexpected("JOIN behind NATURAL", {"JOIN"});
      return left;
    }
    FLOE_TRY_VOID(Expect("JOIN"));
    FLOE_TRY(left, ParseJoin(std::move(left), *kind, natural, cross));
  }
}

Result<TableReference> Parser::ParseJoin(TableReference left, JoinKind kind, bool natural, bool cross) {
  Span join_span = tokens_[at_ - 1].span;
  Span span = left.span;
  int height = height_;
  FLOE_TRY(TableReference right, ParseTablePrimary());
  Join join;
  join.kind = kind;
  join.natural = natural;
  if (!natural && !cross) {
    if (Accept("ON")) {
      FLOE_TRY(Expression on, ParseExpr());
      join.on = std::move(on);
    } else if (Accept("USING")) {
      FLOE_TRY(join.with_columns, ParseColumnList());
    } else if (AtEnd() || IsMark(")") || IsMark(";") || Is("WHERE") || Is("GROUP") || Is("JOIN") || Is("LEFT") ||
               Is("INNER") || Is("UNION")) {
      return FailAt(join_span, "this JOIN has no condition; add ON ... or USING (...), or write CROSS JOIN");
    } else {
      return Unexpected("ON or USING", {"ON", "USING"});
    }
  }
  FLOE_TRY_VOID(Grow(std::max(height, height_) + 1));
  join.left = std::move(left);
  join.right = std::move(right);
  TableReference joined;
  joined.node = std::move(join);
  joined.span = Since(span);
  return joined;
}

Result<TableReference> Parser::ParseTablePrimary() {
  FLOE_TRY(TableReference table, ParseTableAtom());
  if (Is("MATCH_RECOGNIZE")) {
    FLOE_TRY(table, ParseMatchRecognize(std::move(table)));
  }
  FLOE_TRY_VOID(ParseTableAlias(table));
  if (Is("MATCH_RECOGNIZE")) {
    FLOE_TRY(table, ParseMatchRecognize(std::move(table)));
    FLOE_TRY_VOID(ParseTableAlias(table));
  }
  if (Is("TABLESAMPLE")) return FailAt(Current().span, "TABLESAMPLE is not supported", ErrorKind::kNotSupported);
  table.span = Since(table.span);
  return table;
}

Status Parser::ParseTableAlias(TableReference& table) {
  if (AtAlias()) {
    Accept("AS");
    FLOE_TRY(table.alias, ParseIdentifier("an alias"));
    if (IsMark("(")) {
      FLOE_TRY(table.column_aliases, ParseColumnList());
    }
  }
  auto* named = std::get_if<NamedTable>(&table.node);
  if (named != nullptr && !named->as_of) {
    FLOE_TRY(named->as_of, ParseTimeTravel());
  }
  return {};
}

Result<Box<TimeTravel>> Parser::ParseTimeTravel() {
  TimeTravel travel;
  travel.span = Current().span;
  const Token& word = Is("FOR") ? Ahead(1) : Current();
  const Token& as = Is("FOR") ? Ahead(2) : Ahead(1);
  const Token& of = Is("FOR") ? Ahead(3) : Ahead(2);
  if (!as.IsWord("AS") || !of.IsWord("OF")) {
    if (!Is("FOR")) return Box<TimeTravel>();
    Next();
    return Unexpected("SYSTEM_TIME AS OF, TIMESTAMP AS OF or VERSION AS OF behind FOR",
                      {"SYSTEM_TIME", "TIMESTAMP", "VERSION"});
  }
  if (word.IsWord("SYSTEM_TIME")) {
    travel.kind = TravelKind::kSystemTime;
  } else if (word.IsWord("TIMESTAMP")) {
    travel.kind = TravelKind::kTimestamp;
  } else if (word.IsWord("VERSION") || word.IsWord("SYSTEM_VERSION")) {
    travel.kind = TravelKind::kVersion;
  } else {
    if (!Is("FOR")) return Box<TimeTravel>();
    Next();
    return Unexpected("SYSTEM_TIME, TIMESTAMP or VERSION behind FOR", {"SYSTEM_TIME", "TIMESTAMP", "VERSION"});
  }
  Accept("FOR");
  Next();
  Next();
  Next();
  FLOE_TRY(travel.value, ParseExpr(kAddPrecedence));
  travel.span = Since(travel.span);
  return Box<TimeTravel>(std::move(travel));
}

Result<TableReference> Parser::ParseNamedTable() {
  TableReference table;
  table.span = Current().span;
  FLOE_TRY(ObjectName name, ParseObjectName("a table name", 4));
  if (IsMark("(")) {
    FLOE_TRY(Expression expression, ParseCall(std::move(name)));
    auto* call = std::get_if<Call>(&expression.node);
    if (call == nullptr) return FailAt(expression.span, "DESCRIPTOR is no table");
    table.node = TableFunction{std::move(*call), false};
    return table;
  }
  NamedTable named;
  named.name = std::move(name);
  FLOE_TRY(named.hints, ParseHints());
  FLOE_TRY(named.as_of, ParseTimeTravel());
  if (named.hints.empty()) {
    FLOE_TRY(named.hints, ParseHints());
  }
  table.node = std::move(named);
  return table;
}

Result<TableReference> Parser::ParseTableAtom() {
  TableReference table;
  table.span = Current().span;
  bool lateral = Accept("LATERAL");
  if (Is("TABLE")) {
    Next();
    FLOE_TRY(Token open, Open("("));
    FLOE_TRY(ObjectName name, ParseObjectName("a table function"));
    if (!IsMark("(")) return Unexpected("'(' behind the table function's name: TABLE(TUMBLE(TABLE t, ...))");
    FLOE_TRY(Expression expression, ParseCall(std::move(name)));
    FLOE_TRY_VOID(Close(open));
    auto* call = std::get_if<Call>(&expression.node);
    if (call == nullptr) return FailAt(expression.span, "DESCRIPTOR is no table");
    table.node = TableFunction{std::move(*call), lateral};
    return table;
  }
  if (Is("UNNEST")) {
    Next();
    Unnest unnest;
    FLOE_TRY(unnest.collections, ParseBracketed("("));
    if (unnest.collections.empty()) return FailAt(table.span, "UNNEST needs an ARRAY, MAP or MULTISET");
    unnest.with_ordinality = AcceptWords({"WITH", "ORDINALITY"});
    table.node = std::move(unnest);
    return table;
  }
  if (IsMark("(")) {
    FLOE_TRY(Token open, Open("("));
    if (AtQuery()) {
      FLOE_TRY(Query query, ParseQueryExpression());
      FLOE_TRY_VOID(Close(open));
      table.node = DerivedTable{std::move(query), lateral};
    } else {
      FLOE_TRY(table, ParseFrom());
      FLOE_TRY_VOID(Close(open));
    }
    return table;
  }
  if (AtQuery()) return FailAt(Current().span, "a query in FROM stands in parentheses: FROM (SELECT ...)");
  FLOE_TRY(table, ParseNamedTable());
  if (auto* function = std::get_if<TableFunction>(&table.node)) {
    function->lateral = lateral;
  } else if (lateral) {
    return FailAt(table.span, "LATERAL goes before TABLE(f(...)) or a query in parentheses");
  }
  return table;
}

Result<TableReference> Parser::ParseMatchRecognize(TableReference input) {
  Span span = input.span;
  Next();
  std::size_t open_at = at_;
  FLOE_TRY(Token open, Open("("));
  std::size_t close = match_[open_at];
  if (close >= tokens_.size()) return FailAt(open.span, "this '(' is never closed; add ')'");
  MatchRecognize match;
  match.text = std::string(text_.substr(open.span.end(), tokens_[close].span.offset - open.span.end()));
  match.input = std::move(input);
  at_ = close;
  Next();
  FLOE_TRY_VOID(Grow(height_ + 1));
  TableReference table;
  table.node = std::move(match);
  table.span = Since(span);
  return table;
}

}  // namespace floe::sql::dialect
