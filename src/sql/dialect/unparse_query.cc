// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sql/dialect/precedence.h"
#include "sql/dialect/unparser_internal.h"

namespace floe::sql::dialect {
namespace {

int Precedence(const SetOperation& operation) {
  return operation.op == SetOperator::kIntersect ? 2 : 1;
}

bool HasTail(const Query& query) {
  return !query.with.empty() || !query.order_by.empty() || query.limit || query.offset ||
         query.As<Box<Query>>() != nullptr;
}

}  // namespace

void Printer::Print(const Query& query) {
  const std::size_t outer = with_.size();
  if (!query.with.empty()) {
    Text(query.recursive ? "WITH RECURSIVE " : "WITH ");
    for (std::size_t i = 0; i < query.with.size(); ++i) {
      if (i > 0) Text(", ");
      Name(query.with[i].name.text);
      if (!query.with[i].columns.empty()) {
        Text(" (");
        Names(query.with[i].columns);
        Text(")");
      }
      Text(" AS ");
      InParentheses(*query.with[i].query);
      with_.push_back(query.with[i].name.text);  // seen by what follows, not by itself
    }
    Text(" ");
  }
  Body(query);
  if (!query.order_by.empty()) {
    Text(" ORDER BY ");
    PrintOrder(query.order_by);
  }
  if (query.limit) {
    Text(" LIMIT ");
    Print(*query.limit, kAddPrecedence);
  }
  if (query.offset) {
    Text(" OFFSET ");
    Print(*query.offset, kAddPrecedence);
  }
  with_.resize(outer);
}

bool Printer::IsCommon(const ObjectName& name) const {
  return name.parts.size() == 1 && std::ranges::find(with_, name.parts[0].text) != with_.end();
}

bool Printer::Expanded(const void* node) {
  if (expansion_ == nullptr) return false;
  auto found = expansion_->paths.find(node);
  if (found == expansion_->paths.end()) return false;
  for (std::size_t i = 0; i < found->second.size(); ++i) {
    if (i > 0) Text(", ");
    Names(found->second[i], ".");
  }
  return true;
}

void Printer::TableName(const ObjectName& name) {
  const std::size_t parts = name.parts.size();
  ObjectName full = name;
  if (!IsCommon(name) && parts > 0 && parts <= home_.size())
    full.parts.insert(full.parts.begin(), home_.begin(), home_.end() - static_cast<std::ptrdiff_t>(parts - 1));
  Name(full);
}

void Printer::Body(const Query& query) {
  std::visit([&](const auto& node) { Node(node); }, query.body);
}

void Printer::Node(const Box<Query>& node) {
  InParentheses(*node);
}

void Printer::Operand(const Query& query, int minimum) {
  const auto* operation = query.As<SetOperation>();
  if (HasTail(query) || (operation != nullptr && Precedence(*operation) < minimum)) {
    InParentheses(query);
  } else {
    Body(query);
  }
}

void Printer::Node(const SetOperation& node) {
  Operand(*node.left, Precedence(node));
  switch (node.op) {
    case SetOperator::kUnion: Text(" UNION "); break;
    case SetOperator::kIntersect: Text(" INTERSECT "); break;
    case SetOperator::kExcept: Text(" EXCEPT "); break;
  }
  if (node.all) Text("ALL ");
  Operand(*node.right, Precedence(node) + 1);
}

void Printer::Node(const Values& node) {
  Text("VALUES ");
  for (std::size_t i = 0; i < node.rows.size(); ++i) {
    Text(i > 0 ? ", (" : "(");
    List(node.rows[i]);
    Text(")");
  }
}

void Printer::Node(const ExplicitTable& node) {
  if (expansion_ != nullptr && expansion_->paths.contains(&node)) {
    Text("SELECT ");
    Expanded(&node);
    Text(" FROM ");
  } else {
    Text("TABLE ");
  }
  TableName(node.name);
}

void Printer::PrintHints(const std::vector<Hint>& hints) {
  if (hints.empty()) return;
  Text(" /*+ ");
  for (std::size_t i = 0; i < hints.size(); ++i) {
    if (i > 0) Text(", ");
    Name(hints[i].name.text);
    Text("(");
    bool first = true;
    for (const Option& option : hints[i].options) {
      if (!std::exchange(first, false)) Text(", ");
      KeyAndValue(option);
    }
    for (const std::string& argument : hints[i].arguments) {
      if (!std::exchange(first, false)) Text(", ");
      String(argument);
    }
    Text(")");
  }
  Text(" */");
}

void Printer::Node(const Select& node) {
  Text("SELECT");
  PrintHints(node.hints);
  Text(node.distinct ? " DISTINCT " : " ");
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    if (i > 0) Text(", ");
    Print(node.items[i].expression);
    if (node.items[i].alias.text.empty()) continue;
    Text(" AS ");
    Name(node.items[i].alias.text);
  }
  if (node.from) {
    Text(" FROM ");
    const TableReference* around = std::exchange(from_, &*node.from);
    Print(*node.from);
    from_ = around;
  }
  if (node.where) {
    Text(" WHERE ");
    Print(*node.where);
  }
  for (std::size_t i = 0; i < node.group_by.size(); ++i) {
    Text(i > 0 ? ", " : " GROUP BY ");
    Group(node.group_by[i]);
  }
  if (node.having) {
    Text(" HAVING ");
    Print(*node.having);
  }
  for (std::size_t i = 0; i < node.windows.size(); ++i) {
    Text(i > 0 ? ", " : " WINDOW ");
    Name(node.windows[i].name.text);
    Text(" AS ");
    PrintWindow(node.windows[i].spec);
  }
}

void Printer::Group(const GroupItem& item) {
  if (item.kind == GroupKind::kExpressions) {
    if (item.parenthesized) Text("(");
    List(item.expressions);
    if (item.parenthesized) Text(")");
    return;
  }
  Text(item.kind == GroupKind::kRollup ? "ROLLUP (" : item.kind == GroupKind::kCube ? "CUBE (" : "GROUPING SETS (");
  for (std::size_t i = 0; i < item.items.size(); ++i) {
    if (i > 0) Text(", ");
    Group(item.items[i]);
  }
  Text(")");
}

void Printer::PrintOrder(const std::vector<OrderItem>& items) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) Text(", ");
    Print(items[i].expression);
    if (items[i].descending) Text(" DESC");
    if (items[i].nulls == NullsOrder::kFirst) Text(" NULLS FIRST");
    if (items[i].nulls == NullsOrder::kLast) Text(" NULLS LAST");
  }
}

void Printer::Bound(const FrameBound& bound) {
  switch (bound.kind) {
    case BoundKind::kUnboundedPreceding: return Text("UNBOUNDED PRECEDING");
    case BoundKind::kUnboundedFollowing: return Text("UNBOUNDED FOLLOWING");
    case BoundKind::kCurrentRow: return Text("CURRENT ROW");
    case BoundKind::kPreceding:
    case BoundKind::kFollowing: break;
  }
  Print(*bound.value, kPredicatePrecedence + 1);
  Text(bound.kind == BoundKind::kPreceding ? " PRECEDING" : " FOLLOWING");
}

void Printer::PrintWindow(const WindowSpec& spec) {
  if (spec.reference) return Name(spec.name.text);
  Text("(");
  bool first = true;
  auto part = [&](std::string_view text) {
    if (!std::exchange(first, false)) Text(" ");
    Text(text);
  };
  if (!spec.name.text.empty()) {
    part("");
    Name(spec.name.text);
  }
  if (!spec.partition_by.empty()) {
    part("PARTITION BY ");
    List(spec.partition_by);
  }
  if (!spec.order_by.empty()) {
    part("ORDER BY ");
    PrintOrder(spec.order_by);
  }
  if (spec.frame) {
    part(spec.frame->rows ? "ROWS BETWEEN " : "RANGE BETWEEN ");
    Bound(spec.frame->start);
    Text(" AND ");
    Bound(spec.frame->end);
  }
  Text(")");
}

// ---- tables ----

namespace {

/// How many tables of a FROM go by this name.
std::size_t CountNamed(const TableReference& from, std::string_view name) {
  if (!from.alias.text.empty()) return from.alias.text == name ? 1 : 0;
  if (const auto* join = from.As<Join>()) return CountNamed(*join->left, name) + CountNamed(*join->right, name);
  const auto* named = from.As<NamedTable>();
  return named != nullptr && named->name.parts.back().text == name ? 1 : 0;
}

}  // namespace

/// As Flink has it; of two tables with one name neither gets it.
void Printer::TableAlias(const NamedTable& node) {
  if (home_.empty() || from_ == nullptr || IsCommon(node.name)) return;
  const std::string& name = node.name.parts.back().text;
  if (CountNamed(*from_, name) != 1) return;
  Text(" AS ");
  Name(name);
}

void Printer::Print(const TableReference& table) {
  bool join_with_alias = table.As<Join>() != nullptr && !table.alias.text.empty();
  if (join_with_alias) Text("(");
  std::visit([&](const auto& node) { Node(node); }, table.node);
  if (join_with_alias) Text(")");
  if (table.alias.text.empty()) {
    if (const auto* named = table.As<NamedTable>()) TableAlias(*named);
    return;
  }
  Text(" AS ");
  Name(table.alias.text);
  if (table.column_aliases.empty()) return;
  Text(" (");
  Names(table.column_aliases);
  Text(")");
}

void Printer::Operand(const TableReference& table, bool right, bool comma) {
  const auto* join = table.As<Join>();
  bool nested = join != nullptr && table.alias.text.empty() && (right ? !comma || join->comma : join->comma && !comma);
  if (nested) Text("(");
  Print(table);
  if (nested) Text(")");
}

void Printer::Node(const NamedTable& node) {
  TableName(node.name);
  PrintHints(node.hints);
  if (!node.as_of) return;
  switch (node.as_of->kind) {
    case TravelKind::kSystemTime: Text(" FOR SYSTEM_TIME AS OF "); break;
    case TravelKind::kTimestamp: Text(" FOR TIMESTAMP AS OF "); break;
    case TravelKind::kVersion: Text(" FOR VERSION AS OF "); break;
  }
  Print(node.as_of->value, kAddPrecedence);
}

void Printer::Node(const DerivedTable& node) {
  if (node.lateral) Text("LATERAL ");
  InParentheses(*node.query);
}

void Printer::Node(const TableFunction& node) {
  Text(node.lateral ? "LATERAL TABLE(" : "TABLE(");
  PrintCall(node.call);
  Text(")");
}

void Printer::Node(const Unnest& node) {
  Text("UNNEST(");
  List(node.collections);
  Text(node.with_ordinality ? ") WITH ORDINALITY" : ")");
}

void Printer::Node(const Join& node) {
  Operand(*node.left, /*right=*/false, node.comma);
  if (node.comma) {
    Text(", ");
  } else {
    Text(node.natural ? " NATURAL" : "");
    switch (node.kind) {
      case JoinKind::kInner: Text(" INNER JOIN "); break;
      case JoinKind::kLeft: Text(" LEFT JOIN "); break;
      case JoinKind::kRight: Text(" RIGHT JOIN "); break;
      case JoinKind::kFull: Text(" FULL JOIN "); break;
      case JoinKind::kCross: Text(" CROSS JOIN "); break;
    }
  }
  Operand(*node.right, /*right=*/true, node.comma);
  if (node.on) {
    Text(" ON ");
    Print(*node.on);
  }
  if (!node.with_columns.empty()) {
    Text(" USING (");
    Names(node.with_columns);
    Text(")");
  }
}

void Printer::Node(const MatchRecognize& node) {
  Operand(*node.input, /*right=*/true, /*comma=*/false);
  Text(" MATCH_RECOGNIZE (");
  Text(node.text);
  Text(")");
}

std::string ToSql(const Query& query) {
  Printer printer;
  printer.Print(query);
  return std::move(printer).Take();
}

std::string ToSql(const Query& query, const Expansion& expansion) {
  Printer printer;
  printer.Expand(expansion);
  printer.Print(query);
  return std::move(printer).Take();
}

std::string ToQualifiedSql(const Query& query, std::string_view catalog, std::string_view database) {
  Printer printer;
  printer.Qualify(catalog, database);
  printer.HideSecrets();
  printer.Print(query);
  return std::move(printer).Take();
}

}  // namespace floe::sql::dialect
