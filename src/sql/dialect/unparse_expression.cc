// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "sql/dialect/lexer.h"
#include "sql/dialect/precedence.h"
#include "sql/dialect/unparser_internal.h"

namespace floe::sql::dialect {
namespace {

struct OperatorText {
  std::string_view text;
  int precedence;
};

OperatorText OperatorOf(BinaryOperator op) {
  switch (op) {
    case BinaryOperator::kOr: return {"OR", kOrPrecedence};
    case BinaryOperator::kAnd: return {"AND", kAndPrecedence};
    case BinaryOperator::kEqual: return {"=", kComparePrecedence};
    case BinaryOperator::kNotEqual: return {"<>", kComparePrecedence};
    case BinaryOperator::kLess: return {"<", kComparePrecedence};
    case BinaryOperator::kLessEqual: return {"<=", kComparePrecedence};
    case BinaryOperator::kGreater: return {">", kComparePrecedence};
    case BinaryOperator::kGreaterEqual: return {">=", kComparePrecedence};
    case BinaryOperator::kIsDistinctFrom: return {"IS DISTINCT FROM", kComparePrecedence};
    case BinaryOperator::kIsNotDistinctFrom: return {"IS NOT DISTINCT FROM", kComparePrecedence};
    case BinaryOperator::kOverlaps: return {"OVERLAPS", kComparePrecedence};
    case BinaryOperator::kAdd: return {"+", kAddPrecedence};
    case BinaryOperator::kSubtract: return {"-", kAddPrecedence};
    case BinaryOperator::kConcat: return {"||", kMultiplyPrecedence};
    case BinaryOperator::kMultiply: return {"*", kMultiplyPrecedence};
    case BinaryOperator::kDivide: return {"/", kMultiplyPrecedence};
    case BinaryOperator::kModulo: return {"%", kMultiplyPrecedence};
  }
  return {"?", 0};
}

int Precedence(const Expression& expression) {
  if (const auto* unary = expression.As<Unary>())
    return unary->op == UnaryOperator::kNot ? kNotPrecedence : kUnaryPrecedence;
  if (const auto* binary = expression.As<Binary>()) return OperatorOf(binary->op).precedence;
  if (expression.As<IsTest>() != nullptr) return kIsPrecedence;
  if (expression.As<Quantified>() != nullptr) return kComparePrecedence;
  if (expression.As<Between>() != nullptr || expression.As<In>() != nullptr || expression.As<Like>() != nullptr)
    return kPredicatePrecedence;
  return kPostfixPrecedence;
}

std::string_view TestText(Test test) {
  switch (test) {
    case Test::kNull: return "NULL";
    case Test::kTrue: return "TRUE";
    case Test::kFalse: return "FALSE";
    case Test::kUnknown: return "UNKNOWN";
    case Test::kJson: return "JSON";
    case Test::kJsonValue: return "JSON VALUE";
    case Test::kJsonObject: return "JSON OBJECT";
    case Test::kJsonArray: return "JSON ARRAY";
    case Test::kJsonScalar: return "JSON SCALAR";
  }
  return "?";
}

}  // namespace

void Printer::Name(std::string_view name) {
  out_ += '`';
  for (char c : name) {
    if (c == '`') out_ += '`';
    out_ += c;
  }
  out_ += '`';
}

void Printer::Names(const std::vector<Identifier>& names, std::string_view separator) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) Text(separator);
    Name(names[i].text);
  }
}

void Printer::Name(const ObjectName& name) {
  Names(name.parts, ".");
}

void Printer::String(std::string_view text) {
  out_ += QuoteString(text);
}

void Printer::List(const std::vector<Expression>& items) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) Text(", ");
    Print(items[i]);
  }
}

void Printer::InParentheses(const Query& query) {
  Text("(");
  Print(query);
  Text(")");
}

void Printer::Print(const Expression& expression, int minimum) {
  bool parentheses = Precedence(expression) < minimum;
  if (parentheses) Text("(");
  std::visit([&](const auto& node) { Node(node); }, expression.node);
  if (parentheses) Text(")");
}

void Printer::Node(const Literal& node) {
  switch (node.kind) {
    case LiteralKind::kNull: return Text("NULL");
    case LiteralKind::kBoolean:
    case LiteralKind::kInteger:
    case LiteralKind::kDecimal:
    case LiteralKind::kApproximate: return Text(node.text);
    case LiteralKind::kString: return String(node.text);
    case LiteralKind::kBinary: return Text(fmt::format("X'{}'", node.text));
    case LiteralKind::kDate: Text("DATE "); break;
    case LiteralKind::kTime: Text("TIME "); break;
    case LiteralKind::kTimestamp: Text("TIMESTAMP "); break;
    case LiteralKind::kTimestampLtz: Text("TIMESTAMP_LTZ "); break;
  }
  String(node.text);
}

void Printer::Node(const IntervalLiteral& node) {
  Text(node.negative ? "INTERVAL -" : "INTERVAL ");
  String(node.text);
  Text(" ");
  Text(ToString(node.from));
  bool range = node.from != node.to;
  bool fraction_first = node.fractional_precision >= 0 && !(range && node.to == TimeUnit::kSecond);
  if (node.precision >= 0)
    Text(fmt::format("({}{})", node.precision, fraction_first ? fmt::format(", {}", node.fractional_precision) : ""));
  if (!range) return;
  Text(" TO ");
  Text(ToString(node.to));
  if (node.to == TimeUnit::kSecond && node.fractional_precision >= 0)
    Text(fmt::format("({})", node.fractional_precision));
}

void Printer::Node(const ColumnReference& node) {
  if (!Expanded(&node)) Names(node.parts, ".");
}

/// What stands before '.' or '['.
void Printer::Base(const Expression& base) {
  const auto* call = base.As<Call>();
  bool bare = base.As<FieldAccess>() != nullptr || base.As<Subscript>() != nullptr ||
              base.As<ArrayConstructor>() != nullptr || base.As<MapConstructor>() != nullptr ||
              base.As<RowConstructor>() != nullptr || base.As<Cast>() != nullptr ||
              (call != nullptr && !call->no_parentheses && !call->over);
  if (!bare) Text("(");
  Print(base);
  if (!bare) Text(")");
}

void Printer::Node(const FieldAccess& node) {
  Base(*node.base);
  Text(".");
  Name(node.field.text);
}

void Printer::Node(const Subscript& node) {
  if (node.base->As<ColumnReference>() != nullptr) {
    Print(*node.base);
  } else {
    Base(*node.base);
  }
  Text("[");
  Print(*node.index);
  Text("]");
}

void Printer::Node(const Star& node) {
  if (Expanded(&node)) return;
  Names(node.qualifier, ".");
  Text(node.qualifier.empty() ? "*" : ".*");
}

void Printer::Node(const Unary& node) {
  if (node.op == UnaryOperator::kNot) {
    Text("NOT ");
    Print(*node.operand, kNotPrecedence);
    return;
  }
  Text(node.op == UnaryOperator::kMinus ? "-" : "+");
  // Two signs in a row would begin a comment.
  const auto* inner = node.operand->As<Unary>();
  Print(*node.operand, inner != nullptr ? kPostfixPrecedence : kUnaryPrecedence);
}

void Printer::Node(const Binary& node) {
  OperatorText op = OperatorOf(node.op);
  Print(*node.left, op.precedence);
  Text(" ");
  Text(op.text);
  Text(" ");
  Print(*node.right, op.precedence + 1);
}

void Printer::Node(const IsTest& node) {
  Print(*node.operand, kIsPrecedence);
  Text(node.negated ? " IS NOT " : " IS ");
  Text(TestText(node.test));
}

void Printer::Node(const Between& node) {
  Print(*node.operand, kPredicatePrecedence);
  Text(node.negated ? " NOT BETWEEN " : " BETWEEN ");
  if (node.symmetric) Text("SYMMETRIC ");
  Print(*node.low, kPredicatePrecedence + 1);
  Text(" AND ");
  Print(*node.high, kPredicatePrecedence + 1);
}

void Printer::Node(const In& node) {
  Print(*node.operand, kPredicatePrecedence);
  Text(node.negated ? " NOT IN (" : " IN (");
  if (node.query) {
    Print(*node.query);
  } else {
    List(node.list);
  }
  Text(")");
}

void Printer::Node(const Exists& node) {
  Text("EXISTS ");
  InParentheses(*node.query);
}

void Printer::Node(const Like& node) {
  Print(*node.operand, kPredicatePrecedence);
  if (node.negated) Text(" NOT");
  Text(node.kind == LikeKind::kLike ? " LIKE " : " SIMILAR TO ");
  Print(*node.pattern, kPredicatePrecedence + 1);
  if (!node.escape) return;
  Text(" ESCAPE ");
  Print(*node.escape, kPredicatePrecedence + 1);
}

void Printer::Node(const Quantified& node) {
  Print(*node.operand, kComparePrecedence);
  Text(" ");
  Text(OperatorOf(node.op).text);
  Text(node.all ? " ALL " : " ANY ");
  InParentheses(*node.query);
}

void Printer::Node(const ScalarQuery& node) {
  InParentheses(*node.query);
}

void Printer::Node(const Case& node) {
  Text("CASE");
  if (node.operand) {
    Text(" ");
    Print(*node.operand);
  }
  for (const When& when : node.whens) {
    Text(" WHEN ");
    Print(when.condition);
    Text(" THEN ");
    Print(when.result);
  }
  if (node.otherwise) {
    Text(" ELSE ");
    Print(*node.otherwise);
  }
  Text(" END");
}

void Printer::Node(const Cast& node) {
  Text(node.try_cast ? "TRY_CAST(" : "CAST(");
  Print(*node.operand);
  Text(" AS ");
  PrintTypeName(node.type);
  Text(")");
}

void Printer::Node(const Call& node) {
  PrintCall(node);
}
void Printer::Node(const Symbol& node) {
  Text(node.text);
}

void Printer::Node(const RowConstructor& node) {
  Text("ROW(");
  List(node.items);
  Text(")");
}

void Printer::Node(const ArrayConstructor& node) {
  Text("ARRAY[");
  List(node.items);
  Text("]");
}

void Printer::Node(const MapConstructor& node) {
  Text("MAP[");
  List(node.items);
  Text("]");
}

void Printer::Node(const TableArgument& node) {
  Text("TABLE ");
  if (node.query) {
    InParentheses(*node.query);
  } else {
    TableName(node.table);
  }
  if (!node.partition_by.empty()) {
    Text(" PARTITION BY (");
    List(node.partition_by);
    Text(")");
  }
  if (!node.order_by.empty()) {
    Text(" ORDER BY (");
    PrintOrder(node.order_by);
    Text(")");
  }
}

void Printer::Node(const Descriptor& node) {
  Text("DESCRIPTOR(");
  Names(node.columns);
  Text(")");
}

// ---- calls ----

void Printer::FunctionName(const ObjectName& name) {
  for (std::size_t i = 0; i < name.parts.size(); ++i) {
    if (i > 0) Text(".");
    const Identifier& part = name.parts[i];
    bool callable = EqualsUpper(part.text, "LEFT") || EqualsUpper(part.text, "RIGHT");
    if (!part.quoted && (callable || QuoteIdentifier(part.text) == part.text)) {
      Text(part.text);
    } else {
      Name(part.text);
    }
  }
}

void Printer::Arguments(const Call& call) {
  bool simple = call.name.parts.size() == 1 && !call.name.parts[0].quoted;
  std::string upper = simple ? ToUpper(call.name.parts[0].text) : std::string();
  const auto& arguments = call.arguments;
  auto symbol_at = [&](std::size_t i) { return i < arguments.size() && arguments[i].value.As<Symbol>() != nullptr; };
  bool extract = upper == "EXTRACT" && symbol_at(0) && arguments.size() == 2;
  bool trim = upper == "TRIM" && symbol_at(0) && arguments.size() == 3;
  bool rounding = symbol_at(1) && arguments.size() == 2;
  bool position = upper == "POSITION" && arguments.size() == 2;
  bool pairs = (upper == "JSON_OBJECT" || upper == "JSON_OBJECTAGG") && arguments.size() % 2 == 0;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (i > 0)
      Text((extract && i == 1) || (trim && i == 2) ? " FROM "
           : trim                                  ? " "
           : rounding                              ? " TO "
           : position                              ? " IN "
           : pairs && i % 2 == 1                   ? " VALUE "
                                                   : ", ");
    if (pairs && i % 2 == 0) Text("KEY ");
    if (!arguments[i].name.text.empty()) {
      Name(arguments[i].name.text);
      Text(" => ");
    }
    Print(arguments[i].value, position && i == 0 ? kPredicatePrecedence + 1 : 0);
  }
}

void Printer::PrintCall(const Call& call) {
  FunctionName(call.name);
  if (call.no_parentheses) return;
  Text("(");
  if (call.distinct) Text("DISTINCT ");
  if (call.star) Text("*");
  Arguments(call);
  if (call.json) Clauses(*call.json);
  Text(")");
  if (!call.within_group.empty()) {
    Text(" WITHIN GROUP (ORDER BY ");
    PrintOrder(call.within_group);
    Text(")");
  }
  if (call.filter) {
    Text(" FILTER (WHERE ");
    Print(*call.filter);
    Text(")");
  }
  if (call.over) {
    Text(" OVER ");
    PrintWindow(*call.over);
  }
}

void Printer::Behaviour(JsonBehaviour behaviour, const Box<Expression>& value, std::string_view on) {
  switch (behaviour) {
    case JsonBehaviour::kNone: return;
    case JsonBehaviour::kNull: Text(" NULL"); break;
    case JsonBehaviour::kError: Text(" ERROR"); break;
    case JsonBehaviour::kEmptyArray: Text(" EMPTY ARRAY"); break;
    case JsonBehaviour::kEmptyObject: Text(" EMPTY OBJECT"); break;
    case JsonBehaviour::kTrue: Text(" TRUE"); break;
    case JsonBehaviour::kFalse: Text(" FALSE"); break;
    case JsonBehaviour::kUnknown: Text(" UNKNOWN"); break;
    case JsonBehaviour::kDefault:
      Text(" DEFAULT ");
      Print(*value);
      break;
  }
  Text(on);
}

void Printer::Clauses(const JsonClauses& clauses) {
  if (clauses.returning) {
    Text(" RETURNING ");
    PrintTypeName(*clauses.returning);
  }
  if (clauses.wrapper == JsonWrapper::kWithout) Text(" WITHOUT ARRAY WRAPPER");
  if (clauses.wrapper == JsonWrapper::kWithConditional) Text(" WITH CONDITIONAL ARRAY WRAPPER");
  if (clauses.wrapper == JsonWrapper::kWithUnconditional) Text(" WITH UNCONDITIONAL ARRAY WRAPPER");
  Behaviour(clauses.on_empty, clauses.empty_default, " ON EMPTY");
  Behaviour(clauses.on_error, clauses.error_default, " ON ERROR");
  if (clauses.nulls == JsonNulls::kNullOnNull) Text(" NULL ON NULL");
  if (clauses.nulls == JsonNulls::kAbsentOnNull) Text(" ABSENT ON NULL");
}

// ---- types ----

/// As data::Type::ToString, with the comments of ROW fields.
void Printer::PrintType(const data::Type& type) {
  auto angle = [&](std::string_view word) {
    Text(word);
    Text("<");
    for (std::size_t i = 0; i < type.fields().size(); ++i) {
      if (i > 0) Text(", ");
      if (type.kind() == data::TypeKind::kRow) {
        Name(type.fields()[i].name);
        Text(" ");
      }
      PrintType(type.child(i));
      if (type.fields()[i].comment.empty()) continue;
      Text(" ");
      String(type.fields()[i].comment);
    }
    Text(">");
  };
  switch (type.kind()) {
    case data::TypeKind::kArray: angle("ARRAY"); break;
    case data::TypeKind::kMap: angle("MAP"); break;
    case data::TypeKind::kMultiset: angle("MULTISET"); break;
    case data::TypeKind::kRow: angle("ROW"); break;
    default: Text(type.WithNullable(true).ToString());
  }
  if (!type.nullable()) Text(" NOT NULL");
}

void Printer::PrintTypeName(const TypeName& type) {
  if (type.unresolved.empty()) return PrintType(type.type);
  Text(type.unresolved);
  if (!type.type.nullable()) Text(" NOT NULL");
}

std::string ToSql(const Expression& expression) {
  Printer printer;
  printer.Print(expression);
  return std::move(printer).Take();
}

std::string ToSql(const TypeName& type) {
  Printer printer;
  printer.PrintTypeName(type);
  return std::move(printer).Take();
}

}  // namespace floe::sql::dialect
