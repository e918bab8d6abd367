// SPDX-License-Identifier: Apache-2.0
// Expressions by precedence climbing.
#include <fmt/format.h>

#include "sql/dialect/parser_internal.h"

namespace floe::sql::dialect {
namespace {

template <typename Node>
Expression Make(Node node, const Span& span) {
  Expression expression;
  expression.node = std::move(node);
  expression.span = span;
  return expression;
}

struct UnitName {
  std::string_view word;
  TimeUnit unit;
};
constexpr UnitName kUnits[] = {
    {"SECOND", TimeUnit::kSecond},
    {"MINUTE", TimeUnit::kMinute},
    {"HOUR", TimeUnit::kHour},
    {"DAY", TimeUnit::kDay},
    {"WEEK", TimeUnit::kWeek},
    {"MONTH", TimeUnit::kMonth},
    {"QUARTER", TimeUnit::kQuarter},
    {"YEAR", TimeUnit::kYear},
    {"MILLISECOND", TimeUnit::kMillisecond},
    {"MICROSECOND", TimeUnit::kMicrosecond},
    {"NANOSECOND", TimeUnit::kNanosecond},
    {"DECADE", TimeUnit::kDecade},
    {"CENTURY", TimeUnit::kCentury},
    {"MILLENNIUM", TimeUnit::kMillennium},
    {"EPOCH", TimeUnit::kEpoch},
    {"DOW", TimeUnit::kDayOfWeek},
    {"ISODOW", TimeUnit::kIsoDayOfWeek},
    {"DOY", TimeUnit::kDayOfYear},
    {"ISOYEAR", TimeUnit::kIsoYear},
};

/// Functions that standard SQL calls without parentheses.
constexpr std::string_view kWithoutParentheses[] = {
    "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIME",        "LOCALTIMESTAMP",
    "CURRENT_USER", "SESSION_USER", "SYSTEM_USER",       "CURRENT_DATABASE", "CURRENT_CATALOG",
};

bool TakesNoParentheses(std::string_view word) {
  for (std::string_view name : kWithoutParentheses) {
    if (EqualsUpper(word, name)) return true;
  }
  return false;
}

}  // namespace

std::optional<TimeUnit> Parser::FindTimeUnit(std::string_view word) {
  std::string upper = ToUpper(word);
  if (upper.starts_with("SQL_TSI_")) upper = upper.substr(8);
  if (upper == "FRAC_SECOND") upper = "MICROSECOND";
  if (upper.size() > 3 && upper.back() == 'S') upper.pop_back();
  if (upper == "CENTURIE") upper = "CENTURY";
  for (const UnitName& name : kUnits) {
    if (name.word == upper) return name.unit;
  }
  return std::nullopt;
}

Result<TimeUnit> Parser::ParseTimeUnit() {
  std::optional<TimeUnit> unit = Current().kind == TokenKind::kWord ? FindTimeUnit(Current().text) : std::nullopt;
  if (!unit) {
    return Unexpected("a time unit such as SECOND, MINUTE, HOUR, DAY, MONTH or YEAR",
                      {"SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR", "MILLISECOND"});
  }
  Next();
  return *unit;
}

std::optional<BinaryOperator> Parser::PeekBinary(int& precedence) const {
  struct Mark {
    std::string_view text;
    BinaryOperator op;
    int precedence;
  };
  static constexpr Mark kMarks[] = {
      {"=", BinaryOperator::kEqual, kComparePrecedence},         {"<>", BinaryOperator::kNotEqual, kComparePrecedence},
      {"!=", BinaryOperator::kNotEqual, kComparePrecedence},     {"<", BinaryOperator::kLess, kComparePrecedence},
      {"<=", BinaryOperator::kLessEqual, kComparePrecedence},    {">", BinaryOperator::kGreater, kComparePrecedence},
      {">=", BinaryOperator::kGreaterEqual, kComparePrecedence}, {"+", BinaryOperator::kAdd, kAddPrecedence},
      {"-", BinaryOperator::kSubtract, kAddPrecedence},          {"||", BinaryOperator::kConcat, kMultiplyPrecedence},
      {"*", BinaryOperator::kMultiply, kMultiplyPrecedence},     {"/", BinaryOperator::kDivide, kMultiplyPrecedence},
      {"%", BinaryOperator::kModulo, kMultiplyPrecedence},
  };
  if (Current().kind == TokenKind::kPunctuation) {
    for (const Mark& mark : kMarks) {
      if (Current().text == mark.text) {
        precedence = mark.precedence;
        return mark.op;
      }
    }
    return std::nullopt;
  }
  if (Is("OR")) {
    precedence = kOrPrecedence;
    return BinaryOperator::kOr;
  }
  if (Is("AND")) {
    precedence = kAndPrecedence;
    return BinaryOperator::kAnd;
  }
  if (Is("OVERLAPS")) {
    precedence = kComparePrecedence;
    return BinaryOperator::kOverlaps;
  }
  return std::nullopt;
}

bool Parser::AtPredicate(int& precedence) const {
  if (Is("IS")) {
    precedence = Ahead(1).IsWord("DISTINCT") || (Ahead(1).IsWord("NOT") && Ahead(2).IsWord("DISTINCT"))
                     ? kComparePrecedence
                     : kIsPrecedence;
    return true;
  }
  precedence = kPredicatePrecedence;
  const Token& token = Is("NOT") ? Ahead(1) : Current();
  return token.IsWord("IN") || token.IsWord("BETWEEN") || token.IsWord("LIKE") || token.IsWord("SIMILAR");
}

Result<Expression> Parser::ParseExpr(int minimum) {
  DepthGuard guard(*this);
  FLOE_TRY_VOID(guard.status());
  int outside = height_;
  height_ = 0;
  FLOE_TRY(Expression left, ParsePrefix());
  int height = height_ + 1;
  for (;;) {
    int precedence = 0;
    height_ = 0;
    if (AtPredicate(precedence)) {
      if (precedence < minimum) break;
      FLOE_TRY(left, ParsePredicate(std::move(left)));
    } else {
      std::optional<BinaryOperator> op = PeekBinary(precedence);
      if (!op || precedence < minimum) break;
      Next();
      FLOE_TRY(left, ParseComparison(std::move(left), *op, precedence));
    }
    height = std::max(height, height_) + 1;
    FLOE_TRY_VOID(Grow(height));
  }
  FLOE_TRY_VOID(Grow(std::max(outside, height)));
  return left;
}

Result<Expression> Parser::ParseComparison(Expression left, BinaryOperator op, int precedence) {
  Span span = left.span;
  bool compares = precedence == kComparePrecedence && op != BinaryOperator::kOverlaps;
  if (compares && (Is("ANY") || Is("SOME") || Is("ALL")) && Ahead(1).IsPunctuation("(")) {
    Quantified quantified;
    quantified.op = op;
    quantified.all = Is("ALL");
    Next();
    FLOE_TRY(Token open, Open("("));
    FLOE_TRY(Query query, ParseQueryExpression());
    FLOE_TRY_VOID(Close(open));
    quantified.operand = std::move(left);
    quantified.query = std::move(query);
    return Make(std::move(quantified), Since(span));
  }
  FLOE_TRY(Expression right, ParseExpr(precedence + 1));
  return Make(Binary{op, std::move(left), std::move(right)}, Since(span));
}

Result<Expression> Parser::ParseIs(Expression left) {
  Span span = left.span;
  Next();
  bool negated = Accept("NOT");
  if (AcceptWords({"DISTINCT", "FROM"})) {
    FLOE_TRY(Expression right, ParseExpr(kComparePrecedence + 1));
    auto op = negated ? BinaryOperator::kIsNotDistinctFrom : BinaryOperator::kIsDistinctFrom;
    return Make(Binary{op, std::move(left), std::move(right)}, Since(span));
  }
  IsTest test;
  test.negated = negated;
  if (Accept("NULL")) {
    test.test = Test::kNull;
  } else if (Accept("TRUE")) {
    test.test = Test::kTrue;
  } else if (Accept("FALSE")) {
    test.test = Test::kFalse;
  } else if (Accept("UNKNOWN")) {
    test.test = Test::kUnknown;
  } else if (Accept("JSON")) {
    test.test = Accept("VALUE")    ? Test::kJsonValue
                : Accept("OBJECT") ? Test::kJsonObject
                : Accept("ARRAY")  ? Test::kJsonArray
                : Accept("SCALAR") ? Test::kJsonScalar
                                   : Test::kJson;
  } else {
    return Unexpected("NULL, TRUE, FALSE, UNKNOWN, JSON or DISTINCT FROM behind IS",
                      {"NULL", "TRUE", "FALSE", "UNKNOWN", "DISTINCT"});
  }
  test.operand = std::move(left);
  return Make(std::move(test), Since(span));
}

Result<Expression> Parser::ParsePredicate(Expression left) {
  if (Is("IS")) return ParseIs(std::move(left));
  Span span = left.span;
  bool negated = Accept("NOT");
  if (Accept("BETWEEN")) {
    Between between;
    between.negated = negated;
    between.symmetric = Accept("SYMMETRIC");
    if (!between.symmetric) Accept("ASYMMETRIC");
    FLOE_TRY(Expression low, ParseExpr(kPredicatePrecedence + 1));
    FLOE_TRY_VOID(Expect("AND"));
    FLOE_TRY(Expression high, ParseExpr(kPredicatePrecedence + 1));
    between.operand = std::move(left);
    between.low = std::move(low);
    between.high = std::move(high);
    return Make(std::move(between), Since(span));
  }
  if (Accept("IN")) {
    In in;
    in.negated = negated;
    FLOE_TRY(Token open, Open("("));
    if (AtQuery()) {
      FLOE_TRY(Query query, ParseQueryExpression());
      FLOE_TRY_VOID(Close(open));
      in.query = std::move(query);
    } else {
      if (IsMark(")")) return FailAt(open.span, "IN needs at least one value between its parentheses");
      for (bool more = true; more;) {
        FLOE_TRY(Expression item, ParseExpr());
        in.list.push_back(std::move(item));
        FLOE_TRY(more, MoreItems(open));
      }
    }
    in.operand = std::move(left);
    return Make(std::move(in), Since(span));
  }
  Like like;
  like.negated = negated;
  if (Accept("SIMILAR")) {
    FLOE_TRY_VOID(Expect("TO"));
    like.kind = LikeKind::kSimilarTo;
  } else {
    FLOE_TRY_VOID(Expect("LIKE"));
  }
  FLOE_TRY(Expression pattern, ParseExpr(kPredicatePrecedence + 1));
  if (Accept("ESCAPE")) {
    FLOE_TRY(Expression escape, ParseExpr(kPredicatePrecedence + 1));
    like.escape = std::move(escape);
  }
  like.operand = std::move(left);
  like.pattern = std::move(pattern);
  return Make(std::move(like), Since(span));
}

Result<Expression> Parser::ParsePrefix() {
  Span span = Current().span;
  UnaryOperator op;
  int precedence = kUnaryPrecedence;
  if (Is("NOT")) {
    op = UnaryOperator::kNot;
    precedence = kNotPrecedence;
  } else if (IsMark("-")) {
    op = UnaryOperator::kMinus;
  } else if (IsMark("+")) {
    op = UnaryOperator::kPlus;
  } else {
    FLOE_TRY(Expression primary, ParsePrimary());
    return ParsePostfix(std::move(primary));
  }
  Next();
  FLOE_TRY(Expression operand, ParseExpr(precedence));
  return Make(Unary{op, std::move(operand)}, Since(span));
}

Result<Expression> Parser::ParsePostfix(Expression base) {
  for (;;) {
    Span span = base.span;
    if (IsMark("[")) {
      int height = height_;
      FLOE_TRY(Token open, Open("["));
      FLOE_TRY(Expression index, ParseExpr());
      FLOE_TRY_VOID(Close(open));
      FLOE_TRY_VOID(Grow(std::max(height, height_) + 1));
      base = Make(Subscript{std::move(base), std::move(index)}, Since(span));
    } else if (IsMark(".") && !Ahead(1).IsPunctuation("*")) {
      Next();
      FLOE_TRY(Identifier field, ParseAnyWord("a field name behind '.'"));
      FLOE_TRY_VOID(Grow(height_ + 1));
      base = Make(FieldAccess{std::move(base), std::move(field)}, Since(span));
    } else {
      return base;
    }
  }
}

Result<Expression> Parser::ParseLiteral() {
  const Token token = Current();
  auto number = [&](LiteralKind kind) -> Result<Expression> {
    Next();
    return Make(Literal{kind, std::string(token.text)}, token.span);
  };
  switch (token.kind) {
    case TokenKind::kInteger: return number(LiteralKind::kInteger);
    case TokenKind::kDecimal: return number(LiteralKind::kDecimal);
    case TokenKind::kApproximate: return number(LiteralKind::kApproximate);
    case TokenKind::kBinary: {
      std::string digits = token.Value();
      if (digits.size() % 2 != 0 || digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
        return FailAt(token.span, "a binary string X'...' needs an even number of hexadecimal digits");
      }
      Next();
      return Make(Literal{LiteralKind::kBinary, ToUpper(digits)}, token.span);
    }
    default: break;
  }
  FLOE_TRY(std::string text, ParseString("a string"));
  // Standard SQL glues strings that stand on lines of their own.
  while (Current().kind == TokenKind::kString && Current().span.position.line > tokens_[at_ - 1].span.position.line) {
    text += Current().Value();
    Next();
  }
  return Make(Literal{LiteralKind::kString, std::move(text)}, Since(token.span));
}

Result<Expression> Parser::ParseInterval() {
  Span span = Current().span;
  Next();
  IntervalLiteral interval;
  if (AcceptMark("-")) {
    interval.negative = true;
  } else {
    AcceptMark("+");
  }
  if (Current().kind == TokenKind::kInteger || Current().kind == TokenKind::kDecimal) {
    std::string unit = Ahead(1).kind == TokenKind::kWord ? ToUpper(Ahead(1).text) : "DAY";
    return FailAt(Current().span,
                  fmt::format("the length of an interval stands in quotes: INTERVAL '{}' {}", Current().text, unit));
  }
  FLOE_TRY(interval.text, ParseString("the interval's length"));
  FLOE_TRY(interval.from, ParseTimeUnit());
  interval.to = interval.from;
  auto precision = [&](std::int32_t& into) -> Status {
    FLOE_TRY(std::int64_t value, ParseInteger("a precision"));
    if (value > 9) return FailAt(tokens_[at_ - 1].span, "an interval's precision is 0 to 9");
    into = static_cast<std::int32_t>(value);
    return {};
  };
  if (IsMark("(")) {
    FLOE_TRY(Token open, Open("("));
    FLOE_TRY_VOID(precision(interval.precision));
    if (AcceptMark(",")) FLOE_TRY_VOID(precision(interval.fractional_precision));
    FLOE_TRY_VOID(Close(open));
  }
  if (Accept("TO")) {
    Span to_span = Current().span;
    FLOE_TRY(interval.to, ParseTimeUnit());
    bool months = interval.from == TimeUnit::kYear && interval.to == TimeUnit::kMonth;
    bool days = interval.from <= TimeUnit::kDay && interval.to >= TimeUnit::kSecond && interval.to < interval.from;
    if (!months && !days) {
      return FailAt(to_span,
                    "an interval runs YEAR TO MONTH, or from DAY, HOUR or MINUTE to a smaller unit down to SECOND");
    }
    if (interval.to == TimeUnit::kSecond && IsMark("(")) {
      FLOE_TRY(Token open, Open("("));
      FLOE_TRY_VOID(precision(interval.fractional_precision));
      FLOE_TRY_VOID(Close(open));
    }
  }
  return Make(std::move(interval), Since(span));
}

Result<Expression> Parser::ParseParenthesized() {
  FLOE_TRY(Token open, Open("("));
  if (AtQuery()) {
    FLOE_TRY(Query query, ParseQueryExpression());
    FLOE_TRY_VOID(Close(open));
    return Make(ScalarQuery{std::move(query)}, Since(open.span));
  }
  RowConstructor row;
  for (bool more = true; more;) {
    FLOE_TRY(Expression item, ParseExpr());
    row.items.push_back(std::move(item));
    FLOE_TRY(more, MoreItems(open));
  }
  if (row.items.size() > 1) return Make(std::move(row), Since(open.span));
  Expression inner = std::move(row.items.front());
  inner.span = Since(open.span);
  return inner;
}

Result<std::vector<Expression>> Parser::ParseBracketed(std::string_view open_mark) {
  std::vector<Expression> items;
  FLOE_TRY(Token open, Open(open_mark));
  if (AcceptMark(open_mark == "(" ? ")" : "]")) return items;
  for (bool more = true; more;) {
    FLOE_TRY(Expression item, ParseExpr());
    items.push_back(std::move(item));
    FLOE_TRY(more, MoreItems(open));
  }
  return items;
}

Result<Expression> Parser::ParseCase() {
  Span span = Current().span;
  Next();
  Case node;
  if (!Is("WHEN")) {
    FLOE_TRY(Expression operand, ParseExpr());
    node.operand = std::move(operand);
  }
  if (!Is("WHEN")) return Unexpected("WHEN", {"WHEN"});
  while (Accept("WHEN")) {
    When when;
    FLOE_TRY(when.condition, ParseExpr());
    FLOE_TRY_VOID(Expect("THEN"));
    FLOE_TRY(when.result, ParseExpr());
    node.whens.push_back(std::move(when));
  }
  if (Accept("ELSE")) {
    FLOE_TRY(Expression otherwise, ParseExpr());
    node.otherwise = std::move(otherwise);
  }
  if (!Is("END")) {
    if (AtEnd() || IsMark(";")) return FailAt(span, "this CASE is never closed; add END");
    return Unexpected("WHEN, ELSE or END", {"WHEN", "ELSE", "END"});
  }
  Next();
  return Make(std::move(node), Since(span));
}

Result<Expression> Parser::ParseCast() {
  Span span = Current().span;
  Cast cast;
  cast.try_cast = Is("TRY_CAST");
  Next();
  FLOE_TRY(Token open, Open("("));
  FLOE_TRY(Expression operand, ParseExpr());
  if (!Accept("AS")) return Unexpected("AS and a type: CAST(x AS INT)", {"AS"});
  FLOE_TRY(cast.type, ParseTypeName());
  FLOE_TRY_VOID(Close(open));
  cast.operand = std::move(operand);
  return Make(std::move(cast), Since(span));
}

/// Keywords that begin an expression; nothing when the word is an ordinary name.
Result<std::optional<Expression>> Parser::ParseKeywordPrimary() {
  const Token token = Current();
  const Token& next = Ahead(1);
  bool string_follows = next.kind == TokenKind::kString;
  auto constant = [&](LiteralKind kind) -> Result<std::optional<Expression>> {
    Next();
    return Make(Literal{kind, kind == LiteralKind::kNull ? "" : ToUpper(token.text)}, token.span);
  };
  auto dated = [&](LiteralKind kind, std::size_t words) -> Result<std::optional<Expression>> {
    for (std::size_t i = 0; i < words; ++i) Next();
    FLOE_TRY(std::string text, ParseString("a date or time"));
    return Make(Literal{kind, std::move(text)}, Since(token.span));
  };
  if (token.IsWord("NULL")) return constant(LiteralKind::kNull);
  if (token.IsWord("TRUE") || token.IsWord("FALSE")) return constant(LiteralKind::kBoolean);
  if (string_follows && token.IsWord("DATE")) return dated(LiteralKind::kDate, 1);
  if (string_follows && token.IsWord("TIME")) return dated(LiteralKind::kTime, 1);
  if (string_follows && token.IsWord("TIMESTAMP")) return dated(LiteralKind::kTimestamp, 1);
  if (string_follows && token.IsWord("TIMESTAMP_LTZ")) return dated(LiteralKind::kTimestampLtz, 1);
  if (AreWords({"TIMESTAMP", "WITH", "LOCAL", "TIME", "ZONE"})) return dated(LiteralKind::kTimestampLtz, 5);
  if (AreWords({"TIMESTAMP", "WITH", "TIME", "ZONE"})) return dated(LiteralKind::kTimestampLtz, 4);
  if (token.IsWord("INTERVAL")) return ParseInterval();
  if (token.IsWord("CASE")) return ParseCase();
  bool bracket = next.IsPunctuation("(");
  if (bracket && (token.IsWord("CAST") || token.IsWord("TRY_CAST"))) return ParseCast();
  if (bracket && token.IsWord("EXISTS")) {
    Next();
    FLOE_TRY(Token open, Open("("));
    FLOE_TRY(Query query, ParseQueryExpression());
    FLOE_TRY_VOID(Close(open));
    return Make(Exists{std::move(query)}, Since(token.span));
  }
  if (bracket && token.IsWord("ROW")) {
    Next();
    FLOE_TRY(std::vector<Expression> items, ParseBracketed("("));
    return Make(RowConstructor{std::move(items)}, Since(token.span));
  }
  if (next.IsPunctuation("[") && (token.IsWord("ARRAY") || token.IsWord("MAP"))) {
    Next();
    FLOE_TRY(std::vector<Expression> items, ParseBracketed("["));
    if (token.IsWord("ARRAY")) return Make(ArrayConstructor{std::move(items)}, Since(token.span));
    if (items.size() % 2 != 0)
      return FailAt(token.span, "MAP[...] takes keys and values in turn: an even number of items");
    return Make(MapConstructor{std::move(items)}, Since(token.span));
  }
  if (TakesNoParentheses(token.text) && !next.IsPunctuation(".")) {
    Next();
    Call call;
    call.name.parts.push_back({std::string(token.text), false, token.span});
    call.name.span = token.span;
    call.no_parentheses = true;
    if (IsMark("(") && Ahead(1).IsPunctuation(")")) {
      Next();
      Next();
      call.no_parentheses = false;
    } else if (IsMark("(")) {
      at_ -= 1;
      return std::nullopt;
    }
    return Make(std::move(call), Since(token.span));
  }
  return std::nullopt;
}

Result<Expression> Parser::ParsePrimary() {
  switch (Current().kind) {
    case TokenKind::kInteger:
    case TokenKind::kDecimal:
    case TokenKind::kApproximate:
    case TokenKind::kString:
    case TokenKind::kUnicodeString:
    case TokenKind::kBinary: return ParseLiteral();
    case TokenKind::kQuoted: return ParseNameOrCall();
    case TokenKind::kWord: {
      FLOE_TRY(std::optional<Expression> keyword, ParseKeywordPrimary());
      if (keyword) return std::move(*keyword);
      return ParseNameOrCall();
    }
    default: break;
  }
  if (IsMark("(")) return ParseParenthesized();
  if (IsMark("*")) return FailAt(Current().span, "'*' may stand only in the SELECT list and in COUNT(*)");
  if (IsMark("?"))
    return FailAt(Current().span, "parameters '?' are not supported; write the value", ErrorKind::kNotSupported);
  if (IsMark("{"))
    return FailAt(Current().span, "'{' begins no expression; ODBC escapes are not supported", ErrorKind::kNotSupported);
  return Unexpected("an expression");
}

Result<Expression> Parser::ParseNameOrCall() {
  Span span = Current().span;
  bool call_word = (Is("LEFT") || Is("RIGHT")) && Ahead(1).IsPunctuation("(");
  if (!IsName() && !call_word) {
    if (AtQuery()) return FailAt(span, "a query inside an expression stands in parentheses: (SELECT ...)");
    FLOE_TRY(Identifier refused, ParseIdentifier("an expression"));
    return Make(ColumnReference{{std::move(refused)}}, span);
  }
  ObjectName name;
  FLOE_TRY(Identifier first, ParseAnyWord("a name"));
  name.parts.push_back(std::move(first));
  while (IsMark(".") && !Ahead(1).IsPunctuation("*")) {
    Next();
    FLOE_TRY(Identifier part, ParseAnyWord("a name behind '.'"));
    name.parts.push_back(std::move(part));
  }
  name.span = Since(span);
  if (IsMark("(")) {
    FLOE_TRY(Expression call, ParseCall(std::move(name)));
    return call;
  }
  return Make(ColumnReference{std::move(name.parts)}, Since(span));
}

}  // namespace floe::sql::dialect
