// SPDX-License-Identifier: Apache-2.0
#include "stream/ops/expression_compiler.h"

#include <optional>

#include <duckdb/catalog/catalog.hpp>
#include <duckdb/catalog/catalog_entry/aggregate_function_catalog_entry.hpp>
#include <duckdb/catalog/catalog_entry/scalar_function_catalog_entry.hpp>
#include <duckdb/function/function_binder.hpp>
#include <duckdb/planner/expression/list.hpp>
#include <duckdb/planner/expression_iterator.hpp>
#include <fmt/format.h>

#include "data/duckdb_type.h"
#include "duck/guard.h"

namespace floe::stream {
namespace {

using duckdb::ExpressionType;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::Value;
using sql::plan::Expression;
using sql::plan::ExpressionKind;

Error At(Error error, TextPosition position) {
  return position.line > 0 ? std::move(error).WithPosition(position) : std::move(error);
}

Result<Value> IntegerValue(std::int64_t value, const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::BOOLEAN: return Value::BOOLEAN(value != 0);
    case LogicalTypeId::DATE: return Value::DATE(duckdb::date_t(static_cast<std::int32_t>(value)));
    case LogicalTypeId::TIME: return Value::TIME(duckdb::dtime_t(value));
    case LogicalTypeId::TIMESTAMP: return Value::TIMESTAMP(duckdb::timestamp_t(value));
    case LogicalTypeId::TIMESTAMP_TZ: return Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(value));
    default: return Value::BIGINT(value).DefaultCastAs(type);
  }
}

Result<Value> LiteralValue(const Expression& literal, const LogicalType& type) {
  if (std::holds_alternative<std::monostate>(literal.value)) return Value(type);
  if (const auto* integer = std::get_if<std::int64_t>(&literal.value)) {
    // Intervals come in Flink's units and have one DuckDB type.
    if (literal.type.kind() == data::TypeKind::kIntervalYearMonth) {
      return Value::INTERVAL(static_cast<std::int32_t>(*integer), 0, 0);
    }
    if (literal.type.kind() == data::TypeKind::kIntervalDayTime) return Value::INTERVAL(0, 0, *integer * 1000);
    return IntegerValue(*integer, type);
  }
  if (const auto* real = std::get_if<double>(&literal.value)) return Value::DOUBLE(*real).DefaultCastAs(type);
  const std::string& text = std::get<std::string>(literal.value);
  if (type.id() == LogicalTypeId::BLOB) {
    return Value::BLOB(reinterpret_cast<duckdb::const_data_ptr_t>(text.data()), text.size());
  }
  return Value(text).DefaultCastAs(type);
}

std::optional<ExpressionType> ComparisonOf(const std::string& function) {
  if (function == "=") return ExpressionType::COMPARE_EQUAL;
  if (function == "<>" || function == "!=") return ExpressionType::COMPARE_NOTEQUAL;
  if (function == "<") return ExpressionType::COMPARE_LESSTHAN;
  if (function == "<=") return ExpressionType::COMPARE_LESSTHANOREQUALTO;
  if (function == ">") return ExpressionType::COMPARE_GREATERTHAN;
  if (function == ">=") return ExpressionType::COMPARE_GREATERTHANOREQUALTO;
  if (function == "is distinct from") return ExpressionType::COMPARE_DISTINCT_FROM;
  if (function == "is not distinct from") return ExpressionType::COMPARE_NOT_DISTINCT_FROM;
  return std::nullopt;
}

bool IsOperatorName(const std::string& name) {
  return !name.empty() && !std::isalpha(static_cast<unsigned char>(name[0]));
}

class Compiler {
 public:
  Compiler(ExpressionContext& context, const DuckTypes& input) : context_(context), input_(input) {}

  Result<DuckExpression> Compile(const Expression& expression) {
    auto compiled = duck::Guard([&] { return CompileKind(expression); });
    if (!compiled) return Fail(At(std::move(compiled.error()), expression.position));
    return compiled;
  }

 private:
  Result<DuckExpression> CompileKind(const Expression& e) {
    FLOE_TRY(LogicalType type, data::ToDuckDB(e.type));
    switch (e.kind) {
      case ExpressionKind::kColumn: return Column(e);
      case ExpressionKind::kLiteral: {
        FLOE_TRY(Value value, LiteralValue(e, type));
        return Constant(std::move(value));
      }
      case ExpressionKind::kCall: return Call(e.function, e, type);
      case ExpressionKind::kField: return Field(e, type);
      case ExpressionKind::kCast:
      case ExpressionKind::kTryCast: {
        FLOE_TRY(DuckExpression child, Compile(*e.args.at(0)));
        return duckdb::BoundCastExpression::AddCastToType(context_.client(), std::move(child), type,
                                                          e.kind == ExpressionKind::kTryCast);
      }
      case ExpressionKind::kCompare: return Compare(e);
      case ExpressionKind::kAnd: return Conjunction(e, ExpressionType::CONJUNCTION_AND);
      case ExpressionKind::kOr: return Conjunction(e, ExpressionType::CONJUNCTION_OR);
      case ExpressionKind::kNot: return Operator(e, ExpressionType::OPERATOR_NOT, LogicalType::BOOLEAN);
      case ExpressionKind::kIsNull: return Operator(e, ExpressionType::OPERATOR_IS_NULL, LogicalType::BOOLEAN);
      case ExpressionKind::kIsNotNull: return Operator(e, ExpressionType::OPERATOR_IS_NOT_NULL, LogicalType::BOOLEAN);
      case ExpressionKind::kIn: return Operator(e, ExpressionType::COMPARE_IN, LogicalType::BOOLEAN);
      case ExpressionKind::kCoalesce: return Operator(e, ExpressionType::OPERATOR_COALESCE, type);
      case ExpressionKind::kCase: return Case(e, type);
      case ExpressionKind::kSubquery:
      case ExpressionKind::kParameter:
        return Fail(ErrorKind::kNotSupported, "sub-queries are not supported in streaming mode");
    }
    return Fail(ErrorKind::kInternal, "expression of no known kind");
  }

  DuckExpression Constant(Value value) { return duckdb::make_uniq<duckdb::BoundConstantExpression>(std::move(value)); }

  DuckExpression To(DuckExpression expression, const LogicalType& type) {
    if (expression->return_type == type) return expression;
    return duckdb::BoundCastExpression::AddCastToType(context_.client(), std::move(expression), type);
  }

  Result<DuckExpression> Column(const Expression& e) {
    if (e.column < 0 || static_cast<std::size_t>(e.column) >= input_.size()) {
      return Fail(ErrorKind::kInternal, fmt::format("column {} of an input with {} columns", e.column, input_.size()));
    }
    return DuckExpression(duckdb::make_uniq<duckdb::BoundReferenceExpression>(input_[e.column], e.column));
  }

  Result<duckdb::vector<DuckExpression>> Arguments(const Expression& e) {
    duckdb::vector<DuckExpression> arguments;
    for (const auto& argument : e.args) {
      FLOE_TRY(DuckExpression compiled, Compile(*argument));
      arguments.push_back(std::move(compiled));
    }
    return arguments;
  }

  Result<DuckExpression> Bind(const std::string& name, duckdb::vector<DuckExpression> arguments,
                              const LogicalType& type) {
    duckdb::ErrorData error;
    duckdb::FunctionBinder binder(context_.client());
    auto entry = duckdb::Catalog::GetSystemCatalog(context_.client())
                     .GetEntry<duckdb::ScalarFunctionCatalogEntry>(context_.client(), DEFAULT_SCHEMA, name,
                                                                   duckdb::OnEntryNotFound::RETURN_NULL);
    if (!entry) return Fail(ErrorKind::kNotSupported, fmt::format("function '{}' has no kernel here", name));
    DuckExpression bound = binder.BindScalarFunction(*entry, std::move(arguments), error, IsOperatorName(name));
    if (!bound) return Fail(ErrorKind::kInvalidInput, error.RawMessage());
    return To(std::move(bound), type);
  }

  Result<DuckExpression> Call(const std::string& name, const Expression& e, const LogicalType& type) {
    FLOE_TRY(auto arguments, Arguments(e));
    return Bind(name, std::move(arguments), type);
  }

  Result<DuckExpression> Field(const Expression& e, const LogicalType& type) {
    FLOE_TRY(auto arguments, Arguments(e));
    arguments.push_back(Constant(Value(e.function)));
    return Bind("struct_extract", std::move(arguments), type);
  }

  Result<DuckExpression> Compare(const Expression& e) {
    const auto comparison = ComparisonOf(e.function);
    if (!comparison) return Fail(ErrorKind::kInternal, fmt::format("comparison '{}' is not known", e.function));
    FLOE_TRY(auto arguments, Arguments(e));
    const LogicalType common = duckdb::BoundComparisonExpression::BindComparison(
        context_.client(), arguments.at(0)->return_type, arguments.at(1)->return_type, *comparison);
    return DuckExpression(duckdb::make_uniq<duckdb::BoundComparisonExpression>(
        *comparison, To(std::move(arguments[0]), common), To(std::move(arguments[1]), common)));
  }

  Result<DuckExpression> Conjunction(const Expression& e, ExpressionType type) {
    FLOE_TRY(auto arguments, Arguments(e));
    auto conjunction = duckdb::make_uniq<duckdb::BoundConjunctionExpression>(type);
    conjunction->children = std::move(arguments);
    return DuckExpression(std::move(conjunction));
  }

  Result<DuckExpression> Operator(const Expression& e, ExpressionType kind, const LogicalType& type) {
    FLOE_TRY(auto arguments, Arguments(e));
    if (kind == ExpressionType::COMPARE_IN || kind == ExpressionType::OPERATOR_COALESCE) {
      LogicalType common = kind == ExpressionType::OPERATOR_COALESCE ? type : arguments.at(0)->return_type;
      for (auto& argument : arguments) argument = To(std::move(argument), common);
    }
    auto operation = duckdb::make_uniq<duckdb::BoundOperatorExpression>(kind, type);
    operation->children = std::move(arguments);
    return DuckExpression(std::move(operation));
  }

  Result<DuckExpression> Case(const Expression& e, const LogicalType& type) {
    FLOE_TRY(auto arguments, Arguments(e));
    if (arguments.size() % 2 == 0) return Fail(ErrorKind::kInternal, "CASE without an ELSE");
    auto result = duckdb::make_uniq<duckdb::BoundCaseExpression>(type);
    for (std::size_t i = 0; i + 1 < arguments.size(); i += 2) {
      duckdb::BoundCaseCheck check;
      check.when_expr = std::move(arguments[i]);
      check.then_expr = To(std::move(arguments[i + 1]), type);
      result->case_checks.push_back(std::move(check));
    }
    result->else_expr = To(std::move(arguments.back()), type);
    return DuckExpression(std::move(result));
  }

  ExpressionContext& context_;
  const DuckTypes& input_;
};

/// Flink's custom zones: "GMT+05:30", "UTC-3", "+02:00".
bool IsFixedOffset(std::string_view zone) {
  if (zone.starts_with("UTC") || zone.starts_with("GMT")) zone.remove_prefix(3);
  if (zone.size() < 2 || (zone[0] != '+' && zone[0] != '-')) return false;
  return zone.substr(1).find_first_not_of("0123456789:") == std::string_view::npos;
}

}  // namespace

Result<std::unique_ptr<ExpressionContext>> ExpressionContext::Make(duck::Instance& instance,
                                                                   const std::map<std::string, std::string>& settings) {
  FLOE_TRY(auto connection, instance.Connect());
  std::string zone = "UTC";
  // Plans compute with fixed offsets themselves, and DuckDB does not know them as zones.
  if (auto found = settings.find("table.local-time-zone");
      found != settings.end() && found->second != "default" && !IsFixedOffset(found->second)) {
    zone = found->second;
  }
  duckdb::Connection& duck = *connection;
  auto set = duck::Guard([&]() -> Status {
    auto result = duck.Query("SET TimeZone = " + duckdb::Value(zone).ToSQLString());
    if (result->HasError()) {
      return Fail(ErrorKind::kInvalidInput,
                  fmt::format("'table.local-time-zone' = '{}': {}", zone, result->GetError()));
    }
    duck.BeginTransaction();
    return {};
  });
  if (!set) return Fail(set.error());
  return std::unique_ptr<ExpressionContext>(new ExpressionContext(std::move(connection)));
}

ExpressionContext::~ExpressionContext() = default;

duckdb::ClientContext& ExpressionContext::client() {
  return *connection_->context;
}

void ExpressionContext::Refresh() {
  connection_->Commit();
  connection_->BeginTransaction();
}

Result<DuckExpression> CompileExpression(ExpressionContext& context, const Expression& expression,
                                         const DuckTypes& input) {
  return Compiler(context, input).Compile(expression);
}

Result<duckdb::unique_ptr<duckdb::BoundAggregateExpression>> BindAggregate(ExpressionContext& context,
                                                                           const sql::plan::AggregateCall& call,
                                                                           const DuckTypes& arguments) {
  const std::string& name = call.function;
  using Bound = duckdb::unique_ptr<duckdb::BoundAggregateExpression>;
  return duck::Guard([&]() -> Result<Bound> {
    auto entry = duckdb::Catalog::GetSystemCatalog(context.client())
                     .GetEntry<duckdb::AggregateFunctionCatalogEntry>(context.client(), DEFAULT_SCHEMA, name,
                                                                      duckdb::OnEntryNotFound::RETURN_NULL);
    if (!entry) return Fail(ErrorKind::kNotSupported, fmt::format("aggregate function '{}' has no kernel here", name));
    duckdb::vector<DuckExpression> children;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      if (call.args[i]->kind == sql::plan::ExpressionKind::kLiteral) {
        FLOE_TRY(DuckExpression constant, CompileExpression(context, *call.args[i], {}));
        children.push_back(std::move(constant));
        continue;
      }
      children.push_back(duckdb::make_uniq<duckdb::BoundReferenceExpression>(arguments[i], i));
    }
    duckdb::ErrorData error;
    duckdb::FunctionBinder binder(context.client());
    const auto best = binder.BindFunction(name, entry->functions, children, error);
    if (!best.IsValid()) return Fail(ErrorKind::kInvalidInput, error.RawMessage());
    return Bound(
        binder.BindAggregateFunction(entry->functions.GetFunctionByOffset(best.GetIndex()), std::move(children)));
  });
}

bool NeedsFreshTransaction(const duckdb::Expression& expression) {
  bool fresh = expression.GetExpressionClass() == duckdb::ExpressionClass::BOUND_FUNCTION &&
               expression.Cast<duckdb::BoundFunctionExpression>().function.GetStability() !=
                   duckdb::FunctionStability::CONSISTENT;
  duckdb::ExpressionIterator::EnumerateChildren(
      expression, [&](const duckdb::Expression& child) { fresh = fresh || NeedsFreshTransaction(child); });
  return fresh;
}

}  // namespace floe::stream
