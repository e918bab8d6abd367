// SPDX-License-Identifier: Apache-2.0
// Function calls: named and table arguments, standard SQL's special forms, JSON clauses, FILTER and OVER.
#include <fmt/format.h>

#include "sql/dialect/parser_internal.h"

namespace floe::sql::dialect {
namespace {

Argument Plain(Expression value) {
  Argument argument;
  argument.value = std::move(value);
  return argument;
}

bool HasJsonClauses(const std::string& upper) {
  return upper == "JSON_VALUE" || upper == "JSON_QUERY" || upper == "JSON_EXISTS" || upper == "JSON_OBJECT" ||
         upper == "JSON_ARRAY" || upper == "JSON_OBJECTAGG" || upper == "JSON_ARRAYAGG";
}

}  // namespace

Argument Parser::SymbolArgument(const Token& token, std::string text) const {
  Argument argument;
  argument.value.node = Symbol{std::move(text)};
  argument.value.span = token.span;
  return argument;
}

Result<Expression> Parser::ParseCall(ObjectName name) {
  Expression expression;
  Span span = name.span;
  Call call;
  call.name = std::move(name);
  FLOE_TRY(Token open, Open("("));
  FLOE_TRY_VOID(ParseArguments(call, open));
  FLOE_TRY_VOID(ParseCallSuffix(call));
  if (call.name.parts.size() == 1 && EqualsUpper(call.name.parts[0].text, "DESCRIPTOR")) {
    Descriptor descriptor;
    for (Argument& argument : call.arguments) {
      const auto* column = argument.value.As<ColumnReference>();
      if (column == nullptr || column->parts.size() != 1)
        return FailAt(argument.value.span, "DESCRIPTOR takes column names");
      descriptor.columns.push_back(column->parts[0]);
    }
    if (descriptor.columns.empty()) return FailAt(span, "DESCRIPTOR needs a column: DESCRIPTOR(ts)");
    expression.node = std::move(descriptor);
  } else {
    expression.node = std::move(call);
  }
  expression.span = Since(span);
  return expression;
}

Status Parser::ParseArguments(Call& call, const Token& open) {
  bool simple = call.name.parts.size() == 1 && !call.name.parts[0].quoted;
  std::string upper = simple ? ToUpper(call.name.parts[0].text) : std::string();
  if (HasJsonClauses(upper)) {
    FLOE_TRY_VOID(ParseJsonArguments(call, upper));
    return Close(open);
  }
  if (AcceptMark(")")) return {};
  if (IsMark("*") && Ahead(1).IsPunctuation(")")) {
    Next();
    Next();
    call.star = true;
    return {};
  }
  FLOE_TRY(bool special, ParseSpecialArguments(call, upper));
  if (special) return Close(open);
  if (Accept("DISTINCT")) {
    call.distinct = true;
  } else if (Is("ALL")) {
    Next();
  }
  for (bool more = true; more;) {
    FLOE_TRY(Argument argument, ParseArgument());
    call.arguments.push_back(std::move(argument));
    FLOE_TRY(more, MoreItems(open));
  }
  return {};
}

Result<Argument> Parser::ParseArgument() {
  Argument argument;
  if (Ahead(1).IsPunctuation("=>")) {
    FLOE_TRY(argument.name, ParseIdentifier("an argument's name"));
    Next();
  }
  Span span = Current().span;
  if (Is("TABLE")) {
    FLOE_TRY(TableArgument table, ParseTableArgument());
    argument.value.node = std::move(table);
    argument.value.span = Since(span);
    return argument;
  }
  FLOE_TRY(argument.value, ParseExpr());
  return argument;
}

Result<TableArgument> Parser::ParseTableArgument() {
  TableArgument table;
  Next();
  if (IsMark("(")) {
    FLOE_TRY(Token open, Open("("));
    if (Is("TABLE")) Next();
    if (AtQuery()) {
      FLOE_TRY(Query query, ParseQueryExpression());
      table.query = std::move(query);
    } else {
      FLOE_TRY(table.table, ParseObjectName("a table name"));
    }
    FLOE_TRY_VOID(Close(open));
  } else {
    FLOE_TRY(table.table, ParseObjectName("a table name behind TABLE"));
  }
  if (AcceptWords({"PARTITION", "BY"})) {
    if (IsMark("(")) {
      FLOE_TRY(table.partition_by, ParseBracketed("("));
    } else {
      // A comma could belong to the arguments, so that without parentheses there is one expression, or names up to
      // DESCRIPTOR.
      for (bool more = true; more;) {
        FLOE_TRY(Expression key, ParseExpr());
        table.partition_by.push_back(std::move(key));
        bool another = IsMark(",") && Ahead(1).kind != TokenKind::kString && !Ahead(1).IsWord("DESCRIPTOR") &&
                       !Ahead(1).IsWord("INTERVAL") && !Ahead(1).IsWord("TABLE") && !Ahead(2).IsPunctuation("=>") &&
                       !Ahead(2).IsPunctuation("(");
        more = another && AcceptMark(",");
      }
    }
  }
  if (AcceptWords({"ORDER", "BY"})) {
    // Behind a comma stands the next argument, so that several keys need parentheses.
    if (IsMark("(")) {
      FLOE_TRY(Token open, Open("("));
      FLOE_TRY(table.order_by, ParseOrderItems());
      FLOE_TRY_VOID(Close(open));
    } else {
      FLOE_TRY(OrderItem item, ParseOrderItem());
      table.order_by.push_back(std::move(item));
    }
  }
  return table;
}

/// True when the arguments had a shape of their own and were read up to the closing parenthesis.
Result<bool> Parser::ParseSpecialArguments(Call& call, const std::string& upper) {
  if (upper == "EXTRACT" || upper == "TIMESTAMPADD" || upper == "TIMESTAMPDIFF") {
    const Token token = Current();
    FLOE_TRY(TimeUnit unit, ParseTimeUnit());
    call.arguments.push_back(SymbolArgument(token, std::string(ToString(unit))));
    if (upper == "EXTRACT") {
      FLOE_TRY_VOID(Expect("FROM"));
    } else {
      FLOE_TRY_VOID(ExpectMark(","));
    }
    for (bool more = true; more; more = AcceptMark(",")) {
      FLOE_TRY(Expression value, ParseExpr());
      call.arguments.push_back(Plain(std::move(value)));
    }
    return true;
  }
  if (upper == "TRIM") {
    FLOE_TRY_VOID(ParseTrim(call));
    return true;
  }
  if (upper == "SUBSTRING" || upper == "OVERLAY") {
    FLOE_TRY_VOID(ParseSubstringOrOverlay(call));
    return true;
  }
  if (upper == "POSITION") {
    FLOE_TRY(Expression part, ParseExpr(kPredicatePrecedence + 1));
    if (!Accept("IN") && !AcceptMark(",")) return Unexpected("IN: POSITION(part IN text)", {"IN"});
    FLOE_TRY(Expression whole, ParseExpr());
    call.arguments.push_back(Plain(std::move(part)));
    call.arguments.push_back(Plain(std::move(whole)));
    return true;
  }
  if (upper == "CEIL" || upper == "CEILING" || upper == "FLOOR") {
    FLOE_TRY_VOID(ParseRounding(call));
    return true;
  }
  return false;
}

Status Parser::ParseTrim(Call& call) {
  const Token token = Current();
  std::string where = "BOTH";
  bool written = Is("BOTH") || Is("LEADING") || Is("TRAILING");
  if (written) {
    where = ToUpper(token.text);
    Next();
  }
  Expression characters;
  characters.node = Literal{LiteralKind::kString, " "};
  characters.span = token.span;
  if (!Is("FROM")) {
    FLOE_TRY(characters, ParseExpr());
    if (!Is("FROM") && !written) {
      call.arguments.push_back(Plain(std::move(characters)));
      while (AcceptMark(",")) {
        FLOE_TRY(Expression more, ParseExpr());
        call.arguments.push_back(Plain(std::move(more)));
      }
      return {};
    }
  }
  FLOE_TRY_VOID(Expect("FROM"));
  FLOE_TRY(Expression text, ParseExpr());
  call.arguments.push_back(SymbolArgument(token, where));
  call.arguments.push_back(Plain(std::move(characters)));
  call.arguments.push_back(Plain(std::move(text)));
  return {};
}

Status Parser::ParseSubstringOrOverlay(Call& call) {
  auto argument = [&]() -> Status {
    FLOE_TRY(Expression value, ParseExpr());
    call.arguments.push_back(Plain(std::move(value)));
    return {};
  };
  FLOE_TRY_VOID(argument());
  bool keywords = Is("PLACING") || Is("FROM");
  if (Accept("PLACING")) FLOE_TRY_VOID(argument());
  if (Accept("FROM")) FLOE_TRY_VOID(argument());
  if (keywords && Accept("FOR")) FLOE_TRY_VOID(argument());
  while (!keywords && AcceptMark(",")) FLOE_TRY_VOID(argument());
  return {};
}

Status Parser::ParseRounding(Call& call) {
  FLOE_TRY(Expression value, ParseExpr());
  call.arguments.push_back(Plain(std::move(value)));
  if (Accept("TO")) {
    const Token token = Current();
    FLOE_TRY(TimeUnit unit, ParseTimeUnit());
    call.arguments.push_back(SymbolArgument(token, std::string(ToString(unit))));
  }
  while (AcceptMark(",")) {
    FLOE_TRY(Expression more, ParseExpr());
    call.arguments.push_back(Plain(std::move(more)));
  }
  return {};
}

// ---- JSON ----

Status Parser::ParseJsonArguments(Call& call, const std::string& upper) {
  bool pairs = upper == "JSON_OBJECT" || upper == "JSON_OBJECTAGG";
  bool nulls_only = AreWords({"NULL", "ON", "NULL"}) || AreWords({"ABSENT", "ON", "NULL"});
  if (!IsMark(")") && !nulls_only) {
    if (pairs) {
      FLOE_TRY_VOID(ParseJsonPairs(call));
    } else {
      for (bool more = true; more; more = AcceptMark(",")) {
        FLOE_TRY(Expression value, ParseExpr());
        call.arguments.push_back(Plain(std::move(value)));
      }
    }
  }
  JsonClauses clauses;
  FLOE_TRY_VOID(ParseJsonClauses(clauses));
  if (!(clauses == JsonClauses{})) call.json = std::move(clauses);
  return {};
}

Status Parser::ParseJsonPairs(Call& call) {
  for (bool more = true; more; more = AcceptMark(",")) {
    bool key_word = Is("KEY") && !Ahead(1).IsWord("VALUE") && !Ahead(1).IsPunctuation(":");
    if (key_word) Next();
    FLOE_TRY(Expression key, ParseExpr());
    if (!Accept("VALUE") && !AcceptMark(":")) return Unexpected("VALUE: KEY 'k' VALUE v", {"VALUE"});
    FLOE_TRY(Expression value, ParseExpr());
    call.arguments.push_back(Plain(std::move(key)));
    call.arguments.push_back(Plain(std::move(value)));
  }
  return {};
}

Result<JsonBehaviour> Parser::ParseJsonBehaviour(Box<Expression>& default_value) {
  if (Accept("NULL")) return JsonBehaviour::kNull;
  if (Accept("ERROR")) return JsonBehaviour::kError;
  if (Accept("TRUE")) return JsonBehaviour::kTrue;
  if (Accept("FALSE")) return JsonBehaviour::kFalse;
  if (Accept("UNKNOWN")) return JsonBehaviour::kUnknown;
  if (AcceptWords({"EMPTY", "OBJECT"})) return JsonBehaviour::kEmptyObject;
  if (AcceptWords({"EMPTY", "ARRAY"})) return JsonBehaviour::kEmptyArray;
  if (Accept("DEFAULT")) {
    FLOE_TRY(Expression value, ParseExpr());
    default_value = std::move(value);
    return JsonBehaviour::kDefault;
  }
  return Unexpected("NULL, ERROR, DEFAULT, TRUE, FALSE, UNKNOWN or EMPTY, then ON EMPTY or ON ERROR",
                    {"NULL", "ERROR", "DEFAULT"});
}

Status Parser::ParseJsonClauses(JsonClauses& clauses) {
  while (!IsMark(")") && !AtEnd()) {
    if (Accept("RETURNING")) {
      FLOE_TRY(TypeName type, ParseTypeName());
      clauses.returning = std::move(type);
    } else if (AcceptWords({"ABSENT", "ON", "NULL"})) {
      clauses.nulls = JsonNulls::kAbsentOnNull;
    } else if (AcceptWords({"NULL", "ON", "NULL"})) {
      clauses.nulls = JsonNulls::kNullOnNull;
    } else if (Is("WITHOUT") || Is("WITH")) {
      bool with = Is("WITH");
      Next();
      bool conditional = with && Accept("CONDITIONAL");
      if (with && !conditional) Accept("UNCONDITIONAL");
      Accept("ARRAY");
      FLOE_TRY_VOID(Expect("WRAPPER"));
      clauses.wrapper = !with         ? JsonWrapper::kWithout
                        : conditional ? JsonWrapper::kWithConditional
                                      : JsonWrapper::kWithUnconditional;
    } else {
      Box<Expression> default_value;
      FLOE_TRY(JsonBehaviour behaviour, ParseJsonBehaviour(default_value));
      FLOE_TRY_VOID(Expect("ON"));
      if (Accept("EMPTY")) {
        clauses.on_empty = behaviour;
        clauses.empty_default = std::move(default_value);
      } else if (Accept("ERROR")) {
        clauses.on_error = behaviour;
        clauses.error_default = std::move(default_value);
      } else {
        return Unexpected("EMPTY or ERROR behind ON", {"EMPTY", "ERROR"});
      }
    }
  }
  return {};
}

// ---- FILTER, WITHIN GROUP, OVER ----

Status Parser::ParseCallSuffix(Call& call) {
  if (Is("WITHIN") && Ahead(1).IsWord("GROUP")) {
    Next();
    Next();
    FLOE_TRY(Token open, Open("("));
    FLOE_TRY_VOID(Expect("ORDER"));
    FLOE_TRY_VOID(Expect("BY"));
    FLOE_TRY(call.within_group, ParseOrderItems());
    FLOE_TRY_VOID(Close(open));
  }
  if (Is("FILTER") && Ahead(1).IsPunctuation("(")) {
    Next();
    FLOE_TRY(Token open, Open("("));
    FLOE_TRY_VOID(Expect("WHERE"));
    FLOE_TRY(Expression condition, ParseExpr());
    FLOE_TRY_VOID(Close(open));
    call.filter = std::move(condition);
  }
  if (Accept("OVER")) {
    FLOE_TRY(WindowSpec over, ParseOver());
    call.over = std::move(over);
  }
  return {};
}

Result<WindowSpec> Parser::ParseOver() {
  if (IsMark("(")) return ParseWindowSpec();
  WindowSpec spec;
  spec.span = Current().span;
  spec.reference = true;
  FLOE_TRY(spec.name, ParseIdentifier("a window's name or '(' behind OVER"));
  return spec;
}

Result<WindowSpec> Parser::ParseWindowSpec() {
  WindowSpec spec;
  spec.span = Current().span;
  FLOE_TRY(Token open, Open("("));
  if (IsName() && !Is("ROWS") && !Is("RANGE")) {
    FLOE_TRY(spec.name, ParseIdentifier("a window's name"));
  }
  if (AcceptWords({"PARTITION", "BY"})) {
    for (bool more = true; more; more = AcceptMark(",")) {
      FLOE_TRY(Expression key, ParseExpr());
      spec.partition_by.push_back(std::move(key));
    }
  }
  if (AcceptWords({"ORDER", "BY"})) {
    FLOE_TRY(spec.order_by, ParseOrderItems());
  }
  if (Is("ROWS") || Is("RANGE")) {
    FLOE_TRY(Frame frame, ParseFrame());
    spec.frame = std::move(frame);
  }
  if (!IsMark(")") && !AtEnd())
    return Unexpected("PARTITION BY, ORDER BY, ROWS, RANGE or ')'", {"PARTITION", "ORDER", "ROWS", "RANGE"});
  FLOE_TRY_VOID(Close(open));
  spec.span = Since(spec.span);
  return spec;
}

Result<Frame> Parser::ParseFrame() {
  Frame frame;
  frame.rows = Is("ROWS");
  Next();
  if (Accept("BETWEEN")) {
    FLOE_TRY(frame.start, ParseFrameBound());
    FLOE_TRY_VOID(Expect("AND"));
    FLOE_TRY(frame.end, ParseFrameBound());
  } else {
    FLOE_TRY(frame.start, ParseFrameBound());
  }
  return frame;
}

Result<FrameBound> Parser::ParseFrameBound() {
  FrameBound bound;
  if (AcceptWords({"CURRENT", "ROW"})) return bound;
  bool unbounded = Accept("UNBOUNDED");
  if (!unbounded) {
    // Above AND's precedence: the AND of BETWEEN ... AND ... is not ours.
    FLOE_TRY(Expression value, ParseExpr(kPredicatePrecedence + 1));
    bound.value = std::move(value);
  }
  if (Accept("PRECEDING")) {
    bound.kind = unbounded ? BoundKind::kUnboundedPreceding : BoundKind::kPreceding;
  } else if (Accept("FOLLOWING")) {
    bound.kind = unbounded ? BoundKind::kUnboundedFollowing : BoundKind::kFollowing;
  } else {
    return Unexpected("PRECEDING or FOLLOWING", {"PRECEDING", "FOLLOWING"});
  }
  return bound;
}

}  // namespace floe::sql::dialect
