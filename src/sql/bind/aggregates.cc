// SPDX-License-Identifier: Apache-2.0
#include "sql/bind/aggregates.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "sql/bind/functions_internal.h"
#include "sql/bind/types.h"

namespace floe::sql::bind {
namespace {

using data::TypeKind;
using plan::AggregateCall;
using plan::ExpressionPtr;

struct Row {
  std::string_view name;
  std::string_view signature;
  bool over_only;
};

constexpr std::array kAggregates = std::to_array<Row>({
    {"COUNT", "COUNT(*) or COUNT([DISTINCT] any)", false},
    {"SUM", "SUM([DISTINCT] number)", false},
    {"AVG", "AVG([DISTINCT] number)", false},
    {"MIN", "MIN(comparable)", false},
    {"MAX", "MAX(comparable)", false},
    {"FIRST_VALUE", "FIRST_VALUE(any)", false},
    {"LAST_VALUE", "LAST_VALUE(any)", false},
    {"LISTAGG", "LISTAGG(STRING[, separator])", false},
    {"STDDEV_POP", "STDDEV_POP(number)", false},
    {"STDDEV_SAMP", "STDDEV_SAMP(number)", false},
    {"STDDEV", "STDDEV(number)", false},
    {"VAR_POP", "VAR_POP(number)", false},
    {"VAR_SAMP", "VAR_SAMP(number)", false},
    {"VARIANCE", "VARIANCE(number)", false},
    {"COLLECT", "COLLECT(any)", false},
    {"ARRAY_AGG", "ARRAY_AGG([DISTINCT] any)", false},
    {"APPROX_COUNT_DISTINCT", "APPROX_COUNT_DISTINCT(any)", false},
    {"APPROX_DISTINCT", "APPROX_DISTINCT(any)", false},
    {"ROW_NUMBER", "ROW_NUMBER()", true},
    {"RANK", "RANK()", true},
    {"DENSE_RANK", "DENSE_RANK()", true},
    {"PERCENT_RANK", "PERCENT_RANK()", true},
    {"CUME_DIST", "CUME_DIST()", true},
    {"NTILE", "NTILE(INT)", true},
    {"LAG", "LAG(any[, INT[, default]])", true},
    {"LEAD", "LEAD(any[, INT[, default]])", true},
});

const Row* Find(std::string_view name) {
  auto equal = [&](const Row& row) {
    return std::ranges::equal(row.name, name,
                              [](char a, char b) { return a == std::toupper(static_cast<unsigned char>(b)); });
  };
  auto found = std::ranges::find_if(kAggregates, equal);
  return found == kAggregates.end() ? nullptr : &*found;
}

class AggregateBinder {
 public:
  explicit AggregateBinder(const AggregateSite& site) : site_(site) {}

  Result<BoundAggregate> Bind() {
    const std::string& name = site_.name;
    if (name == "COUNT") return Count();
    if (Find(name)->over_only) return OverOnly();
    if (site_.star || site_.args.empty()) return Wrong();
    if (name == "LISTAGG") return ListAgg();
    if (name == "APPROX_COUNT_DISTINCT" || name == "APPROX_DISTINCT") {
      return One("approx_count_distinct", site_.args, Type::BigInt().WithNullable(false));
    }
    if (site_.args.size() != 1) return Wrong();
    if (name == "MIN" || name == "MAX")
      return One(name == "MIN" ? "min" : "max", site_.args, arg().type.WithNullable(true));
    if (name == "FIRST_VALUE" || name == "LAST_VALUE") return FirstLast(name == "FIRST_VALUE");
    if (name == "COLLECT") return One("histogram", site_.args, Type::Multiset(arg().type));
    if (name == "ARRAY_AGG") return One("list", site_.args, Type::Array(arg().type));
    if (!arg().type.IsNumeric()) return Wrong();
    if (name == "SUM") return One("sum", site_.args, SumType(arg().type));
    if (name == "AVG") return Average();
    return Deviation();
  }

 private:
  const plan::Expression& arg() const { return *site_.args[0]; }

  std::unexpected<Error> Wrong() const {
    std::string types = site_.star ? "*" : "";
    for (const ExpressionPtr& e : site_.args)
      types += (types.empty() ? "" : ", ") + e->type.WithNullable(true).ToString();
    return FailAt(site_.position,
                  fmt::format("{}({}) does not exist; accepted: {}", site_.name, types, Find(site_.name)->signature));
  }

  AggregateCall Make(std::string function, std::vector<ExpressionPtr> args, Type type) const {
    return {std::move(function), std::move(args), site_.filter, site_.distinct, std::move(type), site_.name};
  }

  Result<BoundAggregate> One(std::string function, std::vector<ExpressionPtr> args, Type type) const {
    auto same = [](const std::vector<ExpressionPtr>& columns) { return columns[0]; };
    return BoundAggregate{{Make(std::move(function), std::move(args), std::move(type))}, same};
  }

  Result<BoundAggregate> Count() const {
    Type type = Type::BigInt().WithNullable(false);
    if (site_.star) return One("count_star", {}, type);
    if (site_.args.size() != 1) return Wrong();
    if (!site_.distinct && !arg().type.nullable()) return One("count_star", {}, type);
    return One("count", site_.args, type);
  }

  /// Integers cut towards zero and decimals have their own scale, so only floating point goes to DuckDB's avg.
  Result<BoundAggregate> Average() const {
    Type result = AverageType(arg().type);
    if (arg().type.IsApproximate()) return One("avg", {plan::CastTo(site_.args[0], Type::Double())}, result);
    if (site_.over)
      return NotSupportedAt(site_.position, "AVG over integers or decimals with OVER: cast the argument to DOUBLE");
    bool decimal = arg().type.kind() == TypeKind::kDecimal;
    AggregateCall sum = Make("sum", site_.args, decimal ? SumType(arg().type) : Type::BigInt());
    AggregateCall count = Make("count", site_.args, Type::BigInt().WithNullable(false));
    TextPosition position = site_.position;
    auto finish = [=](const std::vector<ExpressionPtr>& columns) {
      // No row: a NULL divisor, so that the kernel does not see a zero.
      ExpressionPtr some =
          plan::Make(plan::ExpressionKind::kCase,
                     {plan::Compare("=", columns[1], BigIntLiteral(0)), NullLiteral(Type::BigInt()), columns[1]},
                     Type::BigInt(), position);
      if (!decimal)
        return plan::CastTo(plan::Call("floe_divide", {columns[0], some}, Type::BigInt(), position), result);
      ExpressionPtr divisor = plan::CastTo(some, Type::Decimal(19, 0));
      return plan::Call("floe_divide", {columns[0], divisor, IntLiteral(result.scale())}, result, position);
    };
    return BoundAggregate{{sum, count}, finish};
  }

  /// Flink skips NULLs.
  Result<BoundAggregate> FirstLast(bool first) const {
    Type type = arg().type.WithNullable(true);
    if (site_.over) return One(first ? "first_value" : "last_value", site_.args, type);
    AggregateCall call = Make(first ? "first" : "last", site_.args, type);
    if (arg().type.nullable()) {
      ExpressionPtr present =
          plan::Make(plan::ExpressionKind::kIsNotNull, site_.args, Type::Boolean().WithNullable(false), site_.position);
      call.filter = call.filter == nullptr ? present : plan::And({call.filter, present});
    }
    return BoundAggregate{{call}, [](const std::vector<ExpressionPtr>& columns) { return columns[0]; }};
  }

  Result<BoundAggregate> ListAgg() const {
    if (site_.args.size() > 2 || !arg().type.IsCharacter()) return Wrong();
    ExpressionPtr separator = site_.args.size() == 2 ? site_.args[1] : TextLiteral(",");
    if (!TextOf(separator)) return NotSupportedAt(site_.position, "LISTAGG: the separator must be a constant");
    return One("string_agg", {site_.args[0], separator}, Type::String());
  }

  Result<BoundAggregate> Deviation() const {
    std::string kernel = "stddev_samp";
    if (site_.name == "STDDEV_POP") kernel = "stddev_pop";
    if (site_.name == "VAR_POP") kernel = "var_pop";
    if (site_.name == "VAR_SAMP" || site_.name == "VARIANCE") kernel = "var_samp";
    Type result = AverageType(arg().type);
    ExpressionPtr real = plan::CastTo(site_.args[0], Type::Double());
    auto finish = [result](const std::vector<ExpressionPtr>& columns) {
      return MakeCast(columns[0], result, CastMode::kExplicit, "UTC");
    };
    return BoundAggregate{{Make(kernel, {real}, Type::Double())}, finish};
  }

  Result<BoundAggregate> OverOnly() const {
    if (!site_.over) {
      return FailAt(site_.position, fmt::format("{} needs an OVER clause: {} OVER (PARTITION BY ... ORDER BY ...)",
                                                site_.name, Find(site_.name)->signature));
    }
    std::string kernel = site_.name;
    std::ranges::transform(kernel, kernel.begin(), [](unsigned char c) { return std::tolower(c); });
    if (kernel == "lag" || kernel == "lead") {
      if (site_.args.empty() || site_.args.size() > 3) return Wrong();
      std::vector<ExpressionPtr> args = site_.args;
      if (args.size() == 3) args[2] = plan::CastTo(args[2], arg().type);
      return One(kernel, std::move(args), arg().type.WithNullable(true));
    }
    bool ntile = kernel == "ntile";
    if (site_.args.size() != (ntile ? 1U : 0U)) return Wrong();
    bool real = kernel == "percent_rank" || kernel == "cume_dist";
    return One(kernel, site_.args, (real ? Type::Double() : Type::BigInt()).WithNullable(false));
  }

  const AggregateSite& site_;
};

}  // namespace

bool IsAggregate(std::string_view name) {
  return Find(name) != nullptr;
}

bool IsOverOnly(std::string_view name) {
  const Row* row = Find(name);
  return row != nullptr && row->over_only;
}

std::vector<std::string> AggregateNames() {
  std::vector<std::string> names;
  for (const Row& row : kAggregates) names.emplace_back(row.name);
  return names;
}

Result<BoundAggregate> BindAggregate(const AggregateSite& site) {
  return AggregateBinder(site).Bind();
}

}  // namespace floe::sql::bind
