// SPDX-License-Identifier: Apache-2.0
// Queries: WITH, set operations, SELECT and its clauses, VALUES.
#include <fmt/format.h>

#include "sql/dialect/parser_internal.h"

namespace floe::sql::dialect {

/// Whether a query begins here. "((SELECT 1) + 2)" and "((SELECT 1) UNION ...)" are told apart by what follows the
/// matching parenthesis.
bool Parser::AtQuery() const {
  if (Is("SELECT") || Is("WITH") || Is("VALUES")) return true;
  if (Is("TABLE")) return !Ahead(1).IsPunctuation("(");
  if (!IsMark("(")) return false;
  std::size_t depth = 1;
  auto limit = static_cast<std::size_t>(limits_.max_depth) + 2;
  while (depth < limit && Ahead(depth).IsPunctuation("(")) ++depth;
  const Token& first = Ahead(depth);
  if (!first.IsWord("SELECT") && !first.IsWord("WITH") && !first.IsWord("VALUES")) return false;
  std::size_t close = match_[at_];
  if (close + 1 >= tokens_.size()) return true;
  const Token& next = tokens_[close + 1];
  if (next.kind == TokenKind::kEnd) return true;
  for (std::string_view word : {"UNION", "INTERSECT", "EXCEPT", "ORDER", "LIMIT", "OFFSET", "FETCH"}) {
    if (next.IsWord(word)) return true;
  }
  return next.IsPunctuation(")") || next.IsPunctuation(";");
}

bool Parser::AtAlias() const {
  if (Is("AS")) return true;
  if (!IsName()) return false;
  if (Is("WINDOW")) return !Ahead(2).IsWord("AS");
  if ((Is("TIMESTAMP") || Is("VERSION") || Is("SYSTEM_TIME") || Is("SYSTEM_VERSION")) && Ahead(1).IsWord("AS") &&
      Ahead(2).IsWord("OF"))
    return false;
  return !Is("SET") && !Is("TABLESAMPLE") && !Is("QUALIFY");
}

Result<Query> Parser::ParseQueryExpression() {
  DepthGuard guard(*this);
  FLOE_TRY_VOID(guard.status());
  Span span = Current().span;
  bool recursive = false;
  std::vector<CommonTable> with;
  if (Accept("WITH")) {
    recursive = Accept("RECURSIVE");
    for (bool more = true; more; more = AcceptMark(",")) {
      FLOE_TRY(CommonTable table, ParseCommonTable());
      with.push_back(std::move(table));
    }
  }
  int outside = height_;
  height_ = 0;
  FLOE_TRY(Query inner, ParseSetOperation(0));
  bool plain_inside = !inner.recursive && inner.with.empty() && inner.order_by.empty() && !inner.limit && !inner.offset;
  Query query;
  query.recursive = recursive;
  query.with = std::move(with);
  FLOE_TRY_VOID(ParseQueryTail(query));
  bool adds = !query.with.empty() || !query.order_by.empty() || query.limit || query.offset;
  if (!adds) {
    query = std::move(inner);
  } else if (plain_inside) {
    query.body = std::move(inner.body);
  } else {
    query.body = Box<Query>(std::move(inner));
  }
  query.span = Since(span);
  FLOE_TRY_VOID(Grow(std::max(outside, height_ + 1)));
  return query;
}

Result<CommonTable> Parser::ParseCommonTable() {
  CommonTable table;
  FLOE_TRY(table.name, ParseIdentifier("a name for the WITH query"));
  if (IsMark("(")) {
    FLOE_TRY(table.columns, ParseColumnList());
  }
  FLOE_TRY_VOID(Expect("AS"));
  FLOE_TRY(Token open, Open("("));
  FLOE_TRY(Query query, ParseQueryExpression());
  FLOE_TRY_VOID(Close(open));
  table.query = std::move(query);
  return table;
}

Result<Query> Parser::ParseSetOperation(int minimum) {
  Span span = Current().span;
  FLOE_TRY(Query left, ParseQueryPrimary());
  for (;;) {
    SetOperation operation;
    int precedence = 1;
    if (Is("UNION")) {
      operation.op = SetOperator::kUnion;
    } else if (Is("EXCEPT")) {
      operation.op = SetOperator::kExcept;
    } else if (Is("INTERSECT")) {
      operation.op = SetOperator::kIntersect;
      precedence = 2;
    } else {
      return left;
    }
    if (precedence < minimum) return left;
    Next();
    operation.all = Accept("ALL");
    if (!operation.all) Accept("DISTINCT");
    int height = height_;
    height_ = 0;
    FLOE_TRY(Query right, ParseSetOperation(precedence + 1));
    FLOE_TRY_VOID(Grow(std::max(height, height_) + 1));
    operation.left = std::move(left);
    operation.right = std::move(right);
    left = Query();
    left.body = std::move(operation);
    left.span = Since(span);
  }
}

Result<Query> Parser::ParseQueryPrimary() {
  Query query;
  query.span = Current().span;
  if (IsMark("(")) {
    FLOE_TRY(Token open, Open("("));
    FLOE_TRY(query, ParseQueryExpression());
    FLOE_TRY_VOID(Close(open));
    query.span = Since(open.span);
    return query;
  }
  if (Is("SELECT")) {
    FLOE_TRY(Select select, ParseSelect());
    query.body = std::move(select);
  } else if (Is("VALUES")) {
    FLOE_TRY(Values values, ParseValues());
    query.body = std::move(values);
  } else if (Is("TABLE")) {
    Next();
    FLOE_TRY(ObjectName name, ParseObjectName("a table name"));
    query.body = ExplicitTable{std::move(name)};
  } else {
    return Unexpected("a query: SELECT, VALUES or WITH", {"SELECT", "VALUES", "WITH"});
  }
  query.span = Since(query.span);
  return query;
}

Status Parser::ParseQueryTail(Query& query) {
  if (Is("ORDER")) {
    Next();
    FLOE_TRY_VOID(Expect("BY"));
    FLOE_TRY(query.order_by, ParseOrderItems());
  }
  for (;;) {
    if (Is("LIMIT") && !query.limit) {
      Next();
      if (Accept("ALL")) continue;
      FLOE_TRY(Expression limit, ParseExpr(kAddPrecedence));
      if (AcceptMark(",")) {
        FLOE_TRY(Expression count, ParseExpr(kAddPrecedence));
        query.offset = std::move(limit);
        query.limit = std::move(count);
      } else {
        query.limit = std::move(limit);
      }
    } else if (Is("OFFSET") && !query.offset) {
      Next();
      FLOE_TRY(Expression offset, ParseExpr(kAddPrecedence));
      query.offset = std::move(offset);
      if (!Accept("ROWS")) Accept("ROW");
    } else if (Is("FETCH") && !query.limit) {
      Next();
      if (!Accept("FIRST")) FLOE_TRY_VOID(Expect("NEXT"));
      FLOE_TRY(Expression limit, ParseExpr(kAddPrecedence));
      query.limit = std::move(limit);
      if (!Accept("ROWS")) FLOE_TRY_VOID(Expect("ROW"));
      FLOE_TRY_VOID(Expect("ONLY"));
    } else {
      return {};
    }
  }
}

Result<OrderItem> Parser::ParseOrderItem() {
  OrderItem item;
  FLOE_TRY(item.expression, ParseExpr());
  if (Accept("DESC")) {
    item.descending = true;
  } else {
    Accept("ASC");
  }
  if (Accept("NULLS")) {
    item.nulls = Is("FIRST") ? NullsOrder::kFirst : NullsOrder::kLast;
    if (!Accept("FIRST")) FLOE_TRY_VOID(Expect("LAST"));
  }
  return item;
}

Result<std::vector<OrderItem>> Parser::ParseOrderItems() {
  std::vector<OrderItem> items;
  for (bool more = true; more; more = AcceptMark(",")) {
    FLOE_TRY(OrderItem item, ParseOrderItem());
    items.push_back(std::move(item));
  }
  return items;
}

Result<Select> Parser::ParseSelect() {
  Select select;
  select.span = Current().span;
  Next();
  FLOE_TRY(select.hints, ParseHints());
  if (Accept("DISTINCT")) {
    select.distinct = true;
  } else {
    Accept("ALL");
  }
  for (bool more = true; more;) {
    FLOE_TRY(SelectItem item, ParseSelectItem());
    select.items.push_back(std::move(item));
    const Token comma = Current();
    more = AcceptMark(",");
    if (more && (Is("FROM") || AtEnd() || IsMark(")") || IsMark(";")))
      return FailAt(comma.span, "nothing follows this ','; remove it");
  }
  if (IsName() || Current().kind == TokenKind::kString || Current().kind == TokenKind::kInteger || Is("CASE") ||
      Is("CAST")) {
    std::string fix = LikelyFix({"FROM", "WHERE"});
    if (fix.empty()) fix = "; is a ',' missing before it?";
    return FailAt(Current().span, fmt::format("expected ',' or FROM, found {}{}", Found(), fix));
  }
  if (Accept("FROM")) {
    FLOE_TRY(TableReference from, ParseFrom());
    select.from = std::move(from);
  }
  if (Accept("WHERE")) {
    FLOE_TRY(Expression where, ParseExpr());
    select.where = std::move(where);
  }
  if (Is("GROUP")) {
    select.group_by_span = Current().span;
    Next();
    FLOE_TRY_VOID(Expect("BY"));
    if (!Accept("DISTINCT") && Is("ALL")) Next();
    for (bool more = true; more; more = AcceptMark(",")) {
      FLOE_TRY(GroupItem item, ParseGroupItem());
      select.group_by.push_back(std::move(item));
    }
    select.group_by_span = Since(select.group_by_span);
  }
  if (Accept("HAVING")) {
    FLOE_TRY(Expression having, ParseExpr());
    select.having = std::move(having);
  }
  if (Accept("WINDOW")) {
    for (bool more = true; more; more = AcceptMark(",")) {
      NamedWindow window;
      FLOE_TRY(window.name, ParseIdentifier("a window's name"));
      FLOE_TRY_VOID(Expect("AS"));
      FLOE_TRY(window.spec, ParseWindowSpec());
      select.windows.push_back(std::move(window));
    }
  }
  if (Is("WHERE") || Is("GROUP") || Is("HAVING") || Is("FROM")) {
    return FailAt(Current().span,
                  fmt::format("{} stands too late; the order is FROM, WHERE, GROUP BY, HAVING, WINDOW, ORDER BY, LIMIT",
                              ToUpper(Current().text)));
  }
  select.span = Since(select.span);
  return select;
}

Result<SelectItem> Parser::ParseSelectItem() {
  SelectItem item;
  Span span = Current().span;
  if (AcceptMark("*")) {
    item.expression.node = Star{};
    item.expression.span = Since(span);
    return item;
  }
  FLOE_TRY(item.expression, ParseExpr());
  if (IsMark(".") && Ahead(1).IsPunctuation("*")) {
    const auto* path = item.expression.As<ColumnReference>();
    if (path == nullptr) return FailAt(Current().span, "'.*' follows a table's name: t.*");
    Star star{path->parts};
    Next();
    Next();
    item.expression.node = std::move(star);
    item.expression.span = Since(span);
    return item;
  }
  if (Accept("AS")) {
    FLOE_TRY(item.alias, ParseIdentifier("an alias"));
  } else if (IsName() && !Is("WINDOW")) {
    FLOE_TRY(item.alias, ParseIdentifier("an alias"));
  }
  return item;
}

Result<GroupItem> Parser::ParseGroupItem() {
  DepthGuard guard(*this);
  FLOE_TRY_VOID(guard.status());
  GroupItem item;
  item.span = Current().span;
  bool bracket = Ahead(1).IsPunctuation("(");
  if ((Is("ROLLUP") || Is("CUBE")) && bracket) {
    item.kind = Is("ROLLUP") ? GroupKind::kRollup : GroupKind::kCube;
    Next();
  } else if (Is("GROUPING") && Ahead(1).IsWord("SETS")) {
    item.kind = GroupKind::kGroupingSets;
    Next();
    Next();
  }
  if (item.kind != GroupKind::kExpressions) {
    FLOE_TRY(Token open, Open("("));
    for (bool more = true; more;) {
      FLOE_TRY(GroupItem inner, ParseGroupItem());
      item.items.push_back(std::move(inner));
      FLOE_TRY(more, MoreItems(open));
    }
  } else if (IsMark("(") && bracket == false && Ahead(1).IsPunctuation(")")) {
    item.parenthesized = true;
    Next();
    Next();
  } else {
    bool opened = IsMark("(");
    FLOE_TRY(Expression expression, ParseExpr());
    auto* row = std::get_if<RowConstructor>(&expression.node);
    if (opened && row != nullptr && expression.span.offset == item.span.offset) {
      item.parenthesized = true;
      item.expressions = std::move(row->items);
    } else {
      item.expressions.push_back(std::move(expression));
    }
  }
  item.span = Since(item.span);
  return item;
}

Result<Values> Parser::ParseValues() {
  Values values;
  Next();
  for (bool more = true; more; more = AcceptMark(",")) {
    Span span = Current().span;
    std::vector<Expression> row;
    if (IsMark("(") || (Is("ROW") && Ahead(1).IsPunctuation("("))) {
      Accept("ROW");
      FLOE_TRY(row, ParseBracketed("("));
      if (row.empty()) return FailAt(span, "a row of VALUES needs at least one value");
    } else {
      FLOE_TRY(Expression value, ParseExpr());
      row.push_back(std::move(value));
    }
    if (!values.rows.empty() && values.rows.front().size() != row.size()) {
      return FailAt(
          span, fmt::format("this row has {} values, the first row has {}", row.size(), values.rows.front().size()));
    }
    values.rows.push_back(std::move(row));
  }
  if (IsMark("(")) return FailAt(Current().span, "missing ',' between two rows of VALUES");
  return values;
}

}  // namespace floe::sql::dialect
